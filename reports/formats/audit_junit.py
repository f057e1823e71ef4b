"""JUnit XML of an audit: one test suite a variant, one test case a rule of RFC 9293, 3.10.

A rule that differs is a failure if it breaks a requirement of the level that fails the run; what
else is different there is what the case printed. Switches that no rule shows are a case of their
own.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from tcpmc.checks.audit.cases import RULES
from tcpmc.checks.audit.variant_audit import Audit, Audits
from tcpmc.model.endpoint.rule_requirements import RequirementLevel
from tcpmc.reports.audit import choice_lines, conclusion, row_lines
from tcpmc.reports.audit_places import place_of
from tcpmc.reports.formats.junit import document, legal

WIDTH = 100
SWITCHES = "switches"


def junit(audits: Audits) -> str:
    """The audits as a JUnit document, by the schema of the Jenkins xUnit plugin (junit-10.xsd)."""
    made = suites(audits)
    root = Element("testsuites", {"name": "tcpmc audit"})
    root.extend(made)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.attrib[count]) for suite in made)))
    return document(root)


def suites(audits: Audits) -> list[Element]:
    """A test suite for each variant."""
    made = []
    for audit in audits.audits:
        cases = _cases(audit, audits.level)
        counts = _counts([failed for _, failed, _, _ in cases])
        suite = Element(
            "testsuite", {"name": legal(f"{audit.variant.name}, in one step"), **counts}
        )
        for name, failed, message, text in cases:
            called = legal(f"tcpmc.audit.{audit.variant.name}")
            case = SubElement(suite, "testcase", name=name, classname=called)
            if failed:
                failure = SubElement(case, "failure", type=failed, message=legal(message))
                failure.text = legal(text)
            else:
                SubElement(case, "system-out").text = legal(text)
        made.append(suite)
    return made


def _counts(failed: list[str]) -> dict[str, str]:
    return {"tests": str(len(failed)), "failures": str(sum(map(bool, failed))), "errors": "0"}


def _cases(audit: Audit, level: RequirementLevel) -> list[tuple[str, str, str, str]]:
    """The name of each case, the requirement that it fails on ("" for none), a line, and the
    rest."""
    named = list(dict.fromkeys((*RULES, *(row.rule for row in audit.rows))))
    cases = [_case(audit, rule, level) for rule in named]
    worst = max((choice.level for choice in audit.choices), default=RequirementLevel.MAY)
    fails = bool(audit.choices) and worst >= level
    text = "\n".join(line for choice in audit.choices for line in choice_lines(choice, WIDTH))
    message = ", ".join(f"{choice.level} {choice.name}" for choice in audit.choices)
    cases.append((SWITCHES, str(worst) if fails else "", message, text or "those of RFC 9293"))
    return cases


def _case(audit: Audit, rule: str, level: RequirementLevel) -> tuple[str, str, str, str]:
    rows = [row for row in audit.rows if row.rule == rule]
    broken = [row for row in rows if not row.unseen and row.level >= level]
    lines = []
    for row in rows:
        place = place_of(audit, row)
        lines += [f"{place.file}:{place.line}", *row_lines(audit, row, WIDTH)]
    tried = dict(audit.tried).get(rule)
    method = f"HOLDS: only tried with many numbers ({tried})" if tried else "PROVED"
    text = "\n".join(lines) or f"{method}: as RFC 9293 has it"
    if not broken:
        return rule, "", "", text
    first = broken[0]
    message = f"{first.level} {first.requirement_name}: {conclusion(audit)}"
    return rule, str(first.level), message, text
