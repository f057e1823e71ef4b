"""Bounded search for a timed counterexample, and the parameters for which the same run is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import z3

from tcpmc.checks.symbolic.solving import GaveUp, satisfiable
from tcpmc.checks.timed.encoding import TimedFormulas
from tcpmc.checks.timed.fourier_motzkin import Polyhedron, formula, projected, terms
from tcpmc.checks.timed.provenance import Traced, both
from tcpmc.checks.timed.timed_system import Action, TimedSystem, is_sending
from tcpmc.model.timed.linear import Comparison, Linear, linear
from tcpmc.model.timed.theorems import Claim

Numbers = Mapping[str, Fraction]


@dataclass(frozen=True)
class TimedRun:
    """A run that breaks a claim: what happened at which moment, and the moment at which TIME-WAIT
    ended too early."""

    parameters: Numbers
    actions: tuple[Action, ...]
    moments: tuple[Fraction, ...]


class TimedSearch:
    """The first steps of the system as constraints, one more at a time."""

    def __init__(
        self,
        formulas: TimedFormulas,
        claim: Claim,
        patience: float | None = None,
        apart: int | None = None,
    ) -> None:
        """`patience` is in seconds, for each question to the solver. With `apart` only runs whose
        lifetimes are those of `NICE`, where they can be, and whose events are so far apart."""
        self.formulas, self.claim = formulas, claim
        # Both ends follow the same rules: what end B can do wrong, end A can. (With `one_way` the
        # claim is about A alone, and a timer that one end has is asked of that end.)
        self.broken = formulas.broken(claim, claim.timer.ends[:1])
        self.solver = z3.Solver()
        if patience is not None:
            self.solver.set("timeout", int(1000 * patience))
        self.solver.add(formulas.sensible(), formulas.initial("0"))
        self.apart = apart
        if apart is not None:
            _nice(self.solver, formulas.parameters, claim)
        self.depth = 0

    def premise(self, where: z3.BoolRef, last: int) -> list[int] | None:
        """The numbers of the actions of a run of at most so many steps to where the claim says
        something, with parameters as in `where`; None if there is none."""
        self.solver.add(where)
        self.broken = self.formulas.premise(self.claim)
        run = self.shortest(0, last)
        if run is None:
            return None
        return [self.formulas.system.actions.index(action) for action in run.actions]

    def exclude(self, parameters: z3.BoolRef) -> None:
        """Only parameters outside of this set from now on."""
        self.solver.add(z3.Not(parameters))

    def shortest(self, first: int, last: int) -> TimedRun | None:
        """A run of `first` to `last` steps, the fewest possible, that breaks the claim."""
        for steps in range(first, last + 1):
            while self.depth < steps:
                self.solver.add(self.formulas.at(self.formulas.step, self.depth))
                self.depth += 1
                if self.apart is not None:
                    soon, late = (self.formulas.moment(str(self.depth + n)) for n in (-1, 0))
                    self.solver.add(late >= soon + self.apart)
            goal = self.formulas.at(self.broken, steps)
            self.solver.push()
            self.solver.add(goal)
            broken = satisfiable(self.solver)
            model = self.solver.model() if broken else None
            self.solver.pop()
            if model is not None:
                return self._run(model, steps)
        return None

    def _run(self, model: z3.ModelRef, steps: int) -> TimedRun:
        def fraction(term: Any) -> Fraction:
            value: Fraction = model.eval(term, model_completion=True).as_fraction()
            return value

        actions = []
        for step in range(steps):
            bits = self.formulas.choice(str(step))
            number = sum(bool(z3.is_true(model.eval(b, True))) << n for n, b in enumerate(bits))
            actions.append(self.formulas.system.actions[number])
        return TimedRun(
            {name: fraction(term) for name, term in self.formulas.parameters.items()},
            tuple(actions),
            tuple(fraction(self.formulas.moment(str(step))) for step in range(steps + 1)),
        )


def constraints(system: TimedSystem, claim: Claim, run: TimedRun) -> frozenset[Comparison]:
    """Comparisons of the moments `t0`, `t1`, ... and the parameters that suffice for the same
    events to break the claim: the run is followed on numbers that know by which comparisons they
    took each branch (concolic execution; Godefroid, Klarlund, Sen 2005)."""
    parameters = {name: Traced(v, linear(name)) for name, v in run.parameters.items()}
    state = _traced_initial(system, run)
    conditions = [system.sensible(parameters), system.initial(state, parameters)]
    for number, moment in enumerate(run.moments):
        t = Traced(moment, linear(f"t{number}"))
        if number == len(run.actions):
            conditions.append(system.broken(claim, state, parameters, t))
            break
        action = run.actions[number]
        conditions.append(system.reaches(state, parameters, t))
        conditions.append(action.guard(state, parameters, t))
        state = state | action.changes(state, t)
    whole = both(*conditions)
    if isinstance(whole, bool) or not whole.value:
        raise AssertionError("the run violates its own guards")
    return frozenset(whole.why)


def _traced_initial(system: TimedSystem, run: TimedRun) -> dict[str, Any]:
    """The first state, whose moments know where they come from: nothing was sent but long ago."""
    long_ago = -3 * (1 + sum(run.parameters.values(), Fraction(0)))
    flags: dict[str, Any] = {name: name in system.begins for name in system.flags}
    sent, zero = Traced(long_ago, linear("start")), Traced(Fraction(0), Linear())
    return flags | {name: sent if is_sending(name) else zero for name in system.moments}


def parameters_of(system: TimedSystem, claim: Claim, run: TimedRun) -> Polyhedron:
    """All parameters for which the events of the run, at some moments, break the claim."""
    return projected(constraints(system, claim, run), system.parameters)


NICE = {"MSL": 60, "OUT": 60, "IN": 60, "R": 90, "RTO": 1, "C": 30, "F": 60, "T": 120}
FAR = 240
APART = (6, 4, 2, 1, 0)
"""How far apart the events of a run that is drawn are: the first of these that is possible."""


def with_plain_numbers(
    system: TimedSystem, claim: Claim, run: TimedRun, apart: int = 0
) -> TimedRun:
    """The same events with plain numbers: lifetimes of a minute where that is possible, the length
    of the claim's timer the largest whole number of seconds for which the claim is still broken,
    each event at the earliest half second that is possible, and at least `apart` seconds after its
    predecessor. Raises GaveUp."""
    comparisons = sorted(constraints(system, claim, run), key=str)
    names = {name for comparison in comparisons for name in comparison.left.names}
    values, solver = terms(sorted(names | set(system.parameters))), z3.Solver()
    solver.add(formula(comparisons, values))
    _nice(solver, values, claim)
    moments = [values[f"t{n}"] for n in range(len(run.moments)) if f"t{n}" in values]
    solver.add(*(late >= soon + apart for soon, late in pairwise(moments)))
    longest = _counted(solver, values[claim.timer.length], 1, FAR)
    earliest = [_counted(solver, moment, 2) for moment in moments]
    model = _optimum(solver, longest, earliest)

    def value(name: str) -> Fraction:
        term = model.eval(values.get(name, z3.RealVal(0)), model_completion=True)
        return Fraction(str(term))

    then = tuple(value(f"t{number}") for number in range(len(run.moments)))
    return TimedRun({n: value(n) for n in system.parameters}, run.actions, then)


def _nice(solver: z3.Solver, values: Mapping[str, Any], claim: Claim) -> None:
    """Fix each parameter that the claim is not about to its plain number if that is possible."""
    for name, number in NICE.items():
        free = name in values and name != claim.timer.length
        if free and satisfiable(solver, values[name] == number):
            solver.add(values[name] == number)


def _counted(
    solver: z3.Solver, seconds: z3.ArithRef, parts: int, most: int | None = None
) -> z3.ArithRef | None:
    """Make a number of seconds a multiple of a second's half, third, ... and return the multiple,
    which is at least 0 and at most `most`; None, and nothing is added, if it cannot be one."""
    count = z3.Int(f"{parts} * {seconds}")
    multiple = z3.And(parts * seconds == z3.ToReal(count), count >= 0)
    if most is not None:
        multiple = z3.And(multiple, count <= most)
    if not satisfiable(solver, multiple):
        return None
    solver.add(multiple)
    return count


def _optimum(
    solver: z3.Solver, longest: z3.ArithRef | None, earliest: Sequence[z3.ArithRef | None]
) -> z3.ModelRef:
    """A model with the first number as large as it can be, then each of the others, in order, as
    small as it can be (lexicographic optimisation: Bjorner, Phan, Fleckenstein, nuZ, 2015)."""
    optimize = z3.Optimize()
    optimize.set(priority="lex")
    optimize.add(*solver.assertions())
    if longest is not None:
        optimize.maximize(longest)
    for count in earliest:
        if count is not None:
            optimize.minimize(count)
    if optimize.check() != z3.sat:
        raise GaveUp(f"no plain numbers for the counterexample: {optimize.reason_unknown()}")
    return optimize.model()
