"""The reachable graph, one node for each state of the product: for small scopes only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tcpmc.checks.explicit.quotient import Progress, explored
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.labels import ENDS, happening, kind
from tcpmc.checks.statespace import Graph, chunks, successors
from tcpmc.checks.trace import Trace
from tcpmc.diagrams.dot import (
    BLACK,
    GREY,
    LIGHT,
    YELLOW,
    DotPicture,
    DotStatement,
    Html,
    Look,
    caption,
    digraph,
    edge,
    node,
    plain,
    wrapped,
)
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.channel import Contents
from tcpmc.model.network.product import System
from tcpmc.model.network.system import Model

LIMIT = 300


def raw_dot(model: Model, trace: Trace | None, progress: Progress) -> DotPicture:
    """Every reachable state and every edge, as DOT. ValueError beyond 300 states."""
    table = TabulatedModel(model)
    graph = explored(table, progress)
    if graph.states > LIMIT:
        raise ValueError(
            f"this graph has {graph.states:,} nodes, and more than {LIMIT} cannot be read: "
            "draw it grouped by the two states, or choose a smaller scope"
        )
    names = {state: f"state {n}" for n, state in enumerate(_states(graph))}
    systems = {state: table.system(state) for state in names}
    path = [] if trace is None else list(trace.states)
    lines = [_node(names[state], system, system in path) for state, system in systems.items()]
    for source, what, target in _moves(table, graph):
        pair = systems[source], systems[target]
        steps = [n for n, step in enumerate(pairwise(path), 1) if step == pair]
        lines.append(_edge(names[source], names[target], what, steps))
    rows = [
        *wrapped(
            f"Both ends of a connection: {model.variant.name}, scope {model.scope.name}", True
        ),
        *wrapped(model.scope.describe()),
        f"{graph.states:,} states and {graph.edges:,} edges: the state of A, the state of B, and "
        "what is in flight.",
    ]
    return digraph(lines, label=caption(rows), labeljust="l", nodesep=0.25, ranksep=0.4)


def _states(graph: Graph) -> Iterator[int]:
    for level in graph.levels:
        yield from level.tolist()


def _moves(table: TabulatedModel, graph: Graph) -> Iterator[tuple[int, str, int]]:
    """Every edge, between packed states."""
    for level in graph.levels:
        for chunk in chunks(level):
            edges = successors(table, chunk)
            columns = (chunk[edges.source], edges.event, edges.end, edges.target)
            for source, code, end, target in zip(*(c.tolist() for c in columns), strict=True):
                event = table.event(code, end)
                who = "" if event.kind == EventKind.TICK else f"{ENDS[end]}: "
                yield source, f"{who}{happening(event)}", target


def _node(name: str, system: System, visited: bool) -> DotStatement:
    fill: Look = {"fillcolor": YELLOW, "penwidth": 2.5} if visited else {"fillcolor": LIGHT}
    look: Look = {"shape": "box", "style": "rounded,filled", "fontsize": 11, **fill}
    ends = [f"<B>{end.state}</B>" for end in system.ends]
    flying = [
        plain(f"{_flying(contents)} → {ENDS[1 - which]}")
        for which, contents in enumerate(system.channels)
        if contents
    ]
    return node(name, label=Html("<BR/>".join((*ends, *flying))), **look)


def _flying(contents: Contents) -> str:
    return ", ".join(kind(flight.segment) for flight in contents)


def _edge(tail: str, head: str, what: str, steps: list[int]) -> DotStatement:
    if not steps:
        return edge(tail, head, label=what, color=GREY, fontcolor=GREY)
    numbers = f"step{'s' * (len(steps) > 1)} {', '.join(map(str, steps))}"
    label = Html(f"<B>{numbers}<BR/>{plain(what)}</B>")
    return edge(tail, head, label=label, color=BLACK, fontcolor=BLACK, penwidth=3)
