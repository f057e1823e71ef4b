"""The invariant of the untimed unbounded channel by pairs of states, taken from the tables.

Each end's tables say which state follows on which kind of segment; `sent_sets` computes from them
what must and what may have been sent for each pair of states. That proposes. The solver checks from
the symbolic rules alone that no step leaves it, so nothing in the tables has to be trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import z3

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.smt.encode import Encoding, Frame
from tcpmc.checks.smt.induction import Escaped
from tcpmc.checks.statespace import SETTLED, key_of
from tcpmc.checks.symbolic.fields import end_terms
from tcpmc.checks.symbolic.sent_sets import Location, Sent, TwoEnds, least
from tcpmc.checks.symbolic.solving import satisfiable, some
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.channel import Flight


@dataclass(frozen=True)
class TableMove:
    """A row of the tables as a move."""

    target: int
    arriving: int | None
    sending: int | None
    settled: bool


class Pairs:
    """What is known of each pair of states of the ends."""

    def __init__(self, encoding: Encoding, table: TabulatedModel) -> None:
        """Raises Escaped for a segment that the encoding does not know, and NotImplementedError for
        a rule that sends more than one at a time."""
        self.encoding, self.table = encoding, table
        self._kinds = [
            {kind.segment: number for number, kind in enumerate(kinds)}
            for kinds in encoding.channels
        ]
        self._ends: tuple[list[int], list[int]] = ([table.initial[0]], [table.initial[1]])
        two_ends = TwoEnds(cache(self._moves), len(self._kinds[0]), self._settled)
        self.known: dict[Location, Sent] = least(two_ends)

    def __len__(self) -> int:
        """The number of clauses."""
        kinds = sum(map(len, self._kinds))
        return 2 + len(self.known) * kinds - sum(sent.open() for sent in self.known.values())

    def _moves(self, which: int, end: int) -> list[TableMove]:
        return [*self._own(which, end), *self._arrivals(which, end)]

    def _own(self, which: int, end: int) -> Iterator[TableMove]:
        for _, after, message, waits in self.table.own[which].at(self._ends[which][end]):
            settled = waits == SETTLED
            yield TableMove(self._end(which, after), None, self._sent(which, message), settled)

    def _arrivals(self, which: int, end: int) -> Iterator[TableMove]:
        for number, kind in enumerate(self.encoding.channels[1 - which]):
            flight = self.table.flights(Flight(kind.segment))
            key = key_of(self._ends[which][end], flight)
            for after, message in self.table.receive[which].at(key):
                yield TableMove(
                    self._end(which, after), number, self._sent(which, message), settled=False
                )

    def _end(self, which: int, identifier: int) -> int:
        """The number of an end of the tables, among those that this side can be in."""
        if identifier not in self._ends[which]:
            self._ends[which].append(identifier)
        return self._ends[which].index(identifier)

    def _sent(self, which: int, message: int) -> int | None:
        segments: tuple[Segment, ...] = self.table.messages[message][0]
        if len(segments) > 1:
            raise NotImplementedError("a rule that sends more than one segment at a time")
        if not segments:
            return None
        if segments[0] not in self._kinds[which]:
            raise Escaped(str(segments[0]))
        return self._kinds[which][segments[0]]

    def _settled(self, which: int, end: int) -> bool:
        return self.table.model.settled(self.table.ends[self._ends[which][end]])

    def formula(self, frame: Frame) -> z3.BoolRef:
        """What is known, in a frame."""
        names = [
            f"{who}:{n}" for who, k in zip("AB", self._kinds, strict=True) for n in range(len(k))
        ]
        absent = [frame[name] == 0 for name in names]
        there = [frame[name] == 1 for name in names]
        ends = [
            [self.encoding.end_is(frame, who, self.table.ends[end]) for end in self._ends[side]]
            for side, who in enumerate("AB")
        ]
        ways = []
        for (a, b), sent in self.known.items():
            flags = [
                there[place] if sent.must >> place & 1 else absent[place]
                for place in range(len(names))
                if sent.must >> place & 1 or not sent.may >> place & 1
            ]
            ways.append(z3.And(ends[0][a], ends[1][b], *flags))
        return z3.And(z3.Not(frame["escaped"]), some(ways))

    def check(self, patience: float | None) -> None:
        """Raises Escaped where the solver finds a step that leaves what is known, and GaveUp."""
        encoding = self.encoding
        now, then = (self.formula(frame) for frame in (encoding.frame0, encoding.frame1))
        for conditions in ([encoding.initial(), z3.Not(now)], [now, encoding.step, z3.Not(then)]):
            solver = z3.SolverFor("QF_FD")
            if patience is not None:
                solver.set("timeout", int(1000 * patience))
            solver.add(*conditions)
            if satisfiable(solver):
                raise Escaped("a step leaves the invariant that the tables propose")


def varying(table: TabulatedModel) -> frozenset[str]:
    """The fields of an end that are not the same in all states of ends in the tables."""
    first, *others = map(end_terms, table.ends.values)
    return frozenset(name for name, value in first.items() if any(o[name] != value for o in others))
