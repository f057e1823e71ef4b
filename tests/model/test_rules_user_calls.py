"""User calls in every state (RFC 9293, 3.10.1 to 3.10.5), and what they may be asked to do."""

import re
from typing import Any

import pytest

from harness import arrives, call, changed, sent, socket_in
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.tcb import SYNCHRONIZED, Signal, State

NO_CONNECTION = (Signal.NO_CONNECTION,)
EXISTS = (Signal.CONNECTION_EXISTS,)
CLOSING = (Signal.CLOSING,)

# OPEN.


def test_closed_active_open() -> None:
    step = call("open_active", socket_in(State.CLOSED))
    assert step.rule == "3.10.1: active OPEN"
    assert step.tcb == socket_in(State.SYN_SENT)
    assert sent(step) == ["<SEQ=100><CTL=SYN>"]


def test_closed_passive_open() -> None:
    step = call("open_passive", socket_in(State.CLOSED))
    assert step.rule == "3.10.1: passive OPEN"
    assert step.tcb == socket_in(State.LISTEN)
    assert sent(step) == []


def test_listen_active_open() -> None:
    step = call("open_active", socket_in(State.LISTEN))
    assert step.rule == "3.10.1: active OPEN in LISTEN"
    assert step.tcb == socket_in(State.SYN_SENT)
    assert sent(step) == ["<SEQ=100><CTL=SYN>"]


def test_active_open_selects_the_iss_modulo_the_space() -> None:
    step = call("open_active", socket_in(State.CLOSED), iss=2**32 - 1)
    assert step.tcb == changed(socket_in(State.SYN_SENT, iss=2**32 - 1), snd_nxt=0)


@pytest.mark.parametrize("state", [State.SYN_SENT, State.SYN_RECEIVED, *SYNCHRONIZED])
@pytest.mark.parametrize("name", ["open_active", "open_passive"])
def test_open_of_an_open_connection(name: str, state: State) -> None:
    step = call(name, socket_in(state))
    assert step.rule == "3.10.1: refused"
    assert step.tcb == socket_in(state)
    assert sent(step) == []
    assert step.signals == EXISTS


def test_listen_passive_open() -> None:
    step = call("open_passive", socket_in(State.LISTEN))
    assert step.rule == "3.10.1: refused"
    assert step.tcb == socket_in(State.LISTEN)
    assert step.signals == EXISTS


# SEND.


def test_closed_send() -> None:
    step = call("send", socket_in(State.CLOSED), 1)
    assert step.rule == "3.10.2: refused"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == NO_CONNECTION


def test_listen_send() -> None:
    """The connection changes from passive to active, and the text waits for ESTABLISHED."""
    step = call("send", socket_in(State.LISTEN), 3)
    assert step.rule == "3.10.2: SEND in LISTEN"
    assert step.tcb == socket_in(State.SYN_SENT, queued=3)
    assert sent(step) == ["<SEQ=100><CTL=SYN>"]


@pytest.mark.parametrize("state", [State.SYN_SENT, State.SYN_RECEIVED])
def test_send_before_established(state: State) -> None:
    step = call("send", socket_in(state, queued=2), 3)
    assert step.rule == "3.10.2: queued"
    assert step.tcb == socket_in(state, queued=5)
    assert sent(step) == []


def test_syn_received_send_after_queued_close() -> None:
    """3.6, case 1: "No further SENDs from the user will be accepted"."""
    tcb = socket_in(State.SYN_RECEIVED, queued=2, close_queued=True)
    step = call("send", tcb, 1)
    assert step.rule == "3.10.2: refused"
    assert step.tcb == tcb
    assert step.signals == CLOSING


def test_established_send() -> None:
    step = call("send", socket_in(State.ESTABLISHED), 3)
    assert step.rule == "3.10.2: text sent"
    assert step.tcb == socket_in(State.ESTABLISHED, snd_nxt=104)
    assert sent(step) == ["<SEQ=101><ACK=301><DATA=3><CTL=ACK>"]


