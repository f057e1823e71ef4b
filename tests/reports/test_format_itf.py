"""ITF, read back by itf-py, which its specification's tools share the format with."""

import json
from collections import Counter
from typing import Any

import itf_py
import pytest

from results import HOSTILE, LASSO, LOST, NAMES, case, hostile
from tcpmc.checks.running.jobs import Result
from tcpmc.model import Segment, System
from tcpmc.reports.formats.itf import itf
from tcpmc.reports.story import trace_of


def read(result: Result) -> itf_py.Trace:
    return itf_py.trace_from_json(json.loads(itf(result)))


def segment(found: Any) -> tuple[int, int, int, frozenset[str]]:
    return found.seq, found.ack, found.length, found.controls


def numbers(one: Segment) -> tuple[int, int, int, frozenset[str]]:
    controls = frozenset(one.controls.split(","))
    return one.seq.value, one.ack.value, one.length, controls


@pytest.mark.parametrize("name", NAMES)
def test_the_states_are_those_of_the_trace(name: str) -> None:
    trace, found = trace_of(case(name)), read(case(name))
    assert found.vars == ["A", "B", "to_A", "to_B", "event"]
    assert len(found.states) == len(trace.states)
    for index, (state, system) in enumerate(zip(found.states, trace.states, strict=True)):
        assert state.meta == {"index": index}
        assert set(state.values) == set(found.vars)
        assert_same(state.values, system)


def assert_same(values: dict[str, Any], system: System) -> None:
    for name, end in zip("AB", system.ends, strict=True):
        found = values[name]
        assert found.state == str(end.state)
        assert (found.iss, found.irs) == (end.tcb.iss.value, end.tcb.irs.value)
        assert (found.snd_una, found.snd_nxt) == (end.tcb.snd_una.value, end.tcb.snd_nxt.value)
        assert found.rcv_nxt == end.tcb.rcv_nxt.value
    for name, contents in zip(("to_B", "to_A"), system.channels, strict=True):
        shown = Counter((segment(f.segment), f.age) for f in values[name])
        assert shown == Counter((numbers(f.segment), f.age) for f in contents)


@pytest.mark.parametrize("name", NAMES)
def test_the_events_are_those_of_the_trace(name: str) -> None:
    trace, found = trace_of(case(name)), read(case(name))
    assert found.states[0].values["event"].kind == "init"
    steps = zip(found.states[1:], trace.events, trace.steps, strict=True)
    for state, event, step in steps:
        shown = state.values["event"]
        assert shown.kind == event.kind
        assert [segment(s) for s in shown.segment] == (
            [numbers(event.flight.segment)] if event.flight else []
        )
        assert [segment(s) for s in shown.sends] == [
            numbers(s) for s in (step.send if step else ())
        ]


def test_the_last_state_of_a_lasso_is_followed_by_the_second_of_its_loop() -> None:
    trace, found = trace_of(LASSO), read(LASSO)
    assert trace.loop is not None and found.loop == trace.loop + 1
    before, last = found.states[trace.loop].values, found.states[-1].values
    assert all(before[name] == last[name] for name in ("A", "B", "to_A", "to_B"))
    assert read(LOST).loop is None


def test_the_meta_fields_say_what_it_is() -> None:
    meta = read(LOST).meta
    assert meta["format"] == "ITF"
    assert meta["description"].startswith("REFUTED graceful-close on no-time-wait. The last state")
    assert meta["source"].startswith("tcpmc trace graceful-close --variant no-time-wait")
    assert set(meta["varTypes"]) == set(read(LOST).vars)


def test_hostile_text_is_a_string() -> None:
    rules = [tuple(state.values["event"].rules) for state in read(hostile()).states]
    assert (HOSTILE,) in rules
