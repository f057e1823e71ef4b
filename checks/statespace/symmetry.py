"""Exploration up to an exchange of the two ends, for systems in which they are alike.

Of each state and its mirror image, in which the ends and the channels have changed places, one is
explored: the lesser. That finds what every exploration finds, for properties that hold of a state
if they hold of its mirror image, where the exchange is an automorphism: both ends obey the same
tables under the same ids. The model of RFC 9293 does not: its hosts number from different ISS, so
that their segments differ, and it is always explored in full.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tcpmc.checks.statespace.arrays import distinct
from tcpmc.checks.statespace.backend import LocalBackend
from tcpmc.checks.statespace.levels import Level
from tcpmc.checks.statespace.machine import pack, unpack
from tcpmc.checks.statespace.table_arrays import FlatTables
from tcpmc.checks.statespace.tables import Ints


class Asymmetric(Exception):
    """The ends of the system are not alike."""


def mirrored(states: Ints) -> Ints:
    """The states with their ends and channels exchanged."""
    a, b, ab, ba = unpack(states)
    return pack(b, a, ba, ab)


def folded(states: Ints) -> Ints:
    """For each state the one that is explored for it."""
    return np.minimum(states, mirrored(states))


class Folded:
    """A backend that sees one of each state and its mirror image. `make` makes one for the work.

    Raises Asymmetric, at once, unless the ends have the same tables.
    """

    exchange = True

    def __init__(self, tables: FlatTables, make: Callable[[FlatTables], LocalBackend]) -> None:
        machine = tables.machine
        if machine.own[0] is not machine.own[1] or machine.receive[0] is not machine.receive[1]:
            raise Asymmetric("the ends do not share their tables: explore without symmetry")
        self.tables, self._make = tables, make
        self._seen = make(tables)

    def add(self, level: Level) -> None:
        """Make the states candidates."""
        self._seen.add(Level(distinct(folded(level.states()))))

    def settle(self) -> Level:
        """The candidates that were not seen before: they are now."""
        return self._seen.settle()

    def expand(self, level: Level) -> int:
        """Make all successors candidates; returns the number of transitions."""
        finder = self._make(self.tables)
        edges = finder.expand(level)
        self.add(finder.settle())
        return edges
