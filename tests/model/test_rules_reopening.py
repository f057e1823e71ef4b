"""A new connection out of TIME-WAIT: by a SYN that arrives (RFC 9293, 3.6.1, MAY-2 and SHLD-4;
RFC 6191), or by an active OPEN (Linux `tcp_tw_reuse`); and what `tcp_tw_recycle` made of it.

In TIME-WAIT here SND.NXT is 102 and RCV.NXT 302, and the last timestamp seen is 7. The window is 4.
"""

from dataclasses import replace
from typing import Any

import pytest

from harness import arrives as arrives_closed
from harness import changed, host, segment, sent, socket_in
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import SYNCHRONIZED, Signal, State, Step, Tcb, empty_tcb

RULES = Rules()
WAITING = socket_in(State.TIME_WAIT, ts_recent=7)
REOPENED = "3.6.1 MAY-2: SYN reopens from TIME-WAIT"
NEW = "<SEQ=303><CTL=SYN><TSval=8>"
"""A SYN that is new by its number and by its timestamp."""


def arrives(tcb: Tcb, text: str, may_open: bool = True, **switches: Any) -> Step:
    """What the segment does where a listener would take a new connection."""
    here = replace(host(iss=100, **switches), may_open=may_open)
    return RULES.segment_arrives(here, tcb, segment(text))


def reopened(**switches: Any) -> Tcb:
    """The socket that NEW has reopened, in SYN-RECEIVED."""
    step = arrives(WAITING, NEW, **switches)
    assert step.rule == "3.6.1 MAY-2: SYN reopens from TIME-WAIT"
    return step.tcb


# What a SYN in TIME-WAIT does, by the profile.


@pytest.mark.parametrize("text", [NEW, "<SEQ=310><CTL=SYN><TSval=9>"])
def test_time_wait_syn_that_may_not_reopen(text: str) -> None:
    """RFC 9293, 3.10.7.4: a challenge ACK, or one for what is outside the window."""
    step = arrives(WAITING, text, reopening="no")
    assert step.rule != REOPENED
    assert step.tcb == WAITING
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


@pytest.mark.parametrize("seq", [303, 310, 2**31])
def test_time_wait_syn_beyond_all_that_was_received_reopens(seq: int) -> None:
    """MAY-2 (2), RFC 1122, 4.2.2.13, whatever its timestamp; also far beyond the window."""
    step = arrives(WAITING, f"<SEQ={seq}><CTL=SYN><TSval=1>", reopening="sequence")
    assert step.rule == REOPENED


@pytest.mark.parametrize("seq", [300, 301, 302, 302 + 2**31 + 1])
def test_time_wait_old_syn_does_not_reopen_by_its_number(seq: int) -> None:
    """RCV.NXT itself is not beyond; half the space behind it is old, even with a new timestamp."""
    step = arrives(WAITING, f"<SEQ={seq}><CTL=SYN><TSval=9>", reopening="sequence")
    assert step.tcb == WAITING
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


@pytest.mark.parametrize(
    ("seq", "stamp", "reopens"),
    [
        (300, 8, True),  # "If the timestamp ... is greater than the last timestamp seen"
        (303, 8, True),
        (303, 7, True),  # equal, and "the Sequence Number ... is greater than the last ... seen"
        (302, 7, False),  # equal, and it is not: "the segment should be silently dropped"
        (300, 7, False),
        (303, 6, False),  # earlier, whatever its number
        (300, 6, False),
    ],
)
def test_time_wait_syn_reopens_by_timestamp_or_else_by_number(
    seq: int, stamp: int, reopens: bool
) -> None:
    """RFC 6191, section 2, the cases in which both connections have timestamps."""
    text = f"<SEQ={seq}><CTL=SYN><TSval={stamp}>"
    step = arrives(WAITING, text, reopening="timestamps", timestamps=True)
    assert (step.rule == REOPENED) is reopens
    assert (step.tcb.state == State.SYN_RECEIVED) is reopens


@pytest.mark.parametrize("stamp", [0, 2**31 - 1])
def test_time_wait_timestamps_wrap_around(stamp: int) -> None:
    """After the last timestamp comes 0."""
    tcb = changed(WAITING, ts_recent=2**32 - 1)
    text = f"<SEQ=300><CTL=SYN><TSval={stamp}>"
    assert arrives(tcb, text, reopening="timestamps", timestamps=True).rule == REOPENED


