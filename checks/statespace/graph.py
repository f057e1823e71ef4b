"""What a breadth-first search found, and the shortest paths in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tcpmc.checks.statespace.arrays import Mask, chunks
from tcpmc.checks.statespace.edges import successors
from tcpmc.checks.statespace.levels import Levels
from tcpmc.checks.statespace.machine import END_BITS, Machine, unpack
from tcpmc.checks.statespace.tables import Ints


@dataclass
class Graph:
    """The levels of a breadth-first search, each a sorted array of states."""

    machine: Machine
    sources: Sequence[Ints]
    levels: Levels = field(default_factory=Levels)
    edges: int = 0
    complete: bool = False

    @property
    def states(self) -> int:
        """How many distinct states were reached."""
        return sum(map(self.levels.size, range(len(self.levels))))

    @property
    def depth(self) -> int:
        """The number of the last level: how far the farthest state is from the first."""
        return len(self.levels) - 1

    def path_to(self, state: int, level: int) -> list[int]:
        """A shortest path of states from a source to `state`, which is in `level`: the least state
        at each step."""
        path = [state]
        while not self._is_source(path[-1], level):
            level -= 1
            path.append(self._predecessor(path[-1], level))
        path.reverse()
        return path

    def _is_source(self, state: int, level: int) -> bool:
        return level < len(self.sources) and state in self.sources[level]

    def _predecessor(self, state: int, level: int) -> int:
        for chunk in chunks(self._near(state, level)):
            edges = successors(self.machine, chunk)
            sources = edges.source[edges.target == state]
            if len(sources):
                return int(chunk[sources.min()])
        raise AssertionError("a state without a predecessor in the level before it")

    def _near(self, state: int, level: int) -> Ints:
        """The states from which one step could lead there, by what the ends do: one of them, or
        neither, or both with the clock."""
        a, b, _, _ = unpack(state)
        before_a, before_b = _ends_before(self.machine, 0, a), _ends_before(self.machine, 1, b)

        def near(of_a: Ints, of_b: Ints) -> Mask:
            steps: Mask = (of_a == a) & before_b[of_b] | before_a[of_a] & (of_b == b)
            if self.machine.clock:
                steps |= before_a[of_a] & before_b[of_b]
            return steps

        return self.levels.stored(level).where(near)


def _ends_before(machine: Machine, which: int, end: int) -> Mask:
    """By id, the states of an end from which a step, a delivery or a tick leads to this one; and
    it itself."""
    before = np.zeros(1 << END_BITS, bool)
    before[end] = True
    for table, column, shift in (
        (machine.own[which], 1, 0),
        (machine.receive[which], 0, 20),
        (machine.tick_end, 0, 0),
    ):
        keys = np.array(table.known(), np.int64)
        source, rows = table(keys)
        before[keys[source[rows[:, column] == end]] >> shift] = True
    return before
