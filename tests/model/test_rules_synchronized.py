"""Segments that arrive in SYN-RECEIVED and later (RFC 9293, 3.10.7.4), check by check.

Sockets have sent SYN 100 and received SYN 300; RCV.WND is 4.
"""

import pytest

from harness import arrives, changed, segment, sent, socket_in
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.segment_arrives import acceptable
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import SYNCHRONIZED, TAKES_TEXT, Signal, State, Tcb
from tcpmc.model.variants.variant import RFC9293

RESET = (Signal.CONNECTION_RESET,)
REFUSED = (Signal.CONNECTION_REFUSED,)
CLOSING = (Signal.CONNECTION_CLOSING,)

CHECKED = [State.SYN_RECEIVED, *SYNCHRONIZED]


def ack_of(tcb: Tcb) -> str:
    """Return `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`, in numbers."""
    return f"<SEQ={tcb.snd_nxt}><ACK={tcb.rcv_nxt}><CTL=ACK>"


# First, the sequence number. Table 6: RCV.NXT is 301, the window ends before 305.


@pytest.mark.parametrize(
    ("text", "window", "expected"),
    [
        # Length 0, window 0: SEG.SEQ = RCV.NXT.
        ("<SEQ=300><ACK=101><CTL=ACK>", 0, False),
        ("<SEQ=301><ACK=101><CTL=ACK>", 0, True),
        ("<SEQ=302><ACK=101><CTL=ACK>", 0, False),
        # Length 0, window > 0: RCV.NXT =< SEG.SEQ < RCV.NXT+RCV.WND.
        ("<SEQ=300><ACK=101><CTL=ACK>", 4, False),
        ("<SEQ=301><ACK=101><CTL=ACK>", 4, True),
        ("<SEQ=304><ACK=101><CTL=ACK>", 4, True),
        ("<SEQ=305><ACK=101><CTL=ACK>", 4, False),
        # Length > 0, window 0: not acceptable.
        ("<SEQ=301><ACK=101><DATA=1><CTL=ACK>", 0, False),
        ("<SEQ=301><ACK=101><CTL=FIN,ACK>", 0, False),
        # Length > 0, window > 0: the first or the last number is in the window.
        ("<SEQ=300><ACK=101><DATA=1><CTL=ACK>", 4, False),
        ("<SEQ=300><ACK=101><DATA=2><CTL=ACK>", 4, True),
        ("<SEQ=300><ACK=101><CTL=FIN,ACK>", 4, False),
        ("<SEQ=300><ACK=101><DATA=1><CTL=FIN,ACK>", 4, True),
        ("<SEQ=304><ACK=101><DATA=9><CTL=ACK>", 4, True),
        ("<SEQ=305><ACK=101><DATA=1><CTL=ACK>", 4, False),
        # By the letter, a segment that begins before the window and ends after it is neither.
        ("<SEQ=300><ACK=101><DATA=9><CTL=ACK>", 4, False),
    ],
)
def test_table_6(text: str, window: int, expected: bool) -> None:
    assert acceptable(segment(text), Seq(301), window) is expected


@pytest.mark.parametrize("seq", [2**32 - 2, 2**32 - 1, 0, 1])
def test_table_6_in_a_window_across_the_wraparound(seq: int) -> None:
    text = f"<SEQ={seq}><ACK=101><DATA=1><CTL=ACK>"
    assert acceptable(segment(text), Seq(2**32 - 2), 4)
    assert not acceptable(segment(text), Seq(2), 4)


@pytest.mark.parametrize("state", CHECKED)
@pytest.mark.parametrize("challenge_acks", [True, False])
def test_unacceptable_segment(state: State, challenge_acks: bool) -> None:
    """It is dropped, with its ACK, and answered by an ACK."""
    tcb = socket_in(state)
    text = f"<SEQ=290><ACK={tcb.snd_nxt}><DATA=1><CTL=ACK>"
    step = arrives(tcb, text, challenge_acks=challenge_acks)
    assert step.rule == "3.10.7.4 first: unacceptable, ACK sent"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


@pytest.mark.parametrize("state", CHECKED)
def test_unacceptable_reset(state: State) -> None:
    tcb = socket_in(state)
    step = arrives(tcb, "<SEQ=290><CTL=RST>")
    assert step.rule == "3.10.7.4 first: unacceptable, RST dropped"
    assert step.tcb == tcb
    assert sent(step) == []


def test_established_zero_window_text() -> None:
    """Its ACK counts ("special allowance"), its text does not; by 3.8.6.1
    "it must still send an acknowledgment showing its next expected sequence number"."""
    tcb = socket_in(State.ESTABLISHED, snd_nxt=102)
    step = arrives(tcb, "<SEQ=301><ACK=102><DATA=1><CTL=ACK>", window=0)
    assert step.rule == "3.10.7.4 fifth: ACK advances SND.UNA + 3.8.6.1: zero window, ACK sent"
    assert step.tcb == changed(tcb, snd_una=102)
    assert sent(step) == [ack_of(tcb)]


def test_established_zero_window_text_beyond_the_left_edge() -> None:
    tcb = socket_in(State.ESTABLISHED, snd_nxt=102)
    step = arrives(tcb, "<SEQ=302><ACK=102><DATA=1><CTL=ACK>", window=0)
    assert step.rule == "3.10.7.4 first: unacceptable, ACK sent"
    assert step.tcb == tcb


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (State.ESTABLISHED, State.CLOSE_WAIT),
        (State.FIN_WAIT_1, State.TIME_WAIT),
        (State.FIN_WAIT_2, State.TIME_WAIT),
    ],
)
def test_zero_window_fin(state: State, after: State) -> None:
    """It is an ACK segment and needs no buffer; FIN-WAIT-1's own FIN is acknowledged by it."""
    tcb = socket_in(state)
    step = arrives(tcb, f"<SEQ=301><ACK={tcb.snd_nxt}><CTL=FIN,ACK>", window=0)
    assert step.tcb.state == after
    assert step.tcb.rcv_nxt == tcb.rcv_nxt + 1
    assert sent(step) == [f"<SEQ={tcb.snd_nxt}><ACK=302><CTL=ACK>"]


