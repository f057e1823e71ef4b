"""A report as text: a table of all connections, and each with its packets and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from tcpmc.checks.conform.conform import ConnectionReport, Report
from tcpmc.reports.conform.sentences import closing, next_lines, verdict_lines, waits
from tcpmc.reports.conform.table import WIDTH, table

MANY = 5
"""More connections than this are listed, and only those told whose verdict asks for it."""


def as_text(report: Report) -> str:
    """The whole report."""
    parts: list[str] = []
    connections = report.connections
    if len(connections) > 1:
        parts.append(_overview(report))
    chosen = _worth_telling(connections)
    parts += [as_section(c, report) for c in connections if c.number in chosen]
    return "\n".join(parts)


def _worth_telling(connections: Sequence[ConnectionReport]) -> set[int]:
    if len(connections) <= MANY:
        return {c.number for c in connections}
    return {
        c.number
        for c in connections
        if any(end.judgement.strict.verdict != "CONFORMS" for end in c.ends)
    }


def _overview(report: Report) -> str:
    """All connections in a table."""
    lines = [f"{'':>5} {'packets':>7}  {'ends':<44} verdicts"]
    for connection in report.connections:
        left, right = connection.conversation.ends
        verdicts = " / ".join(end.judgement.verdict for end in connection.ends)
        count = len(connection.conversation.packets)
        lines.append(f"{connection.number:>5} {count:>7}  {f'{left} {right}':<44} {verdicts}")
    return "\n".join(lines) + "\n"


def as_section(connection: ConnectionReport, report: Report) -> str:
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
        text += _wrapped(next_lines(end, report.stack, report.then))
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
