"""The figures of RFC 1337, segment by segment, with that RFC's own numbers; and its three hazards
as the model finds them.

Each quoted line is the figure's, and `replay` does what it says. The old duplicates come from a
connection before: they are put among what the network has delayed.
"""

from __future__ import annotations

from functools import cache

import pytest

from harness import Peer, changed, replay, sent, socket_in
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.trace import Trace, shows
from tcpmc.checks.verdict import Answer
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.tcb import Signal, State, empty_tcb
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS

OLD = "<SEQ=255><ACK=33><CTL=ACK>"
OLD_TEXT = "<SEQ=560><ACK=101><DATA=80><CTL=ACK>"
OLD_ACK = "<SEQ=300><ACK=123><CTL=ACK>"


def established(send: int, receive: int, profile: Profile | None = None) -> Peer:
    """A peer of an open connection that sends, and receives, from these numbers on."""
    tcb = socket_in(State.ESTABLISHED, iss=send - 1, irs=receive - 1)
    return Peer(send - 1, profile or Profile(), tcb)


# Figure 1: TIME-WAIT assassination.


def assassination(profile: Profile) -> tuple[Peer, Peer]:
    """Figure 1 up to line 5.2: a close in order, and an old duplicate that A acknowledges."""
    a, b = established(100, 300, profile), established(300, 100, profile)
    a.call("close")
    replay(
        a,
        b,
        """
        FIN-WAIT-1 --> <SEQ=100><ACK=300><CTL=FIN,ACK> --> CLOSE-WAIT
        FIN-WAIT-2 <-- <SEQ=300><ACK=101><CTL=ACK>     <-- CLOSE-WAIT
        """,
    )
    b.call("close")
    b.delayed.append(OLD)
    replay(
        a,
        b,
        f"""
        TIME-WAIT <-- <SEQ=300><ACK=101><CTL=FIN,ACK> <-- LAST-ACK
        TIME-WAIT --> <SEQ=101><ACK=301><CTL=ACK>     --> CLOSED
        TIME-WAIT <-- {OLD} ...
        TIME-WAIT --> <SEQ=101><ACK=301><CTL=ACK>     --> CLOSED
        """,
    )
    return a, b


def test_figure_1_time_wait_assassination() -> None:
    a, b = assassination(Profile())
    replay(a, b, "CLOSED <-- <SEQ=301><CTL=RST> <-- CLOSED")
    assert a.tcb == b.tcb == empty_tcb(State.CLOSED, 32)
    assert a.told == b.told == [Signal.CONNECTION_CLOSING]


def test_figure_1_with_fix_f1_time_wait_stays() -> None:
    a, b = assassination(Profile(rst_in_time_wait="ignore"))
    replay(a, b, "TIME-WAIT <-- <SEQ=301><CTL=RST> <-- CLOSED")


def test_figure_1_timestamps_do_not_prevent_it() -> None:
    """ "TWA cannot be prevented by PAWS timestamps": A answers what PAWS drops as well."""
    a, b = assassination(Profile(timestamps=True))
    replay(a, b, "CLOSED <-- <SEQ=301><CTL=RST> <-- CLOSED")


# Figures 2 and 3: hazards H1, erroneous data, and H2, a connection out of step.


def erroneous_data() -> tuple[Peer, Peer]:
    """Figure 2 up to line 6, in the order 1, 2, 5, 3.

    In the figure segment 3 arrives before segment 5, and lurks in B's reassembly queue until 5
    overlaps it. The model has no such queue; so here segment 3 arrives after segment 5, when 40 of
    its octets are new. They are taken, and B sends the figure's segment 6: ACK 640.
    """
    profile = Profile(window=1000)
    a, b = established(400, 101, profile), established(101, 400, profile)
    a.call("send", 100)
    replay(
        a,
        b,
        """
        ESTABLISHED --> <SEQ=400><ACK=101><DATA=100><CTL=ACK> --> ESTABLISHED
        ESTABLISHED <-- <SEQ=101><ACK=500><CTL=ACK>           <-- ESTABLISHED
        """,
    )
    a.call("send", 100)
    a.delayed.append(OLD_TEXT)
    replay(
        a,
        b,
        f"""
        ESTABLISHED --> <SEQ=500><ACK=101><DATA=100><CTL=ACK> --> ESTABLISHED
                    ... {OLD_TEXT} --> ESTABLISHED
        """,
    )
    assert b.tcb.rcv_nxt - b.tcb.irs - 1 == 240
    assert b.outbox.pop(0) == "<SEQ=101><ACK=600><CTL=ACK>"
    return a, b