@pytest.mark.parametrize(("octets", "fin"), [(0, "refuse"), (1, "refuse"), (1, "take")])
def test_fin_wait_1_zero_window_fin_refused(octets: int, fin: str) -> None:
    """By Table 6, or since there is text before it; the ACK of our FIN counts all the same."""
    text = f"<SEQ=301><ACK=102><DATA={octets}><CTL=FIN,ACK>"
    step = arrives(socket_in(State.FIN_WAIT_1), text, window=0, zero_window_fin=fin)
    assert step.tcb == socket_in(State.FIN_WAIT_2)
    assert sent(step) == ["<SEQ=102><ACK=301><CTL=ACK>"]


def test_established_zero_window_ack() -> None:
    """It is "possible [...] to maintain a zero receive window while [...] receiving ACKs"."""
    step = arrives(
        socket_in(State.ESTABLISHED, snd_nxt=102), "<SEQ=301><ACK=102><CTL=ACK>", window=0
    )
    assert step.tcb == socket_in(State.ESTABLISHED, snd_una=102, snd_nxt=102)


@pytest.mark.parametrize("text", ["<CTL=RST>", "<DATA=1><CTL=RST>"])
def test_established_zero_window_reset(text: str) -> None:
    """MUST-66: RST is processed "even when the receive window is zero"."""
    step = arrives(socket_in(State.ESTABLISHED), f"<SEQ=301>{text}", window=0)
    assert step.tcb == socket_in(State.CLOSED)


@pytest.mark.parametrize(
    "text", ["<SEQ=302><ACK=102><DATA=1><CTL=ACK>", "<SEQ=302><ACK=102><CTL=FIN,ACK>"]
)
def test_established_text_or_fin_beyond_the_left_edge(text: str) -> None:
    """What is before it is missing. It is answered by an ACK, and its own ACK counts."""
    step = arrives(socket_in(State.ESTABLISHED, snd_nxt=102), text)
    assert step.rule == (
        "3.10.7.4 fifth: ACK advances SND.UNA + 3.10.7.4 seventh: out of order, ACK sent (MAY-13)"
    )
    assert step.tcb == socket_in(State.ESTABLISHED, snd_una=102, snd_nxt=102)
    assert sent(step) == ["<SEQ=102><ACK=301><CTL=ACK>"]
    assert step.signals == ()


def test_established_ack_beyond_the_left_edge() -> None:
    """An ACK is not answered by an ACK."""
    step = arrives(socket_in(State.ESTABLISHED, snd_nxt=102), "<SEQ=302><ACK=102><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: ACK advances SND.UNA"
    assert step.tcb == socket_in(State.ESTABLISHED, snd_una=102, snd_nxt=102)
    assert sent(step) == []


@pytest.mark.parametrize("text", ["<DATA=1><CTL=ACK>", "<CTL=FIN,ACK>", "<CTL=ACK>"])
def test_established_beyond_the_left_edge_dropped(text: str) -> None:
    tcb = socket_in(State.ESTABLISHED, snd_nxt=102)
    step = arrives(tcb, f"<SEQ=302><ACK=102>{text}", out_of_order="drop")
    assert step.rule == "3.10.7.4 first: out of order, dropped, ACK sent"
    assert step.tcb == tcb
    assert sent(step) == ["<SEQ=102><ACK=301><CTL=ACK>"]


@pytest.mark.parametrize(
    ("text", "gap", "held", "fin"),
    [
        ("<SEQ=302><ACK=101><DATA=1><CTL=ACK>", 1, 1, False),
        ("<SEQ=303><ACK=101><CTL=FIN,ACK>", 2, 0, True),
        ("<SEQ=302><ACK=101><DATA=1><CTL=FIN,ACK>", 1, 1, True),
        # Beyond the window, which ends before 305, text and FIN are trimmed off.
        ("<SEQ=303><ACK=101><DATA=9><CTL=ACK>", 2, 2, False),
        ("<SEQ=303><ACK=101><DATA=2><CTL=FIN,ACK>", 2, 2, False),
    ],
)
@pytest.mark.parametrize("state", [State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2])
def test_beyond_the_left_edge_held(state: State, text: str, gap: int, held: int, fin: bool) -> None:
    """SHLD-31. The ACK that is sent asks for what is missing (MAY-13)."""
    tcb = socket_in(state)
    step = arrives(tcb, text, out_of_order="hold")
    assert step.rule == "3.10.7.4 first: out of order, held (SHLD-31), ACK sent (MAY-13)"
    assert step.tcb == changed(tcb, gap=gap, held=held, held_fin=fin)
    assert sent(step) == [ack_of(tcb)]
    assert step.signals == ()


@pytest.mark.parametrize("state", [State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK])
def test_beyond_the_left_edge_after_fin_not_held(state: State) -> None:
    """Nothing comes after the FIN that was received."""
    tcb = socket_in(state)
    step = arrives(tcb, f"<SEQ=303><ACK={tcb.snd_una}><DATA=1><CTL=ACK>", out_of_order="hold")
    assert step.tcb == tcb


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        # The window is 301 to 304. What is held is 303.
        ((2, 1, False), "<SEQ=302><DATA=1><CTL=ACK>", (1, 2, False)),
        ((2, 1, False), "<SEQ=302><DATA=2><CTL=ACK>", (1, 2, False)),
        ((2, 1, False), "<SEQ=303><DATA=1><CTL=ACK>", (2, 1, False)),
        ((2, 1, False), "<SEQ=304><CTL=FIN,ACK>", (2, 1, True)),
        ((2, 1, False), "<SEQ=303><DATA=2><CTL=ACK>", (2, 2, False)),
        ((1, 1, False), "<SEQ=304><CTL=FIN,ACK>", (1, 1, False)),  # not adjacent
        ((3, 0, True), "<SEQ=302><DATA=1><CTL=ACK>", (1, 1, False)),  # the nearer one
        ((3, 0, True), "<SEQ=303><DATA=1><CTL=ACK>", (2, 1, True)),
        ((2, 1, True), "<SEQ=302><DATA=2><CTL=ACK>", (1, 2, True)),
    ],
)
def test_established_held_ranges_that_meet_become_one(
    before: tuple[int, int, bool], text: str, after: tuple[int, int, bool]
) -> None:
    names = ("gap", "held", "held_fin")
    tcb = changed(socket_in(State.ESTABLISHED), **dict(zip(names, before, strict=True)))
    step = arrives(tcb, text.replace("<CTL", "<ACK=101><CTL"), out_of_order="hold")
    assert step.tcb == changed(tcb, **dict(zip(names, after, strict=True)))


