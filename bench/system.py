"""The table of rules as a system for the explorer, and the state that the benchmark looks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench.ir import TIME_WAIT, Endpoint, Local, Segment
from tcpmc.checks.statespace import Graph, unpack
from tcpmc.checks.statespace.tabulated import State, Tabulated

Contents = tuple[Segment, ...]


class Sent(NamedTuple):
    """A segment on its way into a channel; one that needs room cannot be sent into a full one."""

    seg: Segment
    needs_room: bool


class CompactTcp:
    """The compact TCP with K connections and channels of capacity C."""

    initial: State[Endpoint, Contents] = (Endpoint(), Endpoint(), (), ())

    def __init__(self, connections: int, capacity: int) -> None:
        self.connections, self.capacity = connections, capacity
        self._local = Local(connections)

    def own(self, which: int, end: Endpoint) -> Iterator[tuple[str, Endpoint, Sent | None]]:
        for rule, after, seg in self._local.own(end):
            yield rule.name, after, Sent(seg, rule.needs_room) if seg else None

    def receive(self, which: int, end: Endpoint, message: Sent) -> tuple[Endpoint, Sent | None]:
        after, answer = self._local.arrive(end, message.seg)
        return after, Sent(answer, False) if answer else None

    def deliveries(self, contents: Contents) -> Iterator[tuple[Sent, Contents]]:
        for seg, rest in _without_one(contents):
            yield Sent(seg, False), rest

    def put(self, contents: Contents, message: Sent) -> Contents | None:
        if len(contents) < self.capacity:
            return tuple(sorted((*contents, message.seg)))
        return None if message.needs_room else contents

    def network(self, contents: Contents) -> Iterator[tuple[str, Contents]]:
        for seg, rest in _without_one(contents):
            yield f"lose {seg}", rest
            if len(contents) < self.capacity:
                yield f"duplicate {seg}", tuple(sorted((*contents, seg)))


def _without_one(contents: Contents) -> Iterator[tuple[Segment, Contents]]:
    """Each distinct segment, and the contents without one of it."""
    for seg in dict.fromkeys(contents):
        at = contents.index(seg)
        yield seg, contents[:at] + contents[at + 1 :]


Machine = Tabulated[Endpoint, Contents, Sent]


def compact_tcp(connections: int, capacity: int) -> Machine:
    """The system as tables."""
    return Tabulated(CompactTcp(connections, capacity))


@dataclass(frozen=True)
class Goal:
    """What the search for a counterexample looks for: both ends in TIME-WAIT of their last
    connection, and both channels full."""

    machine: Machine
    connections: int
    capacity: int

    def find(self, graph: Graph) -> int | None:
        """The least such state in the last level."""
        machine = self.machine
        over = np.array([(e.st, e.inc) == (TIME_WAIT, self.connections) for e in machine.ends])
        states = graph.levels.stored(-1).where(lambda a, b: over[a] & over[b])
        for place in (2, 3) if len(states) else ():
            full = np.array([len(contents) == self.capacity for contents in machine.contents])
            states = states[full[unpack(states)[place]]]
        return int(states[0]) if len(states) else None
