"""Why an event is not possible: the rule that refuses it, or what is in its way."""

from collections import deque

import pytest

from tcpmc.model import SCOPES, VARIANTS, Event, Model, Scope, System
from tcpmc.studies.explain.whynot import not_possible, why_not

SMALL = SCOPES["small"]
SCOPES_TRIED = (
    SMALL.with_(capacity=1),
    SCOPES["default"],
    SMALL.with_(clock=True, loss="not-acks", start="established"),
    SMALL.with_(channel="fifo", retransmissions=1, loss="none", duplication=False),
    SMALL.with_(channel="sent-set", clock=True),
    SMALL.with_(aborts=True, crashes=1, opens=2),
)


def model(variant: str = "rfc9293", **bounds: object) -> Model:
    return Model(VARIANTS[variant], SMALL.with_(**bounds))


def after(model: Model, *moves: str) -> System:
    """The state after the first possible event of each kind, such as "A CLOSE", in turn."""
    state = model.initial()
    for move in moves:
        end, _, kind = move.partition(" ")
        state = next(
            state
            for event, _, state in model.successors(state)
            if event.kind == kind and "AB"[event.end] == end
        )
    return state


def reason(model: Model, state: System, kind: str, end: int = 0) -> str:
    asked = (kind, end)
    found = [why for event, why in not_possible(model, state) if (event.kind, event.end) == asked]
    assert found
    return found[0]


def reached(model: Model) -> list[System]:
    """Some states, near and far."""
    seen, todo = {model.initial()}, deque([model.initial()])
    while todo and len(seen) < 60:
        state = todo.popleft() if len(seen) % 2 else todo.pop()
        for _, _, then in model.successors(state):
            if then not in seen:
                seen.add(then)
                todo.append(then)
    return list(seen)


@pytest.mark.exhaustive
@pytest.mark.parametrize("scope", SCOPES_TRIED, ids=range(len(SCOPES_TRIED)))
@pytest.mark.parametrize("variant", ["rfc9293", "no-time-wait-silent"])
def test_every_event_is_possible_or_has_a_reason(variant: str, scope: Scope) -> None:
    one = Model(VARIANTS[variant], scope)
    for state in reached(one):
        possible = {event for event, _, _ in one.successors(state)}
        impossible = dict(not_possible(one, state))
        assert not possible & impossible.keys()
        assert all(impossible.values()), [event for event, why in impossible.items() if not why]


def test_what_a_rule_refuses_is_told_in_its_words() -> None:
    one = model()
    told = reason(one, one.initial(), "SEND")
    assert told == "3.10.2: refused, error: connection does not exist"


def test_a_bound_is_named_as_its_option() -> None:
    state = after(model(), "B passive OPEN", "A active OPEN", "B deliver", "A deliver")
    assert reason(model(), state, "SEND") == "no text is left (--data 0)"
    assert reason(model(), state, "ABORT") == "not in this scope (--no-aborts)"
    assert reason(model(), state, "crash", 1) == "no crash is left (--crashes 0)"
    assert reason(model(), state, "lose", 1) == "nothing is in flight"


def test_a_wider_bound_makes_it_possible() -> None:
    state = after(model(), "B passive OPEN", "A active OPEN", "B deliver", "A deliver")
    wider = model(data=1, aborts=True, crashes=1)
    kinds = {event.kind for event, _, _ in wider.successors(state)}
    assert {"SEND", "ABORT", "crash"} <= kinds


def test_no_room_in_flight() -> None:
    narrow = model(capacity=1)
    state = after(narrow, "A active OPEN", "B passive OPEN")
    assert reason(narrow, state, "retransmission timeout") == "no room in flight (--capacity 1)"
    assert reason(narrow, state, "duplicate") == "no room in flight (--capacity 1)"


def test_what_the_channel_does_not_do() -> None:
    fifo = model(channel="fifo", loss="none", duplication=False)
    state = after(fifo, "B passive OPEN", "A active OPEN", "A retransmission timeout")
    assert reason(fifo, state, "lose") == "never lost in this scope (--loss none)"
    reliable = model(loss="not-acks", start="established")
    acked = after(reliable, "A CLOSE", "B deliver")
    assert reason(reliable, acked, "lose", 1) == "never lost in this scope (--loss not-acks)"


def test_time_wait_that_is_quiet() -> None:
    one = model(start="established")
    waiting = after(one, "A CLOSE", "B deliver", "A deliver", "B CLOSE", "B duplicate", "A deliver")
    told = reason(one, waiting, "TIME-WAIT timeout")
    assert "segments are in flight (TIME-WAIT is quiet)" in told
    assert "the other end waits for an ACK (TIME-WAIT is quiet)" in told
    assert reason(one, waiting, "TIME-WAIT timeout", 1) == "B is not in TIME-WAIT"


def test_timers_and_ticks() -> None:
    timed = model(start="established", clock=True, loss="none", duplication=False)
    sent = after(timed, "A CLOSE")
    assert reason(timed, sent, "retransmission timeout") == "the timer is not due yet"
    told = reason(timed, sent, "expire")
    assert told == "it is younger than MSL and it has to arrive first (--loss none)"
    limited = model(start="established", clock=True, retransmissions=1)
    late = after(limited, "A CLOSE", "A tick")
    assert "a timer of A has to fire first" in reason(limited, late, "tick")
    untimed = model()
    assert reason(untimed, untimed.initial(), "tick") == "time is off (--no-clock)"


def test_an_event_that_is_no_event_has_no_reason() -> None:
    one = model()
    assert why_not(one, one.initial(), Event("reboot")) == ""  # type: ignore[arg-type]
