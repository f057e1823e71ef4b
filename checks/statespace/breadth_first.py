"""Breadth-first search, level by level."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tcpmc.checks.statespace.backend import Backend, backend_for
from tcpmc.checks.statespace.checkpoint import Checkpoint
from tcpmc.checks.statespace.graph import Graph
from tcpmc.checks.statespace.levels import Level
from tcpmc.checks.statespace.machine import Machine, pack
from tcpmc.checks.statespace.tables import Ints


def explore(
    machine: Machine,
    sources: Sequence[Ints] | None = None,
    visit: Callable[[Graph], bool] = lambda graph: False,
    backend: Backend | None = None,
    checkpoint: Checkpoint | None = None,
) -> Graph:
    """Explore breadth-first, level by level.

    `sources` are the states that join at each level; the default is the initial state at level 0.
    `visit` is called after each level and ends the search by returning True; it may raise
    `TooLarge`, which leaves the graph so far with the exception's handler. `backend` has seen
    nothing yet; the default is the fastest there is. With a checkpoint the search goes on from what
    is in it, and each level is saved to it; raises Foreign if it is not of this search.
    """
    if sources is None:
        sources = [pack(*(np.array([part], np.int64) for part in machine.initial))]
    backend = backend or backend_for(machine)
    graph = Graph(machine, sources)
    for level, edges in checkpoint.load(backend.tables) if checkpoint else ():
        backend.add(level)
        backend.settle()
        graph.levels.append(level)
        graph.edges = edges
        if visit(graph):
            return graph
    if graph.levels:
        graph.edges += backend.expand(graph.levels.stored(-1))
    while True:
        if len(graph.levels) < len(sources):
            backend.add(Level(sources[len(graph.levels)]))
        level = backend.settle()
        if not len(level) and len(graph.levels) >= len(sources):
            graph.complete = True
            return graph
        if checkpoint:
            checkpoint.save(len(graph.levels), graph.edges, level, backend.tables)
        graph.levels.append(level)
        if visit(graph):
            return graph
        graph.edges += backend.expand(level)
