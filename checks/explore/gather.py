"""Gathers from flat tables: what numpy expands states with."""

from __future__ import annotations

from tcpmc.checks.explore.arrays import Cells, ragged
from tcpmc.checks.explore.flat import UNKNOWN, Ragged
from tcpmc.checks.explore.tables import Ints


class Lacking(Exception):
    """An entry of a table is missing."""


def entries(table: Ragged, ids: Ints) -> tuple[Ints, Cells]:
    """All rows for the ids: the index of the id, and the row. Raises Lacking."""
    source, place = ragged(table.first[ids], known(table.count[ids]))
    return source, table.rows[place]


def known(cells: Cells) -> Cells:
    """The cells. Raises Lacking if one is not known."""
    if (cells == UNKNOWN).any():
        raise Lacking
    return cells
