"""A matrix of pairs of stacks as a picture: a colour for each verdict, and the steps in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tcpmc.checks.verdict import PROVED, REFUTED, UNREACHABLE, WITNESS
from tcpmc.diagrams.svg import Drawing

CELL, LEFT, TOP, ROW = 46, 190, 150, 24
HOLDS, FAILS, OPEN = "#cfe8cf", "#f2c4c0", "#e6e6e6"
COLOURS: Mapping[str, str] = {
    str(PROVED): HOLDS, str(WITNESS): HOLDS, str(REFUTED): FAILS, str(UNREACHABLE): FAILS,
}  # fmt: skip
Cells = Sequence[Sequence[tuple[str, str]]]
"""For each stack at A, and each at B: the verdict, and the steps of its trace."""


def matrix_svg(stacks: Sequence[str], tables: Mapping[str, Cells]) -> str:
    """A table for each property, one below the other: the stacks at A are rows, those at B
    columns."""
    tall = TOP + ROW * len(stacks) + 20
    drawing = Drawing(LEFT + CELL * len(stacks) + 60, tall * len(tables) + 10, "Pairs of stacks")
    for number, (prop, cells) in enumerate(tables.items()):
        _heads(drawing, stacks, prop, tall * number)
        _rows(drawing, cells, tall * number + TOP)
    return str(drawing)


def _heads(drawing: Drawing, stacks: Sequence[str], prop: str, top: float) -> None:
    drawing.text((20, top + 26), prop, font_size=15, font_weight="bold")
    drawing.text((20, top + 44), "rows: A, columns: B; in a cell the verdict and the steps")
    for place, name in enumerate(stacks):
        at = (LEFT + CELL * place + CELL / 2, top + TOP - 8)
        drawing.text(at, name, transform=f"rotate(-40 {at[0]:g} {at[1]:g})")
        drawing.text((LEFT - 8, top + TOP + ROW * place + 16), name, text_anchor="end")


def _rows(drawing: Drawing, cells: Cells, top: float) -> None:
    for row, words in enumerate(cells):
        for column, (word, steps) in enumerate(words):
            x, y = LEFT + CELL * column, top + ROW * row
            colour = COLOURS.get(word, OPEN)
            drawing.add("rect", x=x, y=y, width=CELL - 2, height=ROW - 2, rx=3, fill=colour)
            middle = (x + CELL / 2 - 1, y + 15)
            drawing.text(middle, word[0] + steps, text_anchor="middle")
