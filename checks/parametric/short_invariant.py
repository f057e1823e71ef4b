"""The part of an invariant that a property needs, as few statements that a person can read.

The invariant of `locations` says of each pair of states what must and what cannot have been sent.
Here the same is said by statements about many states at once, the ends taken alike; those that the
property does not need are left out, backwards by unsatisfiable cores and then one by one. What is
left is checked again to be inductive and to imply the property.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import z3

from tcpmc.checks.labels import ENDS
from tcpmc.checks.parametric.formulas import ParametricFormulas
from tcpmc.checks.parametric.locations import Invariant
from tcpmc.checks.symbolic.sent_sets import Location, Sent
from tcpmc.checks.symbolic.solving import satisfiable

States = frozenset[int]
"""States of an end, by their numbers."""


@dataclass(frozen=True)
class EndsStatement:
    """While one end is in a state of `here` and the other in one of `there` (None: in any), a kind
    that the one end sends, or `by_other`, has been `sent`, or has not; without a `kind`: they never
    are in these states together."""

    here: States
    there: States | None
    kind: int | None = None
    by_other: bool = False
    sent: bool = False


@dataclass(frozen=True)
class ShortInvariant:
    """Statements that are inductive together, with that each end is in one of its states."""

    formulas: ParametricFormulas
    statements: tuple[EndsStatement, ...]
    _made: dict[str, z3.BoolRef] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.statements) + 1

    def formula(self, tag: str) -> z3.BoolRef:
        """It holds in a frame."""
        if tag not in self._made:
            parts = (as_formula(self.formulas, one, tag) for one in self.statements)
            self._made[tag] = z3.And(in_states(self.formulas, tag), *parts)
        return self._made[tag]


def in_states(formulas: ParametricFormulas, tag: str) -> z3.BoolRef:
    """Each end is in one of its states."""
    frame, last = formulas.frame(tag), len(formulas.endpoint.ends) - 1
    numbers = range(last + 1)
    return z3.And(*(z3.Or(*(frame[who] == number for number in numbers)) for who in ENDS))


def as_formula(formulas: ParametricFormulas, one: EndsStatement, tag: str) -> z3.BoolRef:
    """A statement about a frame, of either end."""
    frame, ways = formulas.frame(tag), []
    for which in (0, 1):
        me, other = frame[ENDS[which]], frame[ENDS[1 - which]]
        parts = [z3.Not(z3.Or(*(me == state for state in sorted(one.here))))]
        if one.there is not None:
            parts.append(z3.Not(z3.Or(*(other == state for state in sorted(one.there)))))
        if one.kind is not None:
            flag = frame[formulas.sent(1 - which if one.by_other else which, one.kind)]
            parts.append(flag if one.sent else z3.Not(flag))
        ways.append(z3.Or(*parts))
    return z3.And(*ways)


@dataclass(frozen=True)
class Shortening:
    """What is said of an invariant, and what of it is needed for a claim; `broken` is the claim's
    violation and `assumed` what is known of the ISSs."""

    invariant: Invariant
    broken: z3.BoolRef
    assumed: z3.BoolRef

    @cached_property
    def formulas(self) -> ParametricFormulas:
        """The system."""
        return self.invariant.formulas

    @cached_property
    def known(self) -> dict[Location, Sent]:
        """The invariant, the ends taken alike: of the first end as of the second."""
        width = len(self.formulas.endpoint.kinds)
        found = dict(self.invariant.known)
        for (a, b), sent in self.invariant.known.items():
            other = Sent(_swapped(sent.must, width), _swapped(sent.may, width))
            here = (b, a)
            found[here] = found[here].meeting(other) if here in found else other
        return found

    @cached_property
    def broad(self) -> list[EndsStatement]:
        """Statements about one end and what either sent, whatever the other's state."""
        found = []
        for by_other, kind, sent in self._sayings():
            here = frozenset(
                state
                for state in self._states
                if self._holds_at(state, by_other, kind, sent) == self._together(state)
            )
            if here:
                found.append(EndsStatement(here, None, kind, by_other, sent))
        return found

    @cached_property
    def narrow(self) -> list[EndsStatement]:
        """Statements about the states of both ends: those in which they never are together, and
        what was sent in others."""
        never = ((s, self._states - self._together(s)) for s in sorted(self._states))
        found = [EndsStatement(here, there) for here, there in _alike(never)]
        for by_other, kind, sent in self._sayings():
            open_ = (
                (state, self._holds_at(state, by_other, kind, sent))
                for state in sorted(self._states)
            )
            partly = ((s, there) for s, there in open_ if there != self._together(s))
            found += [EndsStatement(h, t, kind, by_other, sent) for h, t in _alike(partly)]
        return found

    @cached_property
    def _states(self) -> States:
        return frozenset(range(len(self.formulas.endpoint.ends)))

    def _sayings(self) -> Iterator[tuple[bool, int, bool]]:
        kinds = range(len(self.formulas.endpoint.kinds))
        return ((other, kind, sent) for other in (False, True) for kind in kinds for sent in (0, 1))  # type: ignore[misc]

    def _together(self, state: int) -> States:
        return frozenset(b for a, b in self.known if a == state)

    def _holds_at(self, state: int, by_other: bool, kind: int, sent: bool) -> States:
        """The states of the other end with which the kind must have been sent, or cannot have."""
        bit = 1 << kind + by_other * len(self.formulas.endpoint.kinds)
        return frozenset(
            b
            for (a, b), all_sent in self.known.items()
            if a == state and (all_sent.must & bit if sent else not all_sent.may & bit)
        )

    def shortest(self) -> ShortInvariant:
        """As few of the statements as it finds. Raises ValueError where they do not imply the
        claim, and GaveUp."""
        search = StatementSearch(self)
        needed = search.needed()
        for one in sorted(needed, key=size, reverse=True):
            search.leave_out(one)
        statements = tuple(sorted(search.reasons, key=size))
        found = ShortInvariant(self.formulas, statements)
        if not self._is_proof(found):
            raise ValueError("the statements are not inductive")
        return found

    def _is_proof(self, found: ShortInvariant) -> bool:
        """Whether the statements hold at first, are kept by each step and imply the claim."""
        now, then = found.formula("0"), found.formula("1")
        goals = (
            (self.formulas.initial(), z3.Not(now)),
            (now, self.broken),
            (now, self.formulas.step, z3.Not(then)),
        )
        return not any(self._possible(goal) for goal in goals)

    def _possible(self, conditions: Iterable[z3.BoolRef]) -> bool:
        solver = z3.SolverFor("QF_BV")
        solver.add(self.assumed, *conditions)
        return satisfiable(solver)


