"""Several connections between the same addresses: what segments are about, and what is recorded.

What a segment is about is `(incarnation of the sender, incarnation of the receiver)`. It is ghost
state: properties read it, rules cannot. A begins on 100 and B on 300, as in the other tests.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

import pytest

from harness import segment, socket_in
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import explore
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Tcb
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.history import History
from tcpmc.model.network.incarnations import (
    FIRST,
    FORGED,
    About,
    Incarnation,
    clock,
    forgeries,
    offsets,
)
from tcpmc.model.network.product import End, Move, System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.variant import Variant

TEXT = "<SEQ=101><ACK=301><DATA=1><CTL=ACK>"
ACK = "<SEQ=101><ACK=301><CTL=ACK>"


def model(profile: Profile | None = None, **bounds: Any) -> Model:
    """The rules within a scope in which both ends may open twice."""
    scope = Scope("test", opens=2, bits=32, start="established").with_(**bounds)
    return Model(Variant("test", profile=profile or Profile()), scope)


def b_in(state: State, opens: int = 1, known: Incarnation = FIRST, **changes: Any) -> End:
    """End B, which is in its connection number `opens`."""
    tcb = socket_in(state, iss=300, irs=100, **changes)
    return End(tcb, History(opens=opens), incarnation=known)


def arrives(
    end: End, text: str, about: About, profile: Profile | None = None, **bounds: Any
) -> Move:
    """What the segment does at end B."""
    return model(profile, **bounds).receive(1, end, segment(text), about)


def call(name: EventKind, end: End, profile: Profile | None = None, **bounds: Any) -> Move:
    """What the user or a timer of end B does."""
    move = model(profile, **bounds).own_move(name, 1, end, end.incarnation.offset)
    assert move is not None
    return move


def flags(end: End) -> set[str]:
    """What is recorded of this end as wrong."""
    names = ("old_data", "old_reset", "blind_reset")
    return {name for name in names if getattr(end.incarnation, name)}


SECOND = Incarnation(peer=2)
"""The record of an end whose peer is in its second connection."""


# The rules cannot read the ghost: no part of what they are given has it.


def test_no_rule_is_given_what_a_segment_is_about() -> None:
    """A rule gets the host, the TCB and the segment; the ghost is in none of their fields."""
    arguments = {kind for hint in get_type_hints(Rules).values() for kind in get_args(hint)[0]}
    assert arguments == {Host, Tcb, Segment, int}
    given = {*_fields(Host), *_fields(Tcb), *_fields(Segment), *_fields(Profile), *Seq.__slots__}
    assert given.isdisjoint({"about", "incarnation", "history", "flight", "end", "system"})
    ghost = {*_fields(Incarnation)} - {"remembered"}
    assert given.isdisjoint(ghost)


def _fields(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))


def test_the_step_is_the_same_whatever_the_segment_is_about() -> None:
    for state in (State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED):
        for text in ("<SEQ=100><CTL=SYN>", ACK, TEXT, "<SEQ=101><CTL=RST>"):
            end = b_in(state, opens=2, known=SECOND)
            abouts: tuple[About, ...] = ((1, 1), (2, 2), (1, 0), FORGED)
            steps = {arrives(end, text, about).step for about in abouts}
            assert len(steps) == 1


# What segments are about.


def test_a_syn_is_for_an_incarnation_not_yet_known() -> None:
    assert call(EventKind.ACTIVE_OPEN, b_in(State.CLOSED)).about == (2, 0)
    assert call(EventKind.RETRANSMISSION_TIMEOUT, b_in(State.SYN_SENT, opens=2)).about == (2, 0)


def test_a_syn_ack_answers_the_incarnation_whose_syn_arrived() -> None:
    move = arrives(b_in(State.LISTEN, opens=2), "<SEQ=100><CTL=SYN>", (1, 0))
    assert move.end.incarnation.peer == 1
    assert move.about == (2, 1)


@pytest.mark.parametrize("name", [EventKind.SEND, EventKind.CLOSE, EventKind.ABORT])
def test_what_the_user_sends_is_for_the_peer(name: EventKind) -> None:
    """Also the reset of an ABORT, after which the peer is forgotten."""
    end = b_in(State.ESTABLISHED, opens=2, known=Incarnation(peer=1))
    assert call(name, end, aborts=True).about == (2, 1)


def test_an_ack_is_for_the_peer_whatever_it_answers() -> None:
    """Old segments are answered as new ones are, and the answer is about this connection."""
    move = arrives(b_in(State.ESTABLISHED, 2, SECOND), "<SEQ=90><CTL=ACK>", (1, 1))
    assert move.step.send and move.about == (2, 2)


@pytest.mark.parametrize("about", [(1, 1), (2, 0), (2, 1)])
def test_a_reset_is_about_the_connection_of_the_segment_that_it_answers(about: About) -> None:
    for state in (State.CLOSED, State.LISTEN):
        move = arrives(b_in(state, opens=2), ACK, about)
        assert move.step.send[0].RST
        assert move.about == (about[1], about[0])


def test_a_reset_that_answers_a_forged_segment_is_not_forged() -> None:
    """It is this end that sends it, to its peer."""
    end = b_in(State.ESTABLISHED, known=Incarnation(peer=1))
    profile = Profile(challenge_acks=False)
    move = arrives(end, "<SEQ=102><CTL=SYN>", FORGED, profile, attacks=1)
    assert move.step.send[0].RST
    assert move.about == (1, 1)


def test_taking_time_wait_over_the_syn_is_for_an_incarnation_not_yet_known() -> None:
    profile = Profile(tw_reuse="always")
    move = call(EventKind.ACTIVE_OPEN, b_in(State.TIME_WAIT, known=Incarnation(peer=1)), profile)
    assert move.end.history.opens == 2
    assert move.about == (2, 0)


# The peer.


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.LISTEN, "<SEQ=100><CTL=SYN>"),
        (State.SYN_SENT, "<SEQ=100><CTL=SYN>"),
        (State.SYN_SENT, "<SEQ=100><ACK=301><CTL=SYN,ACK>"),
    ],
)
@pytest.mark.parametrize("sender", [1, 2])
def test_the_peer_is_whose_syn_was_taken(state: State, text: str, sender: int) -> None:
    move = arrives(b_in(state, opens=2), text, (sender, 0))
    assert move.end.incarnation.peer == sender


def test_listen_the_peer_is_recorded_whatever_its_iss() -> None:
    """Zero is a number like others."""
    assert arrives(b_in(State.LISTEN), "<SEQ=0><CTL=SYN>", (1, 0)).end.incarnation.peer == 1


def test_established_nothing_changes_the_peer() -> None:
    end = b_in(State.ESTABLISHED, 2, SECOND)
    for text in (ACK, TEXT, "<SEQ=102><CTL=SYN>"):
        assert arrives(end, text, (1, 1)).end.incarnation.peer == 2


@pytest.mark.parametrize("text", ["<SEQ=101><ACK=302><CTL=ACK>", "<SEQ=101><CTL=RST>"])
def test_closed_the_peer_is_forgotten(text: str) -> None:
    end = b_in(State.LAST_ACK, 2, SECOND, rcv_nxt=101)
    assert arrives(end, text, (2, 2)).end.incarnation.peer == 0


@pytest.mark.parametrize("irs", [303, 100])
def test_time_wait_reopened_the_peer_is_the_new_one(irs: int) -> None:
    """By a timestamp even on the very ISS of the connection before (RFC 6191)."""
    profile = Profile(timestamps=True, reopening="timestamps")
    end = b_in(State.TIME_WAIT, known=Incarnation(peer=1), ts_recent=2)
    move = arrives(end, f"<SEQ={irs}><CTL=SYN><TSval=3>", (2, 0), profile)
    assert move.end.state == State.SYN_RECEIVED
    assert move.end.history.opens == 2
    assert move.end.incarnation == Incarnation(peer=2, taken_over=True)
    assert move.about == (2, 2)


# old_data: the user was given an octet of another connection.


@pytest.mark.parametrize(
    ("about", "old"),
    [
        ((2, 2), False),  # sent by the peer, to this connection
        ((1, 1), True),  # of the connection before
        ((1, 2), True),  # sent by a former incarnation of the peer
        ((2, 1), True),  # sent by the peer to the connection before
        (FORGED, True),
    ],
)
def test_established_text_is_old_if_it_is_about_another_connection(about: About, old: bool) -> None:
    move = arrives(b_in(State.ESTABLISHED, 2, SECOND), TEXT, about)
    assert move.end.tcb.rcv_nxt == Seq(102)
    assert flags(move.end) == ({"old_data"} if old else set())


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2])
def test_old_text_is_noted_wherever_text_is_taken(state: State) -> None:
    move = arrives(b_in(state, 2, SECOND), TEXT, (1, 1))
    assert flags(move.end) == {"old_data"}


def test_syn_received_text_with_the_ack_that_establishes_can_be_old() -> None:
    move = arrives(b_in(State.SYN_RECEIVED, 2, SECOND), TEXT, (1, 1))
    assert move.end.state == State.ESTABLISHED
    assert flags(move.end) == {"old_data"}


@pytest.mark.parametrize(
    "text",
    [
        ACK,  # no text
        "<SEQ=101><ACK=301><CTL=FIN,ACK>",  # a FIN is no text, though it takes a number
        "<SEQ=100><ACK=301><DATA=1><CTL=ACK>",  # received before
        "<SEQ=102><ACK=301><DATA=1><CTL=ACK>",  # out of order: not taken
        "<SEQ=200><ACK=301><DATA=1><CTL=ACK>",  # outside the window
    ],
)
def test_established_no_octet_is_taken_so_none_is_old(text: str) -> None:
    assert flags(arrives(b_in(State.ESTABLISHED, 2, SECOND), text, (1, 1)).end) == set()


def test_established_old_text_with_a_fin_is_old_text() -> None:
    text = "<SEQ=101><ACK=301><DATA=1><CTL=FIN,ACK>"
    move = arrives(b_in(State.ESTABLISHED, 2, SECOND), text, (1, 1))
    assert move.end.state == State.CLOSE_WAIT
    assert flags(move.end) == {"old_data"}


def test_fin_wait_2_old_text_with_a_fin_is_noted_where_time_wait_is_skipped() -> None:
    """Although nothing is left of the TCB to see it by."""
    text, profile = "<SEQ=101><ACK=302><DATA=1><CTL=FIN,ACK>", Profile(time_wait="none")
    for about, old in (((1, 1), {"old_data"}), ((2, 2), set[str]())):
        move = arrives(b_in(State.FIN_WAIT_2, 2, SECOND), text, about, profile)
        assert move.end.state == State.CLOSED
        assert flags(move.end) == old


@pytest.mark.parametrize("state", [State.CLOSE_WAIT, State.CLOSING, State.TIME_WAIT])
def test_after_the_fin_no_text_is_taken(state: State) -> None:
    text = "<SEQ=102><ACK=301><DATA=1><CTL=ACK>"
    assert flags(arrives(b_in(state, 2, SECOND), text, (1, 1)).end) == set()


def test_a_retransmission_is_about_the_connection_that_first_sent_it() -> None:
    """And so no octet of it is old."""
    sender = End(socket_in(State.ESTABLISHED, snd_nxt=102), History(opens=2), incarnation=SECOND)
    again = model().own_move(EventKind.RETRANSMISSION_TIMEOUT, 0, sender)
    assert again is not None and again.about == (2, 2)
    move = arrives(b_in(State.ESTABLISHED, 2, SECOND), str(again.step.send[0]), again.about)
    assert flags(move.end) == set()


def test_text_of_a_peer_that_has_opened_again_since_is_not_old() -> None:
    """It was meant for this connection, which is still there; the peer's next one is another's."""
    end = b_in(State.ESTABLISHED, 1, Incarnation(peer=1))
    assert flags(arrives(end, TEXT, (1, 1)).end) == set()


def test_back_in_time_wait_nothing_was_taken() -> None:
    """The old RCV.NXT is beyond that of the SYN that turned out to be old."""
    profile = Profile(timestamps=True, reopening="timestamps")
    waiting = b_in(State.TIME_WAIT, known=Incarnation(peer=1), ts_recent=2)
    begun = arrives(waiting, "<SEQ=100><CTL=SYN><TSval=3>", (1, 0), profile).end
    move = arrives(begun, "<SEQ=101><CTL=RST>", (1, 1), profile)
    assert move.end.tcb == waiting.tcb
    assert "old_data" not in flags(move.end)


def test_a_flag_stays_until_the_next_connection() -> None:
    end = b_in(State.ESTABLISHED, 2, replace(SECOND, old_data=True))
    assert flags(arrives(end, ACK, (2, 2)).end) == {"old_data"}
    again = call(EventKind.PASSIVE_OPEN, b_in(State.CLOSED, 1, Incarnation(old_data=True)))
    assert flags(again.end) == set()


# old_reset: the connection was ended by a segment about an earlier one.


@pytest.mark.parametrize(("about", "old"), [((2, 2), False), ((1, 1), True), ((2, 1), True)])
@pytest.mark.parametrize("state", [State.SYN_RECEIVED, State.ESTABLISHED, State.LAST_ACK])
def test_a_reset_is_old_if_it_was_meant_for_an_earlier_connection(
    state: State, about: About, old: bool
) -> None:
    end = b_in(state, 2, SECOND)
    move = arrives(end, f"<SEQ={end.tcb.rcv_nxt}><CTL=RST>", about)
    assert move.end.state == State.CLOSED
    assert flags(move.end) == ({"old_reset"} if old else set())


def test_established_a_reset_of_an_earlier_peer_that_was_meant_for_this_one_is_not_old() -> None:
    """The peer crashed, say, and a segment of this connection was answered by a reset."""
    move = arrives(b_in(State.ESTABLISHED, 2, SECOND), "<SEQ=101><CTL=RST>", (1, 2))
    assert flags(move.end) == set()


def test_syn_received_an_old_reset_back_to_listen_ends_the_connection_too() -> None:
    """Hazard H3 of RFC 1337."""
    end = b_in(State.SYN_RECEIVED, 2, SECOND, passive=True)
    move = arrives(end, "<SEQ=101><CTL=RST>", (1, 1))
    assert move.end.state == State.LISTEN
    assert flags(move.end) == {"old_reset"}


def test_syn_sent_an_old_reset_that_acknowledges_the_syn() -> None:
    move = arrives(b_in(State.SYN_SENT, 2), "<SEQ=0><ACK=301><CTL=RST,ACK>", (1, 1))
    assert move.end.state == State.CLOSED
    assert flags(move.end) == {"old_reset"}


def test_established_an_old_syn_in_the_window_resets_by_rfc_793() -> None:
    end, profile = b_in(State.ESTABLISHED, 2, SECOND), Profile(challenge_acks=False)
    assert flags(arrives(end, "<SEQ=102><CTL=SYN>", (1, 0), profile).end) == {"old_reset"}
    assert flags(arrives(end, "<SEQ=102><CTL=SYN>", (2, 0), profile).end) == set()


def test_syn_received_an_old_syn_back_to_listen_ends_the_connection_too() -> None:
    """RFC 9293, 3.10.7.4, fourth."""
    end = b_in(State.SYN_RECEIVED, 2, SECOND, passive=True)
    assert flags(arrives(end, "<SEQ=102><CTL=SYN>", (1, 0)).end) == {"old_reset"}
    assert flags(arrives(end, "<SEQ=102><CTL=SYN>", (2, 0)).end) == set()


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.ESTABLISHED, "<SEQ=102><CTL=RST>"),  # challenged
        (State.ESTABLISHED, "<SEQ=200><CTL=RST>"),  # outside the window
        (State.TIME_WAIT, "<SEQ=102><CTL=RST>"),  # assassination is another matter
        (State.LAST_ACK, "<SEQ=102><ACK=302><CTL=ACK>"),  # closed in order
        (State.LISTEN, "<SEQ=101><CTL=RST>"),
    ],
)
def test_no_connection_was_ended_so_none_by_an_old_segment(state: State, text: str) -> None:
    assert flags(arrives(b_in(state, 2, SECOND), text, (1, 1)).end) == set()


# Forged segments (RFC 5961): by guessed numbers, and not too many.

BLIND = Profile(challenge_acks=False)


def forged(state: State, known: Incarnation = SECOND, **bounds: Any) -> list[Move]:
    """What forged segments do at end B."""
    moves = model(BLIND, **{"attacks": 1} | bounds).own_moves(1, b_in(state, 1, known))
    return [move for move in moves if move.event == "forge"]


def test_an_attacker_guesses_in_the_window_but_not_rcv_nxt() -> None:
    tcb = socket_in(State.ESTABLISHED, iss=300, irs=100)
    assert [str(seg) for seg in forgeries(Profile(window=3), tcb)] == [
        "<SEQ=102><CTL=RST>",
        "<SEQ=102><CTL=SYN>",
        "<SEQ=103><CTL=RST>",
        "<SEQ=103><CTL=SYN>",
    ]
    assert list(forgeries(Profile(window=1), tcb)) == []


@pytest.mark.parametrize("state", [State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED])
def test_who_is_not_synchronized_is_not_attacked(state: State) -> None:
    assert forged(state) == []


def test_established_a_forged_segment_resets_by_rfc_793() -> None:
    for move in forged(State.ESTABLISHED):
        assert move.end.state == State.CLOSED
        assert flags(move.end) == {"blind_reset"}
        assert move.end.incarnation.forged == 1


def test_established_a_forged_segment_is_challenged_by_rfc_5961() -> None:
    m = model(attacks=1)
    moves = [m for m in m.own_moves(1, b_in(State.ESTABLISHED, 1, SECOND)) if m.event == "forge"]
    assert len(moves) == 6
    for move in moves:
        assert move.end.state == State.ESTABLISHED
        assert flags(move.end) == set()
        assert move.about == (1, 2)


@pytest.mark.parametrize(("attacks", "done", "more"), [(0, 0, 0), (1, 0, 6), (1, 1, 0), (2, 1, 6)])
def test_attacks_are_bounded(attacks: int, done: int, more: int) -> None:
    moves = forged(State.ESTABLISHED, replace(SECOND, forged=done), attacks=attacks)
    assert len(moves) == more


def test_attacks_are_bounded_over_all_connections_of_an_end() -> None:
    """An OPEN does not give the attacker new ones; the states stay finitely many."""
    move = call(EventKind.PASSIVE_OPEN, b_in(State.CLOSED, 1, Incarnation(forged=1)), attacks=1)
    assert move.end.incarnation.forged == 1


def test_a_forged_segment_is_an_event_of_its_own() -> None:
    m = model(BLIND, attacks=1, opens=1)
    found = [(e, s) for e, s, _ in m.successors(m.initial()) if e.kind == "forge"]
    assert len(found) == 12
    for event, step in found:
        assert step is not None
        assert event.flight is not None and event.flight.about == FORGED


# Where a new connection begins (RFC 9293, 3.4.1), with one octet of text and a window of 4.


@pytest.mark.parametrize(
    ("isn", "number", "begins"),
    [
        ("same", 1, (0,)),
        ("same", 2, (0,)),
        ("same", 3, (0,)),
        ("clock", 1, (0,)),
        ("clock", 2, (7,)),
        ("clock", 3, (14,)),
        ("any", 1, (0,)),
        ("any", 2, (0, 1, 2, 3, 7)),
        ("any", 3, (0, 1, 2, 3, 14)),
    ],
)
def test_offsets(isn: Any, number: int, begins: tuple[int, ...]) -> None:
    scope = Scope("test", opens=3, data=1, isn=isn, bits=32)
    assert offsets(scope, Profile(), number) == begins


def test_the_clock_is_beyond_all_numbers_and_the_window() -> None:
    """SYN, one octet and FIN; then the four octets that the other would still have taken."""
    last = socket_in(State.TIME_WAIT, snd_nxt=103, snd_una=103).snd_nxt
    (offset,) = offsets(Scope("test", opens=2, isn="clock", bits=32), Profile(), 2)
    assert last + Profile().window <= Seq(100) + offset


def opened(isn: str, **history: Any) -> dict[int, str]:
    """What end B, CLOSED, may send by an active OPEN, by offset."""
    m, end = model(isn=isn, crashes=1), b_in(State.CLOSED)
    end = replace(end, history=replace(end.history, **history))
    moves = [move for move in m.own_moves(1, end) if move.event == "active OPEN"]
    return {move.offset: str(move.step.send[0]) for move in moves}


def test_open_chooses_its_iss() -> None:
    assert opened("same") == {0: "<SEQ=300><CTL=SYN>"}
    assert opened("clock") == {7: "<SEQ=307><CTL=SYN>"}
    assert set(opened("any").values()) == {f"<SEQ={n}><CTL=SYN>" for n in (300, 301, 302, 303, 307)}


@pytest.mark.parametrize("isn", ["same", "clock", "any"])
def test_after_a_crash_the_first_iss_is_used_again(isn: str) -> None:
    """The host "lost track" of its numbers (RFC 9293, 3.4.3)."""
    assert opened(isn, crashes=1) == {0: "<SEQ=300><CTL=SYN>"}


def test_a_listener_answers_with_the_iss_that_its_open_chose() -> None:
    end = call(EventKind.PASSIVE_OPEN, b_in(State.CLOSED), isn="same").end
    end = replace(end, incarnation=replace(end.incarnation, offset=7))
    step = arrives(end, "<SEQ=107><CTL=SYN>", (2, 0)).step
    assert [str(seg) for seg in step.send] == ["<SEQ=307><ACK=108><CTL=SYN,ACK>"]


# Crash and quiet time (RFC 9293, 3.4.3).

STUCK = (Flight(segment(TEXT), about=(1, 1)),)


def events(profile: Profile, channel: tuple[Flight, ...], **history: Any) -> set[str]:
    """What end B, CLOSED, can do while A is ESTABLISHED and this is in flight to B."""
    m = model(profile, crashes=1)
    a, _ = m.initial().ends
    b = replace(b_in(State.CLOSED), history=History(opens=1, **history))
    system = System((a, b), (channel, ()))
    return {event.kind for event, _, _ in m.successors(system) if event.end == 1}


def test_a_crash_is_silent_and_forgets_all() -> None:
    m = model(crashes=1)
    after = {e.end: s for e, _, s in m.successors(m.initial()) if e.kind == "crash"}
    assert after[1].ends[1].state == State.CLOSED
    assert after[1].ends[1].incarnation.peer == 0
    assert after[1].ends[1].history.crashes == 1
    assert after[1].channels == ((), ())
    assert after[1].ends[0] == m.initial().ends[0]


def test_quiet_time_open_waits_until_nothing_is_in_flight() -> None:
    opens = {"active OPEN", "passive OPEN"}
    assert opens.isdisjoint(events(Profile(), STUCK, crashes=1))
    assert opens <= events(Profile(), (), crashes=1)


def test_without_quiet_time_open_waits_for_nothing() -> None:
    assert "active OPEN" in events(Profile(quiet_time=False), STUCK, crashes=1)


def test_quiet_time_is_for_who_has_crashed() -> None:
    assert "active OPEN" in events(Profile(), STUCK)


# Timestamp clocks.


def test_the_clock_ticks_between_connections_and_in_time_wait() -> None:
    scope = Scope("test", opens=3)
    assert [clock(scope, 1, opens, False) for opens in (1, 2, 3)] == [2, 3, 4]
    assert clock(scope, 1, 1, True) == 3


def test_the_second_host_behind_an_address_is_behind_with_its_clock() -> None:
    scope = Scope("test", opens=2, shared_address=True)
    assert clock(scope, 0, 1, False) == 2
    assert clock(scope, 0, 2, False) < 2
    assert clock(scope, 1, 2, False) == 3


def test_time_wait_the_last_timestamp_is_remembered_for_the_address() -> None:
    end = b_in(State.FIN_WAIT_2, known=Incarnation(peer=1), ts_recent=2)
    profile = Profile(timestamps=True)
    waiting = arrives(end, "<SEQ=101><ACK=302><CTL=FIN,ACK><TSval=5>", (1, 1), profile).end
    assert waiting.incarnation.remembered == 5
    closed = call(EventKind.TIME_WAIT_TIMEOUT, waiting, profile).end
    assert call(EventKind.PASSIVE_OPEN, closed, profile).end.incarnation.remembered == 5
    assert model(profile).host(1, closed).remembered == 5


# One connection needs none of this.


@pytest.mark.parametrize(
    ("bounds", "one"),
    [({}, True), ({"opens": 2}, False), ({"crashes": 1}, False), ({"attacks": 1}, False)],
)
def test_one_connection(bounds: dict[str, int], one: bool) -> None:
    assert Scope("test", **bounds).one_connection is one  # type: ignore[arg-type]


@pytest.mark.parametrize("bounds", [{}, {"aborts": True}, {"start": "established"}])
def test_one_connection_carries_no_record_of_incarnations(bounds: dict[str, Any]) -> None:
    """Neither at an end nor in the channels: such scopes have no state more than before."""
    table = TabulatedModel(Model(Variant("rfc9293"), Scope("test", data=0, capacity=1, **bounds)))
    graph = explore(table)
    for level in graph.levels:
        for packed in level.tolist():
            system = table.system(packed)
            assert all(end.incarnation is FIRST or end.incarnation == FIRST for end in system.ends)
            assert all(f.about == (0, 0) for contents in system.channels for f in contents)


def test_forged_segments_leave_finitely_many_states() -> None:
    """A reset that answers one is duplicated, and counted as no attack."""
    bounds: dict[str, Any] = {"data": 0, "capacity": 1, "attacks": 1, "start": "established"}
    m = Model(Variant("test", profile=BLIND), Scope("test", **bounds))
    table = TabulatedModel(m)
    for level in explore(table).levels:
        for packed in level.tolist():
            assert all(end.incarnation.forged <= 1 for end in table.system(packed).ends)
