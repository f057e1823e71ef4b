"""Bounds on the difference of two moments by sums of parameters, and which of them imply which."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import z3

from tcpmc.checks.dense.actions import Closing
from tcpmc.checks.solving import satisfiable
from tcpmc.model.linear import Linear, linear

State = Mapping[str, Any]
ZERO = z3.RealVal(0)


@dataclass(frozen=True)
class Pair:
    """Two moments, left minus right; the name "" is the moment zero. `guards` are the flags under
    which they mean something."""

    left: str
    right: str
    guards: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What it speaks of."""
        return (self.left, self.right, *self.guards)

    def means(self, state: State) -> bool:
        """Whether both moments mean something in a state of numbers."""
        return all(state[guard] for guard in self.guards)

    def difference(self, state: State) -> Any:
        """Left minus right."""
        return state.get(self.left, 0) - state.get(self.right, 0)


def sums(system: Closing) -> list[Linear]:
    """The sums of parameters by which differences are bounded."""
    lives = [linear(name) for name in ("MSL", "OUT", "IN") if name in system.parameters]
    found = [Linear(), *lives, *(one + other for one in lives for other in lives)]
    found += [one + one + one for one in lives] * (len(lives) == 1)
    lengths = [linear(timer.length) for timer in system.circumstances.timers if timer.event]
    found += [*lengths, *(one + other for one, other in combinations(lengths[1:], 2))]
    if system.circumstances.probes:
        probes = range(1, system.circumstances.probes)
        found += [linear(f"IDLE + {number} INTVL") for number in probes]
    if "R" in system.parameters:
        found += [linear("R") + one for one in lives]
    return list(dict.fromkeys([*found, *(-one for one in found)]))


@dataclass(frozen=True)
class Ladder:
    """Sums in order, and for each the mask of the sums that are as large (bit 2 i)."""

    values: list[Any]
    large: list[int]

    def met(self, difference: Any) -> int:
        """The bounds that a difference meets, as a mask of `Bounds`."""
        at_most, below = bisect_left(self.values, difference), bisect_right(self.values, difference)
        return self._mask(below) | self._mask(at_most) << 1

    def _mask(self, place: int) -> int:
        return self.large[place] if place < len(self.large) else 0


class Bounds:
    """All pairs, and all bounds: `difference < sums[i]` has the index 2 i, `<=` 2 i + 1. Sets of
    bounds are bit masks."""

    def __init__(self, system: Closing, parameters: State, known: z3.BoolRef) -> None:
        self.sums = sums(system)
        self.everything = (1 << 2 * len(self.sums)) - 1
        self.pairs = list(_pairs(system))
        self._terms = [z3.RealVal(0) + one.at(parameters) for one in self.sums]
        self._made: dict[tuple[int, ...], tuple[Any, Any]] = {}
        self._implied = self._implications(known)
        self.least = cache(self._least)

    def _implications(self, known: z3.BoolRef) -> list[int]:
        """For each bound the weaker ones, for all parameters that are known to be possible."""
        solver = z3.SolverFor("QF_LRA")
        solver.add(known)
        terms = self._terms
        weaker = []
        for i, one in enumerate(terms):
            at_most = [not satisfiable(solver, one > other) for other in terms]
            below = [not satisfiable(solver, one >= other) for other in terms]
            for strict in (True, False):
                mask = 0
                for j in range(len(terms)):
                    mask |= (at_most[j] if strict else below[j]) << 2 * j
                    mask |= at_most[j] << 2 * j + 1
                weaker.append(mask & ~(1 << 2 * i + (not strict)))
        return weaker

    def ladder(self, parameters: State) -> Ladder:
        """The sums for these parameters, in order, to look up what a difference meets."""
        values = sorted({one.at(parameters) for one in self.sums})
        below = [
            sum(1 << 2 * i for i, one in enumerate(self.sums) if one.at(parameters) >= value)
            for value in values
        ]
        return Ladder(values, below)

    def _least(self, held: int) -> tuple[int, ...]:
        """The strongest of these bounds, which imply the others; one of each that are equal."""
        found, rest = [], held
        for index in range(2 * len(self.sums)):
            if not held >> index & 1:
                continue
            stronger = [
                other
                for other in range(2 * len(self.sums))
                if rest >> other & 1 and other != index and self._implied[other] >> index & 1
            ]
            if stronger:
                rest &= ~(1 << index)
            else:
                found.append(index)
        return tuple(found)

    def term(self, pair: Pair, index: int, state: State) -> Any:
        """The bound as a formula."""
        return self._both(pair, index, state)[0]

    def negated(self, pair: Pair, index: int, state: State) -> Any:
        """That the bound does not hold, as a formula."""
        return self._both(pair, index, state)[1]

    def _both(self, pair: Pair, index: int, state: State) -> tuple[Any, Any]:
        """The bound and its negation. Most of the time of a proof would go into making them anew
        each time; what is made is kept, and so the numbers of its parts stay theirs."""
        left, right = state.get(pair.left, ZERO), state.get(pair.right, ZERO)
        guards = [state[guard] for guard in pair.guards]
        key = (index, left.get_id(), right.get_id(), *(guard.get_id() for guard in guards))
        if key not in self._made:
            limit = right + self._terms[index // 2]
            holds = left <= limit if index % 2 else left < limit
            fails = left > limit if index % 2 else left >= limit
            self._made[key] = (
                z3.Or(*(z3.Not(guard) for guard in guards), holds),
                z3.And(*guards, fails),
            )
        return self._made[key]


def _pairs(system: Closing) -> list[Pair]:
    """Bounds from above on when anything happened, relative to a timer or a copy that is owed.

    Nothing is bounded by the youngest copy of another kind.
    """

    def guards(*names: str) -> tuple[str, ...]:
        return tuple(sorted({n.replace(".first.", ".owed.") for n in names if ".first." in n}))

    names = ["", *system.moments]
    return [
        Pair(left, right, guards(left, right))
        for left in names
        for right in names
        if left != right and _telling(left, right)
    ]


def _telling(left: str, right: str) -> bool:
    """Whether a bound on this difference is worth a thought: on when a segment was sent or a timer
    was started, relative to now, to a timer, or to when the first copy owed was sent; and on when
    a segment was sent relative to the beginning, which says that it never was."""
    if ".sent." in right:
        return False
    if right == "":
        return ".sent." in left
    if ".first." in right:
        return ".sent." not in left and ".first." not in left
    return left != ""
