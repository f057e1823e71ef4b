"""The first connection of a report as a Mermaid sequence diagram."""

from __future__ import annotations

from tcpmc.checks.conform.conform import Report
from tcpmc.reports.conform.table import rows, states
from tcpmc.reports.formats.mermaid import ARROWS, escaped


def mermaid(report: Report) -> str:
    """The packets as arrows, and the states of both ends as notes where they change."""
    connection = report.connections[0]
    left, right = connection.conversation.ends
    lines = ["sequenceDiagram"]
    lines += [f"    participant {n} as {escaped(str(e))}" for n, e in (("A", left), ("B", right))]
    last = ["", ""]
    for row in list(rows(connection))[:ARROWS]:
        ends = "A->>B" if row.packet.source == left else "B->>A"
        lines.append(f"    {ends}: {escaped(f'{row.packet.number} {row.text}')}")
        for index, name in ((0, "A"), (1, "B")):
            now = states(row.told[index]).replace("|", " or ")
            if now and now != last[index]:
                lines.append(f"    Note over {name}: {escaped(now)}")
                last[index] = now
    return "\n".join(lines) + "\n"
