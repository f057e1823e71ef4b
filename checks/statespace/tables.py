"""Functions on small ints, evaluated once for each argument and kept as numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T", bound=Hashable)
Ints = npt.NDArray[np.int64]
Row = tuple[int, ...]


class Ids(Generic[T]):
    """Values and the small ints that stand for them, in order of first appearance."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._ids: dict[T, int] = {}

    def __call__(self, value: T) -> int:
        """The id of the value: the next one if it is new."""
        found = self._ids.get(value)
        if found is None:
            found = self._ids[value] = len(self.values)
            self.values.append(value)
        return found

    def __getitem__(self, identifier: int) -> T:
        return self.values[identifier]

    def __len__(self) -> int:
        return len(self.values)


DENSE = 16


def distinct_with_inverse(keys: Ints) -> tuple[Ints, Ints]:
    """The distinct keys in order, and the index of each key among them; unsorted, where that takes
    no more than DENSE bytes a key."""
    top = int(keys.max(initial=0))
    if top >= DENSE * (len(keys) + DENSE):
        return np.unique(keys, return_inverse=True)
    present = np.zeros(top + 1, bool)
    present[keys] = True
    unique = np.flatnonzero(present)
    place = np.cumsum(present) - 1
    return unique, place[keys]


class Table:
    """A function from an int to rows of `width` ints, tabulated as far as it has been asked."""

    def __init__(self, width: int, function: Callable[[int], Iterable[Row]]) -> None:
        self._function = function
        self._slots: dict[int, int] = {}
        self._first: list[int] = []
        self._count: list[int] = []
        self._rows: list[Row] = []
        self._width = width
        self._arrays = self._as_arrays()

    def __call__(self, keys: Ints) -> tuple[Ints, Ints]:
        """All rows for `keys` (shape (n,)): the index into `keys` of each row (m,), and the rows
        (m, width)."""
        unique, inverse = distinct_with_inverse(keys)
        slots = np.fromiter(map(self._slot, unique.tolist()), np.int64, len(unique))[inverse]
        if len(self._arrays[2]) != len(self._rows) or len(self._arrays[0]) != len(self._first):
            self._arrays = self._as_arrays()
        first, count, rows = self._arrays
        counts = count[slots]
        source = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
        return source, rows[np.repeat(first[slots], counts) + within]

    def at(self, key: int) -> list[Row]:
        """The rows for one key."""
        slot = self._slot(key)
        return self._rows[self._first[slot] : self._first[slot] + self._count[slot]]

    def known(self) -> list[int]:
        """The ints that it has been asked for."""
        return list(self._slots)

    def _slot(self, key: int) -> int:
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = len(self._first)
            rows = list(self._function(key))
            self._first.append(len(self._rows))
            self._count.append(len(rows))
            self._rows.extend(rows)
        return slot

    def _as_arrays(self) -> tuple[Ints, Ints, Ints]:
        rows = np.array(self._rows, np.int64).reshape(-1, self._width)
        return np.array(self._first, np.int64), np.array(self._count, np.int64), rows


def for_each_end(width: int, function: Callable[[int, int], Iterable[Row]]) -> tuple[Table, Table]:
    """The tables of a function of the end, 0 or 1, and an int."""
    return Table(width, partial(function, 0)), Table(width, partial(function, 1))
