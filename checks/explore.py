"""Exhaustive breadth-first exploration of two machines joined by two channels.

Nothing here knows of TCP. The machines and channels come as tables over small ints
(`Machine`); a state is four of them packed into one int, a level is a sorted array of states, and
a successor is a few gathers. The search is exact: no state is hashed away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tcpmc.checks.tables import Ints, Table

END_BITS, CHANNEL_BITS = 13, 18
PAIR_MASK = (1 << 2 * END_BITS) - 1
CHUNK = 1 << 16

Mask = npt.NDArray[np.bool_]


class TooLarge(Exception):
    """The exploration would exceed a limit; says which, and how far it came."""


class Machine(Protocol):
    """What the explorer needs to know, as tables. `which` is 0 or 1, `key` an id or ids.

    own[which]        end -> (event, end', message, waits): what an end does by itself; a row that
                      `waits` is possible only when both channels are quiet and the other end is
                      settled.
    deliveries        channel -> (event, flight, channel')
    receive[which]    end * 2**20 + flight -> (end', message)
    put               channel * 2**20 + message -> (channel',), or no row: there is no room
    network           channel -> (event, channel'): losses and the like
    tick_end, tick_channel   id -> (id',), or no row: something has to happen first
    quiet, settled    id -> (0 or 1,)
    """

    initial: tuple[int, int, int, int]
    clock: bool
    own: tuple[Table, Table]
    deliveries: Table
    receive: tuple[Table, Table]
    put: Table
    network: Table
    tick_end: Table
    tick_channel: Table
    quiet: Table
    settled: Table


def pack(a: Ints, b: Ints, ab: Ints, ba: Ints) -> Ints:
    """Four arrays of ids as one array of states."""
    return a | b << END_BITS | ab << 2 * END_BITS | ba << 2 * END_BITS + CHANNEL_BITS


def unpack(states: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """The ids of both ends and both channels."""
    end, channel = (1 << END_BITS) - 1, (1 << CHANNEL_BITS) - 1
    return (
        states & end,
        states >> END_BITS & end,
        states >> 2 * END_BITS & channel,
        states >> 2 * END_BITS + CHANNEL_BITS,
    )


@dataclass(frozen=True)
class Edges:
    """Transitions: the index of the source among the states asked for, the event, the end at
    which it happens, and the state after. All of shape (m,)."""

    source: Ints
    event: Ints
    end: Ints
    target: Ints


@dataclass(frozen=True)
class Attempts:
    """What an end would do if there is room for what it sends: arrays of shape (m,), the message
    and the channel towards the end as ids."""

    source: Ints
    event: Ints
    end: Ints
    message: Ints
    inn: Ints

    def at(self, index: Ints | Mask) -> Attempts:
        """Some of them."""
        parts = (self.source, self.event, self.end, self.message, self.inn)
        return Attempts(*(part[index] for part in parts))


def attempts(machine: Machine, which: int, states: Ints) -> Attempts:
    """What end `which` does by itself or on a delivery, whether or not there is room for it."""
    a, b, ab, ba = unpack(states)
    me, other, out, inn = (a, b, ab, ba) if which == 0 else (b, a, ba, ab)
    source, rows = machine.own[which](me)
    own = Attempts(source, rows[:, 0], rows[:, 1], rows[:, 2], inn[source])
    if rows[:, 3].any():
        calm = _flag(machine.quiet, out) & _flag(machine.quiet, inn) & _flag(machine.settled, other)
        own = own.at((rows[:, 3] == 0) | calm[source])
    source, rows = machine.deliveries(inn)
    _, reaction = machine.receive[which]((me[source] << 20) + rows[:, 1])
    arrivals = Attempts(source, rows[:, 0], reaction[:, 0], reaction[:, 1], rows[:, 2])
    pairs = zip(vars(own).values(), vars(arrivals).values(), strict=True)
    return Attempts(*(np.concatenate(pair) for pair in pairs))


def successors(machine: Machine, states: Ints) -> Edges:
    """All transitions from `states`."""
    a, b, ab, ba = unpack(states)
    parts = []
    for which in (0, 1):
        me, other, out, inn = (a, b, ab, ba) if which == 0 else (b, a, ba, ab)
        tried = attempts(machine, which, states)
        kept, after = _put(machine, out[tried.source], tried.message)
        tried = tried.at(kept)
        source, rows = machine.network(out)
        ends = np.concatenate((tried.end, me[source]))
        outs = np.concatenate((after, rows[:, 1]))
        inns = np.concatenate((tried.inn, inn[source]))
        event = np.concatenate((tried.event, rows[:, 0]))
        source = np.concatenate((tried.source, source))
        peer = other[source]
        target = pack(ends, peer, outs, inns) if which == 0 else pack(peer, ends, inns, outs)
        parts.append(Edges(source, event, np.full(len(source), which), target))
    if machine.clock:
        parts.append(_ticks(machine, states))
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Edges(*(np.concatenate(column) for column in columns))


def _put(machine: Machine, channels: Ints, messages: Ints) -> tuple[Ints, Ints]:
    """The indices at which there is room for the message, and the channels after it."""
    after, room = channels.copy(), np.ones(len(channels), bool)
    sends = np.flatnonzero(messages)
    index, rows = machine.put((channels[sends] << 20) + messages[sends])
    room[sends] = False
    room[sends[index]] = True
    after[sends[index]] = rows[:, 0]
    kept = np.flatnonzero(room)
    return kept, after[kept]


def _ticks(machine: Machine, states: Ints) -> Edges:
    columns: list[Ints] = []
    source = np.arange(len(states))
    tables = (machine.tick_end, machine.tick_end, machine.tick_channel, machine.tick_channel)
    for table, ids in zip(tables, unpack(states), strict=True):
        index, rows = table(ids[source])
        source = source[index]
        columns = [column[index] for column in columns] + [rows[:, 0]]
    target = pack(*columns)
    moved = target != states[source]
    source, target = source[moved], target[moved]
    zero = np.zeros(len(source), np.int64)
    return Edges(source, zero, zero, target)


def _flag(table: Table, ids: Ints) -> Mask:
    return np.not_equal(table(ids)[1][:, 0], 0)


def distinct(states: Ints) -> Ints:
    """The states in order, each once. (Sort and compare: np.unique is far slower here.)"""
    states = np.sort(states)
    return states[np.concatenate(([True], states[1:] != states[:-1]))] if len(states) else states


def contains(ordered: Ints, states: Ints) -> Mask:
    """Which of `states` are in the sorted array `ordered`."""
    if not len(ordered):
        return np.zeros(len(states), bool)
    at = np.searchsorted(ordered, states)
    return np.equal(ordered[np.minimum(at, len(ordered) - 1)], states)


@dataclass
class Graph:
    """The levels of a breadth-first search, each a sorted array of states."""

    machine: Machine
    sources: Sequence[Ints]
    levels: list[Ints] = field(default_factory=list)
    edges: int = 0
    complete: bool = False

    @property
    def states(self) -> int:
        """How many distinct states were reached."""
        return sum(map(len, self.levels))

    @property
    def depth(self) -> int:
        """The number of the last level: how far the farthest state is from the first."""
        return len(self.levels) - 1

    def path_to(self, state: int, level: int) -> list[int]:
        """A shortest path of states from a source to `state`, which is in `level`: the least state
        at each step."""
        path = [state]
        while not self._is_source(path[-1], level):
            level -= 1
            path.append(self._predecessor(path[-1], self.levels[level]))
        return path[::-1]

    def _is_source(self, state: int, level: int) -> bool:
        return level < len(self.sources) and state in self.sources[level]

    def _predecessor(self, state: int, level: Ints) -> int:
        for chunk in chunks(level):
            edges = successors(self.machine, chunk)
            sources = edges.source[edges.target == state]
            if len(sources):
                return int(chunk[sources.min()])
        raise AssertionError("a state without a predecessor in the level before it")


def chunks(states: Ints) -> Iterator[Ints]:
    """The states, a few at a time, so that what is built from them stays small."""
    for start in range(0, len(states), CHUNK):
        yield states[start : start + CHUNK]


def explore(
    machine: Machine,
    sources: Sequence[Ints] | None = None,
    visit: Callable[[Graph], bool] = lambda graph: False,
) -> Graph:
    """Explore breadth-first, level by level.

    `sources` are the states that join at each level; the default is the initial state at level 0.
    `visit` is called after each level and ends the search by returning True; it may raise
    `TooLarge`, which leaves the graph so far with the exception's handler.
    """
    if sources is None:
        sources = [pack(*(np.array([part], np.int64) for part in machine.initial))]
    graph = Graph(machine, sources)
    seen = np.empty(0, np.int64)
    found = np.empty(0, np.int64)
    while len(found) or len(graph.levels) < len(sources):
        if len(graph.levels) < len(sources):
            found = distinct(np.concatenate((found, sources[len(graph.levels)])))
        found = found[~contains(seen, found)]
        graph.levels.append(found)
        if visit(graph):
            return graph
        seen = np.sort(np.concatenate((seen, found)), kind="stable")
        found = _next_level(graph, seen)
    graph.complete = True
    return graph


def _next_level(graph: Graph, seen: Ints) -> Ints:
    found = []
    for chunk in chunks(graph.levels[-1]):
        edges = successors(graph.machine, chunk)
        graph.edges += len(edges.target)
        fresh = distinct(edges.target)
        found.append(fresh[~contains(seen, fresh)])
    return distinct(np.concatenate(found)) if found else np.empty(0, np.int64)
