"""What can happen next in a few states made by hand, and what the history remembers of it."""

from dataclasses import fields, replace
from typing import Any

import pytest

from harness import segment, socket_in
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.tcb import Signal, State, Step
from tcpmc.model.network.channel import Contents, Flight
from tcpmc.model.network.history import History
from tcpmc.model.network.product import End, System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.variant import Variant

TEXT = "<SEQ=101><ACK=301><DATA=1><CTL=ACK>"
FIN = "<SEQ=101><ACK=301><CTL=FIN,ACK>"
FIN_OF_B = "<SEQ=301><ACK=102><CTL=FIN,ACK>"
ACK_OF_BOTH = "<SEQ=102><ACK=302><CTL=ACK>"

DONE = History(opens=1, sent=1, closed=True)
"""The history of an end whose user has nothing left to do."""

CLOSED_FIRST = replace(DONE, fin_sent=True, active=True)
"""The history of such an end that sent its FIN before the other's arrived."""


BOTH_FINS = replace(DONE, fin_sent=True, fin_received=True)
"""The history of an end in TIME-WAIT."""


def model(profile: Profile | None = None, **bounds: Any) -> Model:
    """The RFC's rules, or those of the profile, at 32 bits."""
    return Model(Variant("test", profile=profile or Profile()), Scope("test", bits=32, **bounds))


def a_in(state: State, history: History = DONE, clocks: Any = None, **changes: Any) -> End:
    return replace(End(socket_in(state, **changes), history), **clocks or {})


def b_in(state: State, history: History = DONE, clocks: Any = None, **changes: Any) -> End:
    return a_in(state, history, clocks, iss=300, irs=100, **changes)


def system(a: End, b: End, from_a: str = "", from_b: str = "", age: int = 0) -> System:
    """Both ends, with at most one segment in flight from each."""
    return System((a, b), (flights(from_a, age), flights(from_b, age)))


def flights(text: str, age: int = 0) -> Contents:
    return (Flight(segment(text), age),) if text else ()


def enabled(model: Model, state: System) -> set[str]:
    """Everything that can happen: "A CLOSE", "B deliver", "tick"."""
    return {_name(event.kind, event.end) for event, _, _ in model.successors(state)}


def after(model: Model, state: System, name: str) -> tuple[Step | None, System]:
    """What the one event of that name does."""
    ((step, then),) = [
        (step, then)
        for event, step, then in model.successors(state)
        if _name(event.kind, event.end) == name
    ]
    return step, then


def history_of(model: Model, state: System, name: str) -> History:
    """The history of the end to which the event happens."""
    _, then = after(model, state, name)
    return then.ends["AB".index(name[0])].history


def _name(kind: str, end: int) -> str:
    return kind if kind == "tick" else f"{'AB'[end]} {kind}"


QUIET = system(a_in(State.FIN_WAIT_2), b_in(State.FIN_WAIT_2))
"""Nothing is in flight, no timer runs, and no user has anything left to do."""


# Where runs begin.


@pytest.mark.parametrize(("bits", "allowed"), [(5, False), (6, True)])
def test_model_needs_a_window_below_half_of_the_space(bits: int, allowed: bool) -> None:
    variant, scope = (
        Variant("test", profile=Profile(window=16)),
        Scope("test", bits, (1, 2), data=0),
    )
    if allowed:
        assert Model(variant, scope).variant is variant
        return
    error = "^window=16 and bits=5: choose a window below 16, half of 2\\*\\*bits$"
    with pytest.raises(ValueError, match=error):
        Model(variant, scope)


def test_from_closed_only_open_is_possible() -> None:
    m = model(crashes=1, aborts=True)
    assert enabled(m, m.initial()) == {
        "A active OPEN",
        "A passive OPEN",
        "B active OPEN",
        "B passive OPEN",
    }


def test_from_established_both_ends_agree() -> None:
    m = model(start="established")
    a, b = m.initial().ends
    assert a.tcb == socket_in(State.ESTABLISHED)
    assert b.tcb == socket_in(State.ESTABLISHED, iss=300, irs=100)
    assert a.history == b.history == History(opens=1)
    assert enabled(m, m.initial()) == {"A SEND", "A CLOSE", "B SEND", "B CLOSE"}


def test_nothing_happens_by_itself() -> None:
    assert enabled(model(), QUIET) == set()


# The users.