def test_close_wait_send() -> None:
    """Half-close: the other direction goes on."""
    step = call("send", socket_in(State.CLOSE_WAIT), 1)
    assert step.rule == "3.10.2: text sent"
    assert step.tcb == socket_in(State.CLOSE_WAIT, snd_nxt=102)
    assert sent(step) == ["<SEQ=101><ACK=302><DATA=1><CTL=ACK>"]


def test_established_send_across_the_wraparound() -> None:
    tcb = socket_in(State.ESTABLISHED, snd_una=2**32 - 1, snd_nxt=2**32 - 1)
    step = call("send", tcb, 2)
    assert sent(step) == ["<SEQ=4294967295><ACK=301><DATA=2><CTL=ACK>"]
    assert step.tcb == changed(tcb, snd_nxt=1)


FIN_IS_OUT = [
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSING,
    State.LAST_ACK,
    State.TIME_WAIT,
]


@pytest.mark.parametrize("state", FIN_IS_OUT)
def test_send_after_close(state: State) -> None:
    step = call("send", socket_in(state), 1)
    assert step.rule == "3.10.2: refused"
    assert step.tcb == socket_in(state)
    assert sent(step) == []
    assert step.signals == CLOSING


# RECEIVE.


def test_closed_receive() -> None:
    step = call("receive", socket_in(State.CLOSED))
    assert step.rule == "3.10.3: refused"
    assert step.signals == NO_CONNECTION


@pytest.mark.parametrize(
    "state",
    [
        State.LISTEN,
        State.SYN_SENT,
        State.SYN_RECEIVED,
        State.ESTABLISHED,
        State.FIN_WAIT_1,
        State.FIN_WAIT_2,
    ],
)
def test_receive_before_the_other_closed(state: State) -> None:
    step = call("receive", socket_in(state))
    assert step.rule == "3.10.3: queued"
    assert step.tcb == socket_in(state)
    assert step.signals == ()


@pytest.mark.parametrize(
    "state", [State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT]
)
def test_receive_after_the_other_closed(state: State) -> None:
    step = call("receive", socket_in(state))
    assert step.rule == "3.10.3: refused"
    assert step.tcb == socket_in(state)
    assert step.signals == CLOSING


# CLOSE.


def test_closed_close() -> None:
    step = call("close", socket_in(State.CLOSED))
    assert step.rule == "3.10.4: refused"
    assert step.signals == NO_CONNECTION


def test_listen_close() -> None:
    step = call("close", socket_in(State.LISTEN))
    assert step.rule == "3.10.4: CLOSE in LISTEN"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []


def test_syn_sent_close() -> None:
    """Nothing tells the other end: should the SYN have arrived, its SYN,ACK meets a RST."""
    step = call("close", socket_in(State.SYN_SENT, queued=1))
    assert step.rule == "3.10.4: CLOSE in SYN-SENT"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []


@pytest.mark.parametrize("passive", [True, False])
def test_syn_received_close(passive: bool) -> None:
    """The FIN follows the SYN, which may still be unacknowledged."""
    step = call("close", socket_in(State.SYN_RECEIVED, passive=passive))
    assert step.rule == "3.10.4: CLOSE in SYN-RECEIVED"
    assert step.tcb.state == State.FIN_WAIT_1
    assert step.tcb == socket_in(State.FIN_WAIT_1, snd_una=100)
    assert sent(step) == ["<SEQ=101><ACK=301><CTL=FIN,ACK>"]


def test_syn_received_close_with_queued_text() -> None:
    tcb = socket_in(State.SYN_RECEIVED, queued=1)
    step = call("close", tcb)
    assert step.rule == "3.10.4: queued"
    assert step.tcb == changed(tcb, close_queued=True)
    assert sent(step) == []


def test_established_close() -> None:
    step = call("close", socket_in(State.ESTABLISHED))
    assert step.rule == "3.10.4: CLOSE in ESTABLISHED"
    assert step.tcb == socket_in(State.FIN_WAIT_1)
    assert sent(step) == ["<SEQ=101><ACK=301><CTL=FIN,ACK>"]


def test_established_close_with_text_in_flight() -> None:
    """The FIN waits for "all preceding SENDs" to be segmentized; they are already sent."""
    step = call("close", socket_in(State.ESTABLISHED, snd_nxt=104))
    assert step.tcb == socket_in(State.FIN_WAIT_1, snd_nxt=105)
    assert sent(step) == ["<SEQ=104><ACK=301><CTL=FIN,ACK>"]


