"""What is said of a test suite, for programs: JSON, JUnit, SARIF; and as a page."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

from tcpmc import __version__
from tcpmc.checks.drive.moves import KINDS
from tcpmc.checks.suite.suite import VERDICTS, ScriptResult, SuiteReport
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.formats.junit import document, legal
from tcpmc.reports.formats.sarif import SCHEMA, plain
from tcpmc.reports.markdown_text import code, entities
from tcpmc.reports.suite.suite_text import MEANINGS, missing, rows, summary
from tcpmc.reports.verdict_json import Json, dumped

LEVELS = {"forbidden": "error", "left open": "note"}
VACUOUS = "vacuous"


def json(report: SuiteReport) -> str:
    """Everything."""
    count = Counter(script.verdict for script in report.scripts)
    covered = report.covered()
    told: Json = {
        "rules": report.stack.name,
        "verdicts": {verdict: count[verdict] for verdict in VERDICTS},
        "vacuous": len(report.vacuous),
        "scripts": [_script(script) for script in report.scripts],
        "states": {str(state): many for state, many in report.states().items()},
        "cells": [
            {"state": str(state), "kind": kind, "scripts": covered.get((state, kind), 0)}
            for state in State
            for kind in KINDS
        ],
        "without_script": [
            {"state": str(state), "kind": kind, "passed_on_the_way": by_the_way}
            for (state, kind), by_the_way in report.without_script()
        ],
        "coverage": report.coverage(),
        "written": report.written,
    }
    return dumped(told, indent=2)


def _script(script: ScriptResult) -> Json:
    told: dict[str, Any] = {"path": script.path, "verdict": script.verdict}
    if script.why:
        told["why"] = script.why
    told["faults"] = [
        {"line": f.line, "asks": f.asks, "rules": f.rules, "requirement": f.requirement}
        for f in script.faults
    ]
    told["vacuous"] = [
        {"line": claim.line, "words": claim.words, "missing": missing}
        for claim, missing in script.vacuous
    ]
    told["states"] = sorted(map(str, script.judgement.states))
    told["events"] = [
        {"line": e.line, "kind": e.kind, "states": sorted(map(str, e.states))}
        for e in script.judgement.events
    ]
    told["rules"] = sorted(script.judgement.rules)
    return told


def junit(report: SuiteReport) -> str:
    """A case for each script (junit-10.xsd). What is forbidden or vacuous is a failure; what was
    not read or not decided an error; what was not judged is skipped."""
    root = Element("testsuites", {"name": "tcpmc suite"})
    suite = SubElement(root, "testsuite", {"name": legal(report.stack.name)})
    counts = Counter(_case(suite, script) for script in report.scripts)
    total = {
        "tests": len(report.scripts),
        "failures": counts["failure"],
        "errors": counts["error"],
    }
    for name, number in total.items():
        suite.set(name, str(number))
        root.set(name, str(number))
    suite.set("skipped", str(counts["skipped"]))
    return document(root)


def _case(suite: Element, script: ScriptResult) -> str:
    """Add a case; how it ends."""
    case = SubElement(
        suite, "testcase", name=legal(script.path), classname=f"tcpmc.suite.{suite.get('name')}"
    )
    lines = [*_faults(script), *_vacuous(script)]
    if script.verdict == "forbidden" or script.vacuous:
        kind = "forbidden" if script.verdict == "forbidden" else VACUOUS
        told = {"type": kind, "message": legal(lines[0])}
        SubElement(case, "failure", told).text = legal("\n".join(lines))
        return "failure"
    if script.verdict in ("not read", "not decided"):
        SubElement(case, "error", type=script.verdict, message=legal(script.why))
        return "error"
    if script.verdict == "not judged":
        SubElement(case, "skipped", message=legal(script.why))
        return "skipped"
    SubElement(case, "system-out").text = legal("\n".join([script.verdict, *lines]))
    return ""


def _faults(script: ScriptResult) -> list[str]:
    return [
        f"line {f.line}: {f.asks}; the rules: {f.rules} (RFC 9293, {f.requirement})"
        for f in script.faults
    ]


def _vacuous(script: ScriptResult) -> list[str]:
    return [
        f"{f'line {claim.line}' if claim.line else 'its name'} says {claim.words!r}: {missing}"
        for claim, missing in script.vacuous
    ]


def sarif(report: SuiteReport) -> str:
    """A result for each fault, and for each claim that is not kept, at its line (SARIF 2.1.0)."""
    found: list[tuple[ScriptResult, int, str, str, str]] = []
    for script in report.scripts:
        level = LEVELS.get(script.verdict, "warning")
        found += [
            (script, fault.line, fault.requirement, level, told)
            for fault, told in zip(script.faults, _faults(script), strict=True)
        ]
        found += [
            (script, max(claim.line, 1), VACUOUS, "warning", told)
            for (claim, _), told in zip(script.vacuous, _vacuous(script), strict=True)
        ]
        if script.verdict in ("not read", "not decided"):
            found.append((script, 1, script.verdict, "warning", script.why))
    names = sorted({rule for _, _, rule, _, _ in found})
    rules = [{"id": name, "shortDescription": {"text": _rule(name)}} for name in names]
    driver = {"name": "tcpmc", "version": __version__, "rules": rules}
    results = [
        {
            "ruleId": rule,
            "ruleIndex": names.index(rule),
            "level": level,
            "message": {"text": plain(told)},
            "locations": [_location(script.path, line)],
            "partialFingerprints": {
                "script/v1": sha256(f"{script.path} {rule} {told}".encode()).hexdigest()
            },
        }
        for script, line, rule, level, told in found
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(name: str) -> str:
    if name == VACUOUS:
        return "what a script says that it tests never happens in it"
    return f"RFC 9293: {name}" if name[:1] not in "n" else f"the script was {name}"


def _location(path: str, line: int) -> Json:
    uri = quote(PurePath(path).as_posix(), safe="/")
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}
    return {"physicalLocation": place}


def markdown(report: SuiteReport) -> str:
    """A page."""
    lines = ["# A test suite against the rules", "", entities(summary(report))]
    for verdict, meaning in MEANINGS.items():
        scripts = [script for script in report.scripts if script.verdict == verdict]
        if scripts:
            lines += ["", f"## {meaning}", ""]
            lines += [
                f"* {code(script.path)}: {entities(told)}"
                for script in scripts
                for told in (_faults(script) or [script.why])
            ]
    if report.vacuous:
        lines += ["", "## Vacuous: what the script says of itself never happens", ""]
        lines += [
            f"* {code(script.path)}: {entities(told)}"
            for script in report.vacuous
            for told in _vacuous(script)
        ]
    if report.judged:
        lines += ["", "## Scripts, by state and kind of segment that arrives in it", ""]
        lines += ["```text", *rows(report), "", *missing(report), "```"]
        found = report.coverage()
        reached, missed = found["reached"], found["not_reached"]
        lines += ["", "## Rules", "", f"{len(reached)} rule labels are reached. Not reached:", ""]
        lines += [f"* {entities(label)}" for label in missed]
    return "\n".join(lines) + "\n"
