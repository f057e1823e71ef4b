"""numpy as a backend: the same expansion as the kernel's, in gathers over arrays.

Each pair of ends that occurs gets a number, its plane. The address of a state is plane, ba, ab: the
states of a row (the same b, a, ba) are neighbours, and what changes b, a and ba alone is worked out
once for the row. The set of states seen is a bitmap over the addresses, of which the operating
system provides the pages that are touched; a sorted array where such a bitmap cannot be had.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tcpmc.checks.statespace.arrays import Cells, Mask, distinct, ragged
from tcpmc.checks.statespace.backend import expanded
from tcpmc.checks.statespace.bitmap_rows import Planes
from tcpmc.checks.statespace.levels import Level
from tcpmc.checks.statespace.machine import QUIET
from tcpmc.checks.statespace.table_arrays import (
    NO_ROW,
    NONE,
    OWN_A,
    OWN_B,
    PUT_A,
    PUT_B,
    RECEIVE_A,
    RECEIVE_B,
    TICK_A,
    TICK_AB,
    TICK_B,
    TICK_BA,
    UNKNOWN,
    FlatTables,
    Ragged,
)
from tcpmc.checks.statespace.tables import Ints
from tcpmc.checks.statespace.visited import Bitmap, Visited

CHUNK = 1 << 14
"""States expanded at a time: their successors stay in the processor's cache."""


def entries(table: Ragged, ids: Ints) -> tuple[Ints, Cells]:
    """All rows for the ids, which are filled in: the index of the id, and the row."""
    source, place = ragged(table.first[ids], table.count[ids])
    return source, table.rows[place]


