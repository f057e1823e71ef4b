"""Addresses of states for numpy: neighbours differ in the contents of one channel only."""

from __future__ import annotations

import numpy as np

from tcpmc.checks.statespace.arrays import Cells, distinct
from tcpmc.checks.statespace.machine import pack, unpack
from tcpmc.checks.statespace.table_arrays import UNKNOWN
from tcpmc.checks.statespace.tables import Ints


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
        of_each = self.of_pair[pairs]
        if (of_each < 0).any():
            new = distinct(pairs[of_each < 0])
            self.of_pair[new] = np.arange(len(self.pairs), len(self.pairs) + len(new))
            self.pairs = np.concatenate((self.pairs, new))
            of_each = self.of_pair[pairs]
        numbers: Ints = of_each
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
