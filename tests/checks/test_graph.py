"""The explored graph as networkx has it, and networkx's own algorithms on it."""

from __future__ import annotations

import networkx
import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.networkx_graph import to_networkx
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Graph, explore
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS

MODEL = Model(VARIANTS["rfc9293"], Scope("tiny", data=0, start="established"))


@pytest.fixture(scope="module")
def explored() -> tuple[TabulatedModel, Graph]:
    table = TabulatedModel(MODEL)
    return table, explore(table)


@pytest.fixture(scope="module")
def converted(explored: tuple[TabulatedModel, Graph]) -> networkx.MultiDiGraph[int]:
    return to_networkx(*explored)


def test_it_has_every_state_and_every_edge(
    explored: tuple[TabulatedModel, Graph], converted: networkx.MultiDiGraph[int]
) -> None:
    _, graph = explored
    assert converted.number_of_nodes() == graph.states
    assert converted.number_of_edges() == graph.edges


def test_nodes_and_edges_say_what_the_reference_semantics_says(
    converted: networkx.MultiDiGraph[int],
) -> None:
    systems: dict[int, System] = dict(converted.nodes(data="system"))
    for node in list(converted)[::37]:
        edges = [
            (data["event"], systems[to]) for _, to, data in converted.out_edges(node, data=True)
        ]
        after = [(event, system) for event, _, system in MODEL.successors(systems[node])]
        assert len(edges) == len(after)
        assert all(edge in after for edge in edges)


def test_breadth_first_depth_is_the_length_of_a_shortest_path(
    explored: tuple[TabulatedModel, Graph], converted: networkx.MultiDiGraph[int]
) -> None:
    _, graph = explored
    first = int(graph.levels[0][0])
    lengths = networkx.single_source_shortest_path_length(converted, first)
    assert lengths == dict(converted.nodes(data="depth"))
    assert max(lengths.values()) == graph.depth


@pytest.mark.parametrize(("name", "ends"), [("closing", 1), ("closing-both", 2)])
def test_the_shortest_trace_is_as_long_as_the_shortest_path(
    explored: tuple[TabulatedModel, Graph],
    converted: networkx.MultiDiGraph[int],
    name: str,
    ends: int,
) -> None:
    first = int(explored[1].levels[0][0])
    lengths = networkx.single_source_shortest_path_length(converted, first)
    shortest = min(
        lengths[node]
        for node, system in converted.nodes(data="system")
        if sum(end.state == State.CLOSING for end in system.ends) >= ends
    )
    trace = ExplicitEngine(MODEL).decide([PROPERTIES[name]])[name].trace
    assert trace is not None
    assert len(trace) == shortest


def test_a_graph_beyond_the_limit_is_refused(explored: tuple[TabulatedModel, Graph]) -> None:
    table, graph = explored
    assert to_networkx(table, graph, limit=graph.states).number_of_nodes() == graph.states
    with pytest.raises(ValueError, match=rf"{graph.states:,} states, more than the limit of 100"):
        to_networkx(table, graph, limit=100)


def test_an_unfinished_search_gives_the_states_that_it_met() -> None:
    table = TabulatedModel(MODEL)
    graph = explore(table, visit=lambda graph: graph.depth == 4)
    part = to_networkx(table, graph)
    assert part.number_of_nodes() == graph.states
    assert not graph.complete
