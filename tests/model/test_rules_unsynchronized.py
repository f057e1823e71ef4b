"""Segments that arrive in CLOSED, LISTEN and SYN-SENT (RFC 9293, 3.10.7.1 to 3.10.7.3)."""

import pytest

from harness import arrives, call, changed, sent, socket_in
from tcpmc.model.endpoint.tcb import SYNCHRONIZED, Signal, State, delete_tcb, empty_tcb

# CLOSED.


@pytest.mark.parametrize("text", ["<SEQ=300><CTL=RST>", "<SEQ=300><ACK=100><CTL=RST,ACK>"])
def test_closed_reset(text: str) -> None:
    step = arrives(socket_in(State.CLOSED), text)
    assert step.rule == "3.10.7.1: RST discarded"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<SEQ=300><CTL=SYN>", "<SEQ=0><ACK=301><CTL=RST,ACK>"),
        ("<SEQ=300><DATA=5><CTL=SYN>", "<SEQ=0><ACK=306><CTL=RST,ACK>"),
        ("<SEQ=300><CTL=FIN>", "<SEQ=0><ACK=301><CTL=RST,ACK>"),
        ("<SEQ=300><ACK=101><CTL=ACK>", "<SEQ=101><CTL=RST>"),
        ("<SEQ=300><ACK=101><CTL=SYN,ACK>", "<SEQ=101><CTL=RST>"),
        ("<SEQ=300><ACK=101><CTL=FIN,ACK>", "<SEQ=101><CTL=RST>"),
        ("<SEQ=300><ACK=101><DATA=7><CTL=ACK>", "<SEQ=101><CTL=RST>"),
    ],
)
def test_closed_anything_else(text: str, answer: str) -> None:
    step = arrives(socket_in(State.CLOSED), text)
    assert step.rule == "3.10.7.1: no connection, RST sent"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == [answer]


def test_closed_silent_host() -> None:
    step = arrives(socket_in(State.CLOSED), "<SEQ=300><CTL=SYN>", closed_replies="silent")
    assert step.rule == "silent host: segment discarded"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []


@pytest.mark.parametrize("state", [State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, *SYNCHRONIZED])
def test_closed_remembers_nothing(state: State) -> None:
    tcb = socket_in(state, passive=True, queued=3, close_queued=True)
    assert delete_tcb(tcb) == empty_tcb(State.CLOSED, 32) == call("user_timeout", tcb).tcb


# LISTEN.


@pytest.mark.parametrize("text", ["<SEQ=300><CTL=RST>", "<SEQ=300><ACK=100><CTL=RST,ACK>"])
def test_listen_reset(text: str) -> None:
    step = arrives(socket_in(State.LISTEN), text)
    assert step.rule == "3.10.7.2 first: RST ignored"
    assert step.tcb == socket_in(State.LISTEN)
    assert sent(step) == []


@pytest.mark.parametrize(
    "text",
    [
        "<SEQ=300><ACK=101><CTL=ACK>",
        "<SEQ=300><ACK=101><CTL=SYN,ACK>",
        "<SEQ=300><ACK=101><CTL=FIN,ACK>",
        "<SEQ=300><ACK=101><DATA=1><CTL=ACK>",
    ],
)
def test_listen_ack(text: str) -> None:
    """Any acknowledgment is "bad if it arrives on a connection still in the LISTEN state"."""
    step = arrives(socket_in(State.LISTEN), text)
    assert step.rule == "3.10.7.2 second: ACK is bad here, RST sent"
    assert step.tcb == socket_in(State.LISTEN)
    assert sent(step) == ["<SEQ=101><CTL=RST>"]


def test_listen_syn() -> None:
    step = arrives(socket_in(State.LISTEN), "<SEQ=300><CTL=SYN>")
    assert step.rule == "3.10.7.2 third: SYN, SYN,ACK sent"
    assert step.tcb == socket_in(State.SYN_RECEIVED, passive=True)
    assert sent(step) == ["<SEQ=100><ACK=301><CTL=SYN,ACK>"]


def test_listen_syn_before_the_wraparound() -> None:
    step = arrives(socket_in(State.LISTEN), "<SEQ=4294967295><CTL=SYN>", iss=2**32 - 1)
    assert sent(step) == ["<SEQ=4294967295><ACK=0><CTL=SYN,ACK>"]
    assert step.tcb.snd_nxt.value == 0
    assert step.tcb.rcv_nxt.value == 0


@pytest.mark.parametrize("text", ["<SEQ=300><DATA=3><CTL=SYN>", "<SEQ=300><CTL=SYN,FIN>"])
def test_listen_syn_with_text_or_fin(text: str) -> None:
    """Only the SYN is taken: the rest is not acknowledged, and so sent again."""
    step = arrives(socket_in(State.LISTEN), text)
    assert step.tcb == socket_in(State.SYN_RECEIVED, passive=True)
    assert sent(step) == ["<SEQ=100><ACK=301><CTL=SYN,ACK>"]


