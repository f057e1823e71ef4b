"""The explored graph as a file for other programs, piece by piece: it is never whole in memory.

A node has the states of A and B, its depth and what is in flight each way; an edge what happens and
the rules that the end follows. GraphML (https://graphml.graphdrawing.org) is read by Gephi, yEd and
networkx, GEXF 1.3 (https://gexf.net) by Gephi, the JSON by `networkx.node_link_graph`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from tcpmc.checks.explicit.numbered import Labelled, NumberedGraph
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.labels import ENDS, happening
from tcpmc.checks.statespace import Graph
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.channel import Contents

NODE = ("A", "B", "depth", "to_B", "to_A")
EDGE = ("event", "rules")
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


class ExportedNode(NamedTuple):
    """A state: its number, and the values of NODE."""

    number: int
    values: tuple[str | int, ...]

    @property
    def label(self) -> str:
        """The states of both ends."""
        return f"{self.values[0]} / {self.values[1]}"


class ExportedEdge(NamedTuple):
    """A step between two states by number, and the values of EDGE."""

    source: int
    target: int
    values: tuple[str, ...]


def graphml(table: TabulatedModel, graph: Graph) -> Iterator[str]:
    """The graph as GraphML."""
    yield f'{XML}<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for what, names in (("node", NODE), ("edge", EDGE)):
        for name in names:
            kind = "int" if name == "depth" else "string"
            yield f'<key id="{name}" for="{what}" attr.name="{name}" attr.type="{kind}"/>\n'
    yield f'<graph id={_attribute(_title(table))} edgedefault="directed">\n'
    numbered = NumberedGraph(table, graph)
    for node in _nodes(numbered):
        yield f'<node id="{node.number}">{_data(NODE, node.values)}</node>\n'
    for edge in _edges(numbered):
        ends = f'source="{edge.source}" target="{edge.target}"'
        yield f"<edge {ends}>{_data(EDGE, edge.values)}</edge>\n"
    yield "</graph>\n</graphml>\n"


def gexf(table: TabulatedModel, graph: Graph) -> Iterator[str]:
    """The graph as GEXF 1.3."""
    yield f'{XML}<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
    yield f"<meta><description>{_text(_title(table))}</description></meta>\n"
    yield '<graph defaultedgetype="directed" mode="static">\n'
    for what, names in (("node", NODE), ("edge", EDGE)):
        yield f'<attributes class="{what}">\n'
        for name in names:
            kind = "integer" if name == "depth" else "string"
            yield f'<attribute id="{name}" title="{name}" type="{kind}"/>\n'
        yield "</attributes>\n"
    numbered, number = NumberedGraph(table, graph), count()
    yield "<nodes>\n"
    for node in _nodes(numbered):
        start = f'<node id="{node.number}" label={_attribute(node.label)}>'
        yield f"{start}{_values(NODE, node.values)}</node>\n"
    yield "</nodes>\n<edges>\n"
    for edge in _edges(numbered):
        ends = f'id="{next(number)}" source="{edge.source}" target="{edge.target}"'
        start = f"<edge {ends} label={_attribute(edge.values[0])}>"
        yield f"{start}{_values(EDGE, edge.values)}</edge>\n"
    yield "</edges>\n</graph>\n</gexf>\n"


def node_link(table: TabulatedModel, graph: Graph) -> Iterator[str]:
    """The graph as JSON, by nodes and edges."""
    numbered = NumberedGraph(table, graph)
    head = {"name": _title(table)}
    yield f'{{"directed": true, "multigraph": true, "graph": {json.dumps(head)},\n"nodes": ['
    for node in _nodes(numbered):
        values = {"id": node.number, **dict(zip(NODE, node.values, strict=True))}
        yield f"{',' * (node.number > 0)}\n{json.dumps(values)}"
    yield '\n],\n"edges": ['
    for number, edge in enumerate(_edges(numbered)):
        values = dict(zip(EDGE, edge.values, strict=True))
        ends = {"source": edge.source, "target": edge.target, "key": number}
        yield f"{',' * (number > 0)}\n{json.dumps({**ends, **values})}"
    yield "\n]}\n"


FILES: dict[str, Callable[[TabulatedModel, Graph], Iterator[str]]] = {
    "gexf": gexf,
    "graphml": graphml,
    "json": node_link,
}


def _title(table: TabulatedModel) -> str:
    scope = table.model.scope
    return f"{table.model.variant.name}, scope {scope.name}: {scope.describe()}"


def _nodes(numbered: NumberedGraph) -> Iterator[ExportedNode]:
    number = count()
    for depth, level in enumerate(numbered.levels):
        for state in level.tolist():
            system = numbered.table.system(state)
            ends = (end.state.value for end in system.ends)
            flying = map(_flying, system.channels)
            yield ExportedNode(next(number), (*ends, depth, *flying))


def _edges(numbered: NumberedGraph) -> Iterator[ExportedEdge]:
    described: list[tuple[str, str]] = []
    for edges in numbered.edges():
        described += map(_told, numbered.labels[len(described) :])
        columns = (edges.source, edges.target, edges.label)
        for source, target, label in zip(*(c.tolist() for c in columns), strict=True):
            yield ExportedEdge(source, target, described[label])


def _told(label: Labelled) -> tuple[str, str]:
    event = label.event
    who = "" if event.kind == EventKind.TICK else f"{ENDS[event.end]}: "
    return f"{who}{happening(event)}", " + ".join(label.rules)


def _flying(contents: Contents) -> str:
    return " ".join(str(flight.segment) for flight in contents)


def _data(names: tuple[str, ...], values: tuple[str | int, ...]) -> str:
    pairs = zip(names, values, strict=True)
    return "".join(f'<data key="{name}">{_text(str(value))}</data>' for name, value in pairs)


def _values(names: tuple[str, ...], values: tuple[str | int, ...]) -> str:
    pairs = zip(names, values, strict=True)
    elements = (f'<attvalue for="{name}" value={_attribute(str(value))}/>' for name, value in pairs)
    return f"<attvalues>{''.join(elements)}</attvalues>"


def _text(text: str) -> str:
    """Any text for XML, which has no place for control characters."""
    return escape("".join(char if char.isprintable() else "�" for char in text))


def _attribute(text: str) -> str:
    return quoteattr("".join(char if char.isprintable() else "�" for char in text))
