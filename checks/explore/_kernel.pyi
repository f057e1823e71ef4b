from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]

class Blocks:
    """An exact set of states, as blocks of 512 bits by key."""

    def add(self, keys: Array, words: Array) -> tuple[bytes, bytes]:
        """Add blocks; returns what was not there, as keys and words."""
    def absorb(self, other: Blocks, part: int, parts: int) -> tuple[bytes, bytes]:
        """Add the blocks of `other` whose hash falls to `part` of `parts`; returns what was not
        there."""
    def clear(self) -> None:
        """Remove everything."""
    def __len__(self) -> int: ...

def expand(
    tables: Sequence[Array],
    sizes: Sequence[int],
    keys: Array,
    words: Array,
    start: int,
    stop: int,
    found: Blocks,
) -> tuple[int, tuple[bytes, bytes]]:
    """Add all successors of the blocks start..stop to `found`.

    Returns the number of transitions, the missing entries as pairs (stage, key), and the indices
    of the blocks that need them. Runs without the interpreter's lock. Raises MemoryError.
    """
