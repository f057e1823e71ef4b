"""A connection of a capture as the message ladder that traces are drawn as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from tcpmc.checks.conform.conform import ConnectionReport
from tcpmc.checks.labels import ENDS
from tcpmc.diagrams.dot import (
    RED,
    DotPicture,
    DotStatement,
    Look,
    caption,
    digraph,
    edge,
    node,
    plain,
    wrapped,
)
from tcpmc.diagrams.ladder_diagram import (
    ARROW,
    SMALL,
    WIDTH,
    at,
    beside,
    in_margin,
    lifelines,
)
from tcpmc.diagrams.render import render
from tcpmc.reports.conform.held import Held, faults
from tcpmc.reports.conform.sentences import MEANINGS
from tcpmc.reports.conform.table import Row, rows, states

MOST_ROWS = 200
"""Packets that are drawn: half of them from the beginning, half from the end."""

BESIDE, MOST_LINES = 24, 3
"""Columns and lines that there are beside a lifeline for what breaks a rule."""


def svg(held: Held) -> bytes:
    """The first connection as SVG."""
    return render(capture_dot(held.report.connections[0]).source, "svg")


def capture_dot(one: ConnectionReport) -> DotPicture:
    """One connection as DOT with fixed positions: a row for each packet, states beside the
    lifelines where they change, and what breaks a rule in red."""
    every = list(rows(one))
    shown = every if len(every) <= MOST_ROWS else _ends_of(every)
    last = [_state(every[::-1], end) for end in (0, 1)]
    wrong = [{number: (said, rule) for number, said, rule in faults(end)} for end in one.ends]
    names = [str(end.endpoint) for end in one.ends]
    lines = [*lifelines(names, ["", ""], last, len(shown)), *_told(shown, one, wrong)]
    about = [
        f"{end.endpoint}: {end.judgement.verdict} ({MEANINGS[end.judgement.verdict]})"
        for end in one.ends
    ]
    left_out = [f"{len(every) - len(shown)} packets in the middle are left out"]
    about += left_out * (len(shown) < len(every))
    title = f"connection {one.number}: {names[0]} and {names[1]}"
    head = [*wrapped(title, bold=True), *(row for text in about for row in wrapped(text))]
    look: Look = {"label": caption(head), "labelloc": "t", "labeljust": "l"}
    return digraph(lines, layout="neato", splines="line", outputorder="edgesfirst", **look)


def _ends_of(every: Sequence[Row]) -> list[Row]:
    half = MOST_ROWS // 2
    return [*every[:half], *every[-half:]]


def _state(every: Sequence[Row], end: int) -> str:
    """The first of these states that is known of an end."""
    return next((states(row.told[end]) for row in every if row.told[end]), "").replace("|", " or ")


def _told(
    shown: Sequence[Row],
    one: ConnectionReport,
    wrong: Sequence[dict[int | None, tuple[str, str]]],
) -> Iterator[DotStatement]:
    """The rows: the number, the arrow with its segment, and beside it what is new at each end."""
    before = ["", ""]
    for number, row in enumerate(shown, 1):
        yield in_margin(number, str(row.packet.number))
        yield from _arrow(number, row, 0 if row.packet.source == one.ends[0].endpoint else 1)
        for end in (0, 1):
            now = states(row.told[end])
            lines = [f"<B>{plain(state)}</B>" for state in now.split("|")]
            lines = lines if now and now != before[end] else []
            before[end] = now or before[end]
            if row.told[end] is not None and row.packet.number in wrong[end]:
                said, rule = wrong[end][row.packet.number]
                short = said.split("; expected")[0]
                broken = wrap(f"{short} ({rule})" if rule else short, BESIDE)
                text = "<BR/>".join(map(plain, broken[:MOST_LINES]))
                lines.append(f'<FONT COLOR="{RED}">{text}</FONT>')
            if lines:
                yield beside(end, number, lines, f"beside {ENDS[end]} {number}")


def _arrow(number: int, row: Row, sender: int) -> Iterator[DotStatement]:
    """From the end that sent it to the other, with the segment on it."""
    label = f"segment {number}"
    yield node(label, label=row.text, pos=at(WIDTH / 2, number), shape="plain", **SMALL)
    yield edge(f"{ENDS[sender]} {number}", label, arrowhead="none", **ARROW)
    yield edge(label, f"{ENDS[1 - sender]} {number}", **ARROW)
