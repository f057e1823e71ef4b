"""The state diagram of RFC 9293, Figure 5, as SVG on which states and arrows can be lit.

It is drawn once and serves both ends of every trace: the same map for every variant, on which a
step along an arrow that the RFC's rules do not have shows as one.
"""

from __future__ import annotations

from collections.abc import Iterator

from tcpmc.diagrams.figure5 import END, FIGURE, PLACES, Point
from tcpmc.reports.templates import filled

COLUMN, ROW = 31.0, 39.0  # units for each inch of the figure
WIDTH, HEIGHT = 106.0, 28.0  # of a state's box
MARGIN = 8.0
LEFT, TOP = MARGIN + WIDTH / 2, MARGIN + HEIGHT / 2
HIGHEST = max(y for _, y in PLACES.values())


def figure_svg() -> str:
    """The inner part of the picture: an arrow for each change of state, a box for each state.

    An arrow has `data-from` and `data-to`, a box `data-place`, the names of nodes of `PLACES`.
    """
    parts = {"arrows": [*_arrows()], "boxes": [*_boxes()]}
    size = {"width": f"{WIDTH:g}", "height": f"{HEIGHT:g}"}
    return filled("tcpmc.web", "parts/figure.svg.jinja", **parts, **size).rstrip()


def view_box() -> str:
    """The size of the picture, as the viewBox of an SVG."""
    x, y = (max(values) for values in zip(*map(_at, PLACES.values()), strict=True))
    return f"0 0 {x + LEFT:g} {y + TOP:g}"


def _at(point: Point) -> Point:
    return LEFT + COLUMN * point[0], TOP + ROW * (HIGHEST - point[1])


def _boxes() -> Iterator[dict[str, str]]:
    for name, place in PLACES.items():
        x, y = _at(place)
        yield {
            "place": name,
            "state": "CLOSED" if name == END else name,
            "left": f"{x - WIDTH / 2:g}",
            "top": f"{y - HEIGHT / 2:g}",
            "x": f"{x:g}",
            "baseline": f"{y + 4.5:g}",
        }


def _arrows() -> Iterator[dict[str, str]]:
    for (source, target), middle in FIGURE.items():
        start, end, via = _at(PLACES[source]), _at(PLACES[target]), _at(middle)
        # A quadratic curve that passes through `via`, from the edge of one box to that of another.
        bend = tuple(2 * v - (a + b) / 2 for v, a, b in zip(via, start, end, strict=True))
        (x0, y0), (x1, y1) = _edge(start, bend), _edge(end, bend, 3)
        curve = f"M{x0:.1f} {y0:.1f} Q{bend[0]:.1f} {bend[1]:.1f} {x1:.1f} {y1:.1f}"
        yield {"source": source, "target": target, "curve": curve}


def _edge(box: Point, towards: tuple[float, ...], gap: float = 0) -> Point:
    """Where the line from the middle of a box to a point leaves the box, with a gap beyond it."""
    dx, dy = towards[0] - box[0], towards[1] - box[1]
    part = min(
        (WIDTH / 2 + gap) / abs(dx) if dx else float("inf"),
        (HEIGHT / 2 + gap) / abs(dy) if dy else float("inf"),
    )
    return box[0] + dx * part, box[1] + dy * part
