"""A report as JSON. The schema is docs/conform.schema.json."""

from __future__ import annotations

from typing import Any

from tcpmc import __version__
from tcpmc.captures.summary import Summary
from tcpmc.checks.conform.conform import ConnectionReport, EndReport, Report
from tcpmc.checks.conform.explaining import Deviation, Explanation, Told
from tcpmc.reports.verdict_json import dumped

SCHEMA = "tcpmc/conform/1"
Json = dict[str, Any]


def as_json(report: Report) -> str:
    """The whole report as one JSON object, with a line feed at the end."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "stack": report.stack.name,
        "connections": [_connection(connection) for connection in report.connections],
    }
    return dumped(document, indent=2)


def _connection(connection: ConnectionReport) -> Json:
    return {
        "id": connection.number,
        "packets": sum(sum(one.packets) for one in connection.incarnations)
        or len(connection.conversation.packets),
        "doubled": connection.conversation.doubled,
        "incarnations": [_incarnation(summary) for summary in connection.incarnations],
        "evidence": list(connection.vantage.evidence),
        "ends": [_end(end) for end in connection.ends],
    }


def _incarnation(summary: Summary) -> Json:
    return {
        "number": summary.number,
        "opened": summary.opened,
        "both_opened": summary.both_opened,
        "closed_first": summary.closed_first,
        "ended": summary.ended,
        "packets": list(summary.packets),
        "octets": list(summary.octets),
        "start": summary.start,
        "duration": summary.duration,
        "conn_state": summary.conn_state,
        "history": summary.history,
    }


def _end(end: EndReport) -> Json:
    judgement = end.judgement
    best, strict = judgement.best, judgement.strict
    return {
        "address": end.endpoint.address,
        "port": end.endpoint.port,
        "vantage": judgement.vantage,
        "verdict": best.verdict,
        "strict": strict.verdict,
        "partial": judgement.partial,
        "bounded": best.bounded,
        "refused": _number(strict, best, judgement.refused),
        "switches": dict(best.switches),
        "deviations": [_deviation(deviation, strict) for deviation in strict.deviations],
        "assumptions": [
            {"packet": _number(best, best, place), "kind": note.kind, "text": note.text}
            for place, note in best.assumed
        ],
        "packets": [_packet(told) for told in best.told],
    }


def _number(explanation: Explanation, other: Explanation, place: int | None) -> int | None:
    """The number in the capture of a place in the view; None at the end of the capture."""
    told = explanation.told if len(explanation.told) >= len(other.told) else other.told
    if place is None or place >= len(told):
        return None
    return told[place].seen.packet.number


def _deviation(deviation: Deviation, strict: Explanation) -> Json:
    return {
        "packet": _number(strict, strict, deviation.packet),
        "text": deviation.text,
        "requirement": deviation.requirement,
        "expected": deviation.expected,
    }


def _packet(told: Told) -> Json:
    return {
        "number": told.seen.packet.number,
        "direction": "sent" if told.seen.sent else "received",
        "states": list(told.states),
        "state": told.state,
        "rules": list(told.rules),
        "segment": str(told.seen.segment),
    }