def test_close_wait_close() -> None:
    """To LAST-ACK; "CLOSING" in RFC 793 was an error."""
    step = call("close", socket_in(State.CLOSE_WAIT))
    assert step.rule == "3.10.4: CLOSE in CLOSE-WAIT"
    assert step.tcb == socket_in(State.LAST_ACK)
    assert sent(step) == ["<SEQ=101><ACK=302><CTL=FIN,ACK>"]


@pytest.mark.parametrize("state", FIN_IS_OUT)
def test_close_after_close(state: State) -> None:
    """No second FIN is emitted."""
    step = call("close", socket_in(state))
    assert step.rule == "3.10.4: refused"
    assert step.tcb == socket_in(state)
    assert sent(step) == []
    assert step.signals == CLOSING


# What was queued before ESTABLISHED.


def test_syn_sent_queued_text_leaves_with_the_ack_of_the_syn() -> None:
    step = arrives(socket_in(State.SYN_SENT, queued=2), "<SEQ=300><ACK=101><CTL=SYN,ACK>")
    assert step.rule == (
        "3.10.7.3 fourth: SYN acknowledged, ESTABLISHED + 3.10.2: queued text sent"
    )
    assert step.tcb == socket_in(State.ESTABLISHED, snd_nxt=103)
    assert sent(step) == ["<SEQ=101><ACK=301><DATA=2><CTL=ACK>"]


def test_syn_sent_queued_text_survives_a_simultaneous_open() -> None:
    step = arrives(socket_in(State.SYN_SENT, queued=2), "<SEQ=300><CTL=SYN>")
    assert step.tcb == socket_in(State.SYN_RECEIVED, queued=2)
    assert sent(step) == ["<SEQ=100><ACK=301><CTL=SYN,ACK>"]


def test_syn_received_queued_text_leaves_once_established() -> None:
    step = arrives(
        socket_in(State.SYN_RECEIVED, passive=True, queued=2), "<SEQ=301><ACK=101><CTL=ACK>"
    )
    assert step.rule == "3.10.7.4 fifth: SYN acknowledged, ESTABLISHED + 3.10.2: queued text sent"
    assert step.tcb == socket_in(State.ESTABLISHED, snd_nxt=103)
    assert sent(step) == ["<SEQ=101><ACK=301><DATA=2><CTL=ACK>"]