@pytest.mark.parametrize(("sent", "allowed"), [(0, True), (1, True), (2, False)])
def test_send_within_the_budget(sent: int, allowed: bool) -> None:
    a = a_in(State.ESTABLISHED, History(opens=1, sent=sent, closed=True))
    assert ("A SEND" in enabled(model(data=2), system(a, QUIET.ends[1]))) is allowed


def test_send_gives_one_octet() -> None:
    a = a_in(State.ESTABLISHED, History(opens=1))
    _, then = after(model(), system(a, QUIET.ends[1]), "A SEND")
    assert then.channels == (flights(TEXT), ())
    assert then.ends[0].history.sent == 1


@pytest.mark.parametrize(("opens", "allowed"), [(1, False), (2, True)])
def test_open_within_the_budget(opens: int, allowed: bool) -> None:
    events = enabled(model(opens=opens), system(a_in(State.CLOSED), QUIET.ends[1]))
    assert ({"A active OPEN", "A passive OPEN"} <= events) is allowed
    assert bool(events) is allowed


def test_listen_active_open_is_the_same_connection() -> None:
    state = system(a_in(State.LISTEN), QUIET.ends[1])
    _, then = after(model(), state, "A active OPEN")
    assert then.ends[0].state == State.SYN_SENT
    assert then.ends[0].history.opens == 1


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.TIME_WAIT])
def test_refused_calls_are_no_events(state: State) -> None:
    """OPEN is refused in both; SEND and CLOSE in the second."""
    events = enabled(model(opens=2), system(a_in(state, History(opens=1)), QUIET.ends[1]))
    calls = {"A SEND", "A CLOSE"} if state == State.ESTABLISHED else {"A TIME-WAIT timeout"}
    assert events == calls


@pytest.mark.parametrize("name", ["A active OPEN", "A passive OPEN"])
def test_close_is_possible_in_each_connection(name: str) -> None:
    """The first one was closed as well, or lost in a crash."""
    m = model(opens=2)
    _, reopened = after(m, system(a_in(State.CLOSED), QUIET.ends[1]), name)
    assert "A CLOSE" in enabled(m, reopened)


def test_queued_close_is_called_once() -> None:
    a = a_in(State.SYN_RECEIVED, History(opens=1, sent=1), queued=1)
    _, then = after(model(), system(a, QUIET.ends[1]), "A CLOSE")
    assert then.ends[0].tcb.close_queued
    assert "A CLOSE" not in enabled(model(), then)


@pytest.mark.parametrize("aborts", [True, False])
def test_abort_where_the_scope_has_it(aborts: bool) -> None:
    assert ("A ABORT" in enabled(model(aborts=aborts), QUIET)) is aborts


def test_crash_forgets_the_connection() -> None:
    m = model(crashes=1)
    _, then = after(m, QUIET, "A crash")
    assert then.ends[0].tcb == socket_in(State.CLOSED)
    assert then.ends[0].history == replace(DONE, crashes=1)
    assert then.channels == QUIET.channels
    again = system(replace(QUIET.ends[0], history=replace(DONE, crashes=1)), QUIET.ends[1])
    assert "A crash" not in enabled(m, again)


# The network.


def test_delivery_loss_and_duplication() -> None:
    events = enabled(model(), system(*QUIET.ends, from_b=TEXT))
    assert events == {"A deliver", "B lose", "B duplicate"}


def test_delivery_takes_the_segment_and_sends_the_answer() -> None:
    state = system(a_in(State.FIN_WAIT_2), b_in(State.LAST_ACK), from_b=FIN_OF_B)
    step, then = after(model(), state, "A deliver")
    assert step is not None
    assert step.rule == "3.10.7.4 eighth: FIN, TIME-WAIT"
    assert then.ends == (a_in(State.TIME_WAIT, then.ends[0].history), state.ends[1])
    assert then.channels == (flights(ACK_OF_BOTH), ())


def test_delivery_waits_for_room_for_the_answer() -> None:
    """The runs explored are those in which never more are in flight."""
    state = system(
        a_in(State.FIN_WAIT_2), b_in(State.LAST_ACK), from_a=ACK_OF_BOTH, from_b=FIN_OF_B
    )
    assert "A deliver" not in enabled(model(capacity=1), state)
    assert "A deliver" in enabled(model(capacity=2), state)


