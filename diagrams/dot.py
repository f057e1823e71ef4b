"""DOT text: quoting, attributes, and what all pictures have in common."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import wrap

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


def quoted(value: str | float) -> str:
    """A DOT attribute value: a number, Html, or text that shows exactly as it is."""
    if isinstance(value, Html):
        return f"<{value}>"
    if not isinstance(value, str):
        return f"{value:g}"
    text = printable(value, keep="\n")
    for char, code in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("&", "&amp;")):
        text = text.replace(char, code)
    return f'"{text}"'


def wrapped(text: str, bold: bool = False) -> list[str]:
    """Plain text as rows of a caption, none too long for a page."""
    rows = [plain(row) for row in wrap(text, 100)]
    return [f"<B>{row}</B>" for row in rows] if bold else rows


def caption(rows: Iterable[str]) -> Html:
    """Lines of Html markup, one below the other, all beginning at the left."""
    cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return Html(f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">{cells}</TABLE>')


def attributes(**values: str | float) -> str:
    """A DOT attribute list, in the order given."""
    return "[" + ", ".join(f"{name}={quoted(value)}" for name, value in values.items()) + "]"


def node(name: str, **values: str | float) -> str:
    """A DOT node statement."""
    return f"{quoted(name)} {attributes(**values)};"


def edge(tail: str, head: str, **values: str | float) -> str:
    """A DOT edge statement."""
    return f"{quoted(tail)} -> {quoted(head)} {attributes(**values)};"


def digraph(lines: Iterable[str], **values: str | float) -> str:
    """A directed graph with the font of all pictures; `values` are the graph's attributes."""
    head = (
        f"graph {attributes(fontname=FONT, fontsize=12, bgcolor='white', pad=0.2, **values)};",
        f"node {attributes(fontname=FONT, fontsize=12)};",
        f"edge {attributes(fontname=FONT, fontsize=10, arrowsize=0.7)};",
    )
    return "\n  ".join(("digraph {", *head, *lines)) + "\n}\n"
