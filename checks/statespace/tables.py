"""Functions on small ints, evaluated once for each argument and kept as numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T", bound=Hashable)
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Row = tuple[int, ...]


class Ids(Generic[T]):
    """Values and the small ints that stand for them, in order of first appearance."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._ids: dict[T, int] = {}

    def __call__(self, value: T) -> int:
        """The id of the value: the next one if it is new."""
        identifier = self._ids.get(value)
        if identifier is None:
            identifier = self._ids[value] = len(self.values)
            self.values.append(value)
        return identifier

    def __getitem__(self, identifier: int) -> T:
        return self.values[identifier]

    def __len__(self) -> int:
        return len(self.values)


LOW_BITS = 20
MOST_CELLS = 1 << 25


class Numbering:
    """Keys and their numbers, in order of first appearance. A key is an id, or two of them:
    `high << bits | low`. They are looked up in an array with a cell for each pair of ids; by
    sorting, where that would have more than MOST_CELLS."""

    def __init__(self, bits: int = LOW_BITS) -> None:
        self.keys: list[int] = []
        self._bits = bits
        self._numbers: dict[int, int] = {}
        self._cells = np.full((1, 1), -1, np.int32)
        self._in_cells = 0

    def __call__(self, keys: Ints, add: Callable[[int], int] | None = None) -> Ints:
        """The numbers of the keys. New ones are added in order, by `add` if there is one."""
        add = add or self.add
        if not self._reach(keys):
            unique, inverse = np.unique(keys, return_inverse=True)
            return np.fromiter(map(add, unique.tolist()), np.int64, len(unique))[inverse]
        place = self._place(keys)
        numbers = self._cells.ravel()[place]
        if len(numbers) and numbers.min() < 0:
            for key in np.unique(keys[numbers < 0]).tolist():
                add(key)
            self._note()
            numbers = self._cells.ravel()[place]
        return numbers.astype(np.int64)

    def known(self, keys: Ints) -> Mask:
        """Which of the keys have a number."""
        if not self._reach(keys):
            return np.isin(keys, np.array(self.keys, np.int64))
        numbered: Mask = self._cells.ravel()[self._place(keys)] >= 0
        return numbered

    def get(self, key: int) -> int | None:
        """The number of the key, if it has one."""
        return self._numbers.get(key)

    def add(self, key: int) -> int:
        """The number of the key: the next one if it is new."""
        number = self._numbers.setdefault(key, len(self.keys))
        if number == len(self.keys):
            self.keys.append(key)
        return number

    def __len__(self) -> int:
        return len(self.keys)

    def _place(self, keys: Ints) -> Ints:
        low = keys & (1 << self._bits) - 1
        return (keys >> self._bits) * self._cells.shape[1] + low

    def _reach(self, keys: Ints) -> bool:
        """Whether there are cells for these keys; they are made, if there can be."""
        if not len(keys):
            return True
        need = int(keys.max()) >> self._bits, int((keys & (1 << self._bits) - 1).max())
        have = self._cells.shape
        if need[0] >= have[0] or need[1] >= have[1]:
            rows, columns = (
                h if n < h else max(n + 1, 2 * h) for n, h in zip(need, have, strict=True)
            )
            if rows * columns > MOST_CELLS:
                return False
            self._cells, self._in_cells = np.full((rows, columns), -1, np.int32), 0
        self._note()
        return True

    def _note(self) -> None:
        """Enter the numbers that are new since the last time, as far as there are cells."""
        new = np.array(self.keys[self._in_cells :], np.int64)
        numbers = np.arange(self._in_cells, len(self.keys))
        fits = (new >> self._bits < self._cells.shape[0]) & (
            (new & (1 << self._bits) - 1) < self._cells.shape[1]
        )
        self._cells.ravel()[self._place(new[fits])] = numbers[fits]
        self._in_cells = len(self.keys)


class Table:
    """A function from an int to rows of `width` ints, tabulated as far as it has been asked."""

    def __init__(self, width: int, function: Callable[[int], Iterable[Row]]) -> None:
        self._function = function
        self._slots = Numbering()
        self._first: list[int] = []
        self._count: list[int] = []
        self._rows: list[Row] = []
        self._width = width
        self._arrays = self._as_arrays()

    def __call__(self, keys: Ints) -> tuple[Ints, Ints]:
        """All rows for `keys` (shape (n,)): the index into `keys` of each row (m,), and the rows
        (m, width)."""
        slots = self._slots(keys, self._slot)
        if len(self._arrays[2]) != len(self._rows) or len(self._arrays[0]) != len(self._first):
            self._arrays = self._as_arrays()
        first, count, rows = self._arrays
        counts = count[slots]
        source = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
        return source, rows[np.repeat(first[slots], counts) + within]

    def asked(self, keys: Ints) -> Mask:
        """Which of these ints it has been asked for."""
        return self._slots.known(keys)

    def at(self, key: int) -> list[Row]:
        """The rows for one key."""
        slot = self._slot(key)
        return self._rows[self._first[slot] : self._first[slot] + self._count[slot]]

    def known(self) -> list[int]:
        """The ints that it has been asked for."""
        return self._slots.keys

    def _slot(self, key: int) -> int:
        slot = self._slots.get(key)
        if slot is None:
            rows = list(self._function(key))
            slot = self._slots.add(key)
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
