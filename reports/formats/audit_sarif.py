"""SARIF 2.1.0 of an audit: a rule is a rule of RFC 9293, 3.10, a result one way of differing.

A broken MUST is an error, a SHOULD that is not followed a warning, and what the RFC leaves open a
note, as is what nobody can observe. The location is the line of the variant that makes the step.
"""

from __future__ import annotations

import inspect
from hashlib import sha256

from tcpmc import __version__
from tcpmc.checks.audit.cases import RULES
from tcpmc.checks.audit.rows import AuditRow
from tcpmc.checks.audit.variant_audit import Audit, Audits
from tcpmc.model.endpoint.alternatives import Choice
from tcpmc.model.endpoint.rule_requirements import RequirementLevel
from tcpmc.model.variants.variant import RFC9293
from tcpmc.reports.audit import condition, happening, in_states, row_lines
from tcpmc.reports.audit_places import of_variant, place_of
from tcpmc.reports.formats.sarif import SCHEMA, location, plain
from tcpmc.reports.verdict_json import Json, dumped

LEVELS = {
    RequirementLevel.MUST: "error",
    RequirementLevel.SHLD: "warning",
    RequirementLevel.MAY: "note",
}
SWITCHES = "switches"
WIDTH = 100


def sarif(audits: Audits) -> str:
    """The audits as a SARIF log."""
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [sarif_run(audits)]}, indent=2)


def sarif_run(audits: Audits) -> Json:
    """The audits as a run of their own."""
    names = [*RULES, "segment_arrives", SWITCHES]
    driver = {"name": "tcpmc", "version": __version__, "rules": [_rule(name) for name in names]}
    results = [result for audit in audits.audits for result in _results(audit, names)]
    return {
        "automationDetails": {"id": "audit/"},
        "tool": {"driver": driver},
        "originalUriBaseIds": {"TCPMC": {"description": {"text": "where tcpmc is installed"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "exitCode": int(audits.fails)}],
        "results": results,
    }


def _rule(name: str) -> Json:
    text = "a switch of the profile" if name == SWITCHES else "SEGMENT ARRIVES (RFC 9293, 3.10.7)"
    rule = getattr(RFC9293, name, None)
    if name in RULES and rule is not None:
        text = " ".join((inspect.getdoc(rule) or name).partition("\n\n")[0].split())
    return {"id": name, "shortDescription": {"text": text}}


def _results(audit: Audit, names: list[str]) -> list[Json]:
    rows = [_row(audit, row, names) for row in audit.rows]
    return rows + [_choice(audit, choice, names) for choice in audit.choices]


def _row(audit: Audit, row: AuditRow, names: list[str]) -> Json:
    level = "note" if row.unseen else LEVELS[row.level]
    text = "\n".join(row_lines(audit, row, WIDTH))
    identity = f"{audit.variant.name} {row.rule} {in_states(row)} {happening(row)} {condition(row)}"
    return {
        "ruleId": row.rule,
        "ruleIndex": names.index(row.rule),
        "level": level,
        "message": {"text": plain(text)},
        "locations": [location(place_of(audit, row))],
        "partialFingerprints": {"difference/v1": sha256(identity.encode()).hexdigest()},
        "properties": {"variant": audit.variant.name, "requirement": row.requirement_name},
    }


def _choice(audit: Audit, choice: Choice, names: list[str]) -> Json:
    text = f"{choice.level} {choice.name}: {choice.words} ({choice.citation})"
    identity = f"{audit.variant.name} {choice.switch} {choice.value}"
    return {
        "ruleId": SWITCHES,
        "ruleIndex": names.index(SWITCHES),
        "level": LEVELS[choice.level],
        "message": {"text": plain(text)},
        "locations": [location(of_variant(audit))],
        "partialFingerprints": {"difference/v1": sha256(identity.encode()).hexdigest()},
        "properties": {"variant": audit.variant.name, "requirement": choice.name},
    }
