from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]

class Blocks:
    """An exact set of states, as blocks of 512 bits by key."""

    def add(self, keys: Array, used: Array, words: Array) -> None:
        """Add blocks, given by their keys, which of their words are not zero, and these words.
        Raises MemoryError."""
    def absorb(
        self, others: list[Blocks], part: int, parts: int, shift: int
    ) -> tuple[bytes, bytes, bytes]:
        """Add the blocks of the others whose row (key >> shift) falls to `part` of `parts`; returns
        what was not there, in order, in the form in which `add` takes it. Raises MemoryError."""
    def clear(self) -> None:
        """Remove everything, and keep the memory for more."""
    def __len__(self) -> int: ...

PARTS: int
"""How many parts the steps from a row have, each a bit of what is to be done."""

def expand(
    tables: Sequence[Array],
    sizes: Sequence[int],
    keys: Array,
    used: Array,
    words: Array,
    start: int,
    stop: int,
    first: int,
    todo: Array,
    found: Blocks,
) -> tuple[int, tuple[bytes, bytes]]:
    """Add the successors of the rows that begin in the blocks start..stop, whose words begin at
    `first`, to `found`; or, unless `todo` (n,) is empty, only some: the first block of each row <<
    PARTS, and the parts of its steps that are to be taken.

    Returns the number of transitions, the missing entries as pairs (stage, key), and what needs
    them, as `todo`. Runs without the interpreter's lock. Raises MemoryError.
    """