def test_user_call_waits_for_room() -> None:
    state = system(a_in(State.ESTABLISHED, History(opens=1)), QUIET.ends[1], from_a=TEXT)
    assert not {"A SEND", "A CLOSE"} & enabled(model(capacity=1), state)
    assert {"A SEND", "A CLOSE"} <= enabled(model(capacity=2), state)


def test_what_the_network_does_changes_no_end() -> None:
    state = system(*QUIET.ends, from_b=TEXT)
    for name, contents in (("B lose", ()), ("B duplicate", flights(TEXT) * 2)):
        step, then = after(model(), state, name)
        assert step is None
        assert then == System(QUIET.ends, ((), contents))


# The TIME-WAIT timeout.


@pytest.mark.parametrize("other", [State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK])
def test_time_wait_quiet_outlasts_who_waits_for_its_ack(other: State) -> None:
    state = system(a_in(State.TIME_WAIT), b_in(other))
    assert "A TIME-WAIT timeout" not in enabled(model(), state)


@pytest.mark.parametrize("other", [State.CLOSED, State.TIME_WAIT, State.CLOSE_WAIT, State.LISTEN])
def test_time_wait_quiet_ends_once_nobody_waits(other: State) -> None:
    state = system(a_in(State.TIME_WAIT), b_in(other))
    assert "A TIME-WAIT timeout" in enabled(model(), state)


@pytest.mark.parametrize("wire", [{"from_a": ACK_OF_BOTH}, {"from_b": FIN_OF_B}])
def test_time_wait_quiet_outlasts_what_is_in_flight(wire: dict[str, Any]) -> None:
    state = system(a_in(State.TIME_WAIT), b_in(State.CLOSED), **wire)
    assert "A TIME-WAIT timeout" not in enabled(model(), state)


def test_time_wait_quiet_over_the_sent_set() -> None:
    """It holds all that was ever sent: only the other end counts."""
    m = model(channel="sent-set")
    ended = system(a_in(State.TIME_WAIT), b_in(State.CLOSED), ACK_OF_BOTH, FIN_OF_B)
    waits = system(a_in(State.TIME_WAIT), b_in(State.LAST_ACK), ACK_OF_BOTH, FIN_OF_B)
    assert "A TIME-WAIT timeout" in enabled(m, ended)
    assert "A TIME-WAIT timeout" not in enabled(m, waits)


def test_time_wait_any_moment() -> None:
    m = model(Profile(time_wait="any-moment"))
    state = system(a_in(State.TIME_WAIT), b_in(State.LAST_ACK), ACK_OF_BOTH, FIN_OF_B)
    assert "A TIME-WAIT timeout" in enabled(m, state)


def test_time_wait_timeout() -> None:
    state = system(a_in(State.TIME_WAIT, BOTH_FINS), b_in(State.CLOSED))
    step, then = after(model(), state, "A TIME-WAIT timeout")
    assert step is not None
    assert step.rule == "3.10.8: TIME-WAIT expires"
    assert then == system(a_in(State.CLOSED, BOTH_FINS), b_in(State.CLOSED))


# The retransmission timeout and the user timeout.


@pytest.mark.parametrize(
    ("state", "runs"),
    [
        (State.SYN_SENT, True),
        (State.SYN_RECEIVED, True),
        (State.FIN_WAIT_1, True),
        (State.CLOSING, True),
        (State.LAST_ACK, True),
        (State.LISTEN, False),
        (State.ESTABLISHED, False),
        (State.FIN_WAIT_2, False),
    ],
)
def test_retransmission_while_something_is_unacknowledged(state: State, runs: bool) -> None:
    events = enabled(model(), system(a_in(state), QUIET.ends[1]))
    assert ("A retransmission timeout" in events) is runs


def test_retransmission_for_ever_is_not_counted() -> None:
    state = system(a_in(State.FIN_WAIT_1, CLOSED_FIRST), QUIET.ends[1])
    _, then = after(model(), state, "A retransmission timeout")
    assert then.ends == state.ends
    assert then.channels == (flights(FIN), ())