def test_established_gap_filled() -> None:
    tcb = changed(socket_in(State.ESTABLISHED), gap=1, held=2)
    step = arrives(tcb, "<SEQ=301><ACK=101><DATA=1><CTL=ACK>", out_of_order="hold")
    assert step.rule == "3.10.7.4 seventh: text delivered, with what was held (SHLD-31)"
    assert step.tcb == socket_in(State.ESTABLISHED, rcv_nxt=304)
    assert sent(step) == ["<SEQ=101><ACK=304><CTL=ACK>"]


def test_established_gap_partly_filled() -> None:
    tcb = changed(socket_in(State.ESTABLISHED), gap=2, held=1, held_fin=True)
    step = arrives(tcb, "<SEQ=301><ACK=101><DATA=1><CTL=ACK>", out_of_order="hold")
    assert step.rule == "3.10.7.4 seventh: text delivered"
    assert step.tcb == changed(tcb, rcv_nxt=302, gap=1)


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (State.ESTABLISHED, State.CLOSE_WAIT),
        (State.FIN_WAIT_1, State.CLOSING),
        (State.FIN_WAIT_2, State.TIME_WAIT),
    ],
)
@pytest.mark.parametrize("held", [0, 1])
def test_gap_filled_before_a_held_fin(state: State, after: State, held: int) -> None:
    """One ACK for all of it (MUST-58), and the FIN is processed as if it came now."""
    tcb = changed(socket_in(state), gap=1, held=held, held_fin=True)
    text = f"<SEQ=301><ACK={tcb.snd_una}><DATA=1><CTL=ACK>"
    step = arrives(tcb, text, out_of_order="hold")
    assert step.tcb == changed(socket_in(state), state=after, rcv_nxt=303 + held)
    assert sent(step) == [f"<SEQ={tcb.snd_nxt}><ACK={303 + held}><CTL=ACK>"]
    assert step.signals == CLOSING


def test_established_everything_sent_again_in_one_segment_with_a_held_fin() -> None:
    tcb = changed(socket_in(State.ESTABLISHED), gap=1, held=1, held_fin=True)
    step = arrives(tcb, "<SEQ=301><ACK=101><DATA=2><CTL=FIN,ACK>", out_of_order="hold")
    assert step.tcb == socket_in(State.CLOSE_WAIT, rcv_nxt=304)
    assert sent(step) == ["<SEQ=101><ACK=304><CTL=ACK>"]


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.FIN_WAIT_2])
@pytest.mark.parametrize("seq", [301, 302])
def test_text_after_close_half_duplex(state: State, seq: int) -> None:
    """SHLD-3: "its TCP implementation SHOULD send a RST to show that data was lost"."""
    tcb = socket_in(state)
    text = f"<SEQ={seq}><ACK={tcb.snd_una}><DATA=1><CTL=ACK>"
    step = arrives(tcb, text, half_duplex_close=True)
    assert step.rule == "3.6.1 SHLD-3: text after CLOSE, RST sent"
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == [f"<SEQ={tcb.snd_una}><CTL=RST>"]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.ESTABLISHED, "<SEQ=301><ACK=101><DATA=1><CTL=ACK>"),  # nobody has called CLOSE
        (State.FIN_WAIT_1, "<SEQ=300><ACK=101><DATA=1><CTL=FIN,ACK>"),  # the text is old
        (State.FIN_WAIT_2, "<SEQ=301><ACK=102><CTL=FIN,ACK>"),  # no text
    ],
)
def test_no_new_text_after_close_half_duplex(state: State, text: str) -> None:
    tcb = socket_in(state)
    assert arrives(tcb, text, half_duplex_close=True) == arrives(tcb, text)


def test_established_beyond_the_left_edge_with_ack_of_the_unsent() -> None:
    """Two reasons to send the same ACK are no reason to send it twice (MUST-58)."""
    tcb = socket_in(State.ESTABLISHED)
    step = arrives(tcb, "<SEQ=302><ACK=103><DATA=1><CTL=ACK>")
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


def test_syn_received_beyond_the_left_edge_with_unacceptable_ack() -> None:
    """The reset is the answer; an ACK of what is about to be reset is none."""
    step = arrives(socket_in(State.SYN_RECEIVED), "<SEQ=302><ACK=100><DATA=1><CTL=ACK>")
    assert step.tcb == socket_in(State.SYN_RECEIVED)
    assert sent(step) == ["<SEQ=100><CTL=RST>"]


def test_time_wait_retransmitted_fin() -> None:
    """Fifth: "Acknowledge it, and restart the 2 MSL timeout"."""
    tcb = socket_in(State.TIME_WAIT)
    step = arrives(tcb, "<SEQ=301><ACK=102><CTL=FIN,ACK>")
    assert step.rule == "3.10.7.4 first: old segment in TIME-WAIT, ACK sent, timer restarted"
    assert step.tcb == tcb
    assert step.starts_time_wait
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


@pytest.mark.parametrize(("restart", "restarts"), [("fin", False), ("any", True)])
def test_time_wait_old_text(restart: str, restarts: bool) -> None:
    """Acknowledged in any case; the timer is a matter of the profile."""
    tcb = socket_in(State.TIME_WAIT)
    step = arrives(tcb, "<SEQ=300><ACK=101><DATA=1><CTL=ACK>", time_wait_restart=restart)
    assert step.tcb == tcb
    assert step.starts_time_wait is restarts
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


@pytest.mark.parametrize(
    ("text", "restarts"),
    [
        ("<SEQ=300><ACK=101><CTL=FIN,ACK>", False),
        ("<SEQ=300><ACK=101><DATA=1><CTL=FIN,ACK>", True),
    ],
)
@pytest.mark.parametrize("restart", ["fin", "any"])
def test_time_wait_old_fin(restart: str, text: str, restarts: bool) -> None:
    """A retransmission of the remote FIN, 301, alone or with text; another FIN is none."""
    step = arrives(socket_in(State.TIME_WAIT), text, time_wait_restart=restart)
    assert step.starts_time_wait is (restarts or restart == "any")
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