class NumpyBackend:
    """What was seen, and what was found since."""

    def __init__(self, tables: FlatTables) -> None:
        self.tables = tables
        self.planes = Planes()
        self.seen: Visited = Bitmap(1 << 8)
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
            rows = Rows(self.tables, self.planes, self.seen, addresses[start : start + CHUNK])
            rows.expand()
            edges += rows.edges
            lacks += rows.lacks
            again.append(self.planes.states(rows.again))
            self._reach(np.concatenate(rows.found))
        return edges, np.concatenate(lacks), np.concatenate(again)

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
    `ab` and `at` (its row) for each state. Their successors are added to `found`, as far as the
    tables are filled in; what is missing to `lacks`, as rows (stage, key). What depends on a
    missing entry is not asked: the kernel sees it in the same way."""

    def __init__(self, tables: FlatTables, planes: Planes, seen: Visited, addresses: Ints) -> None:
        self.tables, self.planes, self.seen = tables, planes, seen
        self.found, self.lacks = [NONE], list[Ints]()
        self._counted: list[tuple[Ints, Ints | Cells | None]] = []
        bits, channel = planes.channel_bits, (1 << planes.channel_bits) - 1
        self.addresses, self.ab = addresses, addresses & channel
        rows = addresses >> bits
        new = np.concatenate((np.ones(min(1, len(rows)), bool), rows[1:] != rows[:-1]))
        self.first, self.at = np.flatnonzero(new), np.cumsum(new) - 1
        self.size = np.diff(np.append(self.first, len(rows)))
        self.rows = rows[self.first]
        self._complete = np.ones(len(self.rows), bool)
        pairs = planes.pairs[self.rows >> bits]
        self.a, self.b = pairs & (1 << planes.bits) - 1, pairs >> planes.bits
        self.ba = self.rows & channel

    @property
    def again(self) -> Ints:
        """The addresses of the states in rows that lack something: to be expanded again."""
        if not self.lacks:
            return NONE
        again: Ints = self.addresses[~self._complete[self.at]]
        return again

    @property
    def edges(self) -> int:
        """The number of transitions from the other states."""
        if not self.lacks:
            return sum(len(row) if n is None else int(n.sum()) for row, n in self._counted)
        complete = self._complete
        return sum(
            int(complete[row].sum() if n is None else n[complete[row]].sum())
            for row, n in self._counted
        )

    def expand(self) -> None:
        """All transitions of all rows."""
        self._by_a()
        self._by_b()
        self._by_the_network()
        if self.tables.clock:
            self._tick()

    def _need(self, stage: int, there: Mask, row: Ints, key: Callable[[], Ints]) -> None:
        """Note which of the entries with these keys are not there: their rows lack them."""
        if not there.all():
            lacks = ~there
            keys = key()[lacks]
            self.lacks.append(np.column_stack((np.full(len(keys), stage), keys)))
            self._complete[row[lacks]] = False

    def _own(self, stage: int, table: Ragged, ends: Ints) -> tuple[Ints, Cells]:
        """What the ends do by themselves: the row of each, and what."""
        count = table.count[ends]
        self._need(stage, count != UNKNOWN, np.arange(len(ends)), lambda: ends)
        source, place = ragged(table.first[ends], np.maximum(count, 0))
        return source, table.rows[place]

    def _by_a(self) -> None:
        t = self.tables
        source, rows = self._own(OWN_A, t.own[0], self.a)
        waits = rows[:, 2] > 0
        ready = (t.settled[self.b[source]] > 0) | (rows[:, 2] == QUIET)
        ok = ~waits | ((t.quiet[self.ba[source]] > 0) & ready)
        own = source[ok], rows[ok, 0], self.ba[source[ok]], rows[ok, 1], waits[ok]
        source, rows = entries(t.deliveries, self.ba)
        a, flight = self.a[source], rows[:, 0] >> 1
        after = t.receive[0][a, flight]
        there = after[:, 0] != UNKNOWN
        self._need(RECEIVE_A, there, source, lambda: a << 20 | flight)
        lost = (rows[:, 0] & 1 > 0) & (after[:, 0] == a) & (after[:, 1] == 0)
        self._counted.append((source[lost], self.size[source[lost]]))
        ok = there & ~lost
        source = source[ok]
        never = np.zeros(len(source), bool)
        arrives = source, after[ok, 0], rows[ok, 1], after[ok, 1], never
        self._send_from_a(*(np.concatenate(both) for both in zip(own, arrives, strict=True)))

    def _send_from_a(self, source: Ints, a: Cells, ba: Cells, message: Cells, calm: Mask) -> None:
        target = self.planes.rows(self.b[source], a.astype(np.int64), ba)
        plain = (message == 0) & ~calm
        self._move_rows(source[plain], target[plain])
        sends = np.flatnonzero(~plain)
        index, place = ragged(self.first[source[sends]], self.size[source[sends]])
        kind, ab = sends[index], self.ab[place]
        sent, row = message[kind], source[kind]
        after = self.tables.put[sent, ab]
        after = np.where(calm[kind] & (self.tables.quiet[ab] == 0), NO_ROW, after)
        self._need(PUT_A, after != UNKNOWN, row, lambda: ab << 20 | sent)
        ok = np.flatnonzero(after >= 0)
        self._reach(row[ok], target[kind[ok]], after[ok])

    def _by_b(self) -> None:
        t = self.tables
        source, rows = self._own(OWN_B, t.own[1], self.b)
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
        kind = calm[index[quiet]]
        self._reach(source[kind], target[kind], self.ab[place[quiet]])
        state, rows = entries(t.deliveries, self.ab)
        source = self.at[state]
        b, flight = self.b[source], rows[:, 0] >> 1
        after = t.receive[1][b, flight]
        there = after[:, 0] != UNKNOWN
        self._need(RECEIVE_B, there, source, lambda: b << 20 | flight)
        lost = (rows[:, 0] & 1 > 0) & (after[:, 0] == b) & (after[:, 1] == 0)
        self._counted.append((source[lost], None))
        ok = np.flatnonzero(there & ~lost)
        source = source[ok]
        target, room = self._send_from_b(source, after[ok, 0], after[ok, 1])
        self._reach(source[room], target[room], rows[ok[room], 1])

    def _send_from_b(self, source: Ints, b: Cells, message: Cells) -> tuple[Ints, Mask]:
        """The rows after b sends, and where there is room for it."""
        before = self.ba[source]
        ba = self.tables.put[message, before]
        self._need(PUT_B, ba != UNKNOWN, source, lambda: before << 20 | message)
        return self.planes.rows(b.astype(np.int64), self.a[source], ba), ba >= 0

    def _by_the_network(self) -> None:
        t, bits = self.tables, self.planes.channel_bits
        source, rows = entries(t.network, self.ba)
        self._found_rows(source, self.rows[source] >> bits << bits | rows[:, 0])
        self._counted.append((np.arange(len(self.rows)), t.weight[self.ba] * self.size))
        state, rows = entries(t.network, self.ab)
        self._found(self.rows[self.at[state]], rows[:, 0])
        self._counted.append((self.at, t.weight[self.ab]))

    def _tick(self) -> None:
        t, every = self.tables, np.arange(len(self.rows))
        a, b = t.tick_end[self.a], t.tick_end[self.b]
        ab, ba = t.tick_channel[self.ab], t.tick_channel[self.ba]
        ends = (a >= 0) & (b >= 0)
        any_ticks = np.logical_or.reduceat(ab >= 0, self.first)
        self._need(TICK_A, a != UNKNOWN, every, lambda: self.a)
        self._need(TICK_B, (b != UNKNOWN) | (a < 0), every, lambda: self.b)
        self._need(TICK_AB, (ab != UNKNOWN) | ~ends[self.at], self.at, lambda: self.ab)
        self._need(TICK_BA, (ba != UNKNOWN) | ~(ends & any_ticks), every, lambda: self.ba)
        state = np.flatnonzero((ends & (ba >= 0))[self.at] & (ab >= 0))
        row = self.at[state]
        target = self.planes.rows(b[row].astype(np.int64), a[row], ba[row])
        moved = (target != self.rows[row]) | (ab[state] != self.ab[state])
        self._reach(row[moved], target[moved], ab[state[moved]])

    def _move_rows(self, source: Ints, target: Ints) -> None:
        """Every state of the row moves to the target row, with the same ab."""
        self._counted.append((source, self.size[source]))
        moved = target != self.rows[source]
        self._found_rows(source[moved], target[moved])

    def _found_rows(self, source: Ints, target: Ints) -> None:
        index, place = ragged(self.first[source], self.size[source])
        self._found(target[index], self.ab[place])

    def _reach(self, source: Ints, target: Ints, ab: Ints | Cells) -> None:
        """A state of each source row moves to a target row, and its ab to this one."""
        self._counted.append((source, None))
        self._found(target, ab)

    def _found(self, rows: Ints, ab: Ints | Cells) -> None:
        self.found.append(self.seen.without(rows << self.planes.channel_bits | ab))