def test_retransmission_up_to_the_bound_then_user_timeout() -> None:
    m = model(retransmissions=1, capacity=3)
    state = system(a_in(State.FIN_WAIT_1, CLOSED_FIRST), QUIET.ends[1])
    assert enabled(m, state) == {"A retransmission timeout"}
    _, state = after(m, state, "A retransmission timeout")
    assert state.ends[0].retries == 1
    events = enabled(m, state)
    assert "A retransmission timeout" not in events
    assert "A user timeout" in events
    step, state = after(m, state, "A user timeout")
    assert step is not None
    assert step.signals == (Signal.USER_TIMEOUT,)
    assert state.ends[0] == a_in(State.CLOSED, CLOSED_FIRST)


def test_retransmissions_are_counted_anew_after_progress() -> None:
    """The text before the FIN is acknowledged: the FIN has not been sent again yet."""
    a = a_in(State.FIN_WAIT_1, clocks={"retries": 2}, snd_nxt=103)
    state = system(a, QUIET.ends[1], from_b="<SEQ=301><ACK=102><CTL=ACK>")
    _, then = after(model(retransmissions=2), state, "A deliver")
    assert then.ends[0].retries == 0


def test_retransmissions_are_still_counted_after_a_duplicate_ack() -> None:
    a = a_in(State.FIN_WAIT_1, clocks={"retries": 2})
    state = system(a, QUIET.ends[1], from_b="<SEQ=301><ACK=101><CTL=ACK>")
    _, then = after(model(retransmissions=2), state, "A deliver")
    assert then.ends[0].retries == 2


# The clock. MSL is 2, TIME-WAIT lasts 4, and the retransmission timer is 2.


def clocked(**bounds: Any) -> Model:
    return model(clock=True, msl=2, time_wait=4, rto=2, **bounds)


def test_tick_counts_what_runs() -> None:
    state = system(a_in(State.TIME_WAIT), b_in(State.LAST_ACK), from_b=FIN_OF_B)
    step, then = after(clocked(), state, "tick")
    assert step is None
    assert then.ends == (
        a_in(State.TIME_WAIT, clocks={"time_wait": 1}),
        b_in(State.LAST_ACK, clocks={"rexmt": 1}),
    )
    assert then.channels == ((), flights(FIN_OF_B, age=1))


def test_tick_counts_nothing_else() -> None:
    assert after(clocked(), QUIET, "tick") == (None, QUIET)


def test_no_tick_without_a_clock() -> None:
    assert "tick" not in enabled(model(), QUIET)


@pytest.mark.parametrize(("age", "due"), [(3, False), (4, True)])
def test_time_wait_lasts_its_ticks(age: int, due: bool) -> None:
    """It ends then and not before, whatever is in flight and whoever waits."""
    state = system(
        a_in(State.TIME_WAIT, clocks={"time_wait": age}), b_in(State.LAST_ACK), from_b=FIN_OF_B
    )
    events = enabled(clocked(), state)
    assert ("A TIME-WAIT timeout" in events) is due
    assert ("tick" in events) is not due


@pytest.mark.parametrize(("age", "due"), [(1, False), (2, True)])
def test_retransmission_may_come_after_its_ticks(age: int, due: bool) -> None:
    """At once, or at any later moment: its clock stays where it is."""
    state = system(a_in(State.FIN_WAIT_1, clocks={"rexmt": age}), QUIET.ends[1])
    events = enabled(clocked(), state)
    assert ("A retransmission timeout" in events) is due
    _, then = after(clocked(), state, "tick")
    assert then.ends[0].rexmt == 2


def test_retransmission_comes_after_its_ticks_where_their_number_is_limited() -> None:
    """Else the user timeout, which counts them, would be no time."""
    state = system(a_in(State.FIN_WAIT_1, clocks={"rexmt": 2}), QUIET.ends[1])
    assert enabled(clocked(retransmissions=1), state) == {"A retransmission timeout"}


def test_user_timeout_is_due_where_a_retransmission_was() -> None:
    a = a_in(State.FIN_WAIT_1, clocks={"rexmt": 2, "retries": 1})
    assert enabled(clocked(retransmissions=1), system(a, QUIET.ends[1])) == {"A user timeout"}


def test_retransmission_restarts_its_timer() -> None:
    state = system(a_in(State.FIN_WAIT_1, CLOSED_FIRST, clocks={"rexmt": 2}), QUIET.ends[1])
    _, then = after(clocked(), state, "A retransmission timeout")
    assert then.ends[0] == a_in(State.FIN_WAIT_1, CLOSED_FIRST)


