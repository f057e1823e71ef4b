"""A report as text: a table of all connections, and each with its packets and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from tcpmc.checks.conform.conform import ConnectionReport, Report
from tcpmc.model.endpoint.segment import Segment
from tcpmc.reports.conform.held import table_of
from tcpmc.reports.conform.sentences import closing, next_lines, verdict_lines, waits
from tcpmc.reports.conform.table import WIDTH, table

MANY = 5
"""More connections than this are listed, and only those told whose verdict asks for it."""


def as_text(
    report: Report,
    then: Sequence[tuple[str, Segment]] = (),
    told: Iterable[int] | None = None,
) -> str:
    """The whole report; `told` are the numbers of the connections that are told in full."""
    parts: list[str] = []
    connections = report.connections
    if len(connections) > 1 or any(len(one.incarnations) > 1 for one in connections):
        parts.append(_overview(report))
    chosen = set(told) if told is not None else _worth_telling(connections)
    parts += [as_section(c, report, then) for c in connections if c.number in chosen]
    return "\n".join(parts)


def as_bad_sections(report: Report) -> str:
    """The connections with a verdict other than CONFORMS."""
    bad = [
        one
        for one in report.connections
        if any(end.judgement.strict.verdict != "CONFORMS" for end in one.ends)
    ]
    return "".join(as_section(one, report) + "\n" for one in bad)


def _worth_telling(connections: Sequence[ConnectionReport]) -> set[int]:
    if len(connections) <= MANY:
        return {c.number for c in connections}
    return {
        c.number
        for c in connections
        if any(end.judgement.strict.verdict != "CONFORMS" for end in c.ends)
    }


def _overview(report: Report) -> str:
    """All connections in a table: who opened, who closed first (1 or 2), how it ended, what Zeek
    would say, and the verdicts."""
    found = [
        [*row[:7], f"{row[7]} {row[8]}", " / ".join(row[9:])]
        for row in table_of(report.connections)
    ]
    titles = ["", "end 1", "end 2", "packets", "open", "close", "ended", "Zeek", "verdicts"]
    widths = [max(len(row[i]) for row in [titles, *found]) for i in range(len(titles))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [titles, *found]
    ]
    return "\n".join(lines) + "\n"


def as_section(
    connection: ConnectionReport, report: Report, then: Sequence[tuple[str, Segment]] = ()
) -> str:
    """One connection."""
    left, right = connection.conversation.ends
    lines = [f"connection {connection.number}: {left} and {right}"]
    evidence = "; ".join(connection.vantage.evidence) or "nothing tells where it was captured"
    lines.append(f"vantage: {evidence}")
    if connection.conversation.doubled:
        lines.append(f"{connection.conversation.doubled} packets were there twice (a mirror port)")
    text = _wrapped(lines) + "\n" + table(connection) + "\n"
    for end in connection.ends:
        text += _wrapped(verdict_lines(end, report.stack))
    text += "\n" + closing(connection) + "\n"
    for end in connection.ends:
        text += _wrapped(waits(end, report.stack))
    for end in connection.ends:
        text += _wrapped(next_lines(end, report.stack, then))
    return text


def _wrapped(lines: Iterable[str]) -> str:
    """The lines, folded to the width of the page; what goes on is indented."""
    folded: list[str] = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()))
        folded += wrap(
            line, WIDTH, initial_indent="", subsequent_indent=indent + "  ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "".join(f"{line}\n" for line in folded)
