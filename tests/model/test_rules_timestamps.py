"""Timestamps and PAWS (RFC 7323, 4.3 and 5.3): an old segment is known by its clock.

A socket has seen the timestamp 7 (TS.Recent); segments carry theirs as `<TSval=...>`.
"""

from functools import partial
from typing import Any

import pytest

from harness import arrives as arrives_with
from harness import changed, sent, socket_in
from tcpmc.model.endpoint.tcb import SYNCHRONIZED, State, Step, Tcb, empty_tcb
from tcpmc.model.endpoint.timestamps import is_older, stamped

CHECKED = (State.SYN_RECEIVED, *SYNCHRONIZED)
PAWS = "RFC 7323 5.3 R1: PAWS, old segment dropped, ACK sent"

arrives = partial(arrives_with, timestamps=True)


def seen_7(state: State, **changes: Any) -> Tcb:
    """A socket in that state whose TS.Recent is 7."""
    return socket_in(state, ts_recent=7, **changes)


def in_order(tcb: Tcb, stamp: int) -> str:
    """An ACK of everything, at RCV.NXT, with that timestamp."""
    return f"<SEQ={tcb.rcv_nxt}><ACK={tcb.snd_nxt}><CTL=ACK><TSval={stamp}>"


# The order of timestamps (RFC 7323, 5.2): "s is less than t if 0 < (t - s) < 2**31".


@pytest.mark.parametrize(
    ("stamp", "than", "older"),
    [
        (6, 7, True),
        (7, 7, False),
        (8, 7, False),
        (0, 7, True),
        (2**32 - 1, 0, True),
        (2**32 - 1, 5, True),
        (0, 2**32 - 1, False),
        (5, 2**32 - 1, False),
        (0, 2**31 - 1, True),
        (2**31 - 1, 0, False),
    ],
)
def test_timestamps_are_ordered_across_the_wraparound(stamp: int, than: int, older: bool) -> None:
    assert is_older(stamp, than) is older


# R1: "If there is a Timestamps option in the arriving segment, SEG.TSval < TS.Recent, TS.Recent is
# valid, and if the RST bit is not set, then treat the arriving segment as not acceptable: Send an
# acknowledgment in reply ... and drop the segment."


@pytest.mark.parametrize("state", CHECKED)
def test_a_segment_with_an_old_timestamp_is_dropped_and_acknowledged(state: State) -> None:
    tcb = seen_7(state)
    step = arrives(tcb, in_order(tcb, 6))
    assert step.rule == "RFC 7323 5.3 R1: PAWS, old segment dropped, ACK sent"
    assert step.tcb is tcb
    assert sent(step) == [f"<SEQ={tcb.snd_nxt}><ACK={tcb.rcv_nxt}><CTL=ACK>"]
    assert step.signals == ()


@pytest.mark.parametrize("controls", ["FIN,ACK", "SYN", "SYN,ACK"])
def test_established_an_old_timestamp_is_no_better_with_other_controls(controls: str) -> None:
    ack = "<ACK=101>" if "ACK" in controls else ""
    step = arrives(seen_7(State.ESTABLISHED), f"<SEQ=301>{ack}<CTL={controls}><TSval=6>")
    assert step.rule == PAWS


def test_established_old_text_is_not_delivered() -> None:
    """RCV.NXT stays: this is what PAWS is for."""
    step = arrives(seen_7(State.ESTABLISHED), "<SEQ=301><ACK=101><DATA=3><CTL=ACK><TSval=6>")
    assert step.rule == PAWS
    assert step.tcb == seen_7(State.ESTABLISHED)


@pytest.mark.parametrize("stamp", [7, 8, 2**31 + 6])
def test_established_text_with_the_same_or_a_later_timestamp_is_delivered(stamp: int) -> None:
    tcb = seen_7(State.ESTABLISHED)
    step = arrives(tcb, f"<SEQ=301><ACK=101><DATA=3><CTL=ACK><TSval={stamp}>")
    assert step.tcb == changed(tcb, rcv_nxt=304, ts_recent=stamp)


def test_established_the_clock_wraps_around() -> None:
    """0 comes after 2**32 - 1, and 2**32 - 1 before 0."""
    last = 2**32 - 1
    tcb = seen_7(State.ESTABLISHED, snd_nxt=102)
    step = arrives(changed(tcb, ts_recent=last), in_order(tcb, 0))
    assert (step.tcb.snd_una, step.tcb.ts_recent) == (tcb.snd_nxt, 0)
    assert arrives(changed(tcb, ts_recent=0), in_order(tcb, last)).rule == PAWS


def test_time_wait_an_old_timestamp_does_not_restart_the_timer() -> None:
    """PAWS comes before the sequence number, which would restart it for this FIN."""
    fin = "<SEQ=301><ACK=102><CTL=FIN,ACK><TSval={}>"
    old = arrives(seen_7(State.TIME_WAIT), fin.format(6))
    assert (old.rule, old.starts_time_wait) == (PAWS, False)
    assert arrives(seen_7(State.TIME_WAIT), fin.format(7)).starts_time_wait


# "if the RST bit is not set": a reset carries no timestamp that would count.


