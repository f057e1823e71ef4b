"""The shortest run that shows a difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tcpmc.checks.drive.moves import Move
from tcpmc.checks.drive.oracle import Discrepancy, Oracle
from tcpmc.checks.drive.running import Observation, Runner
from tcpmc.checks.drive.state_event_table import WORDS, Cell
from tcpmc.stacks.stack import Broken, Impossible, StackUnderTest

Item = TypeVar("Item")


def shortest(items: Sequence[Item], shows: Callable[[Sequence[Item]], bool]) -> tuple[Item, ...]:
    """A part of the items of which each is needed: without it the rest does not show it any more
    (delta debugging: Zeller and Hildebrandt 2002)."""
    kept = tuple(items)
    size = max(len(kept) // 2, 1)
    while kept:
        for at in range(0, len(kept), size):
            less = kept[:at] + kept[at + size :]
            if shows(less):
                kept = less
                break
        else:
            if size == 1:
                break
            size = max(size // 2, 1)
    return kept


def shrunk(under_test: StackUnderTest, oracle: Oracle, cell: Cell) -> Cell:
    """The cell with the shortest run, if there is a shorter one, that breaks the same rule."""
    found: list[tuple[Observation, ...]] = [cell.events]
    differences: list[Discrepancy | None] = [cell.difference]

    def shows(moves: Sequence[Move]) -> bool:
        try:
            events = tuple(Runner(under_test, cell.stamps).run(moves))
        except (Broken, Impossible):
            return False
        difference = oracle.judged(events).difference if events else None
        if not is_same(difference, cell.difference):
            return False
        found.append(events)
        differences.append(difference)
        return True

    moves = shortest((*cell.way, *cell.moves), shows)
    return replace(
        cell, way=moves[:-1], moves=moves[-1:], events=found[-1], difference=differences[-1]
    )


def is_same(one: Discrepancy | None, other: Discrepancy | None) -> bool:
    """Whether both break the same rule in the same way, up to numbers."""
    if one is None or other is None:
        return False
    return one.requirement == other.requirement and rule(one) == rule(other)


def rule(difference: Discrepancy) -> str:
    """What the rules would have done, without numbers."""
    return WORDS.sub("", difference.expected)