def test_syn_received_queued_text_and_close_leave_once_established() -> None:
    tcb = socket_in(State.SYN_RECEIVED, queued=2, close_queued=True)
    step = arrives(tcb, "<SEQ=301><ACK=101><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: SYN acknowledged, ESTABLISHED + 3.10.4: queued FIN sent"
    assert step.tcb == socket_in(State.FIN_WAIT_1, snd_nxt=104)
    assert sent(step) == ["<SEQ=101><ACK=301><DATA=2><CTL=FIN,ACK>"]


def test_syn_received_queued_close_answers_the_other_fin() -> None:
    """One segment acknowledges the FIN, and carries text and FIN of its own."""
    tcb = socket_in(State.SYN_RECEIVED, queued=2, close_queued=True)
    step = arrives(tcb, "<SEQ=301><ACK=101><CTL=FIN,ACK>")
    assert step.tcb == socket_in(State.LAST_ACK, snd_nxt=104)
    assert sent(step) == ["<SEQ=101><ACK=302><DATA=2><CTL=FIN,ACK>"]
    assert step.signals == (Signal.CONNECTION_CLOSING,)


# ABORT.


def test_closed_abort() -> None:
    step = call("abort", socket_in(State.CLOSED))
    assert step.rule == "3.10.5: refused"
    assert step.signals == NO_CONNECTION


@pytest.mark.parametrize("after_abort", ["closed", "time-wait"])
@pytest.mark.parametrize("state", [State.LISTEN, State.SYN_SENT])
def test_abort_before_synchronization(state: State, after_abort: str) -> None:
    step = call("abort", socket_in(state), after_abort=after_abort)
    assert step.rule == "3.10.5: ABORT before synchronization"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []


@pytest.mark.parametrize("after_abort", ["closed", "time-wait"])
@pytest.mark.parametrize("state", [State.CLOSING, State.LAST_ACK, State.TIME_WAIT])
def test_abort_after_both_fins(state: State, after_abort: str) -> None:
    step = call("abort", socket_in(state), after_abort=after_abort)
    assert step.rule == "3.10.5: ABORT after both FINs"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []


ABORT_RESETS = [
    State.SYN_RECEIVED,
    State.ESTABLISHED,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
]


@pytest.mark.parametrize("state", ABORT_RESETS)
def test_abort_sends_reset(state: State) -> None:
    tcb = socket_in(state)
    step = call("abort", tcb)
    assert step.rule == "3.10.5: ABORT sends RST"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == [f"<SEQ={tcb.snd_nxt}><CTL=RST>"]


@pytest.mark.parametrize("state", ABORT_RESETS)
def test_abort_sends_reset_with_ack_as_linux_does(state: State) -> None:
    tcb = socket_in(state)
    step = call("abort", tcb, abort_reset="ack")
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == [f"<SEQ={tcb.snd_nxt}><ACK={tcb.rcv_nxt}><CTL=RST,ACK>"]


@pytest.mark.parametrize("state", ABORT_RESETS)
def test_abort_enters_time_wait_where_the_profile_follows_3_5_2(state: State) -> None:
    tcb = socket_in(state, queued=1)
    step = call("abort", tcb, after_abort="time-wait")
    assert step.rule == "3.5.2: ABORT sends RST, TIME-WAIT"
    assert step.tcb.state == State.TIME_WAIT
    assert step.tcb.queued == 0
    assert step.tcb.snd_una == step.tcb.snd_nxt == tcb.snd_nxt
    assert step.starts_time_wait
    assert sent(step) == [f"<SEQ={tcb.snd_nxt}><CTL=RST>"]


@pytest.mark.parametrize("state", ABORT_RESETS)
def test_abort_flushes_the_retransmission_queue(state: State) -> None:
    """3.10.5: "all segments queued for transmission or retransmission should be flushed"."""
    aborted = call("abort", socket_in(state), after_abort="time-wait")
    assert sent(call("retransmission_timeout", aborted.tcb)) == []


def test_abort_skips_time_wait_where_the_profile_has_none() -> None:
    step = call("abort", socket_in(State.ESTABLISHED), after_abort="time-wait", time_wait="none")
    assert step.rule == "3.5.2: ABORT sends RST, TIME-WAIT skipped"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == ["<SEQ=101><CTL=RST>"]
    assert not step.starts_time_wait


# The profile.


@pytest.mark.parametrize(
    ("switches", "error"),
    [
        ({"time_wait": "long"}, "time_wait='long': choose one of quiet, any-moment, none"),
        ({"time_wait_restart": "no"}, "time_wait_restart='no': choose one of fin, any"),
        ({"closed_replies": "icmp"}, "closed_replies='icmp': choose one of rst, silent"),
        ({"rst_in_time_wait": ""}, "rst_in_time_wait='': choose one of accept, ignore"),
        ({"handshake": 3}, "handshake=3: choose one of three-way, two-way"),
        ({"after_abort": "open"}, "after_abort='open': choose one of closed, time-wait"),
        (
            {"syn_ack_in_syn_received": "drop"},
            "syn_ack_in_syn_received='drop': choose one of letter, figure-7",
        ),
        ({"challenge_acks": "on"}, "challenge_acks='on': choose True or False"),
        ({"window": -1}, "window=-1: choose 0 to 1073741824 octets"),
        ({"window": 2**30 + 1}, "window=1073741825: choose 0 to 1073741824 octets"),
        ({"window": "4"}, "window='4': choose 0 to 1073741824 octets"),
        ({"window": True}, "window=True: choose 0 to 1073741824 octets"),
    ],
)
def test_profile_names_the_switch_and_what_it_has(switches: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(error)}$"):
        Profile(**switches)


def test_profile_allows_the_smallest_and_the_largest_window() -> None:
    assert Profile(window=0).window == 0
    assert Profile(window=2**30).window == 2**30
