"""A report as SARIF: a result for each deviation, and for each end that nothing explains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tcpmc import __version__
from tcpmc.checks.conform.conform import EndReport, Report
from tcpmc.reports.conform.sentences import MEANINGS
from tcpmc.reports.formats.sarif import SCHEMA, plain
from tcpmc.reports.verdict_json import dumped

Json = dict[str, Any]
LEVELS = {"DEVIATES": "error", "UNEXPLAINED": "error", "INCOMPLETE": "warning"}


def sarif(report: Report) -> str:
    """The deviations as a SARIF log; the logical location is connection, end and packet."""
    results = [
        found
        for connection in report.connections
        for end in connection.ends
        for found in _results(connection.number, end)
    ]
    rules = [{"id": rule} for rule in dict.fromkeys(result["ruleId"] for result in results)]
    driver = {"name": "tcpmc", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _results(number: int, end: EndReport) -> Iterator[Json]:
    judgement = end.judgement
    strict = judgement.strict
    level = LEVELS.get(judgement.verdict, "note")
    told = strict.told

    def name(place: str) -> str:
        return f"connection {number}, {end.endpoint}, {place}"

    for deviation in strict.deviations:
        inside = deviation.packet is not None and deviation.packet < len(told)
        place = f"packet {told[deviation.packet or 0].seen.packet.number}" if inside else "the end"
        text = f"{place}: {deviation.text}; expected: {deviation.expected}"
        yield _result(deviation.requirement, level, f"{end.endpoint}: {text}", name(place))
    if strict.verdict == "UNEXPLAINED":
        packets = [t.seen.packet.number for t in told]
        place = f"after packet {packets[-1]}" if packets else "packet 1"
        text = f"{end.endpoint}: {MEANINGS['UNEXPLAINED']}"
        yield _result("UNEXPLAINED", level, text, name(place))


def _result(rule: str, level: str, text: str, place: str) -> Json:
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": plain(text)},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": place}]}],
    }
