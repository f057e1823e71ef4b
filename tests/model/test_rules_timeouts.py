"""Timeouts (RFC 9293, 3.10.8)."""

import pytest

from harness import call, changed, sent, socket_in
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import SYNCHRONIZED, Signal, State
from tcpmc.model.endpoint.timeouts import fin_wait_2_timeout, keepalive_probe, keepalive_timeout

HOST = Host(Profile(), Seq(0))

# The retransmission timeout: "send the segment at the front of the retransmission queue again".


@pytest.mark.parametrize(
    "state",
    [
        State.CLOSED,
        State.LISTEN,
        State.ESTABLISHED,
        State.FIN_WAIT_2,
        State.CLOSE_WAIT,
        State.TIME_WAIT,
    ],
)
def test_retransmission_timeout_with_an_empty_queue(state: State) -> None:
    step = call("retransmission_timeout", socket_in(state))
    assert step.rule == "3.10.8: nothing to retransmit"
    assert step.tcb == socket_in(state)
    assert sent(step) == []


def test_syn_sent_retransmission_timeout() -> None:
    step = call("retransmission_timeout", socket_in(State.SYN_SENT))
    assert step.rule == "3.10.8: SYN retransmitted"
    assert step.tcb == socket_in(State.SYN_SENT)
    assert sent(step) == ["<SEQ=100><CTL=SYN>"]


@pytest.mark.parametrize("passive", [True, False])
def test_syn_received_retransmission_timeout(passive: bool) -> None:
    tcb = socket_in(State.SYN_RECEIVED, passive=passive)
    step = call("retransmission_timeout", tcb)
    assert step.rule == "3.10.8: SYN,ACK retransmitted"
    assert step.tcb == tcb
    assert sent(step) == ["<SEQ=100><ACK=301><CTL=SYN,ACK>"]


def test_fin_wait_1_retransmission_timeout_before_the_syn_is_acknowledged() -> None:
    """FIN-WAIT-1 was entered from SYN-RECEIVED: the SYN is the front of the queue."""
    tcb = socket_in(State.FIN_WAIT_1, snd_una=100)
    step = call("retransmission_timeout", tcb)
    assert step.rule == "3.10.8: SYN,ACK retransmitted"
    assert step.tcb == tcb
    assert sent(step) == ["<SEQ=100><ACK=301><CTL=SYN,ACK>"]


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.CLOSE_WAIT])
def test_retransmission_timeout_of_text(state: State) -> None:
    tcb = socket_in(state, snd_nxt=104)
    step = call("retransmission_timeout", tcb)
    assert step.rule == "3.10.8: text retransmitted"
    assert step.tcb == tcb
    assert sent(step) == [f"<SEQ=101><ACK={tcb.rcv_nxt}><DATA=3><CTL=ACK>"]


def test_established_retransmission_timeout_of_text_that_is_partly_acknowledged() -> None:
    step = call("retransmission_timeout", socket_in(State.ESTABLISHED, snd_una=103, snd_nxt=104))
    assert sent(step) == ["<SEQ=103><ACK=301><DATA=1><CTL=ACK>"]


def test_established_retransmission_timeout_across_the_wraparound() -> None:
    tcb = socket_in(State.ESTABLISHED, snd_una=2**32 - 1, snd_nxt=1)
    assert sent(call("retransmission_timeout", tcb)) == [
        "<SEQ=4294967295><ACK=301><DATA=2><CTL=ACK>"
    ]


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK])
def test_retransmission_timeout_of_fin(state: State) -> None:
    tcb = socket_in(state)
    step = call("retransmission_timeout", tcb)
    assert step.rule == "3.10.8: FIN retransmitted"
    assert step.tcb == tcb
    assert sent(step) == [f"<SEQ=101><ACK={tcb.rcv_nxt}><CTL=FIN,ACK>"]


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK])
def test_retransmission_timeout_of_text_before_fin(state: State) -> None:
    """The text is the front of the queue; the FIN's turn comes when it is acknowledged."""
    tcb = socket_in(state, snd_nxt=104)
    step = call("retransmission_timeout", tcb)
    assert step.rule == "3.10.8: text retransmitted"
    assert sent(step) == [f"<SEQ=101><ACK={tcb.rcv_nxt}><DATA=2><CTL=ACK>"]
    step = call("retransmission_timeout", changed(tcb, snd_una=103))
    assert sent(step) == [f"<SEQ=103><ACK={tcb.rcv_nxt}><CTL=FIN,ACK>"]


# The other two.


def test_time_wait_timeout() -> None:
    step = call("time_wait_timeout", socket_in(State.TIME_WAIT))
    assert step.rule == "3.10.8: TIME-WAIT expires"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []
    assert step.signals == ()


@pytest.mark.parametrize("state", [State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, *SYNCHRONIZED])
def test_user_timeout(state: State) -> None:
    """Alike "for any state"; the other end is told nothing."""
    step = call("user_timeout", socket_in(state))
    assert step.rule == "3.10.8: user timeout"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == (Signal.USER_TIMEOUT,)
    assert sent(step) == []


def test_fin_wait_2_timeout() -> None:
    """A timer that the RFC does not have."""
    step = fin_wait_2_timeout(HOST, socket_in(State.FIN_WAIT_2))
    assert step.rule == "FIN-WAIT-2 timer expires"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []


def test_established_keepalive_probe() -> None:
    """It asks for an octet that was acknowledged, so that it is answered."""
    step = keepalive_probe(HOST, socket_in(State.ESTABLISHED))
    assert step.rule == "3.8.4: keep-alive probe sent"
    assert step.tcb == socket_in(State.ESTABLISHED)
    assert sent(step) == ["<SEQ=100><ACK=301><CTL=ACK>"]


def test_established_keepalive_timeout() -> None:
    step = keepalive_timeout(HOST, socket_in(State.ESTABLISHED))
    assert step.rule == "3.8.4: keep-alive probes unanswered"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []
