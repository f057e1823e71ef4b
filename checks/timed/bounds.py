"""Bounds on the difference of two moments by sums of parameters, and which of them imply which.

They are difference bounds (Dill 1989) whose constants are linear in the parameters. Implication
between two of them depends on the parameters alone, and is asked of the solver once per pair of
sums; after that a set of bounds is a bit mask, and weakening it is a few operations on ints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import z3

from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.timed.timed_system import TimedSystem, is_sending, other_end
from tcpmc.model.timed.linear import Linear, linear

State = Mapping[str, Any]
Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]
ZERO = z3.RealVal(0)


@dataclass(frozen=True)
class DifferenceOfMoments:
    """Two moments, left minus right; the name "" is the moment zero. `guards` are the flags under
    which they mean something."""

    left: str
    right: str
    guards: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What it speaks of."""
        return (self.left, self.right, *self.guards)


def sums(system: TimedSystem) -> list[Linear]:
    """The sums of parameters by which differences are bounded."""
    lives = [linear(name) for name in ("MSL", "OUT", "IN") if name in system.parameters]
    positive = [Linear(), *lives, *(life + other for life in lives for other in lives)]
    if len(lives) == 1:
        positive.append(lives[0] + lives[0] + lives[0])
    lengths = [linear(timer.length) for timer in system.circumstances.timers if timer.event]
    positive += [*lengths, *(length + other for length, other in combinations(lengths[1:], 2))]
    if system.circumstances.probes:
        probes = range(1, system.circumstances.probes)
        positive += [linear(f"IDLE + {number} INTVL") for number in probes]
    if "R" in system.parameters:
        positive += [linear("R") + life for life in lives]
    return list(dict.fromkeys([*positive, *(-bound for bound in positive)]))


class Sample(NamedTuple):
    """A state in whole numbers: the flags (the first is always true), the moments (the first is the
    moment zero), and the sums of the parameters."""

    flags: Mask
    moments: Numbers
    sums: Numbers


class Bounds:
    """All pairs, and all bounds: `difference < sums[i]` has the index 2 i, `<=` 2 i + 1. Sets of
    bounds are bit masks."""

    def __init__(self, system: TimedSystem, parameters: State, assumed: z3.BoolRef) -> None:
        self.sums = sums(system)
        self.pairs = list(_pairs(system))
        self._flags, self._moments = ("", *system.flags), ("", *system.moments)
        flag, moment = (
            {name: n for n, name in enumerate(names)} for names in (self._flags, self._moments)
        )
        self._left = np.array([moment[pair.left] for pair in self.pairs])
        self._right = np.array([moment[pair.right] for pair in self.pairs])
        guards = [[flag[guard] for guard in (*pair.guards, "", "")[:2]] for pair in self.pairs]
        self._guards = np.array(guards)
        self._exchange = [
            [places.get(other_end(name), -1) for name in places] for places in (flag, moment)
        ]
        self._terms = [z3.RealVal(0) + bound.at(parameters) for bound in self.sums]
        self._made: dict[tuple[int, ...], tuple[Any, Any]] = {}
        self._assumed = assumed
        self.least = cache(self._least)

    @cached_property
    def _implied(self) -> list[int]:
        """For each bound the weaker ones, for all parameters that are known to be possible."""
        solver = z3.SolverFor("QF_LRA")
        solver.add(self._assumed)
        terms = self._terms
        weaker = []
        for i, term in enumerate(terms):
            at_most = [not satisfiable(solver, term > other) for other in terms]
            below = [not satisfiable(solver, term >= other) for other in terms]
            for strict in (True, False):
                mask = 0
                for j in range(len(terms)):
                    mask |= (at_most[j] if strict else below[j]) << 2 * j
                    mask |= at_most[j] << 2 * j + 1
                weaker.append(mask & ~(1 << 2 * i + (not strict)))
        return weaker

    def sample(self, state: State, parameters: State) -> Sample:
        """A state of whole numbers."""
        moments = [0, *(state[name] for name in self._moments[1:])]
        limits = [bound.at(parameters) for bound in self.sums]
        fits = max(map(abs, (*moments, *limits))) < 2**62
        exact = np.int64 if fits else object
        flags = np.array([True, *(state[name] for name in self._flags[1:])])
        return Sample(flags, np.array(moments, exact), np.array(limits, exact))

    def exchanged(self, sample: Sample) -> Sample:
        """The same state with the ends exchanged, which have to be alike."""
        flags, moments = self._exchange
        return Sample(sample.flags[flags], sample.moments[moments], sample.sums)

    def truths(self, sample: Sample) -> dict[str, bool]:
        """The flags by their names."""
        return dict(zip(self._flags, sample.flags.tolist(), strict=True))

    def meant(self, sample: Sample) -> Mask:
        """For each pair, whether both moments mean something."""
        meant: Mask = sample.flags[self._guards].all(axis=1)
        return meant

    def met(self, sample: Sample) -> Mask:
        """For each pair, and each bound, whether the difference meets it."""
        differences = sample.moments[self._left] - sample.moments[self._right]
        below = differences[:, None] < sample.sums
        at_most = differences[:, None] <= sample.sums
        return np.stack([below, at_most], axis=2).reshape(len(self.pairs), -1).astype(bool)

    def _least(self, held: int) -> tuple[int, ...]:
        """The strongest of these bounds, which imply the others; one of each that are equal."""
        strongest, rest = [], held
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
                strongest.append(index)
        return tuple(strongest)

    def term(self, pair: DifferenceOfMoments, index: int, state: State) -> Any:
        """The bound as a formula."""
        return self._both(pair, index, state)[0]

    def negated(self, pair: DifferenceOfMoments, index: int, state: State) -> Any:
        """That the bound does not hold, as a formula."""
        return self._both(pair, index, state)[1]

    def _both(self, pair: DifferenceOfMoments, index: int, state: State) -> tuple[Any, Any]:
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


def _pairs(system: TimedSystem) -> list[DifferenceOfMoments]:
    """Bounds from above on when anything happened, relative to a timer or a copy that is owed.

    Nothing is bounded by the youngest copy of another kind.
    """

    def guards(*names: str) -> tuple[str, ...]:
        return tuple(sorted({n.replace(".first.", ".owed.") for n in names if ".first." in n}))

    names = ["", *system.moments]
    return [
        DifferenceOfMoments(left, right, guards(left, right))
        for left in names
        for right in names
        if left != right and _telling(left, right)
    ]


def _telling(left: str, right: str) -> bool:
    """Whether a bound on this difference is worth a thought: on when a segment was sent or a timer
    was started, relative to now, to a timer, or to when the first copy owed was sent; and on when
    a segment was sent relative to the beginning, which says that it never was."""
    if is_sending(right):
        return False
    if right == "":
        return is_sending(left)
    if ".first." in right:
        return not is_sending(left) and ".first." not in left
    return left != ""
