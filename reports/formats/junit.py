"""JUnit XML: one test suite a variant, one test case a property.

A verdict that is not as expected is a failure. One that is not settled is an error, for a question
that was asked and not answered does not pass; no case is ever skipped. The evidence is the text of
the failure, or else what the case printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.checks.verdict import Standing
from tcpmc.reports.evidence import command, evidence
from tcpmc.reports.report import basis

if TYPE_CHECKING:
    from tcpmc.checks.audit.variant_audit import Audits

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, in any spelling."""

FAILING = {Standing.UNEXPECTED: "failure", Standing.UNSETTLED: "error"}


def junit(outcome: Outcome) -> str:
    """The run as a JUnit document, by the schema of the Jenkins xUnit plugin (junit-10.xsd)."""
    root = Element("testsuites", {"name": "tcpmc", **_counts(outcome.results)})
    for variant in dict.fromkeys(result.job.variant.name for result in outcome.results):
        results = [r for r in outcome.results if r.job.variant.name == variant]
        suite = SubElement(root, "testsuite", {"name": legal(variant), **_counts(results)})
        for result in results:
            _case(suite, result)
    if outcome.audits is not None:
        _add_audits(root, outcome.audits)
    return document(root)


def _add_audits(root: Element, audits: Audits) -> None:
    """The suites of the audits, and their counts among the others."""
    from tcpmc.reports.formats.audit_junit import suites

    for suite in suites(audits):
        root.append(suite)
        for count in ("tests", "failures", "errors"):
            root.set(count, str(int(root.attrib[count]) + int(suite.attrib[count])))


def document(root: Element) -> str:
    """The document as text."""
    indent(root)
    text = tostring(root, encoding="unicode")
    # In a CI log these begin a command, which text never does.
    text = text.replace("##[", "#&#35;[").replace("::", "&#58;:")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def legal(text: str) -> str:
    r"""The text with what XML cannot hold as Python spells it, such as \x1b."""
    return ILLEGAL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _counts(results: Sequence[Result]) -> dict[str, str]:
    standings = [result.verdict.standing for result in results]
    return {
        "tests": str(len(results)),
        "failures": str(standings.count(Standing.UNEXPECTED)),
        "errors": str(standings.count(Standing.UNSETTLED)),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _case(suite: Element, result: Result) -> None:
    job, verdict = result.job, result.verdict
    case = SubElement(
        suite,
        "testcase",
        name=job.prop.name,
        classname=legal(f"tcpmc.{job.variant.name}"),
        time=f"{result.seconds:.3f}",
    )
    shown = [f"{job.prop.kind}: {job.prop.meaning} ({job.prop.citation})"]
    shown += evidence(result) if verdict.trace is not None else [f"Again: {command(job)}"]
    text = legal("\n".join(shown))
    failing = FAILING.get(verdict.standing)
    if failing:
        summary = f"{verdict.word}: {basis(verdict)}"
        SubElement(case, failing, type=verdict.word, message=legal(summary)).text = text
    else:
        SubElement(case, "system-out").text = f"{verdict.word}: {legal(basis(verdict))}\n{text}"
