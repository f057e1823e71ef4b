"""Breadth-first search, level by level."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tcpmc.checks.explore.arrays import chunks, contains, distinct
from tcpmc.checks.explore.edges import successors
from tcpmc.checks.explore.graph import Graph
from tcpmc.checks.explore.machine import Machine, pack
from tcpmc.checks.explore.tables import Ints


def explore(
    machine: Machine,
    sources: Sequence[Ints] | None = None,
    visit: Callable[[Graph], bool] = lambda graph: False,
) -> Graph:
    """Explore breadth-first, level by level.

    `sources` are the states that join at each level; the default is the initial state at level 0.
    `visit` is called after each level and ends the search by returning True; it may raise
    `TooLarge`, which leaves the graph so far with the exception's handler.
    """
    if sources is None:
        sources = [pack(*(np.array([part], np.int64) for part in machine.initial))]
    graph = Graph(machine, sources)
    seen = np.empty(0, np.int64)
    found = np.empty(0, np.int64)
    while len(found) or len(graph.levels) < len(sources):
        if len(graph.levels) < len(sources):
            found = distinct(np.concatenate((found, sources[len(graph.levels)])))
        found = found[~contains(seen, found)]
        graph.levels.append(found)
        if visit(graph):
            return graph
        seen = np.sort(np.concatenate((seen, found)), kind="stable")
        found = _next_level(graph, seen)
    graph.complete = True
    return graph


def _next_level(graph: Graph, seen: Ints) -> Ints:
    found = []
    for chunk in chunks(graph.levels[-1]):
        edges = successors(graph.machine, chunk)
        graph.edges += len(edges.target)
        fresh = distinct(edges.target)
        found.append(fresh[~contains(seen, fresh)])
    return distinct(np.concatenate(found)) if found else np.empty(0, np.int64)