# Second, RST.


def test_syn_received_reset_after_passive_open() -> None:
    """Back to LISTEN (note 1 of Figure 5): "The user need not be informed"."""
    step = arrives(socket_in(State.SYN_RECEIVED, passive=True), "<SEQ=301><CTL=RST>")
    assert step.rule == "3.10.7.4 second: reset, back to LISTEN (note 1)"
    assert step.tcb == socket_in(State.LISTEN)
    assert step.signals == ()
    assert sent(step) == []


def test_syn_received_reset_after_active_open() -> None:
    step = arrives(socket_in(State.SYN_RECEIVED, passive=False), "<SEQ=301><CTL=RST>")
    assert step.rule == "3.10.7.4 second: refused"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == REFUSED
    assert sent(step) == []


@pytest.mark.parametrize("state", [s for s in SYNCHRONIZED if s != State.TIME_WAIT])
@pytest.mark.parametrize("controls", ["RST", "RST,ACK"])
def test_reset_at_rcv_nxt(state: State, controls: str) -> None:
    """3.5.3: it "aborts the connection and advises the user and goes to the CLOSED state"."""
    tcb = socket_in(state)
    ack = "<ACK=101>" if "ACK" in controls else ""
    step = arrives(tcb, f"<SEQ={tcb.rcv_nxt}>{ack}<CTL={controls}>")
    assert step.rule == "3.10.7.4 second: reset"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == RESET
    assert sent(step) == []


def test_time_wait_reset() -> None:
    """TIME-WAIT assassination (RFC 1337), by the letter of RFC 9293."""
    step = arrives(socket_in(State.TIME_WAIT), "<SEQ=302><CTL=RST>")
    assert step.rule == "3.10.7.4 second: reset in TIME-WAIT"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == ()


def test_time_wait_reset_rfc1337() -> None:
    """Fix F1: "Ignore RST segments in TIME-WAIT state"."""
    tcb = socket_in(State.TIME_WAIT)
    step = arrives(tcb, "<SEQ=302><CTL=RST>", rst_in_time_wait="ignore")
    assert step.rule == "RFC 1337 F1: RST in TIME-WAIT ignored"
    assert step.tcb == tcb
    assert sent(step) == []
    assert not step.starts_time_wait


@pytest.mark.parametrize("state", [State.CLOSING, State.LAST_ACK])
def test_reset_after_both_fins_by_the_letter(state: State) -> None:
    """ "Enter the CLOSED state, delete the TCB, and return": no word of a signal."""
    step = arrives(socket_in(state), "<SEQ=302><CTL=RST>", rst_while_closing="silent")
    assert step.rule == "3.10.7.4 second: reset, no signal"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == ()
    assert arrives(socket_in(state), "<SEQ=302><CTL=RST>").signals == RESET


def test_time_wait_reset_in_the_window_rfc1337() -> None:
    """It is ignored like the others: it does not even draw a challenge ACK."""
    tcb = socket_in(State.TIME_WAIT)
    step = arrives(tcb, "<SEQ=303><CTL=RST>", rst_in_time_wait="ignore")
    assert step.rule == "RFC 1337 F1: RST in TIME-WAIT ignored"
    assert step.tcb == tcb
    assert sent(step) == []


@pytest.mark.parametrize("state", CHECKED)
def test_reset_in_the_window_challenge(state: State) -> None:
    """RFC 5961: in the window, and not exactly RCV.NXT."""
    tcb = socket_in(state)
    step = arrives(tcb, f"<SEQ={tcb.rcv_nxt + 1}><CTL=RST>")
    assert step.rule == "3.10.7.4 second: RST not at RCV.NXT, challenge ACK"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


@pytest.mark.parametrize("state", CHECKED)
def test_reset_in_the_window_without_challenge(state: State) -> None:
    tcb = socket_in(state)
    step = arrives(tcb, f"<SEQ={tcb.rcv_nxt + 1}><CTL=RST>", challenge_acks=False)
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []


def test_established_reset_with_text() -> None:
    """SHLD-2: a RST may carry a text that explains it."""
    step = arrives(socket_in(State.ESTABLISHED), "<SEQ=301><DATA=4><CTL=RST>")
    assert step.tcb == socket_in(State.CLOSED)


# Fourth, SYN.


def test_syn_received_syn_after_passive_open() -> None:
    step = arrives(socket_in(State.SYN_RECEIVED, passive=True), "<SEQ=302><CTL=SYN>")
    assert step.rule == "3.10.7.4 fourth: SYN, back to LISTEN"
    assert step.tcb == socket_in(State.LISTEN)
    assert sent(step) == []


def test_syn_received_retransmitted_syn() -> None:
    """It is before the window: the ACK that answers it tells its sender nothing new."""
    tcb = socket_in(State.SYN_RECEIVED, passive=True)
    step = arrives(tcb, "<SEQ=300><CTL=SYN>")
    assert step.rule == "3.10.7.4 first: unacceptable, ACK sent"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


def test_syn_received_retransmitted_syn_with_text() -> None:
    """The SYN is before the window: it does not end this opening, and is challenged."""
    tcb = socket_in(State.SYN_RECEIVED, passive=True)
    step = arrives(tcb, "<SEQ=300><DATA=1><CTL=SYN>")
    assert step.rule == "3.10.7.4 fourth: SYN, challenge ACK"
    assert step.tcb == tcb


def test_syn_received_retransmitted_syn_with_text_without_rfc_5961() -> None:
    """The SYN is trimmed off: what is left is text without an ACK."""
    tcb = socket_in(State.SYN_RECEIVED, passive=True)
    step = arrives(tcb, "<SEQ=300><DATA=1><CTL=SYN>", challenge_acks=False)
    assert step.rule == "3.10.7.4 fifth: no ACK, dropped"
    assert step.tcb == tcb


