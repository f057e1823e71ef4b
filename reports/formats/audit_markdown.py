"""Markdown of an audit, for the job summary or a pull request: a table of the rows of each variant,
and each row in full below it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tcpmc.checks.audit.rows import AuditRow
from tcpmc.checks.audit.variant_audit import Audit, Audits
from tcpmc.reports.audit import (
    choice_lines,
    conclusion,
    happening,
    in_states,
    reached,
    row_lines,
    shortened,
    word,
)
from tcpmc.reports.layout import printable
from tcpmc.reports.markdown_text import block, entities

WIDTH = 100
HEAD = "| | requirement | state | event | RFC 9293 | variant | run |\n|---|---|---|---|---|---|---|"


def markdown(audits: Audits) -> str:
    """The audits as Markdown."""
    return "\n\n".join(part for audit in audits.audits for part in _parts(audit)) + "\n"


def _parts(audit: Audit) -> Iterator[str]:
    yield f"## {entities(audit.variant.name)} beside RFC 9293"
    yield entities(conclusion(audit))
    if audit.rows or audit.choices:
        rows = [_row(row) for row in audit.rows]
        rows += [
            _cells(
                str(choice.level), choice.name, "", f"switch {choice.switch}", "", choice.words, ""
            )
            for choice in audit.choices
        ]
        yield "\n".join([HEAD, *rows])
    lines = [line for row in audit.rows for line in row_lines(audit, row, WIDTH)]
    lines += [line for choice in audit.choices for line in choice_lines(choice, WIDTH)]
    if lines:
        full = block([printable(line) for line in lines])
        yield f"<details><summary>In full</summary>\n\n{full}\n\n</details>"


def _row(row: AuditRow) -> str:
    """A row of the table. Why nobody can observe a difference stands in place of its run."""
    rfc, own = ("; or ".join(shortened(ways)) for ways in (row.rfc_does, row.own_does))
    run = row.unseen or reached(row)
    return _cells(word(row), row.requirement_name, in_states(row), happening(row), rfc, own, run)


def _cells(level: str, *cells: str) -> str:
    return f"| {level} | {' | '.join(entities(cell) for cell in cells)} |"
