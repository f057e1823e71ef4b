"""The results of a run as JSON: in one document, or a line for each.

The schemas are docs/verdicts.schema.json and docs/verdict.schema.json.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final, cast

from msgspec import UNSET, convert, to_builtins
from msgspec.structs import replace

from tcpmc import __version__
from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.checks.trace import Trace
from tcpmc.checks.verdict import VACUOUS, Answer
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.product import End, Event, System
from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.evidence import command
from tcpmc.reports.verdict_objects import (
    AnswerObject,
    ChannelsObject,
    CutObject,
    EndObject,
    FlightObject,
    Kind,
    ResultObject,
    ScopeObject,
    SegmentObject,
    StateObject,
    StepObject,
    TraceObject,
    VerdictObject,
    VerdictsObject,
)

SCHEMA: Final = "tcpmc/verdicts/1"
LINE_SCHEMA: Final = "tcpmc/verdict/1"
Json = dict[str, Any]


def as_json(outcome: Outcome) -> str:
    """The whole run as one JSON object, with a line feed at the end."""
    document = VerdictsObject(
        schema=SCHEMA,
        version=__version__,
        exit_code=outcome.exit_code,  # type: ignore[arg-type]
        stopped=outcome.reason,
        results=tuple(result_object(result) for result in outcome.results),
    )
    more: Json = {}
    if outcome.coverage is not None:
        more["coverage"] = dict(outcome.coverage)
    if outcome.audits is not None:
        from tcpmc.reports.audit import audits_object

        more["one_step"] = audits_object(outcome.audits)
    return dumped(to_builtins(document) | more, indent=2)


def as_line(result: Result) -> str:
    """One result as a line of JSON; its schema is docs/verdict.schema.json."""
    line = VerdictObject(LINE_SCHEMA, __version__, result_object(result))
    return dumped(to_builtins(line))


def dumped(value: Json, indent: int | None = None) -> str:
    """JSON, with a line feed at the end. `##[` can be a command to those who read a CI log."""
    return json.dumps(value, indent=indent).replace("##[", "#\\u0023[") + "\n"


def result_json(result: Result) -> Json:
    """One verdict, with what it rests on and its trace, as JSON has it."""
    record: Json = to_builtins(result_object(result))
    return record


def trace_json(trace: Trace) -> Json:
    """A trace as JSON has it."""
    record: Json = to_builtins(trace_object(trace))
    return record


def result_object(result: Result) -> ResultObject:
    """One verdict, with what it rests on and its trace."""
    job, verdict = result.job, result.verdict
    lemma = isinstance(job.prop, Lemma)
    return ResultObject(
        property=job.prop.name,
        kind=cast(Kind, job.prop.kind),
        meaning=job.prop.meaning,
        citation=job.prop.citation,
        variant=job.variant.name,
        verdict=verdict.word,
        expected=verdict.expected,
        as_expected=verdict.as_expected if verdict.expected is not None else None,
        engines={name: _answer(answer) for name, answer in verdict.answers.items()},
        assumptions=tuple(result.all_assumptions),
        scope=None if lemma else convert(asdict(job.scope), ScopeObject),
        vacuous=verdict.word == VACUOUS,
        trace=None if verdict.trace is None else trace_object(verdict.trace),
        command=command(job),
        kept=True if result.kept else UNSET,
    )


def _answer(answer: Answer) -> AnswerObject:
    cut = None if answer.cut is None else convert(asdict(answer.cut), CutObject)
    return AnswerObject(answer.word, answer.method, answer.narrower or None, cut)


def trace_object(trace: Trace) -> TraceObject:
    """A trace as it stands in a result."""
    happened = zip(trace.events, trace.steps, trace.states[1:], strict=True)
    steps = tuple(step_object(*each) for each in happened)
    return TraceObject(state_object(trace.states[0]), steps, trace.loop)


def step_object(event: Event, step: Step | None, after: System) -> StepObject:
    """What happened, and the state after it."""
    return StepObject(
        event=event.kind,
        end=None if event.kind == EventKind.TICK else ("A", "B")[event.end],
        segment=None if event.flight is None else _carried(event.flight),
        rules=() if step is None else tuple(step.rules),
        sends=() if step is None else tuple(_segment(segment) for segment in step.send),
        signals=() if step is None else tuple(str(signal) for signal in step.signals),
        state=state_object(after),
        iss_offset=event.offset or UNSET,
    )


def state_object(system: System) -> StateObject:
    """A state as it stands in a trace."""
    a, b = map(_end, system.ends)
    flights = (tuple(map(_flight, contents)) for contents in system.channels)
    return StateObject(a, b, ChannelsObject(*flights))


def _end(end: End) -> EndObject:
    tcb = end.tcb
    numbers = (tcb.iss, tcb.irs, tcb.snd_una, tcb.snd_nxt, tcb.rcv_nxt)
    return EndObject(tcb.state.value, *(number.value for number in numbers))


def _flight(flight: Flight) -> FlightObject:
    carried = _carried(flight)
    parts = {name: getattr(carried, name) for name in carried.__struct_fields__}
    return FlightObject(age=flight.age, **parts)


def _carried(flight: Flight) -> SegmentObject:
    """A segment in flight, and what it is about where there can be several connections."""
    about = tuple(flight.about) if any(flight.about) else UNSET
    return replace(_segment(flight.segment), about=about)


def _segment(segment: Segment) -> SegmentObject:
    """A segment, with `ack` only where it means something, and a timestamp if it has one."""
    return SegmentObject(
        seq=segment.seq.value,
        ack=segment.ack.value if segment.ACK else None,
        length=segment.length,
        controls=tuple(bit for bit in segment.controls.split(",") if bit),  # type: ignore[misc]
        timestamp=segment.stamp or UNSET,
    )
