"""Where a predicate holds in an explored graph.

It is decided by the pair of ends where that is enough; by what it asks of the network, where that
is all that it asks for; and else, or where loss is no step, state by state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.in_flight import (
    PartialSystem,
    Question,
    Unsettled,
    each_answer,
    loses_unseen,
    truths,
)
from tcpmc.checks.statespace import END_BITS, PAIR_MASK, Graph, Mask, unpack
from tcpmc.checks.statespace.levels import Levels
from tcpmc.checks.statespace.tables import Ids, Ints, Numbering
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.properties.kinds import Predicate

Truths = npt.NDArray[np.int8]
UNKNOWN, HOLDS, OPEN = -1, 1, 2
NOT_ASKED: Truths = np.empty(0, np.int8)

KEPT = 1 << 21
"""States of a graph of which the pairs of ends are kept, at most."""

MOST_CASES = 64
"""Ways in which what a predicate asks of the network can be answered, at most."""


@dataclass(frozen=True)
class ByPairs:
    """States, and the number of the pair of ends of each."""

    states: Ints
    of: Ints

    def where(self, mask: Mask) -> ByPairs:
        """Some of the states."""
        return ByPairs(self.states[mask], self.of[mask])


class TruthOnGraphs:
    """The truths of predicates on the states of one table."""

    def __init__(self, table: TabulatedModel) -> None:
        self._table = table
        self._pairs = Numbering(END_BITS)
        self._on_pairs: dict[Predicate, Truths] = {}
        self._in_channels = InChannels(table)
        self._made: WeakKeyDictionary[Levels, dict[int, ByPairs]] = WeakKeyDictionary()

    def level(self, graph: Graph, number: int) -> ByPairs:
        """The states of a level by their pairs of ends; kept for the next question about them."""
        made = self._made.setdefault(graph.levels, {})
        if number not in made:
            states = graph.levels[number]
            if sum(len(level.states) for level in made.values()) + len(states) > KEPT:
                made.clear()
            made[number] = ByPairs(states, self._pairs(states & PAIR_MASK))
        return made[number]

    def where(
        self, predicate: Predicate, among: ByPairs, enough: Callable[[set[bool]], bool]
    ) -> Mask:
        """Where the predicate holds. Where it depends on what is lost unseen, `any` or `all` of its
        truths count."""
        of_pair = self._on_pairs.get(predicate, NOT_ASKED)
        of_pair = np.pad(of_pair, (0, len(self._pairs) - len(of_pair)), constant_values=UNKNOWN)
        for pair in np.unique(among.of[of_pair[among.of] == UNKNOWN]).tolist():
            of_pair[pair] = self._on_pair(predicate, pair)
        self._on_pairs[predicate] = of_pair
        of_state = of_pair[among.of]
        holds: Mask = of_state == HOLDS
        left = np.flatnonzero(of_state == OPEN)
        if not loses_unseen(self._table.model):
            left = self._by_answers(predicate, among, left, holds)
        for index in left.tolist():
            system = self._table.system(among.states[index])
            holds[index] = enough(truths(predicate, self._table.quick, system))
        return holds

    def levels_where(
        self,
        predicate: Predicate,
        graph: Graph,
        enough: Callable[[set[bool]], bool] = any,
    ) -> list[Ints]:
        """The states of a graph in which the predicate holds, by level."""
        levels = (self.level(graph, number) for number in range(len(graph.levels)))
        return [level.states[self.where(predicate, level, enough)] for level in levels]

    def _on_pair(self, predicate: Predicate, pair: int) -> int:
        """Whether the predicate holds at a pair of ends; OPEN where it asks for the channels."""
        system = PartialSystem(self._table.system(self._pairs.keys[pair]).ends)
        try:
            return int(bool(predicate(self._table.quick, system)))
        except Unsettled:
            return OPEN

    def _by_answers(self, predicate: Predicate, among: ByPairs, which: Ints, holds: Mask) -> Ints:
        """Write down where the predicate holds, of these states, where `System.in_flight` is all
        that it asks of the channels. Returns the other states."""
        which = which[np.argsort(among.of[which], kind="stable")]
        cuts = np.flatnonzero(np.diff(among.of[which])) + 1
        left = []
        for states in np.split(which, cuts) if len(which) else ():
            ends = self._table.system(among.states[states[0]]).ends
            answers = each_answer(predicate, self._table.quick, ends, self._in_channels.find)
            try:
                cases = list(islice(answers, MOST_CASES + 1))
            except Unsettled:
                cases = []
            if not 0 < len(cases) <= MOST_CASES:
                left.append(states)
                continue
            _, _, ab, ba = unpack(among.states[states])
            for answered, truth in cases:
                if truth:
                    met = np.ones(len(states), bool)
                    for in_flight, says in answered:
                        met &= (in_flight[ab] | in_flight[ba]) == says
                    holds[states[met]] = True
        return np.concatenate(left) if left else which[:0]


class InChannels:
    """Which contents of a channel have a segment of some kind in flight."""

    def __init__(self, table: TabulatedModel) -> None:
        self._table = table
        self._segments: Ids[Segment] = Ids()
        self._read = 0
        self._flights: Ints = np.empty((0, 3), np.int64)

    def find(self, question: Question) -> Mask:
        """Of each of the contents so far, whether the segment that is asked for is there."""
        self._read_on()
        which, younger = question
        kind = np.array([bool(which(segment)) for segment in self._segments.values], bool)
        contents, segment, age = self._flights.T
        matching = kind[segment] if younger is None else kind[segment] & (age < younger)
        present = np.zeros(self._read, bool)
        present[contents[matching]] = True
        return present

    def _read_on(self) -> None:
        """Read the contents that are new: rows (contents, segment, age), one for each flight."""
        start, self._read = self._read, len(self._table.contents)
        new = [
            (number, self._segments(flight.segment), flight.age)
            for number in range(start, self._read)
            for flight in self._table.contents[number]
        ]
        if new:
            self._flights = np.concatenate((self._flights, np.array(new, np.int64)))
