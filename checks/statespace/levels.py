"""The levels of a search, kept small: sorted states, or the blocks of bits that they fill.

A block is 512 neighbours: the states with the same (b, a, ba) and the same ab // 512, as the bits
of eight words. Where states lie close together that takes a byte or two for each, and it is what
the kernel computes with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from tcpmc.checks.statespace.arrays import Mask, ragged
from tcpmc.checks.statespace.machine import CHANNEL_BITS, END_BITS, pack, unpack
from tcpmc.checks.statespace.tables import Ints

BLOCK_BITS, WORDS = 9, 8
SHIFT = CHANNEL_BITS - BLOCK_BITS
KEPT = 1 << 21
END, CHANNEL = (1 << END_BITS) - 1, (1 << CHANNEL_BITS) - 1

Array = npt.NDArray[Any]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Blocks:
    """Sets of states: `keys` (n,); `used` (n,), whose bits say which words of a block are not zero;
    and these `words` (m,), block by block. The blocks of a row are neighbours."""

    keys: Words
    used: Bytes
    words: Words

    @classmethod
    def together(cls, parts: Sequence[Blocks]) -> Blocks:
        """Blocks of different rows."""
        if len(parts) < 2:
            return parts[0] if parts else NO_BLOCKS
        return cls(
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.used for part in parts]),
            np.concatenate([part.words for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def first(self) -> Ints:
        """Where the words of each block begin, and where those of the last end."""
        return np.concatenate(([0], np.cumsum(ONES[self.used], dtype=np.int64)))

    @property
    def rows(self) -> Words:
        """The row of each block: (b, a, ba)."""
        rows: Words = self.keys >> np.uint64(SHIFT)
        return rows

    def at(self, index: Ints) -> Blocks:
        """Some of the blocks."""
        first = self.first
        _, place = ragged(first[index], np.diff(first)[index])
        return Blocks(self.keys[index], self.used[index], self.words[place])


ONES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)
NO_BLOCKS = Blocks(np.empty(0, np.uint64), np.empty(0, np.uint8), np.empty(0, np.uint64))


def as_blocks(states: Ints) -> Blocks:
    """States (in any order) as blocks, in order."""
    a, b, ab, ba = unpack(states)
    place = (((b << END_BITS | a) << CHANNEL_BITS | ba) << CHANNEL_BITS | ab) >> 6
    order = np.argsort(place)
    place, words = _joined(place[order], np.uint64(1) << (ab[order] & 63).astype(np.uint64))
    keys, used = _joined(place // WORDS, np.left_shift(1, place % WORDS).astype(np.uint8))
    return Blocks(keys.astype(np.uint64), used, words)


def _joined(keys: Ints, bits: Array) -> tuple[Ints, Array]:
    """Each key once, of those in order, with the bits of all that have it."""
    if not len(keys):
        return keys, bits
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[first], np.bitwise_or.reduceat(bits, first)


def as_states(blocks: Blocks) -> Ints:
    """The states of the blocks, in order."""
    bits = _places(blocks.words.astype("<u8").view(np.uint8))
    word = _places(blocks.used)[bits >> 6]
    keys = blocks.keys[word // WORDS].astype(np.int64)
    ab = (keys << BLOCK_BITS & CHANNEL) | word % WORDS << 6 | bits & 63
    row = keys >> SHIFT
    b, a = row >> CHANNEL_BITS + END_BITS, row >> CHANNEL_BITS & END
    return np.sort(pack(a, b, ab, row & CHANNEL))


def _places(bits: Bytes) -> Ints:
    """The places of the bits that are set. (As truths: numpy counts those much faster.)"""
    return np.flatnonzero(np.unpackbits(bits, bitorder="little").view(np.bool_))


def ones(words: Words) -> int:
    """How many bits are set."""
    if hasattr(np, "bitwise_count"):  # numpy 2
        return int(np.bitwise_count(words).sum(dtype=np.int64))
    return int(np.unpackbits(words.view(np.uint8)).sum(dtype=np.int64))


class Level:
    """The states at one distance, in whichever form is smaller: `parts` are the states, or the
    parts of their blocks."""

    def __init__(self, *parts: Array, ordered: bool = True, size: int | None = None) -> None:
        self.parts = parts
        self._ordered = ordered
        if size is None:
            size = len(parts[0]) if len(parts) == 1 else ones(parts[2])
        self._size = size

    @classmethod
    def of(cls, blocks: Blocks) -> Level:
        """The states of the blocks."""
        size = ones(blocks.words)
        if 9 * len(blocks) + 8 * len(blocks.words) >= 8 * size:
            return cls(as_states(blocks))
        return cls(blocks.keys, blocks.used, blocks.words, size=size)

    def __len__(self) -> int:
        return self._size

    def states(self) -> Ints:
        """The states in order."""
        if len(self.parts) > 1:
            return as_states(self.blocks())
        if not self._ordered:
            self.parts, self._ordered = (np.sort(self.parts[0]),), True
        return self.parts[0]

    def where(self, ends: Callable[[Ints, Ints], Mask]) -> Ints:
        """The states, in order, for whose ends (the ids of a and b) `ends` says so."""
        if len(self.parts) == 1:
            states = self.states()
            a, b, _, _ = unpack(states)
            chosen: Ints = states[ends(a, b)]
            return chosen
        blocks = self.blocks()
        pair = blocks.rows.astype(np.int64) >> CHANNEL_BITS
        return as_states(blocks.at(np.flatnonzero(ends(pair & END, pair >> END_BITS))))

    def blocks(self) -> Blocks:
        """The states as blocks."""
        return as_blocks(self.parts[0]) if len(self.parts) == 1 else Blocks(*self.parts)


class Levels(Sequence[Ints]):
    """Each level as a sorted array of states, made when it is asked for, and kept while these
    arrays have no more than KEPT states together."""

    def __init__(self) -> None:
        self._levels: list[Level] = []
        self._made: dict[int, Ints] = {}

    def append(self, level: Level) -> None:
        """Add the next level."""
        self._levels.append(level)

    def stored(self, number: int) -> Level:
        """A level as it is kept."""
        return self._levels[number]

    def size(self, number: int) -> int:
        """How many states a level has."""
        return len(self._levels[number])

    def __len__(self) -> int:
        return len(self._levels)

    @overload
    def __getitem__(self, number: int) -> Ints: ...

    @overload
    def __getitem__(self, number: slice) -> list[Ints]: ...

    def __getitem__(self, number: int | slice) -> Ints | list[Ints]:
        if isinstance(number, slice):
            return [self[n] for n in range(len(self))[number]]
        number = range(len(self))[number]
        if number not in self._made:
            level = self._levels[number]
            if sum(map(len, self._made.values())) + len(level) > KEPT:
                self._made.clear()
            self._made[number] = level.states()
        return self._made[number]
