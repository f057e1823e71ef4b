"""numpy as a backend: the same expansion as the kernel's, in gathers over arrays.

Each pair of ends that occurs gets a number, its plane. The address of a state is plane, ba, ab: the
states of a row (the same b, a, ba) are neighbours, and what changes b, a and ba alone is worked out
once for the row. The set of states seen is a bitmap over the addresses, of which the operating
system provides the pages that are touched; a sorted array where such a bitmap cannot be had.
"""

from __future__ import annotations

import numpy as np

from tcpmc.checks.explore.arrays import Cells, Mask, distinct, ragged
from tcpmc.checks.explore.backend import expanded
from tcpmc.checks.explore.flat import NO_ROW, UNKNOWN, FlatTables
from tcpmc.checks.explore.gather import Lacking, entries, known
from tcpmc.checks.explore.levels import Level
from tcpmc.checks.explore.machine import QUIET, pack, unpack
from tcpmc.checks.explore.missing import what_is_missing
from tcpmc.checks.explore.seen import Bitmap, Seen
from tcpmc.checks.explore.tables import Ints

CHUNK = 1 << 14
"""States expanded at a time: their successors stay in the processor's cache."""

NONE = np.empty(0, np.int64)


class Planes:
    """The pairs of ends that occur, numbered, and the addresses that come of it."""

    def __init__(self) -> None:
        self.bits = 4  # of an end's id
        self.channel_bits = 4
        self.of_pair = np.full(1 << 2 * self.bits, UNKNOWN, np.int64)
        self.pairs = np.empty(0, np.int64)

    def grow_ends(self, ends: int) -> None:
        """Make room for so many ends."""
        bits = max(self.bits, (ends - 1).bit_length())
        if bits > self.bits:
            b, a = self.pairs >> self.bits, self.pairs & (1 << self.bits) - 1
            self.bits, self.pairs = bits, b << bits | a
            self.of_pair = np.full(1 << 2 * bits, UNKNOWN, np.int64)
            self.of_pair[self.pairs] = np.arange(len(self.pairs))

    def numbers(self, b: Ints, a: Ints) -> Ints:
        """The planes of the pairs; new ones get the next numbers."""
        pairs = b << self.bits | a
        found = self.of_pair[pairs]
        if (found < 0).any():
            new = np.unique(pairs[found < 0])
            self.of_pair[new] = np.arange(len(self.pairs), len(self.pairs) + len(new))
            self.pairs = np.concatenate((self.pairs, new))
            found = self.of_pair[pairs]
        numbers: Ints = found
        return numbers

    def rows(self, b: Ints, a: Ints, ba: Ints | Cells) -> Ints:
        """The rows: plane, ba."""
        rows: Ints = self.numbers(b, a) << self.channel_bits | ba
        return rows

    def addresses(self, states: Ints) -> Ints:
        """The addresses of states."""
        a, b, ab, ba = unpack(states)
        addresses: Ints = self.rows(b, a, ba) << self.channel_bits | ab
        return addresses

    def states(self, addresses: Ints) -> Ints:
        """The states at the addresses."""
        bits, channel = self.channel_bits, (1 << self.channel_bits) - 1
        pairs = self.pairs[addresses >> 2 * bits]
        a, b = pairs & (1 << self.bits) - 1, pairs >> self.bits
        return pack(a, b, addresses & channel, addresses >> bits & channel)


