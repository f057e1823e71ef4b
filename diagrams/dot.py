"""Pictures in DOT, by the graphviz package: text shown as it is, and what all have in common."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import wrap
from typing import Any, NamedTuple

import graphviz
from graphviz.quoting import NoHtml

from tcpmc.diagrams.render import FORMATS, render
from tcpmc.reports.layout import printable

FONT = "DejaVu Sans,Verdana,sans-serif"

# Okabe and Ito: colours that can be told apart without seeing red or green, and as greys.
BLACK, GREY, LIGHT = "#000000", "#757575", "#F2F2F2"
BLUE, GREEN, RED, YELLOW = "#0072B2", "#009E73", "#D55E00", "#F8EDB0"


Look = dict[str, str | float]


class Html(str):
    """A label in Graphviz's own HTML-like markup; everything else is plain text."""

    __slots__ = ()


def plain(text: str) -> str:
    """Any text, as it stands, inside an Html label. Lines stay lines."""
    return escape(printable(text, keep="\n")).replace("\n", "<BR/>")


def shown(value: str | float) -> str:
    """An attribute's value for graphviz: a number, Html, or text that shows exactly as it is."""
    if isinstance(value, Html):
        return f"<{value}>"
    if not isinstance(value, str):
        return f"{value:g}"
    text = printable(value, keep="\n")
    for char, code in (("\\", "\\\\"), ("\n", "\\n"), ("&", "&amp;")):
        text = text.replace(char, code)
    plain_text: str = NoHtml(text)
    return plain_text


def wrapped(text: str, bold: bool = False) -> list[str]:
    """Plain text as rows of a caption, none too long for a page."""
    rows = [plain(row) for row in wrap(text, 100)]
    return [f"<B>{row}</B>" for row in rows] if bold else rows


def caption(rows: Iterable[str]) -> Html:
    """Lines of Html markup, one below the other, all beginning at the left."""
    cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return Html(f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">{cells}</TABLE>')


class DotStatement(NamedTuple):
    """A node, or an edge from the first of two to the second, and how it looks."""

    names: tuple[str, ...]
    look: Look


def node(name: str, **look: str | float) -> DotStatement:
    """A node."""
    return DotStatement((name,), look)


def edge(tail: str, head: str, **look: str | float) -> DotStatement:
    """An edge."""
    return DotStatement((tail, head), look)


class DotPicture(graphviz.Digraph):  # type: ignore[misc]
    """A directed graph that is drawn by the Graphviz that pygraphviz carries, in notebooks too: no
    `dot` program is needed."""

    def pipe(self, format: str | None = None, *settings: Any, **more: Any) -> bytes | str:
        """The picture in a format: svg, png, pdf or dot; others are drawn by a `dot` program."""
        encoding = more.pop("encoding", None)
        if format not in FORMATS or settings or more:
            drawn: bytes | str = super().pipe(format, *settings, encoding=encoding, **more)
            return drawn
        picture = render(self.source, format)
        return picture.decode(encoding) if encoding else picture


def digraph(statements: Iterable[DotStatement], **look: str | float) -> DotPicture:
    """A directed graph with the font of all pictures; `look` are the graph's attributes."""
    every = {"fontname": FONT, "fontsize": 12, "bgcolor": "white", "pad": 0.2, **look}
    picture = DotPicture(
        graph_attr=_attributes(every),
        node_attr=_attributes({"fontname": FONT, "fontsize": 12}),
        edge_attr=_attributes({"fontname": FONT, "fontsize": 10, "arrowsize": 0.7}),
    )
    for names, attributes in statements:
        ends = [shown(name) for name in names]
        draw = picture.node if len(ends) == 1 else picture.edge
        draw(*ends, **_attributes(attributes))
    return picture


def _attributes(look: Look) -> dict[str, str]:
    return {name: shown(value) for name, value in look.items()}