def test_new_text_does_not_restart_the_timer_of_the_old() -> None:
    a = a_in(State.ESTABLISHED, History(opens=1), clocks={"rexmt": 1}, snd_nxt=102)
    _, then = after(clocked(), system(a, QUIET.ends[1]), "A SEND")
    assert then.ends[0].rexmt == 1


def test_ack_of_everything_stops_the_timer() -> None:
    a = a_in(State.FIN_WAIT_1, clocks={"rexmt": 1})
    state = system(a, QUIET.ends[1], from_b="<SEQ=301><ACK=102><CTL=ACK>")
    _, then = after(clocked(), state, "A deliver")
    assert then.ends[0] == a_in(State.FIN_WAIT_2)


def test_ack_of_a_part_restarts_the_timer() -> None:
    """The FIN is now the front of the queue."""
    a = a_in(State.FIN_WAIT_1, clocks={"rexmt": 1}, snd_nxt=103)
    state = system(a, QUIET.ends[1], from_b="<SEQ=301><ACK=102><CTL=ACK>")
    _, then = after(clocked(), state, "A deliver")
    assert then.ends[0].rexmt == 0


def test_tick_waits_for_a_segment_that_is_too_old() -> None:
    """At MSL it is delivered at that moment or not at all."""
    state = system(*QUIET.ends, from_b=TEXT, age=2)
    events = enabled(clocked(), state)
    assert {"B expire", "A deliver"} <= events
    assert "tick" not in events


def test_tick_waits_for_a_segment_that_must_arrive() -> None:
    state = system(*QUIET.ends, from_b="<SEQ=301><ACK=102><CTL=ACK>", age=2)
    assert "B expire" in enabled(clocked(loss="any"), state)
    assert "B expire" not in enabled(clocked(loss="not-acks"), state)


def test_time_wait_entered_starts_its_clock() -> None:
    state = system(a_in(State.FIN_WAIT_2), b_in(State.LAST_ACK), from_b=FIN_OF_B)
    _, then = after(clocked(), state, "A deliver")
    assert (then.ends[0].state, then.ends[0].time_wait) == (State.TIME_WAIT, 0)


@pytest.mark.parametrize(
    ("restart", "text", "clock"),
    [
        ("fin", FIN_OF_B, 0),
        ("any", FIN_OF_B, 0),
        ("fin", "<SEQ=300><ACK=101><DATA=1><CTL=ACK>", 3),
        ("any", "<SEQ=300><ACK=101><DATA=1><CTL=ACK>", 0),
        ("fin", "<SEQ=302><ACK=102><CTL=ACK>", 3),
        ("any", "<SEQ=302><ACK=102><CTL=ACK>", 3),
    ],
)
def test_time_wait_restarted(restart: Any, text: str, clock: int) -> None:
    """By a retransmitted FIN; by another old segment only where the profile says so."""
    m = Model(Variant("test", profile=Profile(time_wait_restart=restart)), clocked().scope)
    a = a_in(State.TIME_WAIT, clocks={"time_wait": 3})
    _, then = after(m, system(a, b_in(State.LAST_ACK), from_b=text), "A deliver")
    assert then.ends[0].time_wait == clock


def test_time_wait_restart_without_a_clock_changes_nothing() -> None:
    waiting = a_in(State.TIME_WAIT, replace(DONE, waited=True))
    state = system(waiting, b_in(State.LAST_ACK), from_b=FIN_OF_B)
    _, then = after(model(), state, "A deliver")
    assert then.ends == state.ends


# The history.


@pytest.mark.parametrize("name", ["A active OPEN", "A passive OPEN"])
def test_history_opens(name: str) -> None:
    m = model()
    assert history_of(m, m.initial(), name) == History(opens=1)


@pytest.mark.parametrize("name", ["A active OPEN", "A passive OPEN"])
def test_history_starts_anew_with_each_connection(name: str) -> None:
    """But for what the scope bounds."""
    spent: dict[str, Any] = {"sent": 1, "crashes": 1}
    bits = {field.name: True for field in fields(History) if field.type == "bool"}
    assert len(bits) == 10
    start = system(a_in(State.CLOSED, History(1, **spent, **bits)), QUIET.ends[1])
    assert history_of(model(opens=2), start, name) == History(2, **spent)


def test_history_goes_on_from_listen() -> None:
    past = History(opens=1, fin_received=True)
    start = system(a_in(State.LISTEN, past), QUIET.ends[1])
    assert history_of(model(opens=2), start, "A active OPEN") == past


