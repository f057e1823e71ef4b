"""numpy as a backend: the same expansion as the kernel's, in gathers over arrays.

States are known by their addresses (`bitmap_rows`), expanded row by row (`row_expansion`). The set
of those seen is a bitmap over the addresses, of which the operating system provides the pages that
are touched; a sorted array where such a bitmap cannot be had (`visited`).
"""

from __future__ import annotations

import numpy as np

from tcpmc.checks.statespace.arrays import distinct
from tcpmc.checks.statespace.backend import expanded
from tcpmc.checks.statespace.bitmap_rows import Planes
from tcpmc.checks.statespace.levels import Level
from tcpmc.checks.statespace.row_expansion import RowExpansion
from tcpmc.checks.statespace.table_arrays import NONE, FlatTables
from tcpmc.checks.statespace.tables import Ints
from tcpmc.checks.statespace.visited import Bitmap, Visited

CHUNK = 1 << 14
"""States expanded at a time: their successors stay in the processor's cache."""


class NumpyBackend:
    """The addresses of the states that were seen, and of those that are candidates since."""

    def __init__(self, tables: FlatTables) -> None:
        self.tables = tables
        self.planes = Planes()
        self.seen: Visited = Bitmap(1 << 8)
        self._candidates: list[Ints] = []
        self._fit()

    def add(self, level: Level) -> None:
        """Make the states candidates."""
        states = level.states()
        self.tables.cover(states)
        self._fit()
        self._reach(self.planes.addresses(states))

    def settle(self) -> Level:
        """The candidates that were not seen before: they are now."""
        addresses = np.concatenate([NONE, *self._candidates])
        self._candidates = []
        return Level(self.planes.states(addresses), ordered=False)

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
        edges, missing, incomplete = 0, [NONE.reshape(-1, 2)], [NONE]
        for start in range(0, len(addresses), CHUNK):
            chunk = addresses[start : start + CHUNK]
            rows = RowExpansion(self.tables, self.planes, self.seen, chunk)
            rows.expand()
            edges += rows.edges
            missing += rows.missing
            incomplete.append(self.planes.states(rows.incomplete))
            self._reach(np.concatenate(rows.reached))
        return edges, np.concatenate(missing), np.concatenate(incomplete)

    def _reach(self, addresses: Ints) -> None:
        fresh = distinct(self.seen.without(addresses))
        self.seen = self.seen.add(fresh)
        self._candidates.append(fresh)

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

            self._candidates = [moved(addresses) for addresses in self._candidates]
            self.seen = self.seen.moved(moved)
