"""The catalogue by the explicit engine: every property on every variant that it is meant for.

The whole takes seconds, as the graph of each variant and scope is explored once for all of them.
"""

from __future__ import annotations

from functools import cache

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.running.jobs import decides, grouped, select
from tcpmc.checks.trace import Trace, shows
from tcpmc.checks.verdict import REFUTED, VACUOUS, WITNESS, Answer
from tcpmc.model.endpoint.tcb import CONNECTION_RESET, State
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS

ASKED = [
    (name, variant)
    for name, prop in PROPERTIES.items()
    if decides("explicit", prop, SCOPES["default"])
    for variant in prop.expected
]

LENGTHS = {  # of the shortest trace, or of the lasso with the index to which it returns
    ("established", "rfc9293"): (5, None),
    ("simultaneous-open", "rfc9293"): (8, None),
    ("simultaneous-open", "figure-7"): (6, None),
    ("closing", "rfc9293"): (7, None),
    ("closing-both", "rfc9293"): (8, None),
    ("three-segment-close", "rfc9293"): (12, None),
    ("half-close-data", "rfc9293"): (9, None),
    ("no-phantom-connection", "two-way-handshake"): (4, None),
    ("time-wait-not-assassinated", "rfc9293"): (12, None),
    ("no-deadlock", "no-time-wait-silent"): (11, None),
    ("no-deadlock-giving-up", "no-time-wait-silent"): (7, None),
    ("graceful-close", "no-time-wait"): (11, None),
    ("graceful-close", "hasty-time-wait"): (12, None),
    ("peer-leaves-last-ack", "no-time-wait-silent"): (13, 11),
    ("close-completes", "no-time-wait-silent"): (13, 11),
    ("sent-is-acknowledged", "no-time-wait-silent"): (10, 8),
    ("close-survives-crash", "rfc9293"): (9, 9),
    ("2msl-sufficient", "drop-out-of-order"): (16, None),
    ("2msl-tight", "rfc9293"): (12, None),
    ("2msl-last-ack-lost", "rfc9293"): (12, None),
    ("2msl-text-outstanding", "rfc9293"): (17, None),
    ("2msl-reset-left", "rfc9293"): (14, None),
    ("time-wait-not-assassinated", "linux"): (12, None),
    ("handshake", "rfc9293"): (5, None),
    ("refused", "rfc9293"): (3, None),
    ("established-alone", "rfc9293"): (4, None),
    ("text-both-ways", "rfc9293"): (8, None),
    ("no-text-before-both-established", "rfc9293"): (5, None),
    ("close-in-syn-received", "rfc9293"): (4, None),
    ("orderly-close", "rfc9293"): (7, None),
    ("a-closes-first", "rfc9293"): (8, None),
    ("b-closes-first", "rfc9293"): (8, None),
    ("close-takes-four", "rfc9293"): (12, None),
    ("time-wait-from-fin-wait-2", "rfc9293"): (9, None),
    ("time-wait-from-closing", "rfc9293"): (9, None),
    ("time-wait-both", "rfc9293"): (10, None),
    ("close-passes-time-wait-aborts", "rfc9293"): (10, None),
    ("active-opener-in-last-ack", "rfc9293"): (8, None),
    ("passive-closer-first", "hasty-time-wait"): (9, None),
    ("first-fin-lost", "rfc9293"): (9, None),
    ("first-ack-lost", "rfc9293"): (7, None),
    ("second-fin-lost", "rfc9293"): (9, None),
    ("last-ack-lost", "rfc9293"): (10, None),
    ("2msl-late-fin-reset", "rfc9293"): (15, None),
    ("2msl-ack-lost-segment-left", "rfc9293"): (13, None),
    ("no-old-data", "rfc9293"): (17, None),
    ("no-old-data", "no-time-wait"): (14, None),
    ("no-old-data", "hasty-time-wait"): (15, None),
    ("no-old-data", "tw-reuse-always"): (15, None),
    ("no-old-data", "rfc793"): (17, None),
    ("no-old-reset", "rfc9293"): (14, None),
    ("no-old-reset", "rfc1337-f2"): (14, None),
    ("no-old-reset", "linux"): (12, None),
    ("no-desynchronization", "rfc9293"): (14, None),
    ("no-desynchronization", "rfc1337-f2"): (16, None),
    ("no-livelock", "rfc9293"): (16, 14),
    ("no-livelock-old-opening", "rfc9293"): (14, 12),
    ("no-livelock-old-opening", "rfc1337"): (14, 12),
    ("no-livelock-old-opening", "rfc1337-f2"): (14, 12),
    ("recycle-admits-both", "tw-recycle"): (11, 9),
    ("vanished-peer-noticed", "rfc9293"): (1, 1),
    ("no-old-connection", "two-way-handshake"): (15, None),
    ("reopening-succeeds", "rfc1337"): (18, None),
    ("reopening-succeeds", "lwip"): (18, None),
    ("reopening-succeeds-any-isn", "rfc9293"): (15, None),
    ("reopening-succeeds-any-isn", "rfc1337"): (15, None),
    ("reopening-succeeds-any-isn", "lwip"): (9, None),
    ("reopening-succeeds-any-isn", "may-2"): (15, None),
    ("reopening-succeeds-any-isn", "freebsd"): (15, None),
    ("reopening-succeeds-same-isn", "rfc1337"): (18, None),
    ("reopening-succeeds-same-isn", "lwip"): (18, None),
    ("reopening-succeeds-same-isn", "may-2"): (18, None),
    ("reopening-succeeds-same-isn", "freebsd"): (18, None),
    ("time-wait-reopened", "may-2"): (7, None),
    ("time-wait-reopened", "rfc6191"): (7, None),
    ("time-wait-reopened", "tw-reuse"): (5, None),
    ("time-wait-reopened", "linux"): (7, None),
    ("time-wait-reopened", "freebsd"): (7, None),
    ("quiet-time-protects", "no-quiet-time"): (7, None),
    ("no-blind-reset", "rfc793"): (1, None),
    ("established-not-reset", "no-time-wait"): (6, None),
    ("half-open-discovered", "no-time-wait-silent"): (11, 9),
    ("half-open-old-syn", "rfc9293"): (10, None),
    ("half-open-active-side", "rfc9293"): (4, None),
    ("old-syn-meets-listeners", "rfc9293"): (7, None),
    ("figure-5", "two-way-handshake"): (3, None),
    ("closed-answers", "no-time-wait-silent"): (2, None),
    ("listen-answers", "two-way-handshake"): (3, None),
    ("reset-is-obeyed", "rfc1337"): (11, None),
    ("reset-elsewhere", "rfc793"): (5, None),
    ("syn-is-challenged", "rfc793"): (5, None),
    ("fin-leads-on", "no-time-wait"): (8, None),
    ("ack-leads-on", "no-time-wait"): (9, None),
    ("time-wait-restarts", "no-restart"): (7, None),
    ("window-guards", "figure-7"): (5, None),
    ("time-wait-restarts", "time-wait-restart-any"): (5, None),
}


