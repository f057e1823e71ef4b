"""A run, or one trace, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpmc.checks.rule_labels import as_text
from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.reports.audit import as_text as audit_as_text
from tcpmc.reports.evidence import evidence
from tcpmc.reports.layout import printable
from tcpmc.reports.report import report
from tcpmc.reports.screen import screen
from tcpmc.reports.terminal import width

if TYPE_CHECKING:
    from tcpmc.checks.audit.variant_audit import Audits


def run(outcome: Outcome) -> str:
    """The report, with the traces where the properties were asked for by name; of a whole catalogue
    the screen that answers the three questions, unless the table was asked for."""
    extra = [] if outcome.coverage is None else as_text(outcome.coverage)
    if outcome.audits is not None:
        extra += ["In one step:", *audit_as_text(outcome.audits, width()).rstrip().split("\n")]
    if outcome.named or outcome.table:
        return visible(report(outcome, width(), outcome.named, extra))
    return visible(screen(outcome, width(), extra))


def audited(found: Audits) -> str:
    """Every audit, and what it comes to."""
    return visible(audit_as_text(found, width()))


def trace(result: Result) -> str:
    """The ladder, with its heading and what it shows."""
    return visible("\n".join(evidence(result, width())) + "\n")


def visible(text: str) -> str:
    """The text without what a terminal would obey: escape sequences and their like."""
    return printable(text, keep="\n")
