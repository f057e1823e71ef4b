"""The results of a run as JSON: in one document, or a line for each.

The schemas are docs/verdicts.schema.json and docs/verdict.schema.json.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from tcpmc import __version__
from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.checks.trace import Trace
from tcpmc.checks.verdict import VACUOUS
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.product import End, Event, System
from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.evidence import command

SCHEMA, LINE_SCHEMA = "tcpmc/verdicts/1", "tcpmc/verdict/1"
Json = dict[str, Any]


def as_json(outcome: Outcome) -> str:
    """The whole run as one JSON object, with a line feed at the end."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "exit_code": outcome.exit_code,
        "stopped": outcome.reason,
        "results": [result_json(result) for result in outcome.results],
    }
    if outcome.coverage is not None:
        document["coverage"] = dict(outcome.coverage)
    if outcome.audits is not None:
        from tcpmc.reports.audit import audits_object

        document["one_step"] = audits_object(outcome.audits)
    return dumped(document, indent=2)


def as_line(result: Result) -> str:
    """One result as a line of JSON; its schema is docs/verdict.schema.json."""
    line = {"schema": LINE_SCHEMA, "version": __version__, "result": result_json(result)}
    return dumped(line)


def dumped(value: Json, indent: int | None = None) -> str:
    """JSON, with a line feed at the end. `##[` can be a command to those who read a CI log."""
    return json.dumps(value, indent=indent).replace("##[", "#\\u0023[") + "\n"


def result_json(result: Result) -> Json:
    """One verdict, with what it rests on and its trace."""
    job, verdict = result.job, result.verdict
    lemma = isinstance(job.prop, Lemma)
    return {
        "property": job.prop.name,
        "kind": job.prop.kind,
        "meaning": job.prop.meaning,
        "citation": job.prop.citation,
        "variant": job.variant.name,
        "verdict": verdict.word,
        "expected": verdict.expected,
        "as_expected": verdict.as_expected if verdict.expected is not None else None,
        "engines": {
            name: {
                "verdict": answer.word,
                "method": answer.method,
                "narrower": answer.narrower or None,
                "cut": None if answer.cut is None else asdict(answer.cut),
            }
            for name, answer in verdict.answers.items()
        },
        "assumptions": list(result.rests_on),
        "scope": None if lemma else {f.name: getattr(job.scope, f.name) for f in fields(job.scope)},
        "vacuous": verdict.word == VACUOUS,
        "trace": None if verdict.trace is None else trace_object(verdict.trace),
        "command": command(job),
    }


def trace_object(trace: Trace) -> Json:
    """A trace as it stands in a result."""
    pairs = zip(trace.events, trace.steps, trace.states[1:], strict=True)
    return {
        "initial": state_object(trace.states[0]),
        "steps": [
            {**event_object(event), **_step(step), "state": state_object(after)}
            for event, step, after in pairs
        ],
        "loop": trace.loop,
    }


def event_object(event: Event) -> Json:
    """An event as it stands in a step of a trace."""
    found: Json = {
        "event": event.kind,
        "end": None if event.kind == EventKind.TICK else "AB"[event.end],
        "segment": None if event.flight is None else _carried(event.flight),
    }
    return found | ({"iss_offset": event.offset} if event.offset else {})


def _step(step: Step | None) -> Json:
    if step is None:
        return {"rules": [], "sends": [], "signals": []}
    return {
        "rules": list(step.rules),
        "sends": [_segment(segment) for segment in step.send],
        "signals": [str(signal) for signal in step.signals],
    }


def state_object(system: System) -> Json:
    """A state as it stands in a trace."""
    ends = dict(zip("AB", map(_end, system.ends), strict=True))
    flights = {
        name: [{**_carried(flight), "age": flight.age} for flight in contents]
        for name, contents in zip(("A to B", "B to A"), system.channels, strict=True)
    }
    return {**ends, "in_flight": flights}


def _end(end: End) -> Json:
    tcb = end.tcb
    numbers = ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt")
    return {"state": tcb.state.value, **{name: getattr(tcb, name).value for name in numbers}}


def _carried(flight: Flight) -> Json:
    """A segment in flight, and what it is about where there can be several connections."""
    about = {"about": list(flight.about)} if any(flight.about) else {}
    return _segment(flight.segment) | about


def _segment(segment: Segment) -> Json:
    """A segment, with `ack` only where it means something, and a timestamp if it has one."""
    stamp = {"timestamp": segment.stamp} if segment.stamp else {}
    return stamp | {
        "seq": segment.seq.value,
        "ack": segment.ack.value if segment.ACK else None,
        "length": segment.length,
        "controls": [bit for bit in segment.controls.split(",") if bit],
    }
