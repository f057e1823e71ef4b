"""The explored graph as networkx has it, and networkx's own algorithms on it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import networkx
import pytest

import tcpmc
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.graph_files import FILES
from tcpmc.checks.explicit.networkx_graph import to_networkx
from tcpmc.checks.explicit.quotient import quotient, quotient_graph
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Graph, explore
from tcpmc.errors import LimitReached
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
            (data["event"], data["rules"], systems[to])
            for _, to, data in converted.out_edges(node, data=True)
        ]
        after = [
            (event, step.rules if step else (), system)
            for event, step, system in MODEL.successors(systems[node])
        ]
        assert len(edges) == len(after)
        assert all(edge in after for edge in edges)


def test_breadth_first_depth_is_the_length_of_a_shortest_path(
    explored: tuple[TabulatedModel, Graph], converted: networkx.MultiDiGraph[int]
) -> None:
    _, graph = explored
    lengths = networkx.single_source_shortest_path_length(converted, 0)
    assert lengths == dict(converted.nodes(data="depth"))
    assert max(lengths.values()) == graph.depth


@pytest.mark.parametrize(("name", "ends"), [("closing", 1), ("closing-both", 2)])
def test_the_shortest_trace_is_as_long_as_the_shortest_path(
    explored: tuple[TabulatedModel, Graph],
    converted: networkx.MultiDiGraph[int],
    name: str,
    ends: int,
) -> None:
    lengths = networkx.single_source_shortest_path_length(converted, 0)
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
    with pytest.raises(LimitReached, match=rf"{graph.states:,} states, more than the limit of 100"):
        to_networkx(table, graph, limit=100)


def test_an_unfinished_search_gives_the_states_that_it_met() -> None:
    table = TabulatedModel(MODEL)
    graph = explore(table, visit=lambda graph: graph.depth == 4)
    part = to_networkx(table, graph)
    assert part.number_of_nodes() == graph.states
    assert not graph.complete
    assert len(to_networkx(table, graph, limit=graph.states, depth=2)) < len(part)


# The quotient, of which the picture of the product is drawn


def test_the_quotient_is_that_of_the_graph_by_the_states_of_both_ends(
    explored: tuple[TabulatedModel, Graph], converted: networkx.MultiDiGraph[int]
) -> None:
    pairs = quotient_graph(quotient(*explored))
    of = {node: (State(data["A"]), State(data["B"])) for node, data in converted.nodes(data=True)}
    assert dict(pairs.nodes(data="states")) == Counter(of.values())
    between = Counter((of[a], of[b]) for a, b in converted.edges() if of[a] != of[b])
    counted = {(a, b): sum(found.values()) for a, b, found in pairs.edges(data="events")}
    assert counted == between


# Files for other programs


def same(read: networkx.MultiDiGraph[object], converted: networkx.MultiDiGraph[int]) -> bool:
    """Whether what was read from a file is the graph, node by node and edge by edge."""
    nodes = {int(str(n)): (d["A"], d["B"], d["depth"]) for n, d in read.nodes(data=True)}
    known = {n: (d["A"], d["B"], d["depth"]) for n, d in converted.nodes(data=True)}
    edges = Counter(
        (int(str(a)), int(str(b)), rules) for a, b, rules in read.edges(data="rules", default="")
    )
    return nodes == known and edges == Counter(
        (a, b, " + ".join(rules)) for a, b, rules in converted.edges(data="rules")
    )


def test_each_file_is_the_graph_as_networkx_reads_it(
    explored: tuple[TabulatedModel, Graph],
    converted: networkx.MultiDiGraph[int],
    tmp_path: Path,
) -> None:
    for name, write in FILES.items():
        (tmp_path / name).write_text("".join(write(*explored)), encoding="utf-8")
    text = (tmp_path / "json").read_text(encoding="utf-8")
    loaded = json.loads(text)
    known = {"edges": "edges"} if "edges" in networkx.node_link_graph.__annotations__ else {}
    loaded = loaded if known else {**loaded, "links": loaded["edges"]}
    assert same(networkx.node_link_graph(loaded, **known), converted)
    assert same(networkx.read_graphml(tmp_path / "graphml", force_multigraph=True), converted)
    assert same(networkx.read_gexf(tmp_path / "gexf"), converted)


def test_hostile_names_break_no_file() -> None:
    hostile = Model(
        tcpmc.Variant('"<b>&amp;\n]]>\x07'), Scope("'<>&\x00", data=0, start="established")
    )
    table = TabulatedModel(hostile)
    graph = explore(table, visit=lambda graph: graph.depth == 1)
    texts = {name: "".join(write(table, graph)) for name, write in FILES.items()}
    assert "]]>" in json.loads(texts.pop("json"))["graph"]["name"]
    for text in texts.values():
        assert "&lt;b&gt;&amp;amp;" in ElementTree.tostring(ElementTree.fromstring(text)).decode()
