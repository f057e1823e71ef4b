"""A report as Markdown, for a bug report or a job summary on GitHub."""

from __future__ import annotations

from collections.abc import Iterator

from tcpmc.checks.conform.conform import ConnectionReport, Report
from tcpmc.reports.conform.sentences import closing, verdict_lines, waits
from tcpmc.reports.conform.table import rows, states

FENCE = "```"


def markdown(report: Report) -> str:
    """A heading and a table for each connection, and the sentences below it."""
    return "\n".join(line for c in report.connections for line in _connection(c, report)) + "\n"


def _connection(connection: ConnectionReport, report: Report) -> Iterator[str]:
    left, right = connection.conversation.ends
    yield f"### Connection {connection.number}: `{left}` and `{right}`"
    yield ""
    yield f"| packet | `{left}` | | segment | `{right}` |"
    yield "|---:|---|---|---|---|"
    for row in rows(connection):
        arrow = "→" if row.packet.source == left else "←"
        cells = [states(told).replace("|", " or ") for told in row.told]
        yield f"| {row.packet.number} | {cells[0]} | {arrow} | `{row.text}` | {cells[1]} |"
    yield ""
    yield FENCE
    for end in connection.ends:
        yield from verdict_lines(end, report.stack)
    yield closing(connection)
    for end in connection.ends:
        yield from waits(end, report.stack)
    yield FENCE
    yield ""
