"""Columns of sequence numbers, and of what was told last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Truths = NDArray[np.bool_]

SPACE, HALF = 2**32, 2**31
NONE = -1


def signed(difference: Numbers) -> Numbers:
    """The distance between two sequence numbers, from -2**31 to 2**31 - 1."""
    distance: Numbers = (difference + HALF & SPACE - 1) - HALF
    return distance


def latest(values: Numbers, there: Truths, first: int) -> Numbers:
    """Before each place, and after the last, the latest value that is there; `first` before any."""
    size = len(values)
    places = np.where(there, np.arange(1, size + 1), 0)
    places_so_far = (
        np.concatenate([[0], np.maximum.accumulate(places)]) if size else np.zeros(1, np.int64)
    )
    numbers: Numbers = np.concatenate([[first], values])[places_so_far]
    return numbers


def highest(values: Numbers, there: Truths, first: int) -> Numbers:
    """The same for the greatest value so far."""
    shown = np.where(there, values, first)
    return np.maximum.accumulate(np.concatenate([[first], shown]))


def furthest(numbers: Numbers, before: int) -> Numbers:
    """The furthest of the numbers so far, modulo 2**32; `before` is that before, or `NONE`."""
    begin = int(numbers[0]) if before == NONE else before
    steps = signed(np.diff(np.concatenate([[begin], numbers])))
    ahead = np.cumsum(steps)
    top = np.maximum.accumulate(np.maximum(ahead, 0))
    if (top - ahead).max() < HALF:
        return begin + top & SPACE - 1
    so_far = []
    for number in numbers.tolist():
        begin = number if 0 < (number - begin) % SPACE <= HALF else begin
        so_far.append(begin)
    return np.array(so_far, np.int64)