def test_established_old_syn_ack_with_new_text() -> None:
    """RFC 5961: challenged, irrespective of the sequence number."""
    tcb = socket_in(State.ESTABLISHED)
    step = arrives(tcb, "<SEQ=300><ACK=101><DATA=2><CTL=SYN,ACK>")
    assert step.rule == "3.10.7.4 fourth: SYN, challenge ACK"
    assert step.tcb == tcb


def test_established_old_syn_ack_with_new_text_without_rfc_5961() -> None:
    """The SYN is trimmed off, and the text is taken."""
    tcb = socket_in(State.ESTABLISHED)
    step = arrives(tcb, "<SEQ=300><ACK=101><DATA=2><CTL=SYN,ACK>", challenge_acks=False)
    assert step.rule == "3.10.7.4 seventh: text delivered"
    assert step.tcb == changed(tcb, rcv_nxt=303)
    assert sent(step) == ["<SEQ=101><ACK=303><CTL=ACK>"]


@pytest.mark.parametrize("state", CHECKED)
@pytest.mark.parametrize("text", ["<SEQ=303><CTL=SYN>", "<SEQ=303><ACK=101><CTL=SYN,ACK>"])
def test_syn_in_the_window_challenge(state: State, text: str) -> None:
    """RFC 5961. SYN-RECEIVED after an active OPEN is handled as the synchronized states."""
    tcb = socket_in(state)
    step = arrives(tcb, text)
    assert step.rule == "3.10.7.4 fourth: SYN, challenge ACK"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


@pytest.mark.parametrize("state", CHECKED)
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<SEQ=303><CTL=SYN>", "<SEQ=0><ACK=304><CTL=RST,ACK>"),
        ("<SEQ=303><ACK=101><CTL=SYN,ACK>", "<SEQ=101><CTL=RST>"),
    ],
)
def test_syn_in_the_window_without_challenge(state: State, text: str, answer: str) -> None:
    """RFC 793: "it is an error: send a reset"."""
    step = arrives(socket_in(state), text, challenge_acks=False)
    assert step.rule == "3.10.7.4 fourth: SYN in the window, reset (RFC 793)"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == RESET
    assert sent(step) == [answer]


def test_time_wait_new_syn() -> None:
    """Beyond the window. MAY-2, reopening from TIME-WAIT, is not taken up."""
    tcb = socket_in(State.TIME_WAIT)
    step = arrives(tcb, "<SEQ=900><CTL=SYN>")
    assert step.rule == "3.10.7.4 first: unacceptable, ACK sent"
    assert step.tcb == tcb
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


@pytest.mark.parametrize("state", SYNCHRONIZED)
def test_old_syn_ack(state: State) -> None:
    """A duplicate SYN,ACK is acknowledged again, and changes nothing."""
    tcb = socket_in(state)
    step = arrives(tcb, "<SEQ=300><ACK=101><CTL=SYN,ACK>")
    assert step.rule == "3.10.7.4 first: unacceptable, ACK sent"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


def test_syn_received_syn_ack_by_the_letter() -> None:
    tcb = socket_in(State.SYN_RECEIVED)
    step = arrives(tcb, "<SEQ=300><ACK=101><CTL=SYN,ACK>")
    assert step.rule == "3.10.7.4 first: unacceptable, ACK sent"
    assert step.tcb == tcb
    assert sent(step) == ["<SEQ=101><ACK=301><CTL=ACK>"]


def test_syn_received_syn_ack_as_in_figure_7() -> None:
    step = arrives(
        socket_in(State.SYN_RECEIVED),
        "<SEQ=300><ACK=101><CTL=SYN,ACK>",
        syn_ack_in_syn_received="figure-7",
    )
    assert step.rule == "3.10.7.4 fifth: SYN acknowledged, ESTABLISHED"
    assert step.tcb == socket_in(State.ESTABLISHED)
    assert sent(step) == []


def test_syn_received_syn_ack_of_another_incarnation() -> None:
    """Figure 7 is about the SYN that was received before."""
    tcb = socket_in(State.SYN_RECEIVED)
    step = arrives(tcb, "<SEQ=299><ACK=101><CTL=SYN,ACK>", syn_ack_in_syn_received="figure-7")
    assert step.tcb == tcb
    assert sent(step) == ["<SEQ=101><ACK=301><CTL=ACK>"]


# Fifth, the ACK.


@pytest.mark.parametrize("state", CHECKED)
@pytest.mark.parametrize("controls", ["FIN", ""])
def test_no_ack(state: State, controls: str) -> None:
    tcb = socket_in(state)
    step = arrives(tcb, f"<SEQ={tcb.rcv_nxt}><DATA=1><CTL={controls}>")
    assert step.rule == "3.10.7.4 fifth: no ACK, dropped"
    assert step.tcb == tcb
    assert sent(step) == []


