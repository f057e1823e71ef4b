"""A machine's tables as flat arrays of ints, which grow as entries are filled in.

This is what the backends compute with. What changes nothing and what another row of the same table
does as well is left out of the network's rows here, once, and only counted.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from tcpmc.checks.statespace.arrays import Cells, distinct, ragged
from tcpmc.checks.statespace.machine import (
    CHANNEL_BITS,
    END_BITS,
    Machine,
    TooLarge,
    ids_of,
    unpack,
)
from tcpmc.checks.statespace.tables import Ints, Row, Table

UNKNOWN, NO_ROW = -1, -2
(OWN_A, RECEIVE_A, PUT_A, OWN_B, RECEIVE_B, PUT_B, TICK_A, TICK_B, TICK_AB, TICK_BA) = range(10)
"""The stages in which entries are filled in: the order fixes the ids, and so the traces."""

SPARE = 4
"""Rows behind the last one: the kernel reads more than there are."""

NONE = np.empty(0, np.int64)
Array = npt.NDArray[Any]


def grown(array: Array, shape: tuple[int, ...], fill: int) -> Array:
    """The array with at least this shape, doubled where it has to grow."""
    if all(have >= need for have, need in zip(array.shape, shape, strict=True)):
        return array
    sizes = [h if h >= n else max(n, 2 * h) for h, n in zip(array.shape, shape, strict=True)]
    larger = np.full(sizes, fill, array.dtype)
    larger[tuple(slice(have) for have in array.shape)] = array
    return larger


def _rows_for(table: Table, keys: Ints, width: int) -> tuple[Ints, Ints]:
    """The rows for the keys, one after the other, and how many each has."""
    rows: list[Row] = []
    counts = []
    for key in keys.tolist():
        of_key = table.at(key)
        rows += of_key
        counts.append(len(of_key))
    return np.array(counts, np.int64), np.array(rows, np.int64).reshape(-1, width)


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

    def put(self, keys: Ints, counts: Ints, rows: Ints) -> None:
        """The rows of some ids, one after the other."""
        self.rows = grown(self.rows, (self.used + len(rows) + SPARE, self.rows.shape[1]), 0)
        self.rows[self.used : self.used + len(rows)] = rows
        self.count[keys] = counts
        self.first[keys] = self.used + np.cumsum(counts) - counts
        self.used += len(rows)

    def places(self, keys: Ints) -> tuple[Ints, Ints]:
        """For ids that are filled in: the id of each of their rows, and where the row is."""
        source, place = ragged(self.first[keys], self.count[keys])
        return keys[source], place


class FlatTables:
    """All tables of a machine, as far as `fill` has been told.

    Shapes: own, deliveries, network are `Ragged`, with rows (end', message, waits), (flight * 2,
    and 1 if the network leads there as well; channel') and (channel',); `weight` is, for each
    channel, how many transitions the network's rows stand for; receive[which] is (ends, flights,
    2): end', message; put is (messages, channels): channel', the same for message 0, which is none.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine, self.clock = machine, machine.clock
        self.own = (Ragged(3), Ragged(3))
        self.deliveries, self.network = Ragged(2), Ragged(1)
        self.weight: Cells = np.zeros(16, np.int32)
        self.receive: list[Cells] = [np.full((16, 16, 2), UNKNOWN, np.int32) for _ in (0, 1)]
        self.put: Cells = np.full((16, 16), UNKNOWN, np.int32)
        self.tick_end: Cells = np.full(16, UNKNOWN, np.int32)
        self.tick_channel: Cells = np.full(16, UNKNOWN, np.int32)
        self.quiet = np.zeros(16, np.int8)
        self.settled = np.zeros(16, np.int8)
        self.ends = self.channels = self.flights = self.messages = 0
        self._waits, self._covered, self._followed = False, (0, 0), 0
        self.log: list[tuple[int, Ints]] = []
        a, b, ab, ba = machine.initial
        self._cover(np.array((a, b)), np.array((ab, ba)), messages=np.array((0,)))

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs to expand states: all but the machine."""
        return vars(self) | {"machine": None, "log": []}

    def cover(self, states: Ints) -> None:
        """Make room for the ids in these states, which come from outside."""
        a, b, ab, ba = unpack(states)
        self._cover(np.concatenate((a, b)), np.concatenate((ab, ba)))
        if self._waits:
            self._ask_who_waits()

    def fill(self, stage: int, keys: Ints) -> None:
        """Fill in the entries of one stage, in order of their keys; `log` says that it was done."""
        keys = distinct(keys)
        self.log.append((stage, keys))
        which = int(OWN_B <= stage <= PUT_B)
        match stage:
            case 0 | 3:
                self._own(which, keys)
            case 1 | 4:
                self._receive(which, keys)
            case 2 | 5:
                self._put(keys)
            case 6 | 7:
                self._tick_end(keys)
            case _:
                self._tick_channel(keys)
        if self._waits:
            self._ask_who_waits()

    def fill_all(self, missing: Ints) -> None:
        """Fill in missing entries, rows (stage, key), stage by stage."""
        for stage in distinct(missing[:, 0]).tolist():
            self.fill(stage, missing[missing[:, 0] == stage, 1])

    def _own(self, which: int, keys: Ints) -> None:
        counts, rows = _rows_for(self.machine.own[which], keys, 4)
        self._cover(ends=rows[:, 1], messages=rows[:, 2])
        self._waits |= bool(rows[:, 3].any())
        self.own[which].put(keys, counts, rows[:, 1:])

    def _deliveries(self, keys: Ints) -> None:
        counts, rows = _rows_for(self.machine.deliveries, keys, 3)
        self._reserve(flights=rows[:, 1], channels=rows[:, 2])
        self.deliveries.put(keys, counts, np.column_stack((rows[:, 1] << 1, rows[:, 2])))

    def _network(self, keys: Ints) -> None:
        counts, rows = _rows_for(self.machine.network, keys, 2)
        self._reserve(channels=rows[:, 1])
        self.weight[keys] = counts
        ways = distinct(np.repeat(keys, counts) << 32 | rows[:, 1])
        source, channel = ways >> 32, ways & (1 << 32) - 1
        moved = source != channel
        counts = np.bincount(np.searchsorted(keys, source[moved]), minlength=len(keys))
        self.network.put(keys, counts, channel[moved, None])

    def _mark_lost(self, keys: Ints) -> None:
        """Mark the deliveries that leave what a loss leaves: they lead to nothing else if the end
        ignores what arrives."""
        source, place = self.network.places(keys)
        losses = source << 32 | self.network.rows[place, 0]
        source, place = self.deliveries.places(keys)
        left = source << 32 | self.deliveries.rows[place, 1]
        self.deliveries.rows[place, 0] |= np.isin(left, losses)

    def _receive(self, which: int, keys: Ints) -> None:
        _, rows = _rows_for(self.machine.receive[which], keys, 2)
        self._cover(ends=rows[:, 0], messages=rows[:, 1])
        self.receive[which][ids_of(keys)] = rows

    def _put(self, keys: Ints) -> None:
        counts, rows = _rows_for(self.machine.put, keys, 1)
        self._cover(channels=rows[:, 0])
        room = keys[counts > 0]
        channels, messages = ids_of(keys)
        self.put[messages, channels] = NO_ROW
        channels, messages = ids_of(room)
        self.put[messages, channels] = rows[:, 0]

    def _tick_end(self, keys: Ints) -> None:
        counts, rows = _rows_for(self.machine.tick_end, keys, 1)
        self._cover(ends=rows[:, 0])
        self.tick_end[keys] = NO_ROW
        self.tick_end[keys[counts > 0]] = rows[:, 0]

    def _tick_channel(self, keys: Ints) -> None:
        counts, rows = _rows_for(self.machine.tick_channel, keys, 1)
        self._cover(channels=rows[:, 0])
        self.tick_channel[keys] = NO_ROW
        self.tick_channel[keys[counts > 0]] = rows[:, 0]

    def _cover(self, ends: Ints = NONE, channels: Ints = NONE, messages: Ints = NONE) -> None:
        """Make room for these ids, and fill in what the network does with new channels, and with
        what it leaves of them: that is reached as well."""
        self._reserve(ends, channels, messages=messages)
        while self._followed < self.channels:
            keys = np.arange(self._followed, self.channels)
            self._followed = self.channels
            self._deliveries(keys)
            self._network(keys)
            self._mark_lost(keys)

    def _reserve(
        self, ends: Ints = NONE, channels: Ints = NONE, flights: Ints = NONE, messages: Ints = NONE
    ) -> None:
        """Make room for these ids."""
        had = self.ends, self.channels, self.flights, self.messages
        needs = tuple(
            max(have, int(ids.max(initial=-1)) + 1)
            for have, ids in zip(had, (ends, channels, flights, messages), strict=True)
        )
        if needs == had:
            return
        if needs[0] > 1 << END_BITS or needs[1] > 1 << CHANNEL_BITS:
            raise TooLarge(
                f"more than {1 << END_BITS:,} states of one end or {1 << CHANNEL_BITS:,} contents "
                "of one channel"
            )
        self.ends, self.channels, self.flights, self.messages = needs
        for table in self.own:
            table.reserve(self.ends)
        for table in (self.deliveries, self.network):
            table.reserve(self.channels)
        self.weight = grown(self.weight, (self.channels,), 0)
        shape = (self.ends, self.flights, 2)
        self.receive = [grown(cells, shape, UNKNOWN) for cells in self.receive]
        self.put = grown(self.put, (self.messages, self.channels), UNKNOWN)
        self.put[0] = np.arange(self.put.shape[1])
        self.tick_end = grown(self.tick_end, (self.ends,), UNKNOWN)
        self.tick_channel = grown(self.tick_channel, (self.channels,), UNKNOWN)
        self.quiet = grown(self.quiet, (self.channels,), 0)
        self.settled = grown(self.settled, (self.ends,), 0)

    def _ask_who_waits(self) -> None:
        """Whether the new ends are settled and the new channels quiet."""
        ends, channels = self._covered
        for end in range(ends, self.ends):
            self.settled[end] = self.machine.settled.at(end)[0][0]
        for channel in range(channels, self.channels):
            self.quiet[channel] = self.machine.quiet.at(channel)[0][0]
        self._covered = self.ends, self.channels

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
