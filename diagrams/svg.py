"""SVG as text: elements with attributes in order, numbers to a tenth of a pixel."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tcpmc.diagrams.dot import FONT
from tcpmc.reports.layout import printable

Point = tuple[float, float]
Look = dict[str, str | float]
HALO: Look = {
    "stroke": "white", "stroke_width": 4, "paint_order": "stroke", "stroke_linejoin": "round",
}  # fmt: skip


class Drawing:
    """A picture of a width and a height in pixels, on white."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self.root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg")
        self.root.set("width", number(width))
        self.root.set("height", number(height))
        self.root.set("viewBox", f"0 0 {number(width)} {number(height)}")
        self.root.set("font-family", FONT)
        ET.SubElement(self.root, "title").text = title
        self.add("rect", width=width, height=height, rx=6, fill="white")

    def add(
        self, kind: str, text: str = "", inside: ET.Element | None = None, /, **look: str | float
    ) -> ET.Element:
        """Draw an element, inside of another if one is given. In the names of attributes `_` stands
        for `-`; `class_` is `class`."""
        element = ET.SubElement(self.root if inside is None else inside, kind)
        for name, value in look.items():
            shown = value if isinstance(value, str) else number(value)
            element.set(name.rstrip("_").replace("_", "-"), shown)
        element.text = printable(text) or None
        return element

    def line(self, a: Point, b: Point, /, **look: str | float) -> None:
        """Draw a line from a to b."""
        self.add("line", x1=a[0], y1=a[1], x2=b[0], y2=b[1], **look)

    def text(self, at: Point, text: str, /, **look: str | float) -> ET.Element:
        """Write a line of text on a white edge, so that it can be read across lines."""
        x, y = at
        return self.add("text", text, **{"x": x, "y": y, "font_size": 11} | HALO | look)

    def slanted(self, at: Point, angle: float, text: str, /, **look: str | float) -> None:
        """Write a line of text around a point, turned by an angle in degrees."""
        turn = f"rotate({number(angle)} {number(at[0])} {number(at[1])})"
        self.text(at, text, transform=turn, text_anchor="middle", **look)

    def __str__(self) -> str:
        ET.indent(self.root)
        return ET.tostring(self.root, encoding="unicode") + "\n"


def number(value: float) -> str:
    """A number to a tenth, without what says nothing."""
    return f"{value:.1f}".removesuffix(".0")