def test_figure_2_the_order_of_the_figure_without_a_reassembly_queue() -> None:
    """Segment 3 draws segment 4, a duplicate ACK, and what it carries is left to be sent again."""
    a, b = established(400, 101, Profile(window=1000)), established(101, 500, Profile(window=1000))
    a.delayed.append(OLD_TEXT)
    replay(a, b, f"... {OLD_TEXT} --> ESTABLISHED")
    assert b.outbox == ["<SEQ=101><ACK=500><CTL=ACK>"]
    assert b.tcb == socket_in(State.ESTABLISHED, iss=100, irs=499)


def test_figure_2_erroneous_data_goes_undetected() -> None:
    """Lines 7a to 9a: the ACK of what A had not sent arrives when A has sent it."""
    a, b = erroneous_data()
    replay(a, b, "... <SEQ=101><ACK=640><CTL=ACK> <-- ESTABLISHED")
    a.call("send", 100)
    replay(
        a,
        b,
        """
        ESTABLISHED --> <SEQ=600><ACK=101><DATA=100><CTL=ACK> --> ESTABLISHED
        ESTABLISHED <-- <SEQ=101><ACK=640><CTL=ACK> ...
        """,
    )
    a.call("send", 100)
    replay(a, b, "ESTABLISHED --> <SEQ=700><ACK=101><DATA=100><CTL=ACK> --> ESTABLISHED")
    assert a.told == b.told == []


def test_figure_2_with_timestamps_the_old_data_is_dropped() -> None:
    """Fix F2: B has seen a later timestamp than that of segment 3."""
    tcb = changed(socket_in(State.ESTABLISHED, iss=100, irs=599), ts_recent=2)
    b = Peer(100, Profile(window=1000, timestamps=True), tcb)
    b.receive(f"{OLD_TEXT}<TSval=1>")
    assert b.tcb == tcb
    assert b.outbox == ["<SEQ=101><ACK=600><CTL=ACK>"]


def test_figure_3_infinite_ack_loop() -> None:
    """Lines 7b to 9b, "etc.!": the ACK of what A has not sent arrives before it is sent."""
    a, b = erroneous_data()
    replay(a, b, "ESTABLISHED <-- <SEQ=101><ACK=640><CTL=ACK> <-- ESTABLISHED")
    before = (a.tcb, b.tcb)
    for _ in range(3):
        replay(
            a,
            b,
            """
            ESTABLISHED --> <SEQ=600><ACK=101><CTL=ACK> --> ESTABLISHED
            ESTABLISHED <-- <SEQ=101><ACK=640><CTL=ACK> <-- ESTABLISHED
            """,
        )
        assert (a.tcb, b.tcb) == before


# Figure 4: hazard H3, the connection dies.


def old_ack_in_syn_sent(profile: Profile) -> tuple[Peer, Peer]:
    """Figure 4 up to line 4; the RST that answers the old duplicate is on its way."""
    a, b = Peer(iss=100, profile=profile), Peer(iss=400, profile=profile)
    b.call("open_passive")
    assert (a.state, b.state) == (State.CLOSED, State.LISTEN)  # line 1
    a.call("open_active")
    b.delayed.append(OLD_ACK)
    replay(
        a,
        b,
        f"""
        SYN-SENT --> <SEQ=100><CTL=SYN> --> SYN-RECEIVED
                 ... <SEQ=400><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
        SYN-SENT <-- {OLD_ACK} ...
        """,
    )
    return a, b