@pytest.mark.parametrize("passive", [True, False])
def test_syn_received_ack(passive: bool) -> None:
    step = arrives(socket_in(State.SYN_RECEIVED, passive=passive), "<SEQ=301><ACK=101><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: SYN acknowledged, ESTABLISHED"
    assert step.tcb == socket_in(State.ESTABLISHED)
    assert sent(step) == []


@pytest.mark.parametrize(
    ("ack", "challenge_acks"), [(100, True), (96, True), (95, False), (100, False), (102, False)]
)
def test_syn_received_unacceptable_ack(ack: int, challenge_acks: bool) -> None:
    """3.5.2, group 2: a reset, and "the connection remains in the same state"."""
    tcb = socket_in(State.SYN_RECEIVED, passive=True)
    step = arrives(tcb, f"<SEQ=301><ACK={ack}><CTL=ACK>", challenge_acks=challenge_acks)
    assert step.rule == "3.10.7.4 fifth: unacceptable ACK, RST sent"
    assert step.tcb == tcb
    assert sent(step) == [f"<SEQ={ack}><CTL=RST>"]


@pytest.mark.parametrize("ack", [95, 102, 200])
@pytest.mark.parametrize("passive", [True, False])
def test_syn_received_ack_out_of_range(ack: int, passive: bool) -> None:
    """RFC 5961's input check comes first: "discarded and an ACK sent back", and no reset."""
    tcb = socket_in(State.SYN_RECEIVED, passive=passive)
    step = arrives(tcb, f"<SEQ=301><ACK={ack}><DATA=1><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: ACK out of range (MAY-12), ACK sent"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


def test_established_ack() -> None:
    step = arrives(socket_in(State.ESTABLISHED, snd_nxt=104), "<SEQ=301><ACK=103><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: ACK advances SND.UNA"
    assert step.tcb == socket_in(State.ESTABLISHED, snd_una=103, snd_nxt=104)
    assert sent(step) == []


def test_established_ack_across_the_wraparound() -> None:
    tcb = socket_in(State.ESTABLISHED, snd_una=2**32 - 2, snd_nxt=1)
    step = arrives(tcb, "<SEQ=301><ACK=0><CTL=ACK>")
    assert step.tcb == changed(tcb, snd_una=0)


@pytest.mark.parametrize("state", [s for s in SYNCHRONIZED if s != State.CLOSING])
def test_duplicate_ack(state: State) -> None:
    """One with "SEG.ACK =< SND.UNA [...] can be ignored"."""
    tcb = changed(socket_in(state), snd_una=101, snd_nxt=104)
    step = arrives(tcb, f"<SEQ={tcb.rcv_nxt}><ACK=101><CTL=ACK>")
    assert step.rule == "3.10.7.4: nothing new"
    assert step.tcb == tcb
    assert sent(step) == []


@pytest.mark.parametrize("state", SYNCHRONIZED)
def test_ack_of_the_unsent(state: State) -> None:
    """The RFC says "send an ACK, drop the segment, and return": its text is not taken."""
    tcb = socket_in(state)
    text = f"<SEQ={tcb.rcv_nxt}><ACK={tcb.snd_nxt + 1}><DATA=1><CTL=ACK>"
    step = arrives(tcb, text, challenge_acks=False)
    assert step.rule == "3.10.7.4 fifth: ACK of the unsent, ACK sent"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


@pytest.mark.parametrize("state", SYNCHRONIZED)
def test_ack_beyond_the_range(state: State) -> None:
    """MAY-12: acceptable is SEG.ACK =< SND.NXT; in a synchronized state that changes nothing."""
    tcb = socket_in(state)
    step = arrives(tcb, f"<SEQ={tcb.rcv_nxt}><ACK={tcb.snd_nxt + 1}><DATA=1><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: ACK out of range (MAY-12), ACK sent"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


def test_established_ack_too_old() -> None:
    """MAY-12: acceptable is SND.UNA - MAX.SND.WND =< SEG.ACK."""
    tcb = socket_in(State.ESTABLISHED, snd_una=120, snd_nxt=120)
    step = arrives(tcb, "<SEQ=301><ACK=115><DATA=1><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: ACK out of range (MAY-12), ACK sent"
    assert step.tcb == tcb
    assert sent(step) == [ack_of(tcb)]


@pytest.mark.parametrize(("ack", "challenge_acks"), [(116, True), (115, False)])
def test_established_ack_old_enough(ack: int, challenge_acks: bool) -> None:
    """A duplicate like any other: the text is taken."""
    tcb = socket_in(State.ESTABLISHED, snd_una=120, snd_nxt=120)
    step = arrives(tcb, f"<SEQ=301><ACK={ack}><DATA=1><CTL=ACK>", challenge_acks=challenge_acks)
    assert step.tcb == changed(tcb, rcv_nxt=302)


def test_established_ack_too_old_where_the_range_is_not_checked() -> None:
    """Without MAY-12 an old ACK is a duplicate, and the text is taken."""
    tcb = socket_in(State.ESTABLISHED, snd_una=120, snd_nxt=120)
    step = arrives(tcb, "<SEQ=301><ACK=50><DATA=1><CTL=ACK>", ack_range="any")
    assert step.tcb == changed(tcb, rcv_nxt=302)


def test_syn_received_wrong_ack_where_the_range_is_not_checked() -> None:
    tcb = socket_in(State.SYN_RECEIVED, passive=True)
    step = arrives(tcb, "<SEQ=301><ACK=107><CTL=ACK>", ack_range="any")
    assert step.rule == "3.10.7.4 fifth: unacceptable ACK, RST sent"


@pytest.mark.parametrize(("max_snd_wnd", "taken"), [(70, True), (69, False)])
def test_established_ack_range_is_that_of_the_other_window(max_snd_wnd: int, taken: bool) -> None:
    """MAX.SND.WND is the largest window that the other end has offered, not RCV.WND."""
    tcb = socket_in(State.ESTABLISHED, snd_una=120, snd_nxt=120)
    host = Host(Profile(), Seq(0), max_snd_wnd=max_snd_wnd)
    step = RFC9293.check_ack(host, tcb, segment("<SEQ=301><ACK=50><DATA=1><CTL=ACK>"))
    assert step.done is not taken


def test_fin_wait_1_ack_of_fin() -> None:
    step = arrives(socket_in(State.FIN_WAIT_1), "<SEQ=301><ACK=102><CTL=ACK>")
    assert step.rule == (
        "3.10.7.4 fifth: ACK advances SND.UNA + 3.10.7.4 fifth: FIN acknowledged, FIN-WAIT-2"
    )
    assert step.tcb == socket_in(State.FIN_WAIT_2)
    assert sent(step) == []


def test_fin_wait_1_ack_of_text_before_fin() -> None:
    tcb = socket_in(State.FIN_WAIT_1, snd_nxt=103)
    step = arrives(tcb, "<SEQ=301><ACK=102><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: ACK advances SND.UNA"
    assert step.tcb == changed(tcb, snd_una=102)


def test_fin_wait_1_ack_of_syn() -> None:
    """FIN-WAIT-1 was entered from SYN-RECEIVED, with the SYN still to be acknowledged."""
    step = arrives(socket_in(State.FIN_WAIT_1, snd_una=100), "<SEQ=301><ACK=101><CTL=ACK>")
    assert step.tcb == socket_in(State.FIN_WAIT_1)


def test_close_wait_ack() -> None:
    step = arrives(socket_in(State.CLOSE_WAIT, snd_nxt=102), "<SEQ=302><ACK=102><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: ACK advances SND.UNA"
    assert step.tcb == socket_in(State.CLOSE_WAIT, snd_una=102, snd_nxt=102)


def test_closing_ack_of_fin() -> None:
    step = arrives(socket_in(State.CLOSING), "<SEQ=302><ACK=102><CTL=ACK>")
    assert step.rule == (
        "3.10.7.4 fifth: ACK advances SND.UNA + 3.10.7.4 fifth: FIN acknowledged, TIME-WAIT"
    )
    assert step.tcb == socket_in(State.TIME_WAIT)
    assert step.starts_time_wait
    assert sent(step) == []


def test_closing_other_ack() -> None:
    step = arrives(socket_in(State.CLOSING), "<SEQ=302><ACK=101><CTL=ACK>")
    assert step.rule == "3.10.7.4 fifth: ignored in CLOSING"
    assert step.tcb == socket_in(State.CLOSING)
    assert not step.starts_time_wait


def test_closing_ack_of_fin_without_time_wait() -> None:
    step = arrives(socket_in(State.CLOSING), "<SEQ=302><ACK=102><CTL=ACK>", time_wait="none")
    assert step.rule == (
        "3.10.7.4 fifth: ACK advances SND.UNA + 3.10.7.4 fifth: FIN acknowledged, TIME-WAIT skipped"
    )
    assert step.tcb == socket_in(State.CLOSED)


def test_last_ack_ack_of_fin() -> None:
    step = arrives(socket_in(State.LAST_ACK), "<SEQ=302><ACK=102><CTL=ACK>")
    assert step.rule == (
        "3.10.7.4 fifth: ACK advances SND.UNA + 3.10.7.4 fifth: FIN acknowledged, CLOSED"
    )
    assert step.tcb == socket_in(State.CLOSED)
    assert sent(step) == []
    assert step.signals == ()


def test_last_ack_ack_of_text_before_fin() -> None:
    """Only the acknowledgment of the FIN ends LAST-ACK."""
    tcb = socket_in(State.LAST_ACK, snd_nxt=103)
    step = arrives(tcb, "<SEQ=302><ACK=102><CTL=ACK>")
    assert step.tcb == changed(tcb, snd_una=102)


# Seventh, the text.


@pytest.mark.parametrize("state", TAKES_TEXT)
def test_text(state: State) -> None:
    """Half-close: what has been CLOSEd goes on to receive."""
    tcb = socket_in(state)
    step = arrives(tcb, "<SEQ=301><ACK=101><DATA=2><CTL=ACK>")
    assert step.rule == "3.10.7.4 seventh: text delivered"
    assert step.tcb == changed(tcb, rcv_nxt=303)
    assert sent(step) == [f"<SEQ={tcb.snd_nxt}><ACK=303><CTL=ACK>"]


@pytest.mark.parametrize("state", [State.CLOSE_WAIT, State.LAST_ACK, State.TIME_WAIT])
def test_text_after_fin(state: State) -> None:
    """What to do with it: "Ignore the segment text"."""
    tcb = socket_in(state)
    step = arrives(tcb, "<SEQ=302><ACK=101><DATA=1><CTL=ACK>")
    assert step.rule == "3.10.7.4: nothing new"
    assert step.tcb == tcb


@pytest.mark.parametrize("state", TAKES_TEXT)
def test_text_that_straddles_rcv_nxt(state: State) -> None:
    """Of its octets, "only the new parts are processed"."""
    tcb = socket_in(state, rcv_nxt=303)
    step = arrives(tcb, "<SEQ=301><ACK=101><DATA=3><CTL=ACK>")
    assert step.rule == "3.10.7.4 seventh: text delivered"
    assert step.tcb == changed(tcb, rcv_nxt=304)
    assert sent(step) == [f"<SEQ={tcb.snd_nxt}><ACK=304><CTL=ACK>"]


def test_established_text_beyond_the_window() -> None:
    """It is trimmed: the window of 4 ends before 305."""
    step = arrives(socket_in(State.ESTABLISHED), "<SEQ=301><ACK=101><DATA=9><CTL=ACK>")
    assert step.tcb == socket_in(State.ESTABLISHED, rcv_nxt=305)
    assert sent(step) == ["<SEQ=101><ACK=305><CTL=ACK>"]


def test_established_text_with_fin_up_to_the_edge_of_the_window() -> None:
    """The FIN is the last number in the window."""
    step = arrives(socket_in(State.ESTABLISHED), "<SEQ=301><ACK=101><DATA=3><CTL=FIN,ACK>")
    assert step.tcb == socket_in(State.CLOSE_WAIT, rcv_nxt=305)
    assert sent(step) == ["<SEQ=101><ACK=305><CTL=ACK>"]


@pytest.mark.parametrize("octets", [4, 9])
def test_established_text_with_fin_beyond_the_window(octets: int) -> None:
    """The FIN is trimmed as well, and the text that is taken must be acknowledged."""
    text = f"<SEQ=301><ACK=101><DATA={octets}><CTL=FIN,ACK>"
    step = arrives(socket_in(State.ESTABLISHED), text)
    assert step.tcb == socket_in(State.ESTABLISHED, rcv_nxt=305)
    assert sent(step) == ["<SEQ=101><ACK=305><CTL=ACK>"]


def test_established_text_across_the_wraparound() -> None:
    tcb = socket_in(State.ESTABLISHED, rcv_nxt=2**32 - 1)
    step = arrives(tcb, "<SEQ=4294967295><ACK=101><DATA=2><CTL=ACK>")
    assert step.tcb == changed(tcb, rcv_nxt=1)
    assert sent(step) == ["<SEQ=101><ACK=1><CTL=ACK>"]


def test_syn_received_ack_with_text() -> None:
    step = arrives(
        socket_in(State.SYN_RECEIVED, passive=True), "<SEQ=301><ACK=101><DATA=1><CTL=ACK>"
    )
    assert step.rule == (
        "3.10.7.4 fifth: SYN acknowledged, ESTABLISHED + 3.10.7.4 seventh: text delivered"
    )
    assert step.tcb == socket_in(State.ESTABLISHED, rcv_nxt=302)
    assert sent(step) == ["<SEQ=101><ACK=302><CTL=ACK>"]


# Eighth, the FIN.


def test_established_fin() -> None:
    step = arrives(socket_in(State.ESTABLISHED), "<SEQ=301><ACK=101><CTL=FIN,ACK>")
    assert step.rule == "3.10.7.4 eighth: FIN, CLOSE-WAIT"
    assert step.tcb == socket_in(State.CLOSE_WAIT)
    assert step.signals == CLOSING
    assert sent(step) == ["<SEQ=101><ACK=302><CTL=ACK>"]


def test_established_text_with_fin() -> None:
    """MUST-58: one ACK for both."""
    step = arrives(socket_in(State.ESTABLISHED), "<SEQ=301><ACK=101><DATA=2><CTL=FIN,ACK>")
    assert step.rule == "3.10.7.4 seventh: text delivered + 3.10.7.4 eighth: FIN, CLOSE-WAIT"
    assert step.tcb == socket_in(State.CLOSE_WAIT, rcv_nxt=304)
    assert sent(step) == ["<SEQ=101><ACK=304><CTL=ACK>"]


def test_established_old_text_with_new_fin() -> None:
    tcb = socket_in(State.ESTABLISHED, rcv_nxt=303)
    step = arrives(tcb, "<SEQ=301><ACK=101><DATA=2><CTL=FIN,ACK>")
    assert step.rule == "3.10.7.4 eighth: FIN, CLOSE-WAIT"
    assert step.tcb == socket_in(State.CLOSE_WAIT, rcv_nxt=304)
    assert sent(step) == ["<SEQ=101><ACK=304><CTL=ACK>"]


def test_syn_received_ack_with_fin() -> None:
    step = arrives(socket_in(State.SYN_RECEIVED, passive=True), "<SEQ=301><ACK=101><CTL=FIN,ACK>")
    assert step.rule == (
        "3.10.7.4 fifth: SYN acknowledged, ESTABLISHED + 3.10.7.4 eighth: FIN, CLOSE-WAIT"
    )
    assert step.tcb == socket_in(State.CLOSE_WAIT)
    assert step.signals == CLOSING
    assert sent(step) == ["<SEQ=101><ACK=302><CTL=ACK>"]


def test_fin_wait_1_fin() -> None:
    """Simultaneous close: the FIN does not acknowledge ours."""
    step = arrives(socket_in(State.FIN_WAIT_1), "<SEQ=301><ACK=101><CTL=FIN,ACK>")
    assert step.rule == "3.10.7.4 eighth: FIN, CLOSING"
    assert step.tcb == socket_in(State.CLOSING)
    assert step.signals == CLOSING
    assert not step.starts_time_wait
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


def test_fin_wait_1_fin_that_acknowledges_ours() -> None:
    """Note 2 of Figure 5: directly to TIME-WAIT."""
    step = arrives(socket_in(State.FIN_WAIT_1), "<SEQ=301><ACK=102><CTL=FIN,ACK>")
    assert step.rule == (
        "3.10.7.4 fifth: ACK advances SND.UNA"
        " + 3.10.7.4 fifth: FIN acknowledged, FIN-WAIT-2"
        " + 3.10.7.4 eighth: FIN, TIME-WAIT"
    )
    assert step.tcb == socket_in(State.TIME_WAIT)
    assert step.signals == CLOSING
    assert step.starts_time_wait
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


def test_fin_wait_2_fin() -> None:
    step = arrives(socket_in(State.FIN_WAIT_2), "<SEQ=301><ACK=102><CTL=FIN,ACK>")
    assert step.rule == "3.10.7.4 eighth: FIN, TIME-WAIT"
    assert step.tcb == socket_in(State.TIME_WAIT)
    assert step.signals == CLOSING
    assert step.starts_time_wait
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


def test_fin_wait_2_fin_without_time_wait() -> None:
    """The FIN is still acknowledged."""
    step = arrives(socket_in(State.FIN_WAIT_2), "<SEQ=301><ACK=102><CTL=FIN,ACK>", time_wait="none")
    assert step.rule == "3.10.7.4 eighth: FIN, TIME-WAIT skipped"
    assert step.tcb == socket_in(State.CLOSED)
    assert step.signals == CLOSING
    assert sent(step) == ["<SEQ=102><ACK=302><CTL=ACK>"]


def test_fin_wait_2_text_with_fin() -> None:
    step = arrives(socket_in(State.FIN_WAIT_2), "<SEQ=301><ACK=102><DATA=1><CTL=FIN,ACK>")
    assert step.rule == "3.10.7.4 seventh: text delivered + 3.10.7.4 eighth: FIN, TIME-WAIT"
    assert step.tcb == socket_in(State.TIME_WAIT, rcv_nxt=303)
    assert sent(step) == ["<SEQ=102><ACK=303><CTL=ACK>"]


@pytest.mark.parametrize(
    "state", [State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT]
)
def test_retransmitted_fin(state: State) -> None:
    """It is before the window: acknowledged again, and not signaled again."""
    tcb = socket_in(state)
    step = arrives(tcb, f"<SEQ=301><ACK={tcb.snd_una}><CTL=FIN,ACK>")
    assert step.tcb == tcb
    assert step.signals == ()
    assert sent(step) == [ack_of(tcb)]


# A FIN at RCV.NXT after the FIN: no TCP sends it, but the RFC's rules for it are written down.


@pytest.mark.parametrize("state", [State.CLOSE_WAIT, State.LAST_ACK])
def test_another_fin(state: State) -> None:
    tcb = socket_in(state)
    step = arrives(tcb, "<SEQ=302><ACK=101><CTL=FIN,ACK>")
    assert step.rule == f"3.10.7.4 eighth: FIN, remain in {state}"
    assert step.tcb == changed(tcb, rcv_nxt=303)
    assert step.signals == CLOSING
    assert sent(step) == [ack_of(step.tcb)]


def test_time_wait_another_fin() -> None:
    step = arrives(socket_in(State.TIME_WAIT), "<SEQ=302><ACK=102><CTL=FIN,ACK>")
    assert step.rule == "3.10.7.4 eighth: FIN, TIME-WAIT restarted"
    assert step.tcb == socket_in(State.TIME_WAIT, rcv_nxt=303)
    assert step.starts_time_wait
    assert sent(step) == ["<SEQ=102><ACK=303><CTL=ACK>"]
