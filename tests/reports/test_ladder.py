"""The text ladder: byte by byte as in tests/golden, and within any width."""

import pytest

from golden_files import assert_golden
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.trace import Trace, replay
from tcpmc.model import PROPERTIES, SCOPES, VARIANTS, Event, Model, Scope
from tcpmc.reports.ladder import ladder

TIGHT = SCOPES["small"].with_(capacity=1)


def trace_of(name: str, variant: str = "rfc9293", scope: Scope = TIGHT) -> Trace:
    prop = PROPERTIES[name]
    model = Model(VARIANTS[variant], prop.scope_for(scope))
    trace = ExplicitEngine(model).decide([prop])[name].trace
    assert trace is not None
    return trace


def played(model: Model, *moves: str) -> Trace:
    """The run in which each move, such as "A CLOSE" or "B deliver", is the first possible one."""
    system, events = model.initial(), list[Event]()
    for move in moves:
        end, _, kind = move.partition(" ")
        event, _, system = next(
            (event, step, after)
            for event, step, after in model.successors(system)
            if event.kind == kind and "AB"[event.end] == end
        )
        events.append(event)
    return replay(model, events)


def text(trace: Trace, width: int = 100) -> str:
    return "\n".join(ladder(trace, width)) + "\n"


CLOSE_WITH_EVERYTHING = played(
    Model(VARIANTS["rfc9293"], Scope("test", start="established", clock=True, msl=1, time_wait=2)),
    "A SEND",
    "A duplicate",
    "B deliver",
    "B lose",
    "B deliver",
    "A deliver",
    "A CLOSE",
    "A tick",
    "A expire",
    "A retransmission timeout",
    "B deliver",
)


def test_loss_and_a_reset() -> None:
    trace = trace_of("graceful-close", "no-time-wait")
    assert_golden("ladder-graceful-close.txt", text(trace))


def test_rules_below_on_80_columns() -> None:
    trace = trace_of("graceful-close", "no-time-wait")
    assert_golden("ladder-graceful-close-80.txt", text(trace, 80))


def test_a_list_on_40_columns() -> None:
    trace = trace_of("graceful-close", "no-time-wait")
    assert_golden("ladder-graceful-close-40.txt", text(trace, 40))


def test_a_lasso() -> None:
    trace = trace_of("peer-leaves-last-ack", "no-time-wait-silent")
    assert trace.loop is not None
    assert_golden("ladder-lasso.txt", text(trace))


def test_a_run_that_halts() -> None:
    trace = played(Model(VARIANTS["rfc9293"], SCOPES["small"]), "A active OPEN")
    halted = Trace(trace.states, trace.events, trace.steps, loop=1)
    assert text(halted).splitlines()[-1] == "     . . . and nothing has to happen any more"


def test_duplication_expiry_and_ticks() -> None:
    assert_golden("ladder-network.txt", text(CLOSE_WITH_EVERYTHING))


def test_simultaneous_close() -> None:
    trace = trace_of("closing-both", scope=SCOPES["small"].with_(start="established"))
    assert_golden("ladder-closing-both.txt", text(trace))


def test_sent_set_keeps_the_origin_of_what_is_delivered_twice() -> None:
    scope = Scope("test", channel="sent-set", start="established", data=1)
    trace = played(Model(VARIANTS["rfc9293"], scope), "A SEND", "B deliver", "B deliver")
    arrivals = [line for line in ladder(trace) if " 1-- <SEQ=101>" in line]
    assert len(arrivals) == 2


@pytest.mark.parametrize("width", [20, 40, 60, 76, 80, 90, 100, 120])
def test_no_line_is_too_long_and_none_has_trailing_blanks(width: int) -> None:
    for trace in (CLOSE_WITH_EVERYTHING, trace_of("graceful-close", "no-time-wait")):
        for line in ladder(trace, width):
            longest_word = max(map(len, line.split()), default=0)
            assert len(line) <= max(width, longest_word + 2)
            assert line == line.rstrip()
