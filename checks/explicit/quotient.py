"""The reachable graph, grouped by the states of the two ends: its quotient, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.labels import ENDS, happening
from tcpmc.checks.own_rules.asked_again import ask_again
from tcpmc.checks.statespace import Edges, Graph, chunks, explore, successors, unpack
from tcpmc.checks.statespace.tables import Ints
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import Event
from tcpmc.model.network.system import Model

if TYPE_CHECKING:
    import networkx

STATES = list(State)
Pair = tuple[State, State]
Progress = Callable[[Graph], None]


@dataclass
class Groups:
    """How many states of the product have each pair of states, in the order in which a
    breadth-first search meets the pairs; and how many edges lead from one pair to another, by
    the end that moves and what happens."""

    states: int
    edges: int
    sizes: Counter[Pair] = field(default_factory=Counter)
    moves: dict[tuple[Pair, Pair], Counter[tuple[int, str]]] = field(default_factory=dict)


def grouped(model: Model, progress: Progress = lambda graph: None) -> Groups:
    """Explore the model and count; `progress` is called after each level and may raise."""
    table = TabulatedModel(model)
    return quotient(table, explored(table, progress))


def quotient(table: TabulatedModel, graph: Graph) -> Groups:
    """The explored graph by the states of both ends: counted."""
    groups = Groups(graph.states, graph.edges)
    for level in graph.levels:
        for chunk in chunks(level):
            edges = successors(table, chunk)
            pairs = _pairs(table, chunk)
            _count_states(groups, pairs)
            _count_moves(groups, table, pairs[edges.source], edges)
    groups.moves = dict(sorted(groups.moves.items(), key=lambda item: _in_order(item[0])))
    return groups


def explored(table: TabulatedModel, progress: Progress) -> Graph:
    """The whole graph. Raises BadInput for a user's rule that goes wrong."""

    def visit(graph: Graph) -> bool:
        progress(graph)
        return False

    graph = explore(table, visit=visit)
    ask_again(table.model.variant)
    return graph


def _pairs(table: TabulatedModel, states: Ints) -> Ints:
    """The pair of states that each packed state has, as one number."""
    number = np.array([STATES.index(end.state) for end in table.ends.values], np.int64)
    a, b, _, _ = unpack(states)
    return number[a] * len(STATES) + number[b]


def _pair(number: int) -> Pair:
    a, b = divmod(number, len(STATES))
    return STATES[a], STATES[b]


def _in_order(pairs: tuple[Pair, Pair]) -> list[int]:
    return [STATES.index(state) for pair in pairs for state in pair]


def _count_states(groups: Groups, pairs: Ints) -> None:
    for number, count in zip(*np.unique(pairs, return_counts=True), strict=True):
        groups.sizes[_pair(int(number))] += int(count)


def _count_moves(groups: Groups, table: TabulatedModel, sources: Ints, edges: Edges) -> None:
    """Count the edges that lead to another pair."""
    names: list[str] = []
    number = []
    for event, flight, _ in table.events.values:
        name = happening(Event(event, 0, flight))
        names += [name] * (name not in names)
        number.append(names.index(name))
    targets = _pairs(table, edges.target)
    moved = np.flatnonzero(sources != targets)
    happened = np.array(number, np.int64)[edges.event[moved]]
    columns = np.stack((sources[moved], targets[moved], edges.end[moved], happened))
    rows, counts = np.unique(columns, axis=1, return_counts=True)
    for (source, target, end, name), count in zip(rows.T.tolist(), counts.tolist(), strict=True):
        moves = groups.moves.setdefault((_pair(source), _pair(target)), Counter())
        moves[end, names[name]] += count


def quotient_graph(groups: Groups) -> networkx.DiGraph[Pair]:
    """The quotient as a networkx graph: a node is the pair of the states of A and B, with the
    number of `states` that have it; an edge has its `events`, each with the number of edges."""
    import networkx

    result: networkx.DiGraph[Pair] = networkx.DiGraph()
    for pair, size in groups.sizes.items():
        result.add_node(pair, states=size)
    for (source, target), moves in groups.moves.items():
        events = {f"{ENDS[end]}: {what}": count for (end, what), count in moves.items()}
        result.add_edge(source, target, events=events)
    return result
