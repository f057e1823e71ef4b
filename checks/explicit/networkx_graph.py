"""The explored graph as a networkx graph, for whatever else one wants to ask of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tcpmc.checks.explicit.numbered import NumberedGraph
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Graph
from tcpmc.errors import LimitReached

if TYPE_CHECKING:
    import networkx

LIMIT = 200_000


def to_networkx(
    table: TabulatedModel, graph: Graph, limit: int = LIMIT, depth: int | None = None
) -> networkx.MultiDiGraph[int]:
    """The graph, or its states of at most that depth, with one node for each state and one edge for
    each event.

    A node is the number of a state; its attributes are the states `A` and `B` of the ends, its
    `depth` and `system`, the decoded `System`. An edge has the `event` and the `rules` followed.
    networkx needs about 2 GB for a million nodes and their edges: LimitReached beyond `limit`.
    """
    levels = range(len(graph.levels) if depth is None else min(depth + 1, len(graph.levels)))
    states = sum(map(graph.levels.size, levels))
    if states > limit:
        raise LimitReached(
            f"this graph has {states:,} states, more than the limit of {limit:,} (networkx needs "
            "about 2 GB for a million): take its quotient by the states of the ends, the states "
            "up to a depth (depth=10), or write it to a file, which streams (tcpmc graph)"
        )
    import networkx

    result: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
    numbered = NumberedGraph(table, graph, depth)
    with _uncollected():
        number = 0
        for level, packed in enumerate(numbered.levels):
            for state in packed.tolist():
                system = table.system(state)
                a, b = (end.state.value for end in system.ends)
                result.add_node(number, A=a, B=b, depth=level, system=system)
                number += 1
        for edges in numbered.edges():
            columns = (edges.source, edges.target, edges.label)
            between: dict[tuple[int, int], int] = {}  # keys by hand: networkx looks for a free one
            for source, target, label in zip(*(c.tolist() for c in columns), strict=True):
                key = between.get((source, target), 0)
                between[source, target] = key + 1
                event, rules = numbered.labels[label]
                result.add_edge(source, target, key, event=event, rules=rules)
    return result


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cyclic garbage collector, which would look at every new dict again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
