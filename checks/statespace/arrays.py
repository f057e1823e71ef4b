"""Sets of states as sorted arrays, and ranges of places in arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tcpmc.checks.statespace.tables import Ints

Mask = npt.NDArray[np.bool_]
Cells = npt.NDArray[np.int32]
CHUNK = 1 << 16


def distinct(states: Ints) -> Ints:
    """The states in order, each once. (Sort and compare: np.unique is far slower here, and imports
    numpy.ma.)"""
    states = np.sort(states)
    return states[np.concatenate(([True], states[1:] != states[:-1]))] if len(states) else states


def contains(ordered: Ints, states: Ints) -> Mask:
    """Which of `states` are in the sorted array `ordered`."""
    if not len(ordered):
        return np.zeros(len(states), bool)
    at = np.searchsorted(ordered, states)
    return np.equal(ordered[np.minimum(at, len(ordered) - 1)], states)


def index_in(ordered: Ints, states: Ints) -> Ints:
    """Where each of `states` is in the sorted array `ordered`, or -1."""
    if not len(ordered):
        return np.full(len(states), -1)
    at = np.minimum(np.searchsorted(ordered, states), len(ordered) - 1)
    return np.where(ordered[at] == states, at, -1)


def chunks(states: Ints) -> Iterator[Ints]:
    """The states, a few at a time, so that what is built from them stays small."""
    for start in range(0, len(states), CHUNK):
        yield states[start : start + CHUNK]


def ragged(first: Cells | Ints, count: Cells | Ints) -> tuple[Ints, Ints]:
    """For ranges first..first+count: the index of the range, and each place in it."""
    source = np.repeat(np.arange(len(count)), count)
    ends = np.cumsum(count, dtype=np.int64)
    return source, np.arange(len(source)) + np.repeat(first - ends + count, count)