@pytest.mark.parametrize("controls", ["SYN,ACK", "ACK", "FIN,ACK"])
@pytest.mark.parametrize("how", ["sequence", "timestamps"])
def test_time_wait_only_a_bare_syn_reopens(controls: str, how: str) -> None:
    step = arrives(WAITING, f"<SEQ=303><ACK=102><CTL={controls}><TSval=8>", reopening=how)
    assert step.rule != REOPENED
    assert step.tcb.state == State.TIME_WAIT


@pytest.mark.parametrize("how", ["sequence", "timestamps"])
def test_time_wait_without_a_listener_a_new_syn_is_a_segment_like_others(how: str) -> None:
    step = arrives(WAITING, NEW, may_open=False, reopening=how)
    assert step.tcb == WAITING
    assert step == arrives(WAITING, NEW, reopening="no")


@pytest.mark.parametrize("state", [s for s in SYNCHRONIZED if s != State.TIME_WAIT])
def test_in_no_other_state_a_syn_reopens(state: State) -> None:
    step = arrives(socket_in(state, ts_recent=7), NEW, reopening="sequence")
    assert step.tcb == socket_in(state, ts_recent=7)
    assert step.rule == "3.10.7.4 fourth: SYN, challenge ACK"


# The connection that it begins.


def test_time_wait_reopened_is_syn_received() -> None:
    """The SYN,ACK acknowledges the new SYN; the timestamp is the new one."""
    step = arrives(WAITING, NEW, reopening="sequence")
    assert sent(step) == ["<SEQ=108><ACK=304><CTL=SYN,ACK>"]
    assert replace(step.tcb, reopened=None) == Tcb(
        State.SYN_RECEIVED, Seq(108), Seq(303), Seq(108), Seq(109), Seq(304), ts_recent=8
    )
    assert step.tcb.passive is False


@pytest.mark.parametrize("window", [1, 4, 1000])
def test_time_wait_the_new_iss_is_beyond_all_numbers_that_were_used(window: int) -> None:
    """MAY-2 (1): "its initial sequence number for the new connection is larger than the largest
    sequence number it used", and than any that the other would have taken."""
    tcb = arrives(WAITING, "<SEQ=5000><CTL=SYN>", reopening="sequence", window=window).tcb
    assert WAITING.snd_nxt + window < tcb.iss


def test_time_wait_the_new_iss_wraps_around() -> None:
    last = changed(WAITING, snd_una=2**32 - 1, snd_nxt=2**32 - 1)
    step = arrives(last, NEW, reopening="sequence")
    assert sent(step) == ["<SEQ=5><ACK=304><CTL=SYN,ACK>"]


# MAY-2 (2): "returns to TIME-WAIT state if the SYN turns out to be an old duplicate".


def test_time_wait_the_new_iss_is_the_one_that_the_host_says() -> None:
    """MAY-2 (1) asks for a larger one, and not for which."""
    here = replace(host(reopening="sequence"), may_open=True, reopening_iss=Seq(7000))
    step = RULES.segment_arrives(here, WAITING, segment(NEW))
    assert step.rule == REOPENED
    assert sent(step) == ["<SEQ=7000><ACK=304><CTL=SYN,ACK>"]
    here = replace(host(tw_reuse="always"), reopening_iss=Seq(7000))
    assert sent(RULES.open_active(here, WAITING)) == ["<SEQ=7000><CTL=SYN>"]


def test_syn_received_reset_goes_back_to_the_old_time_wait() -> None:
    """With the numbers, and the timestamp, of the old connection."""
    step = arrives(reopened(reopening="sequence"), "<SEQ=304><CTL=RST>", reopening="sequence")
    assert step.rule == "3.6.1 MAY-2: old SYN, back to TIME-WAIT"
    assert step.tcb == WAITING
    assert sent(step) == []
    assert step.signals == ()


def test_syn_received_the_reset_has_to_be_acceptable() -> None:
    tcb = reopened(reopening="sequence")
    assert arrives(tcb, "<SEQ=302><CTL=RST>", reopening="sequence").tcb == tcb
    assert arrives(tcb, "<SEQ=305><CTL=RST>", reopening="sequence").tcb == tcb


def test_after_an_old_syn_time_wait_can_be_reopened_by_a_new_one() -> None:
    back = arrives(reopened(reopening="sequence"), "<SEQ=304><CTL=RST>", reopening="sequence").tcb
    assert arrives(back, "<SEQ=400><CTL=SYN>", reopening="sequence").rule == REOPENED