def test_listen_syn_two_way_handshake() -> None:
    step = arrives(socket_in(State.LISTEN), "<SEQ=300><CTL=SYN>", handshake="two-way")
    assert step.rule == "two-way handshake: SYN establishes"
    assert step.tcb == socket_in(State.ESTABLISHED, snd_una=100)
    assert sent(step) == ["<SEQ=100><ACK=301><CTL=SYN,ACK>"]


@pytest.mark.parametrize("text", ["<SEQ=300><CTL=FIN>", "<SEQ=300><DATA=1><CTL=>"])
def test_listen_anything_else(text: str) -> None:
    step = arrives(socket_in(State.LISTEN), text)
    assert step.rule == "3.10.7.2 fourth: dropped"
    assert step.tcb == socket_in(State.LISTEN)
    assert sent(step) == []


# SYN-SENT: first, the ACK. Acceptable is ISS < SEG.ACK =< SND.NXT, here 101 and nothing else.


@pytest.mark.parametrize("ack", [99, 100, 102, 400])
@pytest.mark.parametrize("controls", ["ACK", "SYN,ACK", "FIN,ACK"])
def test_syn_sent_unacceptable_ack(controls: str, ack: int) -> None:
    step = arrives(socket_in(State.SYN_SENT), f"<SEQ=300><ACK={ack}><CTL={controls}>")
    assert step.rule == "3.10.7.3 first: unacceptable ACK, RST sent"
    assert step.tcb == socket_in(State.SYN_SENT)
    assert sent(step) == [f"<SEQ={ack}><CTL=RST>"]


@pytest.mark.parametrize("ack", [100, 102])
def test_syn_sent_unacceptable_ack_with_reset(ack: int) -> None:
    step = arrives(socket_in(State.SYN_SENT), f"<SEQ=0><ACK={ack}><CTL=RST,ACK>")
    assert step.rule == "3.10.7.3 first: unacceptable ACK, RST dropped"
    assert step.tcb == socket_in(State.SYN_SENT)
    assert sent(step) == []


# SYN-SENT: second, RST.


def test_syn_sent_reset() -> None:
    step = arrives(socket_in(State.SYN_SENT, queued=1), "<SEQ=0><ACK=101><CTL=RST,ACK>")
    assert step.rule == "3.10.7.3 second: reset"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == (Signal.CONNECTION_RESET,)
    assert sent(step) == []


@pytest.mark.parametrize("controls", ["RST", "SYN,RST"])
def test_syn_sent_reset_without_ack(controls: str) -> None:
    """It acknowledges nothing, so it may answer anything."""
    step = arrives(socket_in(State.SYN_SENT), f"<SEQ=300><CTL={controls}>")
    assert step.rule == "3.10.7.3 second: RST without ACK dropped"
    assert step.tcb == socket_in(State.SYN_SENT)
    assert sent(step) == []


# SYN-SENT: fourth, SYN.


def test_syn_sent_syn_ack() -> None:
    step = arrives(socket_in(State.SYN_SENT), "<SEQ=300><ACK=101><CTL=SYN,ACK>")
    assert step.rule == "3.10.7.3 fourth: SYN acknowledged, ESTABLISHED"
    assert step.tcb == socket_in(State.ESTABLISHED)
    assert sent(step) == ["<SEQ=101><ACK=301><CTL=ACK>"]


def test_syn_sent_syn_ack_across_the_wraparound() -> None:
    tcb = changed(socket_in(State.SYN_SENT, iss=2**32 - 1), snd_nxt=0)
    step = arrives(tcb, "<SEQ=4294967295><ACK=0><CTL=SYN,ACK>")
    assert step.tcb.state == State.ESTABLISHED
    assert sent(step) == ["<SEQ=0><ACK=0><CTL=ACK>"]


def test_syn_sent_syn() -> None:
    """Simultaneous open. The connection remembers that it was opened actively (MUST-11)."""
    step = arrives(socket_in(State.SYN_SENT), "<SEQ=300><CTL=SYN>")
    assert step.rule == "3.10.7.3 fourth: simultaneous open, SYN,ACK sent"
    assert step.tcb == socket_in(State.SYN_RECEIVED, passive=False)
    assert sent(step) == ["<SEQ=100><ACK=301><CTL=SYN,ACK>"]


# SYN-SENT: fifth, neither SYN nor RST.


@pytest.mark.parametrize(
    "text",
    [
        "<SEQ=301><ACK=101><CTL=ACK>",
        "<SEQ=301><ACK=101><DATA=1><CTL=ACK>",
        "<SEQ=301><ACK=101><CTL=FIN,ACK>",
        "<SEQ=301><CTL=FIN>",
    ],
)
def test_syn_sent_anything_else(text: str) -> None:
    step = arrives(socket_in(State.SYN_SENT), text)
    assert step.rule == "3.10.7.3 fifth: dropped"
    assert step.tcb == socket_in(State.SYN_SENT)
    assert sent(step) == []