def test_figure_4_connection_failure_from_old_duplicate() -> None:
    """As RFC 793 has it: RST 123 is in B's window [101,900), and that is enough."""
    a, b = old_ack_in_syn_sent(Profile(challenge_acks=False, window=799))
    replay(
        a,
        b,
        """
        SYN-SENT    --> <SEQ=123><CTL=RST> --> LISTEN
        ESTABLISHED <-- <SEQ=400><ACK=101><CTL=SYN,ACK> ...
        ESTABLISHED --> <SEQ=101><ACK=401><CTL=ACK> --> LISTEN
        CLOSED      <-- <SEQ=401><CTL=RST> <-- LISTEN
        """,
    )
    assert a.told == [Signal.CONNECTION_RESET]


def test_figure_4_without_the_window_the_reset_is_not_acceptable() -> None:
    a, b = old_ack_in_syn_sent(Profile(challenge_acks=False, window=22))
    replay(a, b, "SYN-SENT --> <SEQ=123><CTL=RST> --> SYN-RECEIVED")


def test_figure_4_with_challenge_acks_the_connection_lives() -> None:
    """RFC 9293: RST 123 is not at RCV.NXT, 101; the challenge ACK synchronizes nobody, and the
    SYN,ACK that was delayed opens the connection."""
    a, b = old_ack_in_syn_sent(Profile(window=799))
    replay(
        a,
        b,
        """
        SYN-SENT    --> <SEQ=123><CTL=RST>              --> SYN-RECEIVED
        SYN-SENT    <-- <SEQ=401><ACK=101><CTL=ACK>     <-- SYN-RECEIVED
        ESTABLISHED <-- <SEQ=400><ACK=101><CTL=SYN,ACK> ...
        ESTABLISHED --> <SEQ=101><ACK=401><CTL=ACK>     --> ESTABLISHED
        """,
    )


def test_figure_4_time_out_before_segment_6_saves_the_connection() -> None:
    """ "If TCP A should timeout and retransmit the initial SYN after segment 5 arrives and before
    segment 6, then the open will complete successfully." """
    a, b = old_ack_in_syn_sent(Profile(challenge_acks=False, window=799))
    replay(a, b, "SYN-SENT --> <SEQ=123><CTL=RST> --> LISTEN")
    a.call("retransmission_timeout")
    replay(
        a,
        b,
        """
        SYN-SENT    --> <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
        ESTABLISHED <-- <SEQ=400><ACK=101><CTL=SYN,ACK> ...
        ESTABLISHED --> <SEQ=101><ACK=401><CTL=ACK>     --> ESTABLISHED
        """,
    )


# The hazards as properties: found under the RFC's rules, all gone with F1 (2 MSL enforced), and
# only H1 gone with F2.

HAZARDS = {
    "H1": ("no-old-data",),
    "H2": ("no-desynchronization",),
    "H3": ("no-old-reset",),
}
GONE = {"rfc9293": (), "rfc1337": ("H1", "H2", "H3"), "rfc1337-f2": ("H1",)}


@cache
def answers(variant: str) -> tuple[Model, dict[str, Answer]]:
    """The answers to all hazards on the variant, from one exploration."""
    props = [PROPERTIES[name] for names in HAZARDS.values() for name in names]
    scope = props[0].scope_for(SCOPES["default"])
    assert all(prop.scope_for(SCOPES["default"]) == scope for prop in props)
    model = Model(VARIANTS[variant], scope)
    return model, ExplicitEngine(model).decide(props)