@pytest.mark.parametrize("text", ["", "<DATA=2>"])
def test_established_forgets_the_old_time_wait(text: str) -> None:
    """And a reset then is one of the new connection."""
    tcb = reopened(reopening="sequence")
    step = arrives(tcb, f"<SEQ=304><ACK=109>{text}<CTL=ACK><TSval=8>", reopening="sequence")
    assert (step.tcb.state, step.tcb.reopened) == (State.ESTABLISHED, None)
    after = arrives(step.tcb, f"<SEQ={step.tcb.rcv_nxt}><CTL=RST>", reopening="sequence")
    assert after.tcb == empty_tcb(State.CLOSED, 32)


def test_close_in_syn_received_forgets_the_old_time_wait() -> None:
    step = RULES.close(host(reopening="sequence"), reopened(reopening="sequence"))
    assert (step.tcb.state, step.tcb.reopened) == (State.FIN_WAIT_1, None)


def test_abort_in_syn_received_forgets_the_old_time_wait() -> None:
    """ "ABORT ... enter CLOSED state"; or TIME-WAIT, of the new connection."""
    for after_abort in ("closed", "time-wait"):
        tcb = reopened(reopening="sequence")
        step = RULES.abort(host(reopening="sequence", after_abort=after_abort), tcb)
        assert step.tcb.reopened is None


# An active OPEN in TIME-WAIT (Linux, net.ipv4.tcp_tw_reuse).


@pytest.mark.parametrize(
    ("reuse", "timestamps", "allowed"),
    [
        ("no", False, False),
        ("no", True, False),
        ("timestamps", False, False),
        ("timestamps", True, True),
        ("always", False, True),
        ("always", True, True),
    ],
)
def test_time_wait_active_open(reuse: str, timestamps: bool, allowed: bool) -> None:
    step = RULES.open_active(host(tw_reuse=reuse, timestamps=timestamps), WAITING)
    if allowed:
        assert step.rule == "Linux tcp_tw_reuse: active OPEN in TIME-WAIT"
        assert step.tcb == socket_in(State.SYN_SENT, iss=108)
        assert sent(step) == ["<SEQ=108><CTL=SYN>"]
    else:
        assert step.rule == "3.10.1: refused"
        assert step.tcb is WAITING
        assert step.signals == (Signal.CONNECTION_EXISTS,)


@pytest.mark.parametrize("state", [s for s in SYNCHRONIZED if s != State.TIME_WAIT])
def test_an_active_open_takes_over_no_other_state(state: State) -> None:
    assert RULES.open_active(host(tw_reuse="always"), socket_in(state)).rule == "3.10.1: refused"


def test_time_wait_passive_open_is_refused() -> None:
    step = RULES.open_passive(host(tw_reuse="always", reopening="sequence"), WAITING)
    assert step.rule == "3.10.1: refused"


# tcp_tw_recycle: what a listener remembers of an address (Linux before 4.12).


@pytest.mark.parametrize(("stamp", "dropped"), [(6, True), (7, False), (8, False)])
def test_listen_recycle_drops_a_syn_with_an_older_timestamp(stamp: int, dropped: bool) -> None:
    """Of another host behind the same address, for instance. It is not answered."""
    listener = replace(host(timestamps=True, tw_recycle=True), remembered=7)
    syn = segment(f"<SEQ=300><CTL=SYN><TSval={stamp}>")
    step = RULES.segment_arrives(listener, socket_in(State.LISTEN), syn)
    if dropped:
        assert step.rule == "Linux tcp_tw_recycle: SYN with an old timestamp dropped"
        assert step.tcb == socket_in(State.LISTEN)
        assert sent(step) == []
    else:
        assert step.rule == "3.10.7.2 third: SYN, SYN,ACK sent"


def test_listen_without_recycle_nothing_is_remembered() -> None:
    listener = replace(host(timestamps=True), remembered=7)
    syn = segment("<SEQ=300><CTL=SYN><TSval=6>")
    step = RULES.segment_arrives(listener, socket_in(State.LISTEN), syn)
    assert step.tcb.state == State.SYN_RECEIVED


def test_without_a_listener_behind_it_the_harness_reopens_nothing() -> None:
    """`may_open` is off unless it is given."""
    assert arrives_closed(WAITING, NEW, reopening="sequence").tcb == WAITING
