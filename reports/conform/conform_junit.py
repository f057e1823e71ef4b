"""A report as JUnit XML: one suite a connection, one case an end."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tcpmc.checks.conform.conform import ConnectionReport, EndReport, Report
from tcpmc.reports.conform.sentences import verdict_lines
from tcpmc.reports.formats.junit import legal

FAILURES = ("DEVIATES", "UNEXPLAINED")
ERRORS = ("INCOMPLETE", "INCONCLUSIVE")


def junit(report: Report) -> str:
    """A case fails where an end DEVIATES or is UNEXPLAINED, and is an error where the capture or
    the time does not settle it."""
    ends = [end for connection in report.connections for end in connection.ends]
    root = Element("testsuites", {"name": "tcpmc conform", **_counts(ends)})
    for connection in report.connections:
        suite = SubElement(
            root, "testsuite", {"name": _name(connection), **_counts(list(connection.ends))}
        )
        for end in connection.ends:
            _case(suite, end, report)
    indent(root)
    text = tostring(root, encoding="unicode")
    text = text.replace("##[", "#&#35;[").replace("::", "&#58;:")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _name(connection: ConnectionReport) -> str:
    left, right = connection.conversation.ends
    return legal(f"connection {connection.number}: {left} and {right}")


def _counts(ends: list[EndReport]) -> dict[str, str]:
    verdicts = [end.judgement.verdict for end in ends]
    return {
        "tests": str(len(ends)),
        "failures": str(sum(verdict in FAILURES for verdict in verdicts)),
        "errors": str(sum(verdict in ERRORS for verdict in verdicts)),
    }


def _case(suite: Element, end: EndReport, report: Report) -> None:
    name = {"name": legal(str(end.endpoint)), "classname": legal(f"tcpmc.{report.stack.name}")}
    case = SubElement(suite, "testcase", name)
    verdict = end.judgement.verdict
    lines = list(verdict_lines(end, report.stack))
    text = legal("\n".join(lines))
    if verdict in FAILURES + ERRORS:
        kind = "failure" if verdict in FAILURES else "error"
        SubElement(case, kind, {"message": legal(lines[0]), "type": verdict}).text = text
    else:
        SubElement(case, "system-out").text = text
