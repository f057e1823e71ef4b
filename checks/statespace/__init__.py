"""Exhaustive breadth-first exploration of two machines joined by two channels.

Nothing here knows of TCP. A system is a `Machine`: two machines and two channels as tables over
small ints, filled in as far as they are asked. A state is four of these ints packed into one. The
search is exact: no state is hashed away.

Reading order: `machine`, `tables`, `edges` (the transitions with their events, for traces);
`levels`, `graph`, `breadth_first`; `table_arrays` and `backend`, then what expands: `by_kernel`
with `kernel.c`, `by_numpy` with `row_expansion`, `cluster`. `checkpoint` keeps levels.

A system counts as it likes: each row of a table is a transition, and `Graph.edges` is their number,
with those that lead to the same state and those that change nothing (a tick that changes nothing
is none). A message for which `put` has no row cannot be sent; a row that leaves the channel as it
is loses it. No predecessor and no edge is kept: a path comes from expanding the level before again.
"""

from tcpmc.checks.statespace.arrays import CHUNK, Mask, chunks, contains, distinct, index_in, ragged
from tcpmc.checks.statespace.breadth_first import explore
from tcpmc.checks.statespace.edges import Attempts, Edges, attempts, successors
from tcpmc.checks.statespace.graph import Graph
from tcpmc.checks.statespace.machine import (
    CHANNEL_BITS,
    END_BITS,
    LOW,
    PAIR_MASK,
    QUIET,
    SETTLED,
    Machine,
    TooLarge,
    ids_of,
    key_of,
    pack,
    unpack,
)
from tcpmc.checks.statespace.tables import Ids, Ints, Row, Table

__all__ = [
    "CHANNEL_BITS",
    "CHUNK",
    "END_BITS",
    "LOW",
    "PAIR_MASK",
    "QUIET",
    "SETTLED",
    "Attempts",
    "Edges",
    "Graph",
    "Ids",
    "Ints",
    "Machine",
    "Mask",
    "Row",
    "Table",
    "TooLarge",
    "attempts",
    "chunks",
    "contains",
    "distinct",
    "explore",
    "ids_of",
    "index_in",
    "key_of",
    "pack",
    "ragged",
    "successors",
    "unpack",
]
