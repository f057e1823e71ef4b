"""The explored graph as a networkx graph, for whatever else one wants to ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Graph, chunks, successors

if TYPE_CHECKING:
    import networkx

LIMIT = 200_000


def to_networkx(
    table: TabulatedModel, graph: Graph, limit: int = LIMIT
) -> networkx.MultiDiGraph[int]:
    """The graph with one node for each state and one edge for each event.

    A node is the packed state; its attributes are `system`, the decoded `System`, and `depth`. An
    edge has the attribute `event`. networkx needs about 2 GB for a million nodes and their
    edges: ValueError beyond `limit` states.
    """
    if graph.states > limit:
        raise ValueError(
            f"this graph has {graph.states:,} states, more than the limit of {limit:,} "
            "(networkx needs about 2 GB for a million)"
        )
    import networkx

    result: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
    for depth, level in enumerate(graph.levels):
        for state in level.tolist():
            result.add_node(state, system=table.system(state), depth=depth)
    for level in graph.levels:
        for chunk in chunks(level):
            edges = successors(table, chunk)
            columns = (chunk[edges.source], edges.target, edges.event, edges.end)
            for source, target, code, end in zip(*(c.tolist() for c in columns), strict=True):
                if target in result:  # the last level of an unfinished search leads outside
                    result.add_edge(source, target, event=table.event(code, end))
    return result
