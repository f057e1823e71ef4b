"""The explored states of a model, for a program: counted, searched, and as a networkx graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpmc.check_result import Ladder
from tcpmc.checks.explicit.graph_files import FILES
from tcpmc.checks.explicit.networkx_graph import LIMIT, to_networkx
from tcpmc.checks.explicit.quotient import Pair, quotient, quotient_graph
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Graph
from tcpmc.checks.trace import events_along, replay
from tcpmc.errors import BadInput
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import Scope
from tcpmc.model.variants.pair import Stacks

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, repr=False)
class StateSpace:
    """Every reachable state of two ends and the channels between them, within a scope.

    States are numbered from 0, the first, by how many events it takes to come to them.
    """

    table: TabulatedModel = field(repr=False)
    graph: Graph = field(repr=False)

    @property
    def variant(self) -> Stacks:
        """The stack at both ends."""
        return self.table.model.variant

    @property
    def scope(self) -> Scope:
        """The bounds of the exploration."""
        return self.table.model.scope

    @property
    def states(self) -> int:
        """How many states there are."""
        return self.graph.states

    @property
    def transitions(self) -> int:
        """How many steps lead from a state to a state."""
        return self.graph.edges

    @property
    def depth(self) -> int:
        """How many events it takes to come to the farthest state."""
        return self.graph.depth

    def __len__(self) -> int:
        return self.states

    def __repr__(self) -> str:
        where = f"{self.variant.name}, scope {self.scope.name}"
        return (
            f"<StateSpace of {where}: {self.states:,} states, {self.transitions:,} transitions, "
            f"depth {self.depth}>"
        )

    def level(self, depth: int) -> Iterator[System]:
        """The states that it takes `depth` events to come to, in the order of their numbers."""
        return map(self.table.system, self.graph.levels[depth].tolist())

    def path_to(self, goal: int | Callable[[System], bool]) -> Ladder | None:
        """A shortest run to the state of that number, or to one of which `goal` is true; None if
        there is none."""
        for depth, state in self._found(goal):
            path = [self.table.system(on_path) for on_path in self.graph.path_to(state, depth)]
            model = self.table.model
            trace = replay(model, events_along(model, path))
            return Ladder.of(trace, model, f"A shortest run of {self.variant.name}")
        return None

    def _found(self, goal: int | Callable[[System], bool]) -> Iterator[tuple[int, int]]:
        """The level and the packed state, of each that is sought."""
        number = 0
        for depth, level in enumerate(self.graph.levels):
            if not isinstance(goal, int):
                sought = (state for state in level.tolist() if goal(self.table.system(state)))
                yield from ((depth, state) for state in sought)
            elif number <= goal < number + len(level):
                yield depth, int(level[goal - number])
            number += len(level)
        if isinstance(goal, int) and not 0 <= goal < number:
            raise BadInput(f"state {goal}: the states are numbered 0 to {number - 1:,}")

    def to_networkx(
        self, depth: int | None = None, limit: int = LIMIT
    ) -> networkx.MultiDiGraph[int]:
        """The states as the nodes of a networkx graph, and the steps as its edges; with `depth`,
        those at most so many events from the first.

        A node is the number of a state. Its attributes are the states `A` and `B`, its `depth` and
        the `system`; those of an edge are the `event` and the `rules` followed. Raises LimitReached
        beyond `limit` states: networkx takes some 2 GB for a million.
        """
        return to_networkx(self.table, self.graph, limit, depth)

    def quotient(self) -> networkx.DiGraph[Pair]:
        """The states of both ends as the nodes of a networkx graph, however many states there are:
        a node is the pair of A's and B's, with the number of `states` that have it; an edge has its
        `events`, each with the number of steps. What changes neither is no edge."""
        return quotient_graph(quotient(self.table, self.graph))

    def export(self, format: str = "graphml") -> Iterator[str]:
        """The whole graph as the pieces of a file, one after the other: graphml, gexf, or json,
        which `networkx.node_link_graph` reads. Raises BadInput for another format."""
        if format not in FILES:
            raise BadInput(f"unknown format {format!r}; one of {', '.join(FILES)}")
        return FILES[format](self.table, self.graph)