@pytest.mark.exhaustive
@pytest.mark.parametrize("hazard", HAZARDS)
@pytest.mark.parametrize("variant", GONE)
def test_hazard(hazard: str, variant: str) -> None:
    model, found = answers(variant)
    for name in HAZARDS[hazard]:
        answer = found[name]
        assert answer.word == ("PROVED" if hazard in GONE[variant] else "REFUTED")
        if answer.trace is not None:
            assert shows(model, PROPERTIES[name], answer.trace)
            assert assassinated(answer.trace)


def assassinated(trace: Trace) -> bool:
    """Whether a segment ended a TIME-WAIT: each of the RFC's scenarios follows such an event."""
    rules = [step.rule for step in trace.steps if step is not None]
    return "3.10.7.4 second: reset in TIME-WAIT" in rules


@pytest.mark.exhaustive
def test_h2_is_an_endless_exchange_of_acks() -> None:
    """Two segments that answer each other for ever, as in Figure 3; none with F1."""
    prop = PROPERTIES["no-livelock"]
    for variant in ("rfc9293", "rfc1337"):
        model = Model(VARIANTS[variant], prop.scope_for(SCOPES["default"]))
        answer = ExplicitEngine(model).decide([prop])[prop.name]
        trace = answer.trace
        if variant == "rfc1337":
            assert (answer.word, trace) == ("PROVED", None)
            continue
        assert answer.word == "REFUTED" and trace is not None
        loop = [step for step in trace.steps[trace.loop :] if step is not None]
        assert len(loop) == 2
        assert all(seg.endswith("<CTL=ACK>") for step in loop for seg in sent(step))


def test_h2_with_timestamps_begins_with_an_old_syn() -> None:
    """Fix F2 leaves H2: B takes an old SYN, and with it an old timestamp for TS.Recent,
    so that PAWS lets an old FIN through. From then on B is ahead of what A has sent."""
    prop = PROPERTIES["no-livelock-old-opening"]
    model = Model(VARIANTS["rfc1337-f2"], prop.scope_for(SCOPES["small"]))
    answer = ExplicitEngine(model).decide([prop])[prop.name]
    assert answer.word == "REFUTED" and answer.trace is not None
    trace = answer.trace
    assert shows(model, prop, trace) and trace.loop is not None
    before = [(event.kind, event.flight) for event in trace.events[: trace.loop]]
    taken = [f.segment for kind, f in before if kind == "deliver" and f and f.about[0] == 1]
    assert any(segment.SYN for segment in taken) and any(segment.FIN for segment in taken)
    loop = trace.states[trace.loop]
    assert all(end.history.opens == 2 for end in loop.ends)
    ahead, behind = sorted(loop.ends, key=lambda end: end.tcb.rcv_nxt - end.tcb.irs)[::-1]
    assert ahead.tcb.rcv_nxt == behind.tcb.snd_nxt + 1


@pytest.mark.exhaustive
def test_h2_with_timestamps_does_not_begin_without_the_segments_of_an_opening() -> None:
    """From ESTABLISHED the loop needs an old octet or FIN, which PAWS refuses."""
    prop, variant = PROPERTIES["no-livelock"], VARIANTS["rfc1337-f2"]
    model = Model(variant, prop.scope_for(SCOPES["default"]))
    assert ExplicitEngine(model).decide([prop])[prop.name].word == "PROVED"


@pytest.mark.exhaustive
def test_the_octet_with_sequence_number_301_corrupts_the_next_connection() -> None:
    """Without TIME-WAIT: a segment is delayed, the connection ends, a new one is opened."""
    prop, variant = PROPERTIES["no-old-data"], VARIANTS["no-time-wait"]
    model = Model(variant, prop.scope_for(SCOPES["default"]))
    trace = ExplicitEngine(model).decide([prop])["no-old-data"].trace
    assert trace is not None
    last = trace.events[-1]
    assert last.kind == "deliver" and last.flight is not None
    text = last.flight.segment
    assert (text.seq.value, text.length) == (301, 1)
    assert last.flight.about[0] == 1
    assert trace.states[-1].ends[last.end].history.opens == 2
    assert trace.states[-1].ends[last.end].incarnation.old_data
