"""Rows of states expanded by numpy: each kind of step for all states of many rows at once.

The addresses of the states are sorted, and an address is made of (`bitmap_rows`)

      plane (a, b) | ba | ab
    |------- row ------|

so that a row is a run of states that differ in `ab`, the channel from A to B, alone. A step that
neither reads nor changes `ab` is worked out once for the row and moves all of its states; any other
is worked out for each state. That is why the two ends are not mirror images here:

            takes from        sends on
      A     ba, per row       ab, per state
      B     ab, per state     ba, per row

A step of A becomes a move of the row, which is spread over its states only if it sends. What B
sends is put on `ba` before it is known which states take part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tcpmc.checks.statespace.arrays import Cells, Mask, ragged
from tcpmc.checks.statespace.bitmap_rows import Planes
from tcpmc.checks.statespace.machine import KEY_BITS, QUIET
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
from tcpmc.checks.statespace.visited import Visited


class OwnSteps(NamedTuple):
    """What ends do by themselves, all of shape (m,): `source` is the index of the end among those
    asked about; then the columns of `FlatTables.own`."""

    source: Ints
    end: Cells
    message: Cells
    waits: Cells

    def at(self, possible: Mask) -> OwnSteps:
        """Some of them."""
        source, end, message, waits = self
        return OwnSteps(source[possible], end[possible], message[possible], waits[possible])


class Deliveries(NamedTuple):
    """What channels deliver, all of shape (m,): `source` is the index of the channel among those
    asked about, `rest` what is left in it, `as_lost` whether a loss leaves the same."""

    source: Ints
    flight: Cells
    as_lost: Mask
    rest: Cells


class MovesOfA(NamedTuple):
    """Steps of A before it is known whether there is room for what they send, of shape (m,):
    `source` is the row, `calm` whether the step is possible in quiet channels only."""

    source: Ints
    end: Cells
    ba: Ints | Cells
    message: Cells
    calm: Mask

    def at(self, possible: Mask) -> MovesOfA:
        """Some of them."""
        source, end, ba, message, calm = self
        return MovesOfA(
            source[possible], end[possible], ba[possible], message[possible], calm[possible]
        )


def entries(table: Ragged, ids: Ints) -> tuple[Ints, Cells]:
    """All rows for the ids, which are filled in: the index of the id, and the row."""
    source, place = ragged(table.first[ids], table.count[ids])
    return source, table.rows[place]


def deliveries(table: Ragged, channels: Ints) -> Deliveries:
    """What the channels deliver."""
    source, rows = entries(table, channels)
    return Deliveries(source, rows[:, 0] >> 1, rows[:, 0] & 1 > 0, rows[:, 1])


class RowExpansion:
    """Some rows of states: `rows`, `a`, `b`, `ba`, `first` and `size` have an item for each row,
    `ab` and `at` (its row) for each state. The addresses of the successors that are new are added
    to `reached`, as far as the tables are filled in; entries that are missing to `missing`, as rows
    (stage, key). What depends on a missing entry is not asked: the kernel sees it in the same
    way."""

    def __init__(self, tables: FlatTables, planes: Planes, seen: Visited, addresses: Ints) -> None:
        self.tables, self.planes, self.seen = tables, planes, seen
        self.reached, self.missing = [NONE], list[Ints]()
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
    def incomplete(self) -> Ints:
        """The addresses of the states in rows that lack an entry: to be expanded again."""
        if not self.missing:
            return NONE
        addresses: Ints = self.addresses[~self._complete[self.at]]
        return addresses

    @property
    def edges(self) -> int:
        """The number of transitions from the other states."""
        if not self.missing:
            return sum(len(row) if n is None else int(n.sum()) for row, n in self._counted)
        complete = self._complete
        return sum(
            int(complete[row].sum() if n is None else n[complete[row]].sum())
            for row, n in self._counted
        )

    def expand(self) -> None:
        """All transitions of all rows."""
        self._send_from_a(self._own_of_a(), self._arrivals_at_a())
        self._own_of_b()
        self._arrivals_at_b()
        self._by_the_network()
        if self.tables.clock:
            self._tick()

    def _own_of_a(self) -> MovesOfA:
        t = self.tables
        own = self._own(OWN_A, t.own[0], self.a)
        waits = own.waits > 0
        ready = (t.settled[self.b[own.source]] > 0) | (own.waits == QUIET)
        possible = ~waits | ((t.quiet[self.ba[own.source]] > 0) & ready)
        moves = MovesOfA(own.source, own.end, self.ba[own.source], own.message, waits)
        return moves.at(possible)

    def _arrivals_at_a(self) -> MovesOfA:
        arriving = deliveries(self.tables.deliveries, self.ba)
        source, a = arriving.source, self.a[arriving.source]
        after = self.tables.receive[0][a, arriving.flight]
        there = after[:, 0] != UNKNOWN
        self._need(RECEIVE_A, there, source, a, arriving.flight)
        lost = arriving.as_lost & _ignored(a, after)
        self._count(source[lost], self.size[source[lost]])
        never = np.zeros(len(source), bool)
        return MovesOfA(source, after[:, 0], arriving.rest, after[:, 1], never).at(there & ~lost)

    def _send_from_a(self, *moves: MovesOfA) -> None:
        """A move without a message moves its row; a message is put on the `ab` of each state of the
        row, and those for which there is room move."""
        source, end, ba, message, calm = map(np.concatenate, zip(*moves, strict=True))
        target = self.planes.rows(self.b[source], end.astype(np.int64), ba)
        of_row = (message == 0) & ~calm
        self._move_rows(source[of_row], target[of_row])
        of_states = np.flatnonzero(~of_row)
        index, place = ragged(self.first[source[of_states]], self.size[source[of_states]])
        move, ab = of_states[index], self.ab[place]
        sent, row = message[move], source[move]
        after = self.tables.put[sent, ab]
        after = np.where(calm[move] & (self.tables.quiet[ab] == 0), NO_ROW, after)
        self._need(PUT_A, after != UNKNOWN, row, ab, sent)
        room = np.flatnonzero(after >= 0)
        self._move_states(row[room], target[move[room]], after[room])

    def _own_of_b(self) -> None:
        """A step that waits for quiet channels is possible in some states of the row only."""
        t = self.tables
        own = self._own(OWN_B, t.own[1], self.b)
        waits = own.waits > 0
        if waits.any():
            some_quiet = np.logical_or.reduceat(t.quiet[self.ab] > 0, self.first)
            calm = (t.quiet[self.ba] > 0) & some_quiet
            ready = (t.settled[self.a[own.source]] > 0) | (own.waits == QUIET)
            own = own.at(~waits | (calm[own.source] & ready))
            waits = own.waits > 0
        source = own.source
        target, room = self._send_from_b(source, own.end, own.message)
        of_row = room & ~waits
        self._move_rows(source[of_row], target[of_row])
        of_states = np.flatnonzero(room & waits)
        index, place = ragged(self.first[source[of_states]], self.size[source[of_states]])
        quiet = t.quiet[self.ab[place]] > 0
        step = of_states[index[quiet]]
        self._move_states(source[step], target[step], self.ab[place[quiet]])

    def _arrivals_at_b(self) -> None:
        arriving = deliveries(self.tables.deliveries, self.ab)
        source = self.at[arriving.source]
        b = self.b[source]
        after = self.tables.receive[1][b, arriving.flight]
        there = after[:, 0] != UNKNOWN
        self._need(RECEIVE_B, there, source, b, arriving.flight)
        lost = arriving.as_lost & _ignored(b, after)
        self._count(source[lost])
        happens = np.flatnonzero(there & ~lost)
        source = source[happens]
        target, room = self._send_from_b(source, after[happens, 0], after[happens, 1])
        self._move_states(source[room], target[room], arriving.rest[happens[room]])

    def _send_from_b(self, source: Ints, b: Cells, message: Cells) -> tuple[Ints, Mask]:
        """The rows after b sends, and where there is room for it."""
        before = self.ba[source]
        ba = self.tables.put[message, before]
        self._need(PUT_B, ba != UNKNOWN, source, before, message)
        return self.planes.rows(b.astype(np.int64), self.a[source], ba), ba >= 0

    def _by_the_network(self) -> None:
        t, bits = self.tables, self.planes.channel_bits
        source, rows = entries(t.network, self.ba)
        self._add_rows(source, self.rows[source] >> bits << bits | rows[:, 0])
        self._count(np.arange(len(self.rows)), t.weight[self.ba] * self.size)
        state, rows = entries(t.network, self.ab)
        self._add(self.rows[self.at[state]], rows[:, 0])
        self._count(self.at, t.weight[self.ab])

    def _tick(self) -> None:
        """The clock advances both ends and both channels, where none of the four refuses."""
        t, every = self.tables, np.arange(len(self.rows))
        a, b = t.tick_end[self.a], t.tick_end[self.b]
        ab, ba = t.tick_channel[self.ab], t.tick_channel[self.ba]
        ends = (a >= 0) & (b >= 0)
        any_ticks = np.logical_or.reduceat(ab >= 0, self.first)
        self._need(TICK_A, a != UNKNOWN, every, self.a)
        self._need(TICK_B, (b != UNKNOWN) | (a < 0), every, self.b)
        self._need(TICK_AB, (ab != UNKNOWN) | ~ends[self.at], self.at, self.ab)
        self._need(TICK_BA, (ba != UNKNOWN) | ~(ends & any_ticks), every, self.ba)
        state = np.flatnonzero((ends & (ba >= 0))[self.at] & (ab >= 0))
        row = self.at[state]
        target = self.planes.rows(b[row].astype(np.int64), a[row], ba[row])
        moved = (target != self.rows[row]) | (ab[state] != self.ab[state])
        self._move_states(row[moved], target[moved], ab[state[moved]])

    def _own(self, stage: int, table: Ragged, ends: Ints) -> OwnSteps:
        """What the ends do by themselves."""
        count = table.count[ends]
        self._need(stage, count != UNKNOWN, np.arange(len(ends)), ends)
        source, place = ragged(table.first[ends], np.maximum(count, 0))
        end, message, waits = table.rows[place].T
        return OwnSteps(source, end, message, waits)

    def _need(
        self, stage: int, there: Mask, row: Ints, first: Ints, second: Cells | None = None
    ) -> None:
        """Note the entries for these ids, or pairs of ids, that are not there: their rows are
        incomplete."""
        if not there.all():
            lacks = ~there
            keys = first[lacks] if second is None else first[lacks] << KEY_BITS | second[lacks]
            self.missing.append(np.column_stack((np.full(len(keys), stage), keys)))
            self._complete[row[lacks]] = False

    def _move_rows(self, source: Ints, target: Ints) -> None:
        """Every state of each source row moves to its target row, with the same ab."""
        self._count(source, self.size[source])
        moved = target != self.rows[source]
        self._add_rows(source[moved], target[moved])

    def _move_states(self, source: Ints, target: Ints, ab: Ints | Cells) -> None:
        """One state of each source row moves to its target row, and its ab to this one."""
        self._count(source)
        self._add(target, ab)

    def _add_rows(self, source: Ints, target: Ints) -> None:
        index, place = ragged(self.first[source], self.size[source])
        self._add(target[index], self.ab[place])

    def _add(self, rows: Ints, ab: Ints | Cells) -> None:
        self.reached.append(self.seen.without(rows << self.planes.channel_bits | ab))

    def _count(self, row: Ints, transitions: Ints | Cells | None = None) -> None:
        """So many transitions from each of these rows; one from each by default."""
        self._counted.append((row, transitions))


def _ignored(end: Ints, after: Cells) -> Mask:
    """Where the end stays as it is and sends nothing; `after` has rows (end', message)."""
    ignored: Mask = (after[:, 0] == end) & (after[:, 1] == 0)
    return ignored
