"""A run, or one trace, as text."""

from __future__ import annotations

from tcpmc.checks.rule_labels import as_text
from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.reports.evidence import evidence
from tcpmc.reports.report import report
from tcpmc.reports.screen import screen
from tcpmc.reports.story import printable
from tcpmc.reports.terminal import width


def run(outcome: Outcome) -> str:
    """The report, with the traces where the properties were asked for by name; of a whole catalogue
    the screen that answers the three questions, unless the table was asked for."""
    extra = () if outcome.coverage is None else as_text(outcome.coverage)
    if outcome.named or outcome.table:
        return visible(report(outcome, width(), outcome.named, extra))
    return visible(screen(outcome, width(), extra))


def trace(result: Result) -> str:
    """The ladder, with its heading and what it shows."""
    return visible("\n".join(evidence(result, width())) + "\n")


def visible(text: str) -> str:
    """The text without what a terminal would obey: escape sequences and their like."""
    return "\n".join(map(printable, text.split("\n")))
