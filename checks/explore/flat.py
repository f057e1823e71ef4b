"""A machine's tables as flat arrays of ints, which grow as entries are filled in.

This is what the backends compute with. What changes nothing and what another row of the same table
does as well is left out of the network's rows here, once, and only counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from tcpmc.checks.explore.machine import CHANNEL_BITS, END_BITS, LOW, Machine, unpack
from tcpmc.checks.explore.tables import Ints, Row

UNKNOWN, NO_ROW = -1, -2
(OWN_A, DELIVERIES_A, RECEIVE_A, PUT_A, NETWORK_A, OWN_B, DELIVERIES_B, RECEIVE_B, PUT_B,
 NETWORK_B, TICK_A, TICK_B, TICK_AB, TICK_BA) = range(14)  # fmt: skip
"""The stages in which entries are filled in: the order fixes the ids, and so the traces."""

Cells = npt.NDArray[np.int32]
Array = npt.NDArray[Any]


def grown(array: Array, shape: tuple[int, ...], fill: int) -> Array:
    """The array with at least this shape, doubled where it has to grow."""
    if all(have >= need for have, need in zip(array.shape, shape, strict=True)):
        return array
    sizes = [h if h >= n else max(n, 2 * h) for h, n in zip(array.shape, shape, strict=True)]
    larger = np.full(sizes, fill, array.dtype)
    larger[tuple(slice(have) for have in array.shape)] = array
    return larger


class Ragged:
    """For each id the number of its rows (UNKNOWN: not filled in) and where they begin."""

    def __init__(self, width: int) -> None:
        self.count: Cells = np.full(16, UNKNOWN, np.int32)
        self.first: Cells = np.zeros(16, np.int32)
        self.rows: Cells = np.zeros((16, width), np.int32)
        self.used = 0

    def reserve(self, ids: int) -> None:
        """Make room for so many ids."""
        self.count = grown(self.count, (ids,), UNKNOWN)
        self.first = grown(self.first, (ids,), 0)

    def put(self, key: int, rows: Sequence[Row]) -> None:
        """The rows of one id."""
        self.rows = grown(self.rows, (self.used + len(rows), self.rows.shape[1]), 0)
        if rows:
            self.rows[self.used : self.used + len(rows)] = rows
        self.count[key], self.first[key] = len(rows), self.used
        self.used += len(rows)

    def of(self, key: int) -> Cells:
        """The rows of one id; none if they are not known."""
        first = self.first[key]
        return self.rows[first : first + max(0, self.count[key])]


class FlatTables:
    """All tables of a machine, as far as `fill` has been told.

    Shapes: own, deliveries, network are `Ragged`, with rows (end', message, waits), (flight,
    channel', whether the network leads there as well) and (channel',); `weight` is, for each
    channel, how many transitions the network's rows stand for; receive[which] is (ends, flights,
    2): end', message; put is (messages, channels): channel'.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine, self.clock = machine, machine.clock
        self.own = (Ragged(3), Ragged(3))
        self.deliveries, self.network = Ragged(3), Ragged(1)
        self.weight: Cells = np.zeros(16, np.int32)
        self.receive: list[Cells] = [np.full((16, 16, 2), UNKNOWN, np.int32) for _ in (0, 1)]
        self.put: Cells = np.full((16, 16), UNKNOWN, np.int32)
        self.tick_end: Cells = np.full(16, UNKNOWN, np.int32)
        self.tick_channel: Cells = np.full(16, UNKNOWN, np.int32)
        self.quiet = np.zeros(16, np.int8)
        self.settled = np.zeros(16, np.int8)
        self.ends = self.channels = self.flights = self.messages = 0
        self._waits, self._asked = False, (0, 0)
        self.log: list[tuple[int, Ints]] = []
        one_end = [
            (partial(self._own, which), self._deliveries, partial(self._receive, which),
             self._put, self._network)
            for which in (0, 1)
        ]  # fmt: skip
        ticks = (self._tick_end, self._tick_end, self._tick_channel, self._tick_channel)
        self._fillers = (*one_end[0], *one_end[1], *ticks)
        a, b, ab, ba = machine.initial
        self._cover((a, b), (ab, ba), (), (0,))

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs to expand states: all but the machine."""
        return vars(self) | {"machine": None, "_fillers": (), "log": []}

    def cover(self, states: Ints) -> None:
        """Make room for the ids in these states, which come from outside."""
        a, b, ab, ba = (int(ids.max(initial=0)) for ids in unpack(states))
        self._cover((a, b), (ab, ba), (), ())
        if self._waits:
            self._ask_who_waits()

    def fill(self, stage: int, keys: Ints) -> None:
        """Fill in the entries of one stage, in order of their keys; `log` says that it was done."""
        keys = np.unique(keys)
        self.log.append((stage, keys))
        for key in keys.tolist():
            self._fillers[stage](key)
        if self._waits:
            self._ask_who_waits()

    def fill_first(self, missing: Ints) -> None:
        """Of missing entries, as rows (stage, key), fill in those of the earliest stage: the others
        may turn out not to be needed, or to be more."""
        if len(missing):
            stage = int(missing[:, 0].min())
            self.fill(stage, missing[missing[:, 0] == stage, 1])

    def _own(self, which: int, key: int) -> None:
        rows = [row[1:] for row in self.machine.own[which].at(key)]
        self._cover([row[0] for row in rows], (), (), [row[1] for row in rows])
        self._waits |= any(row[2] for row in rows)
        self.own[which].put(key, rows)

    def _deliveries(self, key: int) -> None:
        rows = [(flight, after, 0) for _, flight, after in self.machine.deliveries.at(key)]
        self._cover((), [row[1] for row in rows], [row[0] for row in rows], ())
        self.deliveries.put(key, rows)
        self._mark_lost(key)

    def _network(self, key: int) -> None:
        rows = [after for _, after in self.machine.network.at(key)]
        self._cover((), rows, (), ())
        self.weight[key] = len(rows)
        self.network.put(key, [(after,) for after in sorted(set(rows) - {key})])
        self._mark_lost(key)

    def _mark_lost(self, key: int) -> None:
        """Mark the deliveries that leave what a loss leaves: they lead to nothing else if the end
        ignores what arrives."""
        lost = set(self.network.of(key)[:, 0].tolist())
        rows = self.deliveries.of(key)
        for row, after in zip(rows, rows[:, 1].tolist(), strict=True):
            row[2] = after in lost

    def _receive(self, which: int, key: int) -> None:
        ((end, message),) = self.machine.receive[which].at(key)
        self._cover((end,), (), (), (message,))
        self.receive[which][key >> 20, key & LOW] = end, message

    def _put(self, key: int) -> None:
        rows = [after for (after,) in self.machine.put.at(key)]
        self._cover((), rows, (), ())
        self.put[key & LOW, key >> 20] = rows[0] if rows else NO_ROW

    def _tick_end(self, key: int) -> None:
        rows = [after for (after,) in self.machine.tick_end.at(key)]
        self._cover(rows, (), (), ())
        self.tick_end[key] = rows[0] if rows else NO_ROW

    def _tick_channel(self, key: int) -> None:
        rows = [after for (after,) in self.machine.tick_channel.at(key)]
        self._cover((), rows, (), ())
        self.tick_channel[key] = rows[0] if rows else NO_ROW

    def _cover(
        self,
        ends: Iterable[int],
        channels: Iterable[int],
        flights: Iterable[int],
        messages: Iterable[int],
    ) -> None:
        """Make room for these ids."""
        had = self.ends, self.channels, self.flights, self.messages
        needs = tuple(
            max(have, max(ids, default=-1) + 1)
            for have, ids in zip(had, (ends, channels, flights, messages), strict=True)
        )
        if needs == had:
            return
        self.ends, self.channels, self.flights, self.messages = needs
        for table in self.own:
            table.reserve(self.ends)
        for table in (self.deliveries, self.network):
            table.reserve(self.channels)
        self.weight = grown(self.weight, (self.channels,), 0)
        shape = (self.ends, self.flights, 2)
        self.receive = [grown(cells, shape, UNKNOWN) for cells in self.receive]
        self.put = grown(self.put, (self.messages, self.channels), UNKNOWN)
        self.tick_end = grown(self.tick_end, (self.ends,), UNKNOWN)
        self.tick_channel = grown(self.tick_channel, (self.channels,), UNKNOWN)
        self.quiet = grown(self.quiet, (self.channels,), 0)
        self.settled = grown(self.settled, (self.ends,), 0)

    def _ask_who_waits(self) -> None:
        """Whether the new ends are settled and the new channels quiet."""
        ends, channels = self._asked
        for end in range(ends, self.ends):
            self.settled[end] = self.machine.settled.at(end)[0][0]
        for channel in range(channels, self.channels):
            self.quiet[channel] = self.machine.quiet.at(channel)[0][0]
        self._asked = self.ends, self.channels

    def arrays(self) -> tuple[Array, ...]:
        """The arrays in the order in which the kernel takes them."""
        ragged = (*self.own, self.deliveries, self.network)
        return (
            *(part for table in ragged for part in (table.count, table.first, table.rows)),
            self.weight, *self.receive, self.put, self.tick_end, self.tick_channel,
            self.quiet, self.settled,
        )  # fmt: skip

    def digest(self) -> str:
        """A digest of all that is filled in."""
        digest = hashlib.blake2b(digest_size=16)
        for array in self.arrays():
            digest.update(array.tobytes())
        return digest.hexdigest()

    def sizes(self) -> tuple[int, int, int, int, int]:
        """The strides of `receive` and `put`, the bits of ids, and whether there is a clock."""
        flights, channels = self.receive[0].shape[1], self.put.shape[1]
        return flights, channels, END_BITS, CHANNEL_BITS, int(self.clock)
