"""Inductive invariants of the timed system: random runs propose, the solver keeps.

For each pair of phases facts are proposed that no sampled state breaks: flags, and bounds on the
difference of two moments by a sum of parameters. What some action breaks is weakened or dropped
until the rest is inductive (Houdini; Flanagan and Leino 2001). A state that no run had is a new
sample, so that the pairs of phases need not be guessed. What is left is proved again as a whole
(`proof`), so nothing here has to be trusted.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from math import lcm
from typing import Any

import z3

from tcpmc.checks.symbolic.solving import satisfiable, some
from tcpmc.checks.timed.bounds import Bounds, Sample
from tcpmc.checks.timed.candidates import CandidateInvariant, Fact
from tcpmc.checks.timed.encoding import TimedFormulas
from tcpmc.checks.timed.simulation import Location, Runs, points
from tcpmc.checks.timed.timed_system import Action, phase_name

RUNS, POINTS = 600, 40
State = Mapping[str, Any]


class Mine:
    """Proposes facts from sampled states, and keeps the inductive ones."""

    def __init__(
        self,
        formulas: TimedFormulas,
        region: Callable[[Any], Any],
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.formulas, self.system, self.progress = formulas, formulas.system, progress
        self.region, self.parameters = region, formulas.parameters
        self.state, self.t = formulas.frame("0"), formulas.moment("0")
        self.known = z3.And(formulas.sensible(), region(formulas.parameters))
        self.bounds = Bounds(self.system, self.parameters, self.known)
        self.runs = Runs(self.system)
        self.facts: dict[Location, CandidateInvariant] = {}
        self.after = cache(self._after)
        """The state after an action, and what changed in it."""
        phases = [phase_name(end, p) for end in (0, 1) for p in self.system.table.phases]
        self.flags = [name for name in self.system.flags if name not in phases]

    def inductive(self) -> dict[Location, CandidateInvariant]:
        """Invariants of the pairs of phases that can be reached, which every action preserves."""
        self._propose()
        self._begin()
        todo = [here for here in self.facts if self._own(here)]
        while todo:
            here = todo.pop(0)
            lost = self._check(here)
            todo += [after for after in lost if after not in todo and self._own(after)]
            count = sum(map(len, self.facts.values()))
            self.progress(f"induction: {count:,} facts, {len(todo)} pairs of phases to check")
        return self.facts

    def _propose(self) -> None:
        drawn = points(self.system, self.region, POINTS, random.Random(1))
        for number in range(RUNS if drawn else 0):
            parameters = drawn[number % len(drawn)]
            for here, state in self.runs.run(parameters):
                self._weaken(here, self.bounds.sample(state, parameters))

    def _begin(self) -> None:
        """Drop what some initial state breaks."""
        solver = z3.SimpleSolver()
        solver.add(self.known, self.formulas.initial("0"))
        here = (0, 0)
        facts = self._at(here)
        while satisfiable(solver, some(self.negated(fact, self.state) for fact in facts.all())):
            self._weaken(here, self._sample(solver.model(), self.state))

    def _at(self, here: Location) -> CandidateInvariant:
        return self.facts.setdefault(here, CandidateInvariant(self.bounds, self.flags))

    def _weaken(self, here: Location, sample: Sample) -> None:
        """Drop what this state breaks; and, where the ends are alike, what it breaks with the ends
        exchanged."""
        self._at(here).weaken(sample)
        if self.system.alike:
            self._at((here[1], here[0])).weaken(self.bounds.exchanged(sample))

    def _own(self, here: Location) -> bool:
        """Whether these phases are looked at by themselves, and not as those of the other end."""
        return not self.system.alike or here[0] <= here[1]

    def term(self, fact: Fact, state: State) -> Any:
        """A fact about a state as a formula."""
        what, value = fact
        if isinstance(what, str):
            return state[what] if value else z3.Not(state[what])
        return self.bounds.term(what, value, state)

    def negated(self, fact: Fact, state: State) -> Any:
        """That a fact about a state does not hold, as a formula."""
        what, value = fact
        if isinstance(what, str):
            return z3.Not(state[what]) if value else state[what]
        return self.bounds.negated(what, value, state)

    def located(self, here: Location, state: State) -> Any:
        """Each end is in its phase, and in no other."""
        flags = [
            state[phase_name(end, phase)]
            if number == here[end]
            else z3.Not(state[phase_name(end, phase)])
            for end in (0, 1)
            for number, phase in enumerate(self.system.table.phases)
        ]
        return z3.And(*flags)

    def assume(self, solver: z3.Solver, here: Location) -> None:
        """Add to the solver what is known of a state in these phases."""
        solver.add(self.known, self.located(here, self.state))
        solver.add(*(self.term(fact, self.state) for fact in self.facts[here].all()))

    def _check(self, here: Location) -> list[Location]:
        """Drop what some action from these phases breaks; the pairs of phases that lost facts."""
        solver = z3.SimpleSolver()
        self.assume(solver, here)
        solver.add(self.formulas.reaches("0"))
        lost = []
        for action, target in self.leaving(here):
            solver.push()
            solver.add(self.formulas.guard(action))
            if self._drop(solver, here, target, action):
                weaker = (target, target[::-1]) if self.system.alike else (target,)
                lost += [location for location in weaker if location not in lost]
            solver.pop()
        return lost

    def leaving(self, here: Location) -> Iterator[tuple[Action, Location]]:
        """The actions from a pair of phases, and where they lead."""
        for end in (0, 1):
            for action in self.runs.by_phase.get((end, here[end]), ()):
                yield action, self._target(here, action)

    def _target(self, here: Location, action: Action) -> Location:
        after = self.runs.index[action.move.after]
        return (after, here[1]) if action.end == 0 else (here[0], after)

    def _drop(self, solver: z3.Solver, here: Location, target: Location, action: Action) -> bool:
        """Weaken the facts of the target until the action keeps them; whether it broke any."""
        after, changed = self.after(action)
        lost = False
        while True:
            goal = self._open(here, target, after, changed)
            if goal is None or not satisfiable(solver, goal):
                return lost
            self._weaken(target, self._sample(solver.model(), after))
            lost = True

    def _after(self, action: Action) -> tuple[dict[str, Any], set[str]]:
        changes = action.changes(self.state, self.t)
        terms = {n: z3.BoolVal(new) if isinstance(new, bool) else new for n, new in changes.items()}
        return self.state | terms, set(changes)

    def _open(self, here: Location, target: Location, after: State, changed: set[str]) -> Any:
        """That a fact of the target is broken; None if each follows from what is known here."""
        if target not in self.facts:
            return z3.BoolVal(True)
        new = self.facts[target].new(self.facts[here], changed)
        broken = [self.negated(fact, after) for fact in new]
        return some(broken) if broken else None

    def _sample(self, model: z3.ModelRef, after: State) -> Sample:
        """The state after a step in a solution. All numbers are multiplied by their common
        denominator: bounds are sums of parameters, so what is met stays so."""

        def value(term: Any) -> bool | Fraction:
            number = model.eval(term, model_completion=True)
            if z3.is_bool(number):
                return bool(z3.is_true(number))
            above, _, below = number.as_string().partition("/")
            return Fraction(int(above), int(below or 1))

        values = {name: value(term) for name, term in {**after, **self.parameters}.items()}
        unit = lcm(*(fraction.denominator for fraction in values.values()))
        whole = {n: v if isinstance(v, bool) else int(v * unit) for n, v in values.items()}
        return self.bounds.sample(whole, whole)
