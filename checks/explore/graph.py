"""What a breadth-first search found, and the shortest paths in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tcpmc.checks.explore.arrays import chunks
from tcpmc.checks.explore.edges import successors
from tcpmc.checks.explore.levels import Levels
from tcpmc.checks.explore.machine import Machine
from tcpmc.checks.explore.tables import Ints


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
            path.append(self._predecessor(path[-1], self.levels[level]))
        return path[::-1]

    def _is_source(self, state: int, level: int) -> bool:
        return level < len(self.sources) and state in self.sources[level]

    def _predecessor(self, state: int, level: Ints) -> int:
        for chunk in chunks(level):
            edges = successors(self.machine, chunk)
            sources = edges.source[edges.target == state]
            if len(sources):
                return int(chunk[sources.min()])
        raise AssertionError("a state without a predecessor in the level before it")
