"""What a breadth-first search found, and the shortest paths in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tcpmc.checks.statespace.arrays import chunks
from tcpmc.checks.statespace.edges import successors
from tcpmc.checks.statespace.levels import Levels
from tcpmc.checks.statespace.machine import Machine, unpack
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
        """The states from which one step could lead there: without a clock it changes one end."""
        if self.machine.clock:
            return self.levels[level]
        to_a, to_b, _, _ = unpack(np.array([state]))
        return self.levels.stored(level).where(lambda a, b: (a == to_a) | (b == to_b))
