"""A trace as the page's data: each step, where it left both ends, and what is in flight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tcpmc.checks.labels import happening
from tcpmc.checks.trace import Trace
from tcpmc.diagrams.figure5 import end_of
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.network.product import End, Event, System
from tcpmc.model.network.system import Model
from tcpmc.reports.flows import Flow, flows
from tcpmc.web.holds import holds

Json = dict[str, Any]
SECTION = re.compile(r"3(\.\d{1,2}){1,4}(?=[ :])")
ANOTHER = re.compile(r"RFC (\d{3,4})\b")
RFC = "https://www.rfc-editor.org/rfc/rfc"


def trace_data(model: Model, trace: Trace, lemma: bool = False) -> Json:
    """Everything that the page shows of a trace. That of a lemma begins in any state at all, of
    which the properties of runs say nothing.

    `states` has one entry more than `steps`. A place is a node of the state diagram.
    """
    return {
        "loop": trace.loop,
        "clock": model.scope.clock,
        "states": [
            _state(model, system, places)
            for system, places in zip(trace.states, _places(trace), strict=True)
        ],
        "steps": [step_data(*happened) for happened in zip(trace.events, trace.steps, strict=True)],
        "flows": [_flow(flow) for flow in flows(trace)],
        "holds": {} if lemma else holds(model, trace.states),
    }


def _places(trace: Trace) -> Iterator[list[str]]:
    """The node of the state diagram that each end is at, in every state: of the two that are
    CLOSED, the lower one after a connection."""
    places = [end.state.value for end in trace.states[0].ends]
    yield list(places)
    for before, after in zip(trace.states, trace.states[1:], strict=False):
        for which, (was, now) in enumerate(zip(before.ends, after.ends, strict=True)):
            if was.state != now.state:
                places[which] = end_of(was.state, now.state)
        yield list(places)


def _state(model: Model, system: System, places: list[str]) -> Json:
    return {
        "places": places,
        "states": [end.state.value for end in system.ends],
        "numbers": [_numbers(model, end) for end in system.ends],
        "flights": [
            [[str(flight.segment), flight.age] for flight in contents]
            for contents in system.channels
        ],
    }


def _numbers(model: Model, end: End) -> list[list[str]]:
    """What the TCB holds, by name; nothing where there is no connection."""
    tcb = end.tcb
    if tcb.snd_nxt == tcb.iss:
        return []
    named: list[tuple[str, object]] = [("SND.UNA", tcb.snd_una), ("SND.NXT", tcb.snd_nxt)]
    named += [("RCV.NXT", tcb.rcv_nxt)]
    named += [("text queued", tcb.queued)] * bool(tcb.queued)
    if model.scope.clock:
        waiting = tcb.state.value == "TIME-WAIT"
        named += [("2 MSL timer", f"{end.time_wait} of {model.scope.time_wait}")] * waiting
        outstanding = tcb.snd_una != tcb.snd_nxt
        named += [("retransmission timer", f"{end.rexmt} of {model.scope.rto}")] * outstanding
    if model.scope.retransmissions is not None:
        named.append(("retransmitted", f"{end.retries} of {model.scope.retransmissions}"))
    return [[name, str(value)] for name, value in named]


def step_data(event: Event, step: Step | None) -> Json:
    """What happened, by which rules, and what was sent and signalled."""
    return {
        "kind": event.kind,
        "end": None if event.kind == EventKind.TICK else event.end,
        "what": happening(event),
        "segment": None if event.flight is None else str(event.flight.segment),
        "rules": [] if step is None else [[label, link(label)] for label in step.rule.split(" + ")],
        "sends": [] if step is None else [str(segment) for segment in step.send],
        "signals": [] if step is None else [str(signal) for signal in step.signals],
    }


def link(label: str) -> str | None:
    """Where the rule that a label cites can be read: a section of RFC 9293, or another RFC."""
    section, another = SECTION.match(label), ANOTHER.match(label)
    if section:
        return f"{RFC}9293#section-{section[0]}"
    return f"{RFC}{another[1]}" if another else None


def _flow(flow: Flow) -> Json:
    return {
        "segment": str(flow.segment),
        "sender": flow.sender,
        "sent": flow.sent,
        "lane": flow.lane,
        "copied": flow.copied,
        "ended": flow.ended,
        "fate": flow.fate,
    }