@cache
def answers(variant: str, scope: Scope) -> dict[str, Answer]:
    """What the explicit engine says of all that is asked of the variant in the scope."""
    jobs = select([], [variant], SCOPES["default"], ("explicit",), every=True)
    group = next(group for group in grouped(jobs) if group.scope == scope)
    props = [prop for prop in group.decided_by("explicit") if variant in prop.expected]
    return ExplicitEngine(Model(VARIANTS[variant], scope)).decide(props)


def answer(name: str, variant: str) -> Answer:
    return answers(variant, PROPERTIES[name].scope_for(SCOPES["default"]))[name]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "variant"), ASKED)
def test_every_property_has_its_expected_verdict(name: str, variant: str) -> None:
    found = answer(name, variant)
    assert found.word == PROPERTIES[name].expected[variant]
    assert found.word != VACUOUS
    assert (found.trace is not None) == (found.word in (WITNESS, REFUTED))


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "variant"), LENGTHS)
def test_every_trace_is_as_short_as_it_was(name: str, variant: str) -> None:
    trace = evidence(name, variant)
    assert (len(trace), trace.loop) == LENGTHS[name, variant]
    scope = PROPERTIES[name].scope_for(SCOPES["default"])
    assert shows(Model(VARIANTS[variant], scope), PROPERTIES[name], trace)