@pytest.mark.parametrize("state", [state for state in CHECKED if state != State.SYN_RECEIVED])
@pytest.mark.parametrize("stamp", [0, 6, 8])
def test_resets_are_exempt(state: State, stamp: int) -> None:
    tcb = seen_7(state)
    step = arrives(tcb, f"<SEQ={tcb.rcv_nxt}><CTL=RST><TSval={stamp}>")
    assert step.tcb == empty_tcb(State.CLOSED, 32)


def test_established_a_reset_in_the_window_leaves_ts_recent_alone() -> None:
    """It is challenged, and its timestamp is not looked at."""
    step = arrives(seen_7(State.ESTABLISHED), "<SEQ=302><CTL=RST><TSval=9>")
    assert step.rule == "3.10.7.4 second: RST not at RCV.NXT, challenge ACK"
    assert step.tcb == seen_7(State.ESTABLISHED)


# R3: "If an arriving segment satisfies SEG.TSval >= TS.Recent and SEG.SEQ <= Last.ACK.sent, then
# record its timestamp in TS.Recent." Only acceptable segments come as far as that (R2).


def test_established_a_segment_at_the_left_edge_is_recorded() -> None:
    tcb = seen_7(State.ESTABLISHED)
    assert arrives(tcb, in_order(tcb, 9)).tcb == changed(tcb, ts_recent=9)


def test_established_a_segment_that_begins_before_the_left_edge_is_recorded() -> None:
    """A retransmission that reaches into the window."""
    tcb = seen_7(State.ESTABLISHED)
    step = arrives(tcb, "<SEQ=300><ACK=101><DATA=2><CTL=ACK><TSval=9>")
    assert step.tcb == changed(tcb, rcv_nxt=302, ts_recent=9)


def test_established_a_segment_beyond_the_left_edge_is_not_recorded() -> None:
    """RFC 7323, 4.3 (C): else the filled hole before it would look old."""
    step = arrives(seen_7(State.ESTABLISHED), "<SEQ=302><ACK=101><DATA=1><CTL=ACK><TSval=9>")
    assert step.tcb.ts_recent == 7


@pytest.mark.parametrize("seq", [297, 305])
def test_established_an_unacceptable_segment_is_not_recorded(seq: int) -> None:
    step = arrives(seen_7(State.ESTABLISHED), f"<SEQ={seq}><ACK=101><DATA=1><CTL=ACK><TSval=9>")
    assert step.rule == "3.10.7.4 first: unacceptable, ACK sent"
    assert step.tcb.ts_recent == 7


# TS.Recent begins with the SYN, and goes with the connection from state to state.


def test_listen_records_the_timestamp_of_the_syn() -> None:
    step = arrives(socket_in(State.LISTEN), "<SEQ=300><CTL=SYN><TSval=5>")
    assert (step.tcb.state, step.tcb.ts_recent) == (State.SYN_RECEIVED, 5)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("<SEQ=300><ACK=101><CTL=SYN,ACK><TSval=5>", State.ESTABLISHED),
        ("<SEQ=300><CTL=SYN><TSval=5>", State.SYN_RECEIVED),
    ],
)
def test_syn_sent_records_the_timestamp_of_the_syn(answer: str, state: State) -> None:
    step = arrives(socket_in(State.SYN_SENT), answer)
    assert (step.tcb.state, step.tcb.ts_recent) == (state, 5)


def test_ts_recent_is_kept_from_state_to_state() -> None:
    """From SYN-RECEIVED to TIME-WAIT, by segments that are all stamped 5."""
    tcb = arrives(socket_in(State.LISTEN), "<SEQ=300><CTL=SYN><TSval=5>").tcb
    tcb = arrives(tcb, "<SEQ=301><ACK=101><CTL=ACK><TSval=5>").tcb
    assert (tcb.state, tcb.ts_recent) == (State.ESTABLISHED, 5)
    tcb = changed(tcb, state=State.FIN_WAIT_1, snd_nxt=102)
    for text, state in (
        ("<SEQ=301><ACK=102><CTL=ACK><TSval=5>", State.FIN_WAIT_2),
        ("<SEQ=301><ACK=102><CTL=FIN,ACK><TSval=5>", State.TIME_WAIT),
    ):
        tcb = arrives(tcb, text).tcb
        assert (tcb.state, tcb.ts_recent) == (state, 5)


def test_closed_nothing_is_left_of_ts_recent() -> None:
    step = arrives(seen_7(State.LAST_ACK), "<SEQ=302><ACK=102><CTL=ACK><TSval=7>")
    assert step.tcb == empty_tcb(State.CLOSED, 32)


# What is sent, and a stack without the option.


def test_every_segment_but_a_reset_is_stamped() -> None:
    """RFC 7323, 3.2: once negotiated, the option is in every non-RST segment."""
    tcb = seen_7(State.ESTABLISHED)
    answered: Step = stamped(arrives(tcb, in_order(tcb, 6)), 4)
    assert sent(answered) == ["<SEQ=101><ACK=301><CTL=ACK><TSval=4>"]
    refused = stamped(arrives(socket_in(State.CLOSED), "<SEQ=300><ACK=9><CTL=ACK>"), 4)
    assert sent(refused) == ["<SEQ=9><CTL=RST>"]


def test_without_timestamps_nothing_is_checked_or_noted() -> None:
    tcb = seen_7(State.ESTABLISHED)
    step = arrives_with(tcb, "<SEQ=301><ACK=101><DATA=1><CTL=ACK><TSval=6>", timestamps=False)
    assert step.tcb == changed(tcb, rcv_nxt=302)