@pytest.mark.parametrize("state", [State.LISTEN, State.SYN_SENT])
def test_history_gave_up(state: State) -> None:
    start = system(a_in(state, History(opens=1)), QUIET.ends[1])
    assert history_of(model(), start, "A CLOSE") == History(opens=1, closed=True, gave_up=True)


def test_history_active_close() -> None:
    start = system(a_in(State.ESTABLISHED, History(opens=1)), QUIET.ends[1])
    history = history_of(model(), start, "A CLOSE")
    assert (history.closed, history.fin_sent, history.active) == (True, True, True)
    assert not history.gave_up
    assert not history.fin_received


def test_history_passive_close() -> None:
    start = system(a_in(State.CLOSE_WAIT, History(opens=1, fin_received=True)), QUIET.ends[1])
    history = history_of(model(), start, "A CLOSE")
    assert (history.closed, history.fin_sent, history.active) == (True, True, False)


def test_history_passive_close_with_what_was_queued() -> None:
    """The FIN leaves with the ACK of the other's."""
    a = a_in(State.SYN_RECEIVED, queued=1, close_queued=True)
    start = system(a, QUIET.ends[1], from_b="<SEQ=301><ACK=101><CTL=FIN,ACK>")
    history = history_of(model(), start, "A deliver")
    assert (history.fin_sent, history.fin_received, history.active) == (True, True, False)


def test_history_retransmitted_fin_makes_no_active_close() -> None:
    past = replace(DONE, fin_sent=True, fin_received=True)
    start = system(a_in(State.LAST_ACK, past), QUIET.ends[1])
    assert history_of(model(), start, "A retransmission timeout") == past


def test_history_fin_received() -> None:
    start = system(a_in(State.FIN_WAIT_2), b_in(State.LAST_ACK), from_b=FIN_OF_B)
    arrived = replace(DONE, fin_received=True, waited=True)
    assert history_of(model(), start, "A deliver") == arrived


def test_history_combined() -> None:
    """Note 2 of Figure 5: one segment brought the FIN and the ACK of ours."""
    start = system(a_in(State.FIN_WAIT_1), b_in(State.LAST_ACK), from_b=FIN_OF_B)
    history = history_of(model(), start, "A deliver")
    assert history == replace(DONE, fin_received=True, combined=True, waited=True)


def test_history_abort_is_not_combined() -> None:
    """It goes from FIN-WAIT-1 to TIME-WAIT as well, and no segment brought anything."""
    m = model(Profile(after_abort="time-wait"), aborts=True)
    start = system(a_in(State.FIN_WAIT_1), QUIET.ends[1])
    assert not history_of(m, start, "A ABORT").combined


@pytest.mark.parametrize(
    ("state", "changes", "reset"),
    [
        (State.ESTABLISHED, {}, True),
        (State.LAST_ACK, {"rcv_nxt": 301}, True),
        (State.TIME_WAIT, {"rcv_nxt": 301}, False),
        (State.SYN_RECEIVED, {}, False),
        (State.LISTEN, {}, False),
    ],
)
def test_history_reset(state: State, changes: dict[str, Any], reset: bool) -> None:
    """Being refused in SYN-RECEIVED is no reset; in TIME-WAIT the user is told nothing."""
    a = a_in(state, BOTH_FINS if state == State.TIME_WAIT else DONE, **changes)
    start = system(a, b_in(State.CLOSED), from_b="<SEQ=301><CTL=RST>")
    assert history_of(model(), start, "A deliver").reset is reset


def test_history_assassinated() -> None:
    """RFC 1337: a segment ends TIME-WAIT. Its timer does not."""
    start = system(a_in(State.TIME_WAIT), b_in(State.CLOSED), from_b="<SEQ=302><CTL=RST>")
    assert history_of(model(), start, "A deliver").assassinated
    ended = system(a_in(State.TIME_WAIT), b_in(State.CLOSED))
    assert not history_of(model(), ended, "A TIME-WAIT timeout").assassinated


def test_history_of_the_other_end_stays() -> None:
    start = system(a_in(State.FIN_WAIT_2), b_in(State.LAST_ACK), from_b=FIN_OF_B)
    _, then = after(model(), start, "A deliver")
    assert then.ends[1] == start.ends[1]
