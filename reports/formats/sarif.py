"""SARIF 2.1.0: a rule is a property, a result a verdict, its code flow the steps of the trace.

Only what somebody has to look at is a result, since readers make an alert of every one: an error
where a verdict is not as expected, a warning where it is not settled, a note where nothing is
expected and rfc9293 gives another. The rules say what else was asked.

Each location is the line that made the rule label of the step (`reports/places.py`): in a
user's variant file, relative to the checkout, or in tcpmc itself, relative to `TCPMC`.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tcpmc import __file__ as package
from tcpmc import __version__
from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.checks.verdict import Standing, Verdict
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.properties.kinds import Property
from tcpmc.reports.evidence import command, evidence
from tcpmc.reports.places import Place, blamed, places, workspace
from tcpmc.reports.report import basis
from tcpmc.reports.story import moments
from tcpmc.reports.verdict_json import Json, dumped

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
PACKAGE = Path(package).parent


def sarif(outcome: Outcome) -> str:
    """The run as a SARIF log."""
    driver = {
        "name": "tcpmc",
        "version": __version__,
        "rules": [_rule(prop) for prop in _properties(outcome)],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {"TCPMC": {"description": {"text": "where tcpmc is installed"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcome)],
        "results": [
            _result(result, level, outcome)
            for result in outcome.results
            if (level := _level(result.verdict))
        ],
    }
    runs = [run]
    if outcome.audits is not None:
        from tcpmc.reports.formats.audit_sarif import sarif_run

        runs.append(sarif_run(outcome.audits))
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}, indent=2)


def plain(text: str) -> str:
    """The text of a message without embedded links and placeholders (SARIF 2.1.0, 3.11)."""
    return text.translate({ord(char): f"\\{char}" for char in "[]"} | {123: "{{", 125: "}}"})


def _properties(outcome: Outcome) -> list[Property]:
    return list({result.job.prop.name: result.job.prop for result in outcome.results}.values())


def _rule(prop: Property) -> Json:
    text = f"{prop.kind}: {prop.meaning}"
    return {
        "id": prop.name,
        "shortDescription": {"text": text},
        "fullDescription": {"text": f"{text} ({prop.citation})"},
        "help": {"text": "\n".join([f"{text} ({prop.citation})", *prop.all_assumptions])},
    }


def _invocation(outcome: Outcome) -> Json:
    invocation: Json = {
        "executionSuccessful": outcome.reason is None,
        "exitCode": outcome.exit_code,
    }
    if outcome.reason:
        note = {"level": "warning", "message": {"text": f"ended early: {outcome.reason}"}}
        invocation["toolExecutionNotifications"] = [note]
    return invocation


def _level(verdict: Verdict) -> str:
    """The level of a verdict; "" for one that nobody has to look at."""
    if verdict.standing == Standing.UNEXPECTED:
        return "error"
    if verdict.standing == Standing.UNSETTLED:
        return "warning"
    return "note" if verdict.differs else ""


def _result(result: Result, level: str, outcome: Outcome) -> Json:
    job, verdict = result.job, result.verdict
    names = [prop.name for prop in _properties(outcome)]
    identity = f"{job.prop.name} {job.variant.name} {job.scope.describe()}"
    result_object: Json = {
        "ruleId": job.prop.name,
        "ruleIndex": names.index(job.prop.name),
        "level": level,
        "message": {"text": plain(_message(result))},
        "locations": [location(blamed(result))],
        "partialFingerprints": {"question/v1": sha256(identity.encode()).hexdigest()},
        "properties": {"variant": job.variant.name, "verdict": verdict.word},
    }
    if verdict.trace is not None:
        result_object["codeFlows"] = [{"threadFlows": [{"locations": _steps(result)}]}]
    return result_object


def _message(result: Result) -> str:
    """The verdict, what is asked, and the evidence."""
    job, verdict = result.job, result.verdict
    lines = [
        f"{verdict.word} {job.prop.name} on {job.variant.name}: {basis(verdict)}.",
        f"{job.prop.kind}: {job.prop.meaning} ({job.prop.citation})",
    ]
    lines += evidence(result) if verdict.trace is not None else [f"Again: {command(job)}"]
    return "\n".join(lines)


def _steps(result: Result) -> list[Json]:
    """A location for each step of the trace: of its last rule, or where only the network moves of
    the rule before."""
    locations, here = [], blamed(result)
    for moment, labels in zip(moments(result), places(result), strict=True):
        here = [here, *labels.values()][-1]
        who = "" if moment.event.kind == EventKind.TICK else f" at {'AB'[moment.event.end]}"
        text = f"{moment.number}. {moment.event.kind}{who}"
        if moment.event.flight is not None:
            text += f": {moment.event.flight.segment}"
        a, b = moment.after.ends
        text += "".join(f"; {rule}" for rule in moment.rules) + f" (A {a.state}, B {b.state})"
        there = {**location(here), "message": {"text": plain(text)}}
        locations.append({"location": there, "executionOrder": moment.number})
    return locations


def location(place: Place) -> Json:
    """A place as SARIF has it."""
    physical: dict[str, Any] = {
        "artifactLocation": _artifact(place),
        "region": {"startLine": place.line},
    }
    location_object: Json = {"physicalLocation": physical}
    if place.function:
        location_object["logicalLocations"] = [{"name": place.function, "kind": "function"}]
    return location_object


def _artifact(place: Place) -> Json:
    inside = place.within(PACKAGE)
    if inside is not None:
        return {"uri": quote(inside), "uriBaseId": "TCPMC"}
    here = place.within(workspace())
    if here is not None:
        return {"uri": quote(here), "uriBaseId": "%SRCROOT%"}
    return {"uri": Path(place.file).resolve().as_uri()}
