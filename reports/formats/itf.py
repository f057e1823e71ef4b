"""A trace in the Informal Trace Format (Apalache, ADR-015), as Apalache, Quint and others read it.

Every state holds both ends (`A`, `B`), what is in flight (`to_A`, `to_B`), and the `event` that led
to it, which is "init" in the first. Numbers are "#bigint".
"""

from __future__ import annotations

from typing import Any

from tcpmc import __version__
from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.jobs import Result
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.channel import Contents
from tcpmc.model.network.product import End, System
from tcpmc.reports.evidence import command, shown
from tcpmc.reports.layout import printable
from tcpmc.reports.story import Moment, moments, title, trace_of
from tcpmc.reports.verdict_json import dumped

SPECIFICATION = "https://apalache-mc.org/docs/adr/015adr-trace.html"
SEGMENT = "{ seq: Int, ack: Int, length: Int, controls: Set(Str) }"
END = (
    "{ state: Str, iss: Int, irs: Int, snd_una: Int, snd_nxt: Int, rcv_nxt: Int, "
    "time_wait: Int, rexmt: Int, retries: Int }"
)
FLIGHTS = "Seq({ segment: " + SEGMENT + ", age: Int })"
EVENT = (
    "{ kind: Str, end: Str, segment: Seq(" + SEGMENT + "), rules: Seq(Str), "
    "sends: Seq(" + SEGMENT + "), signals: Seq(Str) }"
)
TYPES = {"A": END, "B": END, "to_A": FLIGHTS, "to_B": FLIGHTS, "event": EVENT}
CONTROLS = ("SYN", "FIN", "RST", "ACK")
Json = dict[str, Any]


def itf(result: Result) -> str:
    """The trace of a result as an ITF object. `loop` is the state that follows the last one: a
    lasso's last state is the one in which its loop begins, reached again."""
    trace = trace_of(result)
    story = list(moments(result))
    states = [_state(0, trace.states[0], _nothing("init"))]
    states += [_state(moment.number, moment.after, _event(moment)) for moment in story]
    document: Json = {
        "#meta": {
            "format": "ITF",
            "format-description": SPECIFICATION,
            "description": f"{printable(title(result))}. {printable(shown(result, trace))}",
            "source": printable(command(result.job)),
            "tool": f"tcpmc {__version__}",
            "status": result.verdict.word,
            "varTypes": TYPES,
        },
        "params": [],
        "vars": [*TYPES],
        "states": states,
    }
    if trace.loop is not None:
        document["loop"] = min(trace.loop + 1, len(trace))
    return dumped(document, indent=1)


def _state(index: int, system: System, event: Json) -> Json:
    (a, b), (to_b, to_a) = map(_end, system.ends), map(_flights, system.channels)
    values = {"A": a, "B": b, "to_A": to_a, "to_B": to_b, "event": event}
    return {"#meta": {"index": index}, **values}


def _end(end: End) -> Json:
    numbers = ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt")
    counts = ("time_wait", "rexmt", "retries")
    return {
        "state": end.state.value,
        **{name: _integer(getattr(end.tcb, name).value) for name in numbers},
        **{name: _integer(getattr(end, name)) for name in counts},
    }


def _flights(contents: Contents) -> list[Json]:
    return [{"segment": _segment(f.segment), "age": _integer(f.age)} for f in contents]


def _segment(segment: Segment) -> Json:
    return {
        "seq": _integer(segment.seq.value),
        "ack": _integer(segment.ack.value),
        "length": _integer(segment.length),
        "controls": {"#set": [bit for bit in CONTROLS if getattr(segment, bit)]},
    }


def _event(moment: Moment) -> Json:
    """What led to a state; `segment` is empty where the event is about none."""
    event, step = moment.event, moment.step
    record = _nothing(event.kind)
    if event.kind != EventKind.TICK:
        record["end"] = ENDS[event.end]
    if event.flight is not None:
        record["segment"] = [_segment(event.flight.segment)]
    if step is not None:
        record["rules"] = list(step.rules)
        record["sends"] = [_segment(segment) for segment in step.send]
        record["signals"] = [str(signal) for signal in step.signals]
    return record


def _nothing(kind: str) -> Json:
    return {"kind": kind, "end": "", "segment": [], "rules": [], "sends": [], "signals": []}


def _integer(value: int) -> Json:
    return {"#bigint": str(value)}
