"""A report as a page for the browser: one file that loads nothing, to step through by packet."""

from __future__ import annotations

from tcpmc.checks.conform.conform import ConnectionReport
from tcpmc.reports.conform.held import Held
from tcpmc.reports.conform.sentences import closing, next_lines, verdict_lines, waits
from tcpmc.reports.conform.table import rows, states
from tcpmc.reports.templates import filled


def html(held: Held) -> str:
    """The whole report. Names and labels are shown as text, and never interpreted."""
    return filled(
        "tcpmc.reports.conform",
        "conform.html.jinja",
        stack=held.report.stack.name,
        connections=[_connection(connection, held) for connection in held.report.connections],
    )


def _connection(connection: ConnectionReport, held: Held) -> dict[str, object]:
    """One connection as the template shows it."""
    stack = held.report.stack
    left, right = connection.conversation.ends
    refused = {
        id(end.judgement.best.told[end.judgement.refused].seen.packet)
        for end in connection.ends
        if end.judgement.refused is not None
        and end.judgement.refused < len(end.judgement.best.told)
    }
    shown = []
    for row in rows(connection):
        cells = [
            {
                "states": states(told).replace("|", " or "),
                "rules": "; ".join(told.rules if told else ()),
            }
            for told in row.told
        ]
        shown.append(
            {
                "packet": row.packet.number,
                "refused": id(row.packet) in refused,
                "arrow": "→" if row.packet.source == left else "←",
                "text": row.text,
                "left": cells[0],
                "right": cells[1],
            }
        )
    said = [line for end in connection.ends for line in verdict_lines(end, stack)]
    said += ["", closing(connection)]
    said += [line for end in connection.ends for line in waits(end, stack)]
    said += [line for end in connection.ends for line in next_lines(end, stack, held.then)]
    return {
        "number": connection.number,
        "left": str(left),
        "right": str(right),
        "rows": shown,
        "said": "\n".join(said),
    }
