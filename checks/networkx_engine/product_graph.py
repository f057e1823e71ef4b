"""The reachable states of a model as a networkx graph, built state by state."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tcpmc.model.endpoint.event_kinds import NETWORK_EVENTS, EventKind
from tcpmc.model.network.product import Event, System
from tcpmc.model.network.system import Model

if TYPE_CHECKING:
    import networkx as nx

LIMIT = 100_000


class TooManyStates(Exception):
    """The model has more states than this engine is meant for."""


def product_graph(model: Model, limit: int = LIMIT) -> nx.MultiDiGraph[int]:
    """Every reachable state, numbered from 0 in the order of a breadth-first search.

    A node has its `system` and its `depth`, the length of a shortest run to it; an edge has the
    `event` and the rule's `step`. Raises TooManyStates beyond `limit`.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    graph.add_node(0, system=model.initial(), depth=0)
    number = {model.initial(): 0}
    queue = deque(number)
    while queue:
        state = queue.popleft()
        source = number[state]
        for event, step, after in model.successors(state):
            target = number.setdefault(after, len(number))
            if target == len(graph):
                if target >= limit:
                    raise TooManyStates(f"more than {limit:,} states")
                graph.add_node(target, system=after, depth=graph.nodes[source]["depth"] + 1)
                queue.append(after)
            graph.add_edge(source, target, event=event, step=step)
    return graph


def due_events(model: Model, system: System) -> Iterator[Event]:
    """What an end can do or receive now, also where there is no room for what it then sends."""
    for end in (0, 1):
        for flight, _ in model.channel.deliveries(system.channels[1 - end]):
            yield Event(EventKind.DELIVER, end, flight)
        for move in model.own_moves(end, system.ends[end]):
            if not (move.settled or move.quiet):
                yield Event(move.event, end, move.flight, move.offset)
    for event, _, _ in model.successors(system):
        yield event


def event_between(graph: nx.MultiDiGraph[int], source: int, target: int) -> Event:
    """An event that leads from one state to the next: what an end does before what only the
    network does, so that a delivery that is ignored is not taken for a loss."""
    events: list[Event] = [data["event"] for data in graph[source][target].values()]
    return min(events, key=lambda event: event.kind in NETWORK_EVENTS)
