"""Which entries of the tables are missing, where numpy found that some are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tcpmc.checks.explore import flat
from tcpmc.checks.explore.arrays import Cells, Mask, ragged
from tcpmc.checks.explore.flat import UNKNOWN, Ragged
from tcpmc.checks.explore.gather import entries
from tcpmc.checks.explore.machine import QUIET
from tcpmc.checks.explore.tables import Ints

if TYPE_CHECKING:
    from tcpmc.checks.explore.by_numpy import Rows

Need = tuple[int, Ints, Ints, Mask]
"""A stage, and for each need its row, the key of the entry, and whether it is there."""


def what_is_missing(rows: Rows) -> tuple[Ints, Mask]:
    """The missing entries as rows (stage, key), and which states lack none. What depends on a
    missing entry is not asked: the kernel sees it in the same way."""
    complete = np.ones(len(rows.rows), bool)
    found = [np.empty((0, 2), np.int64)]
    for stage, row, key, there in _needs(rows):
        lacks = np.flatnonzero(~there)
        found.append(np.column_stack((np.full(len(lacks), stage), key[lacks])))
        complete[row[lacks]] = False
    return np.concatenate(found), complete[rows.at]


def _needs(rows: Rows) -> Iterator[Need]:
    """What the rows need, stage by stage."""
    t, every = rows.tables, np.arange(len(rows.rows))
    yield flat.OWN_A, every, rows.a, t.own[0].count[rows.a] >= 0
    row, arrived = entries(t.deliveries, rows.ba)
    after = t.receive[0][rows.a[row], arrived[:, 0]]
    yield flat.RECEIVE_A, row, rows.a[row] << 20 | arrived[:, 0], after[:, 0] != UNKNOWN
    yield _sends_of_a(rows, row, after)
    yield flat.OWN_B, every, rows.b, t.own[1].count[rows.b] >= 0
    state, arrived = entries(t.deliveries, rows.ab)
    row = rows.at[state]
    after = t.receive[1][rows.b[row], arrived[:, 0]]
    yield flat.RECEIVE_B, row, rows.b[row] << 20 | arrived[:, 0], after[:, 0] != UNKNOWN
    yield _sends_of_b(rows, row, after)
    if t.clock:
        yield from _ticks(rows)


def _known(table: Ragged, ids: Ints) -> tuple[Ints, Cells]:
    """The rows of a table for those ids for which it is filled in: the index of the id of each, and
    the row."""
    index = np.flatnonzero(table.count[ids] >= 0)
    source, found = entries(table, ids[index])
    return index[source], found


def _sends_of_a(rows: Rows, row: Ints, after: Cells) -> Need:
    t = rows.tables
    owner, own = _known(t.own[0], rows.a)
    waits = own[:, 2] > 0
    ready = (t.settled[rows.b[owner]] > 0) | (own[:, 2] == QUIET)
    ok = ~waits | ((t.quiet[rows.ba[owner]] > 0) & ready)
    sender = np.concatenate((owner[ok], row))
    message = np.concatenate((own[ok, 1], after[:, 1])).astype(np.int64)
    calm = np.concatenate((waits[ok], np.zeros(len(row), bool)))
    sends = np.flatnonzero(message > 0)
    index, place = ragged(rows.first[sender[sends]], rows.size[sender[sends]])
    sends, ab = sends[index], rows.ab[place]
    there = (t.put[message[sends], ab] != UNKNOWN) | (calm[sends] & (t.quiet[ab] == 0))
    return flat.PUT_A, sender[sends], ab << 20 | message[sends], there


def _sends_of_b(rows: Rows, row: Ints, after: Cells) -> Need:
    t = rows.tables
    owner, own = _known(t.own[1], rows.b)
    any_quiet = np.logical_or.reduceat(t.quiet[rows.ab] > 0, rows.first)
    calm = (t.quiet[rows.ba] > 0) & any_quiet
    ready = (t.settled[rows.a[owner]] > 0) | (own[:, 2] == QUIET)
    ok = (own[:, 2] == 0) | (calm[owner] & ready)
    sender = np.concatenate((owner[ok], row))
    message = np.concatenate((own[ok, 1], after[:, 1])).astype(np.int64)
    sends = message > 0
    sender, message = sender[sends], message[sends]
    ba = rows.ba[sender]
    return flat.PUT_B, sender, ba << 20 | message, t.put[message, ba] != UNKNOWN


def _ticks(rows: Rows) -> Iterator[Need]:
    t, every, at = rows.tables, np.arange(len(rows.rows)), rows.at
    a, b = t.tick_end[rows.a], t.tick_end[rows.b]
    yield flat.TICK_A, every, rows.a, a != UNKNOWN
    yield flat.TICK_B, every, rows.b, (b != UNKNOWN) | (a < 0)
    both = (a >= 0) & (b >= 0)
    ab, ba = t.tick_channel[rows.ab], t.tick_channel[rows.ba]
    yield flat.TICK_AB, at, rows.ab, (ab != UNKNOWN) | ~both[at]
    any_ticks = np.logical_or.reduceat(ab >= 0, rows.first)
    yield flat.TICK_BA, every, rows.ba, (ba != UNKNOWN) | ~(both & any_ticks)
