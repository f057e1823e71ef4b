"""The set of states that numpy has seen, by their addresses: always exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tcpmc.checks.statespace.arrays import contains
from tcpmc.checks.statespace.tables import Ints

LARGEST_BITMAP = 1 << 36
"""Bits: 8 GB of addresses, of which few have memory behind them."""


class Visited(Protocol):
    """A set of addresses."""

    def without(self, addresses: Ints) -> Ints:
        """The addresses (in any order, perhaps repeated) that are not in the set."""

    def add(self, addresses: Ints) -> Visited:
        """The set with these in it, distinct and in order; it may be another one."""

    def moved(self, move: Callable[[Ints], Ints]) -> Visited:
        """The set with every address moved; the order of the addresses stays."""


class Bitmap:
    """A bit for each address. calloc and the operating system give the pages that are touched."""

    def __init__(self, size: int) -> None:
        self._bytes: npt.NDArray[np.uint8] = np.zeros(size, np.uint8)

    def without(self, addresses: Ints) -> Ints:
        """The addresses that are not in the set."""
        byte = addresses >> 3
        within = byte < len(self._bytes)
        if not within.all():
            inside, outside = addresses[within], addresses[~within]
            return np.concatenate((self.without(inside), outside))
        bits = self._bytes[byte] >> (addresses & 7).astype(np.uint8)
        new: Ints = addresses[bits & 1 == 0]
        return new

    def add(self, addresses: Ints) -> Visited:
        """The set with these in it."""
        if not len(addresses):
            return self
        top = int(addresses[-1])
        if top >> 3 >= len(self._bytes):
            return self._larger(top).add(addresses)
        byte = addresses >> 3
        first = np.flatnonzero(np.concatenate(([True], byte[1:] != byte[:-1])))
        bits = np.left_shift(1, addresses & 7).astype(np.uint8)
        self._bytes[byte[first]] |= np.bitwise_or.reduceat(bits, first)
        return self

    def _larger(self, top: int) -> Visited:
        size = max(2 * len(self._bytes), (top >> 3) + 1)
        if size <= LARGEST_BITMAP >> 3:
            try:
                larger = Bitmap(size)
            except MemoryError:
                pass
            else:
                return larger.add(self._addresses())
        return Sorted(self._addresses())

    def _addresses(self) -> Ints:
        used = np.flatnonzero(self._bytes)
        bits = np.unpackbits(self._bytes[used].reshape(-1, 1), axis=1, bitorder="little")
        index, bit = np.nonzero(bits)
        addresses: Ints = used[index] << 3 | bit
        return addresses

    def moved(self, move: Callable[[Ints], Ints]) -> Visited:
        """The set with every address moved."""
        return Bitmap(len(self._bytes)).add(move(self._addresses()))


class Sorted:
    """A sorted array, where a bitmap would be too large."""

    def __init__(self, addresses: Ints) -> None:
        self._addresses = addresses

    def without(self, addresses: Ints) -> Ints:
        """The addresses that are not in the set."""
        return addresses[~contains(self._addresses, addresses)]

    def add(self, addresses: Ints) -> Visited:
        """The set with these in it."""
        both = np.concatenate((self._addresses, addresses))
        return Sorted(np.sort(both, kind="stable"))

    def moved(self, move: Callable[[Ints], Ints]) -> Visited:
        """The set with every address moved."""
        return Sorted(move(self._addresses))
