"""The transitions from given states, each with its event: what traces and graphs are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tcpmc.checks.statespace.arrays import Mask
from tcpmc.checks.statespace.machine import QUIET, SETTLED, Machine, key_of, pack, unpack
from tcpmc.checks.statespace.tables import Ints, Table


@dataclass(frozen=True)
class Edges:
    """Transitions: the index of the source among the states asked for, the event, the end at
    which it happens, and the state after. All of shape (m,)."""

    source: Ints
    event: Ints
    end: Ints
    target: Ints

    def at(self, index: Ints | Mask | slice) -> Edges:
        """Some of them."""
        parts = (self.source, self.event, self.end, self.target)
        return Edges(*(part[index] for part in parts))


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
        quiet = _flag(machine.quiet, out) & _flag(machine.quiet, inn)
        reached = np.where(quiet, np.where(_flag(machine.settled, other), SETTLED, QUIET), 0)
        own = own.at(rows[:, 3] <= reached[source])
    source, rows = machine.deliveries(inn)
    _, reaction = machine.receive[which](key_of(me[source], rows[:, 1]))
    arrivals = Attempts(source, rows[:, 0], reaction[:, 0], reaction[:, 1], rows[:, 2])
    pairs = zip(vars(own).values(), vars(arrivals).values(), strict=True)
    return Attempts(*(np.concatenate(pair) for pair in pairs))


def successors(
    machine: Machine, states: Ints, tried: tuple[Attempts, Attempts] | None = None
) -> Edges:
    """All transitions from `states`; `tried` are the `attempts` of both ends there, if known."""
    a, b, ab, ba = unpack(states)
    parts = []
    for which in (0, 1):
        me, other, out, inn = (a, b, ab, ba) if which == 0 else (b, a, ba, ab)
        attempted = tried[which] if tried else attempts(machine, which, states)
        possible, after = _put(machine, out[attempted.source], attempted.message)
        attempted = attempted.at(possible)
        source, rows = machine.network(out)
        ends = np.concatenate((attempted.end, me[source]))
        outs = np.concatenate((after, rows[:, 1]))
        inns = np.concatenate((attempted.inn, inn[source]))
        event = np.concatenate((attempted.event, rows[:, 0]))
        source = np.concatenate((attempted.source, source))
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
    index, rows = machine.put(key_of(channels[sends], messages[sends]))
    room[sends] = False
    room[sends[index]] = True
    after[sends[index]] = rows[:, 0]
    possible = np.flatnonzero(room)
    return possible, after[possible]


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