class NumpyBackend:
    """What was seen, and what was found since."""

    exchange = False

    def __init__(self, tables: FlatTables) -> None:
        self.tables = tables
        self.planes = Planes()
        self.seen: Seen = Bitmap(1 << 8)
        self._found: list[Ints] = []
        self._fit()

    def add(self, level: Level) -> None:
        """Make the states candidates."""
        states = level.states()
        self.tables.cover(states)
        self._fit()
        self._reach(self.planes.addresses(states))

    def settle(self) -> Level:
        """The candidates that were not seen before: they are now."""
        found = np.concatenate([NONE, *self._found])
        self._found = []
        return Level(self.planes.states(found), ordered=False)

    def expand(self, level: Level) -> int:
        """Make all successors candidates; returns the number of transitions."""
        return expanded(self, self.tables, self.form(level))

    def form(self, level: Level) -> Ints:
        """The states in the form in which `step` takes them."""
        return level.parts[0] if len(level.parts) == 1 else level.states()

    def step(self, states: Ints) -> tuple[int, Ints, Ints]:
        """Expand as far as the tables are filled in: the number of transitions, the entries that
        are missing, as rows (stage, key), and the states that need them."""
        self._fit()
        addresses = np.sort(self.planes.addresses(states))
        edges, again, lacks = 0, [NONE], [NONE.reshape(-1, 2)]
        for start in range(0, len(addresses), CHUNK):
            rows = self._rows(addresses[start : start + CHUNK])
            try:
                rows.expand()
            except Lacking:
                missing, complete = what_is_missing(rows)
                lacks.append(missing)
                again.append(self.planes.states(rows.addresses[~complete]))
                rows = self._rows(rows.addresses[complete])
                rows.expand()
            edges += rows.edges
            self._reach(np.concatenate(rows.found))
        return edges, np.concatenate(lacks), np.concatenate(again)

    def _rows(self, addresses: Ints) -> Rows:
        return Rows(self.tables, self.planes, self.seen, addresses)

    def _reach(self, addresses: Ints) -> None:
        fresh = distinct(self.seen.without(addresses))
        self.seen = self.seen.add(fresh)
        self._found.append(fresh)

    def _fit(self) -> None:
        """Make the addresses as wide as the tables' ids need."""
        self.planes.grow_ends(self.tables.ends)
        bits = (self.tables.channels - 1).bit_length()
        if bits > self.planes.channel_bits:
            old = self.planes.channel_bits
            self.planes.channel_bits = max(bits, old + 1)
            channel, new = (1 << old) - 1, self.planes.channel_bits

            def moved(addresses: Ints) -> Ints:
                high = addresses >> 2 * old << 2 * new
                return high | (addresses >> old & channel) << new | addresses & channel

            self._found = [moved(found) for found in self._found]
            self.seen = self.seen.moved(moved)