def test_every_trace_has_its_length_here() -> None:
    expected = {
        (name, variant)
        for name, variant in ASKED
        if PROPERTIES[name].expected[variant] in (WITNESS, REFUTED)
    }
    assert expected == LENGTHS.keys()


def evidence(name: str, variant: str) -> Trace:
    trace = answer(name, variant).trace
    assert trace is not None
    return trace


# --- what the headline traces show ----------------------------------------------------------------


def test_without_time_wait_the_last_ack_is_lost_and_the_peer_is_reset() -> None:
    """One end is already CLOSED when its ACK of the other's FIN is lost; what the other end still
    sends there is answered by a reset."""
    trace = evidence("graceful-close", "no-time-wait")
    lost = [event.flight.segment for event in trace.events if event.kind == "lose" and event.flight]
    last = trace.events[-1]
    assert last.kind == "deliver" and last.flight is not None and last.flight.segment.RST
    peer, gone = last.end, 1 - last.end
    assert [end.state for end in trace.states[-2].ends][peer] == State.LAST_ACK
    assert [end.state for end in trace.states[-2].ends][gone] == State.CLOSED
    fin_at = trace.states[-2].ends[peer].tcb.snd_una
    assert [(ack.ACK, ack.ack) for ack in lost] == [(True, fin_at + 1)]
    assert trace.steps[-1] is not None and trace.steps[-1].signals == (CONNECTION_RESET,)
    assert all(end.history.closed for end in trace.states[-1].ends)


def test_with_a_silent_closed_host_the_peer_is_stuck_in_last_ack() -> None:
    """Nothing is in flight any more, and what LAST-ACK sends again is ignored for ever."""
    trace = evidence("no-deadlock", "no-time-wait-silent")
    model, last = Model(VARIANTS["no-time-wait-silent"], SCOPES["default"]), trace.states[-1]
    assert sorted(str(end.state) for end in last.ends) == ["CLOSED", "LAST-ACK"]
    assert last.channels == ((), ())
    stuck = [end.state for end in last.ends].index(State.LAST_ACK)
    (move,) = model.own_moves(stuck, last.ends[stuck])
    assert move.event == "retransmission timeout"
    assert model.ignores(1 - stuck, last.ends[1 - stuck], move.step.send[0])


def test_the_lasso_of_last_ack_retransmits_for_ever() -> None:
    trace = evidence("peer-leaves-last-ack", "no-time-wait-silent")
    assert [event.kind for event in trace.events[trace.loop :]] == [
        "retransmission timeout",
        "deliver",
    ]
    assert {str(end.state) for state in trace.states[trace.loop :] for end in state.ends} == {
        "CLOSED",
        "LAST-ACK",
    }


@pytest.mark.exhaustive
def test_an_assassinated_time_wait_ends_by_a_reset() -> None:
    trace = evidence("time-wait-not-assassinated", "rfc9293")
    last = trace.events[-1]
    assert last.flight is not None and last.flight.segment.RST
    assert trace.states[-2].ends[last.end].state == State.TIME_WAIT
    assert trace.states[-1].ends[last.end].state == State.CLOSED


def test_one_tick_less_than_2msl_leaves_a_segment_of_the_connection() -> None:
    trace = evidence("2msl-tight", "rfc9293")
    scope = PROPERTIES["2msl-tight"].scope_for(SCOPES["default"])
    assert scope.time_wait == 2 * scope.msl - 1
    last = trace.states[-1]
    waiting = [end for end in last.ends if end.state == State.TIME_WAIT]
    assert waiting[0].time_wait == scope.time_wait
    assert last.in_flight(lambda segment: not segment.RST, younger=scope.msl)
