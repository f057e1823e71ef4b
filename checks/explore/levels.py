"""The levels of a search, kept small: sorted states, or the blocks of bits that they fill.

A block is 512 neighbours: the states with the same (b, a, ba) and the same ab // 512, as the bits
of eight words. Where states lie close together that takes a byte or two for each, and it is what
the kernel computes with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from tcpmc.checks.explore.machine import CHANNEL_BITS, END_BITS, pack, unpack
from tcpmc.checks.explore.tables import Ints

BLOCK_BITS, WORDS = 9, 8
SHIFT = CHANNEL_BITS - BLOCK_BITS
END, CHANNEL = (1 << END_BITS) - 1, (1 << CHANNEL_BITS) - 1

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Blocks:
    """Sets of states: `keys` (n,) in order, `words` (n, 8)."""

    keys: Words
    words: Words

    def __len__(self) -> int:
        return len(self.keys)

    def at(self, index: Ints) -> Blocks:
        """Some of the blocks."""
        return Blocks(self.keys[index], self.words[index])


NO_BLOCKS = Blocks(np.empty(0, np.uint64), np.empty((0, WORDS), np.uint64))


def in_order(keys: Words, words: Words) -> Blocks:
    """Blocks in order of their keys; the bits of those with the same key together."""
    order = np.argsort(keys, kind="stable")
    keys, words = keys[order], words[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else order
    if len(first) < len(keys):
        keys, words = keys[first], np.bitwise_or.reduceat(words, first, axis=0)
    return Blocks(keys, words)


def as_blocks(states: Ints) -> Blocks:
    """States (in any order) as blocks."""
    a, b, ab, ba = unpack(states)
    keys = ((b << END_BITS | a) << CHANNEL_BITS | ba) << SHIFT | ab >> BLOCK_BITS
    words = np.zeros((len(states), WORDS), np.uint64)
    bits = np.uint64(1) << (ab & 63).astype(np.uint64)
    words[np.arange(len(states)), ab >> 6 & WORDS - 1] = bits
    return in_order(keys.astype(np.uint64), words)


def as_states(blocks: Blocks) -> Ints:
    """The states of the blocks, in order."""
    words = blocks.words.ravel()
    used = np.flatnonzero(words)
    bits = np.flatnonzero(
        np.unpackbits(words[used].astype("<u8").view(np.uint8), bitorder="little")
    )
    word = used[bits >> 6]
    keys = blocks.keys[word // WORDS].astype(np.int64)
    ab = (keys << BLOCK_BITS & CHANNEL) | word % WORDS << 6 | bits & 63
    row = keys >> SHIFT
    b, a = row >> CHANNEL_BITS + END_BITS, row >> CHANNEL_BITS & END
    return np.sort(pack(a, b, ab, row & CHANNEL))


def ones(words: Words) -> int:
    """How many bits are set."""
    if hasattr(np, "bitwise_count"):  # numpy 2
        return int(np.bitwise_count(words).sum(dtype=np.int64))
    return int(np.unpackbits(words.view(np.uint8)).sum(dtype=np.int64))


Array = npt.NDArray[Any]


class Level:
    """The states at one distance, in whichever form is smaller: `parts` are the states; or the keys
    of the blocks, which of their words are not zero (8 bits each), and these words."""

    def __init__(self, *parts: Array, ordered: bool = True) -> None:
        self.parts = parts
        self._ordered = ordered
        self._size = len(parts[0]) if len(parts) == 1 else ones(parts[2])

    @classmethod
    def of(cls, blocks: Blocks) -> Level:
        """The states of the blocks."""
        used = blocks.words != 0
        words = blocks.words[used]
        if 9 * len(blocks) + 8 * len(words) >= 8 * ones(words):
            return cls(as_states(blocks))
        return cls(blocks.keys, np.packbits(used, axis=1, bitorder="little"), words)

    def __len__(self) -> int:
        return self._size

    def states(self) -> Ints:
        """The states in order."""
        if len(self.parts) > 1:
            return as_states(self.blocks())
        if not self._ordered:
            self.parts, self._ordered = (np.sort(self.parts[0]),), True
        return self.parts[0]

    def blocks(self) -> Blocks:
        """The states as blocks."""
        if len(self.parts) == 1:
            return as_blocks(self.parts[0])
        keys, used, some = self.parts
        words = np.zeros((len(keys), WORDS), np.uint64)
        words[np.unpackbits(used, axis=1, bitorder="little").astype(bool)] = some
        return Blocks(keys, words)


class Levels(Sequence[Ints]):
    """Each level as a sorted array of states, made when it is asked for; the last one is kept."""

    def __init__(self) -> None:
        self._levels: list[Level] = []
        self._made: tuple[int, Ints] | None = None

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
        if self._made is None or self._made[0] != number:
            self._made = number, self._levels[number].states()
        return self._made[1]