class Rows:
    """Some rows of states: `rows`, `a`, `b`, `ba`, `first` and `size` have an item for each row,
    `ab` and `at` (its row) for each state. Their successors are added to `found`."""

    def __init__(self, tables: FlatTables, planes: Planes, seen: Seen, addresses: Ints) -> None:
        self.tables, self.planes, self.seen = tables, planes, seen
        self.addresses = addresses
        self.found = [np.empty(0, np.int64)]
        self.edges = 0
        bits, channel = planes.channel_bits, (1 << planes.channel_bits) - 1
        self.ab = addresses & channel
        rows = addresses >> bits
        new = np.concatenate((np.ones(min(1, len(rows)), bool), rows[1:] != rows[:-1]))
        self.first, self.at = np.flatnonzero(new), np.cumsum(new) - 1
        self.size = np.diff(np.append(self.first, len(rows)))
        self.rows = rows[self.first]
        pairs = planes.pairs[self.rows >> bits]
        self.a, self.b = pairs & (1 << planes.bits) - 1, pairs >> planes.bits
        self.ba = self.rows & channel

    def expand(self) -> None:
        """All transitions of all rows. Raises Lacking."""
        self._by_a()
        self._by_b()
        self._by_the_network()
        if self.tables.clock:
            self._tick()

    def _by_a(self) -> None:
        t = self.tables
        source, rows = entries(t.own[0], self.a)
        waits = rows[:, 2] > 0
        ready = (t.settled[self.b[source]] > 0) | (rows[:, 2] == QUIET)
        ok = ~waits | ((t.quiet[self.ba[source]] > 0) & ready)
        self._send_from_a(source[ok], rows[ok, 0], self.ba[source[ok]], rows[ok, 1], waits[ok])
        source, rows = entries(t.deliveries, self.ba)
        after = known(t.receive[0][self.a[source], rows[:, 0]])
        lost = (rows[:, 2] > 0) & (after[:, 0] == self.a[source]) & (after[:, 1] == 0)
        self.edges += int(self.size[source[lost]].sum())
        ok = ~lost
        never = np.zeros(len(source), bool)
        self._send_from_a(source[ok], after[ok, 0], rows[ok, 1], after[ok, 1], never[ok])

    def _send_from_a(self, source: Ints, a: Cells, ba: Cells, message: Cells, calm: Mask) -> None:
        target = self.planes.rows(self.b[source], a.astype(np.int64), ba)
        plain = (message == 0) & ~calm
        self._move_rows(source[plain], target[plain])
        sends = np.flatnonzero(~plain)
        index, place = ragged(self.first[source[sends]], self.size[source[sends]])
        kind, ab = sends[index], self.ab[place]
        after = np.where(message[kind] == 0, ab, self.tables.put[message[kind], ab])
        after = np.where(calm[kind] & (self.tables.quiet[ab] == 0), NO_ROW, after)
        ok = np.flatnonzero(known(after) >= 0)
        self._reach(target[kind[ok]], after[ok])

    def _by_b(self) -> None:
        t = self.tables
        source, rows = entries(t.own[1], self.b)
        waits = rows[:, 2] > 0
        if waits.any():
            any_quiet = np.logical_or.reduceat(t.quiet[self.ab] > 0, self.first)
            calm = (t.quiet[self.ba] > 0) & any_quiet
            ready = (t.settled[self.a[source]] > 0) | (rows[:, 2] == QUIET)
            ok = ~waits | (calm[source] & ready)
            source, rows, waits = source[ok], rows[ok], waits[ok]
        target, room = self._send_from_b(source, rows[:, 0], rows[:, 1])
        self._move_rows(source[room & ~waits], target[room & ~waits])
        calm = np.flatnonzero(room & waits)
        index, place = ragged(self.first[source[calm]], self.size[source[calm]])
        quiet = t.quiet[self.ab[place]] > 0
        self._reach(target[calm[index[quiet]]], self.ab[place[quiet]])
        state, rows = entries(t.deliveries, self.ab)
        source = self.at[state]
        after = known(t.receive[1][self.b[source], rows[:, 0]])
        target, room = self._send_from_b(source, after[:, 0], after[:, 1])
        lost = (rows[:, 2] > 0) & (after[:, 0] == self.b[source]) & (after[:, 1] == 0)
        self.edges += int(lost.sum())
        room &= ~lost
        self._reach(target[room], rows[room, 1])

    def _send_from_b(self, source: Ints, b: Cells, message: Cells) -> tuple[Ints, Mask]:
        """The rows after b sends, and where there is room for it."""
        ba = self.ba[source]
        ba = known(np.where(message == 0, ba, self.tables.put[message, ba]))
        return self.planes.rows(b.astype(np.int64), self.a[source], ba), ba >= 0

    def _by_the_network(self) -> None:
        t = self.tables
        source, rows = entries(t.network, self.ba)
        edges = self.edges
        self._move_rows(source, self.rows[source] >> self.planes.channel_bits
                        << self.planes.channel_bits | rows[:, 0])  # fmt: skip
        state, rows = entries(t.network, self.ab)
        self._reach(self.rows[self.at[state]], rows[:, 0])
        self.edges = edges + int((t.weight[self.ba] * self.size).sum() + t.weight[self.ab].sum())

    def _tick(self) -> None:
        t = self.tables
        a, b, ba = known(t.tick_end[self.a]), t.tick_end[self.b], t.tick_channel[self.ba]
        ends = known(np.where(a < 0, NO_ROW, b)) >= 0
        state = np.flatnonzero(ends[self.at])
        ab = known(t.tick_channel[self.ab[state]])
        state, ab = state[ab >= 0], ab[ab >= 0]
        source = self.at[state]
        ok = known(ba[source]) >= 0
        state, ab, source = state[ok], ab[ok], source[ok]
        target = self.planes.rows(b[source].astype(np.int64), a[source], ba[source])
        moved = (target != self.rows[source]) | (ab != self.ab[state])
        self._reach(target[moved], ab[moved])

    def _move_rows(self, source: Ints, target: Ints) -> None:
        """Every state of the row moves to the target row, with the same ab."""
        self.edges += int(self.size[source].sum())
        moved = target != self.rows[source]
        source, target = source[moved], target[moved]
        index, place = ragged(self.first[source], self.size[source])
        found = target[index] << self.planes.channel_bits | self.ab[place]
        self.found.append(self.seen.without(found))

    def _reach(self, rows: Ints, ab: Ints | Cells) -> None:
        self.edges += len(ab)
        self.found.append(self.seen.without(rows << self.planes.channel_bits | ab))
