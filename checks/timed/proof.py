"""The part of an inductive invariant that a claim needs, as one formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import z3

from tcpmc.checks.symbolic.solving import satisfiable, some
from tcpmc.checks.timed import copies
from tcpmc.checks.timed.bounds import DifferenceOfMoments
from tcpmc.checks.timed.candidates import Fact
from tcpmc.checks.timed.encoding import FRAMES, TimedFormulas
from tcpmc.checks.timed.houdini import Mine, State
from tcpmc.checks.timed.simulation import Location
from tcpmc.checks.timed.timed_system import Action, other_end, phase_name
from tcpmc.model.timed.theorems import Claim

Needed = dict[Location, dict[Fact, None]]
"""Facts of each pair of phases, in the order in which they were found."""


class Unproved(Exception):
    """The facts do not imply the claim; says in which phases."""


@dataclass
class Slice:
    """What is needed of the mined facts, backwards from the claim by unsatisfiable cores (an
    inductive validity core; Ghassabani, Gacek and Whalen 2016).
    What is needed already is used again before anything else; and where the ends are alike what is
    needed of one is taken of the other as well, so that the whole is alike."""

    mine: Mine
    needed: Needed = field(default_factory=dict)
    _known: Mapping[Location, frozenset[Fact]] = field(default_factory=dict)
    _solvers: Mapping[Location, tuple[z3.Solver, dict[Fact, z3.BoolRef]]] = field(
        default_factory=dict
    )

    def __len__(self) -> int:
        return sum(map(len, self.needed.values()))

    def for_claim(self, claim: Claim) -> Slice:
        """The facts from which the claim follows, and those from which they do, and so on. Raises
        Unproved."""
        mine = self.mine
        broken = mine.formulas.broken(claim)
        self.needed = {here: {} for here in mine.facts}
        self._known = {here: frozenset(facts.all()) for here, facts in mine.facts.items()}
        self._solvers = {here: self._solver(here) for here in mine.facts}
        fresh: Needed = {here: {} for here in mine.facts}
        for here in mine.facts:
            self._take(here, self._core(here, (broken,)), fresh)
            for action, target in mine.leaving(here):
                if target not in mine.facts:
                    self._take(here, self._core(here, self._moved(action)), fresh)
        while any(fresh.values()):
            goals, fresh = fresh, {here: {} for here in mine.facts}
            self._back(goals, fresh)
        return self

    def _back(self, goals: Needed, fresh: Needed) -> None:
        """What the facts in `goals` need of the states one action before."""
        mine = self.mine
        for here in mine.facts:
            for action, target in mine.leaving(here):
                after, changed = mine.after(action)
                open_ = [fact for fact in goals.get(target, {}) if self._open(here, fact, changed)]
                for fact in goals.get(target, {}):
                    if fact not in open_:
                        self._take(here, [fact], fresh)
                if open_:
                    goal = some(mine.negated(fact, after) for fact in open_)
                    self._take(here, self._core(here, (*self._moved(action), goal)), fresh)

    def _open(self, here: Location, fact: Fact, changed: set[str]) -> bool:
        what, _ = fact
        touched = what in changed if isinstance(what, str) else not changed.isdisjoint(what.names)
        return touched or fact not in self._known[here]

    def _moved(self, action: Action) -> tuple[Any, ...]:
        formulas = self.mine.formulas
        return formulas.reaches("0"), formulas.guard(action)

    def _take(self, here: Location, facts: list[Fact], fresh: Needed) -> None:
        for fact in facts:
            places = [(here, fact)]
            if self.mine.system.alike:
                places.append((here[::-1], exchanged(fact)))
            for place, one in places:
                if one not in self.needed[place]:
                    self.needed[place][one] = fresh[place][one] = None

    def _core(self, here: Location, goal: tuple[Any, ...]) -> list[Fact]:
        """Facts of these phases that rule the goal out, besides those that are needed already."""
        solver, named = self._solvers[here]
        solver.push()
        solver.add(*goal, *(named[fact] for fact in self.needed[here]))
        rest = {flag: fact for fact, flag in named.items() if fact not in self.needed[here]}
        if not satisfiable(solver):
            core = list[Fact]()
        elif satisfiable(solver, *rest):
            names = (self.mine.system.table.phases[number] for number in here)
            raise Unproved(" and ".join(map(str, names)))
        else:
            core = [rest[literal] for literal in solver.unsat_core()]
        solver.pop()
        return core

    def _solver(self, here: Location) -> tuple[z3.Solver, dict[Fact, z3.BoolRef]]:
        """A solver in which each fact of these phases follows from a flag, and the flags."""
        mine, solver = self.mine, z3.Solver()
        solver.add(mine.known, mine.located(here, mine.state))
        named = {fact: z3.Bool(f"fact!{n}") for n, fact in enumerate(mine.facts[here].all())}
        for fact, flag in named.items():
            solver.add(z3.Implies(flag, mine.term(fact, mine.state)))
        return solver, named

    def invariant(self, state: State) -> z3.BoolRef:
        """The invariant: the ends are in one of the known pairs of phases, and in each of them its
        facts hold."""
        places = {here: self.mine.located(here, state) for here in self.needed}
        parts = [z3.Or(*places.values())]
        for here, facts in self.needed.items():
            if facts:
                terms = [self.mine.term(fact, state) for fact in facts]
                parts.append(z3.Implies(self._both(here, state), z3.And(*terms)))
        return z3.And(*parts)

    def _both(self, here: Location, state: State) -> Any:
        phases = self.mine.system.table.phases
        return z3.And(*(state[phase_name(end, phases[here[end]])] for end in (0, 1)))


def exchanged(fact: Fact) -> Fact:
    """The same fact with the ends exchanged."""
    what, value = fact
    if isinstance(what, str):
        return other_end(what), value
    guards = tuple(sorted(map(other_end, what.guards)))
    return DifferenceOfMoments(other_end(what.left), other_end(what.right), guards), value


def obligations(formulas: TimedFormulas, claim: Claim, proof: Slice) -> Mapping[str, list[Any]]:
    """What makes it a proof: each is a list of formulas that have no common solution."""
    assumed = proof.mine.known
    now, then = (proof.invariant(formulas.frame(tag)) for tag in FRAMES)
    return {
        "initiation": [assumed, formulas.initial("0"), z3.Not(now)],
        "consecution": [assumed, now, formulas.step, z3.Not(then)],
        "safety": [assumed, now, formulas.broken(claim)],
        "lifetimes": [assumed, formulas.without_life],
        **{name: [formula] for name, formula in copies.obligations().items()},
    }