def size(one: EndsStatement) -> tuple[bool, bool, int, int, bool, bool, list[int]]:
    """Sorts statements: what is said of many states comes last, what is about both ends later."""
    narrow, kind = one.there is not None, -1 if one.kind is None else one.kind
    return narrow, one.kind is not None, len(one.here), kind, one.by_other, one.sent, [*one.here]


class StatementSearch:
    """Which statements are needed: `reasons` are those, each with what it follows from after a
    step, and `claim` what the claim follows from."""

    def __init__(self, asked: Shortening) -> None:
        self.asked = asked
        self.reasons: dict[EndsStatement, frozenset[EndsStatement]] = {}
        self.claim: frozenset[EndsStatement] = frozenset()
        every = [*asked.broad, *asked.narrow]
        self._flags = {one: z3.Bool(f"statement!{number}") for number, one in enumerate(every)}
        self._now, self._after = self._solver(), self._solver()
        self._now.add(asked.broken)
        self._after.add(asked.formulas.step)
        for one, flag in self._flags.items():
            after = as_formula(asked.formulas, one, "1")
            self._after.add(z3.Implies(self._broken(flag), z3.Not(after)))

    def _solver(self) -> z3.Solver:
        """A solver in which each statement follows from its flag."""
        solver, formulas = z3.SolverFor("QF_BV"), self.asked.formulas
        solver.add(self.asked.assumed, in_states(formulas, "0"))
        for one, flag in self._flags.items():
            solver.add(z3.Implies(flag, as_formula(formulas, one, "0")))
        return solver

    @staticmethod
    def _broken(flag: z3.BoolRef) -> z3.BoolRef:
        return z3.Bool(f"broken.{flag}")

    def needed(self) -> list[EndsStatement]:
        """Those from which the claim follows, and those from which they do after a step, and so
        on: what is needed already, else broad ones where they are enough. Raises ValueError."""
        self.claim = self._wide(None)
        todo = [*self.claim]
        while todo:
            one = todo.pop(0)
            if one not in self.reasons:
                self.reasons[one] = self._wide(one)
                todo += sorted(self.reasons[one], key=size)
        return [*self.reasons]

    def leave_out(self, one: EndsStatement) -> None:
        """Do without the statement, if what followed from it follows from the others."""
        others = self.reasons.keys() - {one}
        found: dict[EndsStatement | None, frozenset[EndsStatement]] = {}
        for goal, reason in ((None, self.claim), *self.reasons.items()):
            if one in reason and goal != one:
                core = self._core(goal, others)
                if core is None:
                    return
                found[goal] = core
        del self.reasons[one]
        self.claim = found.pop(None, self.claim)
        self.reasons |= {goal: core for goal, core in found.items() if goal is not None}

    def _wide(self, goal: EndsStatement | None) -> frozenset[EndsStatement]:
        for among in ((), self.asked.broad, self._flags):
            core = self._core(goal, {*self.reasons, *among})
            if core is not None:
                return core
        raise ValueError("the invariant does not imply it")

    def _core(
        self, goal: EndsStatement | None, among: Collection[EndsStatement]
    ) -> frozenset[EndsStatement] | None:
        """Of these statements some from which the goal follows after a step, or the claim now;
        None if it does not."""
        flags = {self._flags[one]: one for one in among}
        solver, asked = self._now, [*flags]
        if goal is not None:
            solver = self._after
            asked.append(self._broken(self._flags[goal]))
        if satisfiable(solver, *asked):
            return None
        return frozenset(flags[flag] for flag in solver.unsat_core() if flag in flags)


def _swapped(sent: int, width: int) -> int:
    """The kinds as bits, the ends exchanged."""
    low = (1 << width) - 1
    return (sent & low) << width | sent >> width


def _alike(found: Iterable[tuple[int, States]]) -> Iterator[tuple[States, States]]:
    """States with the same set, together; without those that have none."""
    by_set: dict[States, set[int]] = {}
    for state, there in found:
        if there:
            by_set.setdefault(there, set()).add(state)
    return ((frozenset(here), there) for there, here in by_set.items())
