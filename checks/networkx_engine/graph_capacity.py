"""What the capacity of the channels cuts off, by its definition: every move, in every state.

The explicit engine finds the same from its tables (`checks/explicit/capacity.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tcpmc.checks.verdict import Cut, Never
from tcpmc.model.network.product import Move, System
from tcpmc.model.network.system import Model

if TYPE_CHECKING:
    import networkx as nx


def cut_off(model: Model, graph: nx.MultiDiGraph[int]) -> Cut | None:
    """What the capacity cut off of the graph; None where it cut off nothing."""
    scope, channel = model.scope, model.channel
    if scope.channel == "sent-set":
        return None
    full, refused, tried, taken = set(), set(), dict[object, Never](), set[object]()
    for _, system in graph.nodes(data="system"):
        full |= {contents for contents in system.channels if len(contents) >= scope.capacity}
        for which, end in enumerate(system.ends):
            out = system.channels[which]
            for move in _sending(model, system, which):
                name = (which, end, move.event, move.flight, move.offset)
                tried[name] = Never(move.step.rule, len(move.step.send))
                if channel.put(out, move.step.send, move.about) is None:
                    refused.add((out, move.step.send, move.about))
                else:
                    taken.add(name)
    copies = len(full) if scope.duplication else 0
    if not refused and not copies:
        return None
    never = {found for name, found in tried.items() if name not in taken}
    return Cut(scope.capacity, len(refused), copies, tuple(sorted(never)))


def _sending(model: Model, system: System, which: int) -> Iterator[Move]:
    """What the end would do in the state that sends something, if there were room for it."""
    end = system.ends[which]
    for move in model.own_moves(which, end):
        if move.step.send:
            yield move
    for flight, _ in model.channel.deliveries(system.channels[1 - which]):
        move = model.receive(which, end, flight.segment, flight.about)
        if move.step.send:
            yield replace(move, flight=flight)
