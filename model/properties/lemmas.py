"""One-step lemmas about SEGMENT ARRIVES, meant for every 32-bit number."""

from __future__ import annotations

from collections.abc import Callable

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State, Step, Tcb, blank
from tcpmc.model.properties.kinds import Lemma

SYNCHRONIZED = (
    State.ESTABLISHED,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
    State.CLOSING,
    State.LAST_ACK,
    State.TIME_WAIT,
)


def any_segment(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """No premise."""
    return True


def opening(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """In LISTEN; or our SYN is out and not yet acknowledged."""
    if tcb.state == State.LISTEN:
        return True
    unacknowledged = (tcb.snd_una == tcb.iss) & (tcb.iss < tcb.snd_nxt)
    return tcb.state in (State.SYN_SENT, State.SYN_RECEIVED) and unacknowledged


def acknowledges_our_syn(host: Host, tcb: Tcb, seg: Segment, step: Step) -> bool:
    """ESTABLISHED is entered only on an ACK of our SYN."""
    if step.tcb.state != State.ESTABLISHED:
        return True
    return seg.ACK and tcb.snd_una < seg.ack <= tcb.snd_nxt


def forgets(host: Host, tcb: Tcb, seg: Segment, step: Step) -> bool:
    """A CLOSED endpoint has no TCB."""
    if step.tcb.state != State.CLOSED:
        return True
    none = blank(State.CLOSED, tcb.iss.bits)
    return step.tcb.snd_nxt == none.snd_nxt and step.tcb.rcv_nxt == none.rcv_nxt


def draws_no_reset(host: Host, tcb: Tcb, seg: Segment, step: Step) -> bool:
    """Nothing that is sent is a reset."""
    return not any(sent.RST for sent in step.send)


def enters_from_a_fin(host: Host, tcb: Tcb, seg: Segment, step: Step) -> bool:
    """The state entered is CLOSING only from FIN-WAIT-1, on a FIN at RCV.NXT."""
    if step.tcb.state != State.CLOSING or tcb.state == State.CLOSING:
        return True
    return tcb.state == State.FIN_WAIT_1 and seg.FIN


def never_goes_back(host: Host, tcb: Tcb, seg: Segment, step: Step) -> bool:
    """RCV.NXT and SND.UNA do not decrease while the connection exists."""
    if step.tcb.state in (State.CLOSED, State.LISTEN):
        return True
    return tcb.rcv_nxt <= step.tcb.rcv_nxt and tcb.snd_una <= step.tcb.snd_una


def refuses(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """RST,ACK in SYN-SENT that acknowledges our SYN."""
    in_syn_sent = tcb.state == State.SYN_SENT and tcb.snd_nxt == tcb.iss + 1
    return in_syn_sent and seg.RST and seg.ACK and seg.ack == tcb.snd_nxt


def leads_to(state: State) -> Callable[[Host, Tcb, Segment, Step], bool]:
    """The state afterwards is this one."""
    return lambda host, tcb, seg, step: step.tcb.state == state


def next_segment(tcb: Tcb, seg: Segment) -> bool:
    """The segment is the next one in order, without text, and acknowledges all that was sent, which
    is no more than the largest window."""
    plain = seg.ACK and not (seg.SYN or seg.RST) and seg.length == 0
    outstanding = (tcb.snd_una < tcb.snd_nxt) & (tcb.snd_nxt <= tcb.snd_una + 2**16)
    return plain and (seg.seq == tcb.rcv_nxt) & (seg.ack == tcb.snd_nxt) & outstanding


def old_fin(tcb: Tcb, seg: Segment) -> bool:
    """A FIN that has been received before."""
    plain = seg.FIN and seg.ACK and not (seg.SYN or seg.RST) and seg.length == 0
    return plain and seg.seq + 1 == tcb.rcv_nxt


def enters_time_wait_properly(host: Host, tcb: Tcb, seg: Segment, step: Step) -> bool:
    """TIME-WAIT comes after FIN-WAIT-1, FIN-WAIT-2 or CLOSING."""
    if step.tcb.state != State.TIME_WAIT or tcb.state == State.TIME_WAIT:
        return True
    return tcb.state in (State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING)


def answers_and_restarts(host: Host, tcb: Tcb, seg: Segment, step: Step) -> bool:
    """An ACK is sent, TIME-WAIT goes on, and its timer starts anew."""
    return len(step.send) == 1 and step.tcb.state == State.TIME_WAIT and step.starts_time_wait


LEMMAS: tuple[Lemma, ...] = (
    Lemma(
        name="lemma-established-needs-ack",
        meaning="ESTABLISHED is entered only on an ACK of our own SYN",
        citation="RFC 9293, 3.10.7.3, 3.10.7.4 fifth",
        expected={"rfc9293": "PROVED", "two-way-handshake": "REFUTED"},
        premise=opening,
        claim=acknowledges_our_syn,
    ),
    Lemma(
        name="lemma-closed-forgets",
        meaning="a CLOSED endpoint remembers nothing",
        citation="RFC 9293, 3.3.2",
        expected={"rfc9293": "PROVED"},
        premise=lambda host, tcb, seg: tcb.state != State.CLOSED,
        claim=forgets,
    ),
    Lemma(
        name="lemma-no-reset-for-reset",
        meaning="a reset never draws a reset",
        citation="RFC 9293, 3.5.2",
        expected={"rfc9293": "PROVED"},
        premise=lambda host, tcb, seg: seg.RST,
        claim=draws_no_reset,
    ),
    Lemma(
        name="lemma-closing-needs-fin",
        meaning="CLOSING is entered only from FIN-WAIT-1 on a FIN",
        citation="RFC 9293, 3.10.7.4 eighth",
        expected={"rfc9293": "PROVED"},
        premise=any_segment,
        claim=enters_from_a_fin,
    ),
    Lemma(
        name="lemma-reset-refuses",
        meaning="an acceptable RST,ACK in SYN-SENT leads to CLOSED",
        citation="RFC 9293, 3.10.7.3 second",
        expected={"rfc9293": "PROVED"},
        premise=refuses,
        claim=leads_to(State.CLOSED),
    ),
    Lemma(
        name="lemma-fin-ack-time-wait",
        meaning="FIN in FIN-WAIT-1 that acknowledges the own FIN leads to TIME-WAIT",
        citation="RFC 9293, 3.3.2, note 2",
        expected={"rfc9293": "PROVED", "freertos-1303": "REFUTED"},
        premise=lambda host, tcb, seg: (
            tcb.state == State.FIN_WAIT_1 and next_segment(tcb, seg) and seg.FIN
        ),
        claim=leads_to(State.TIME_WAIT),
    ),
    Lemma(
        name="lemma-closing-ack-time-wait",
        meaning="the awaited ACK in CLOSING leads to TIME-WAIT",
        citation="RFC 9293, 3.10.7.4 fifth",
        expected={"rfc9293": "PROVED"},
        premise=lambda host, tcb, seg: tcb.state == State.CLOSING and next_segment(tcb, seg),
        claim=leads_to(State.TIME_WAIT),
    ),
    Lemma(
        name="lemma-time-wait-entered",
        meaning="TIME-WAIT is entered only from FIN-WAIT-1, FIN-WAIT-2 and CLOSING",
        citation="RFC 9293, 3.3.2, Figure 5",
        expected={"rfc9293": "PROVED"},
        premise=any_segment,
        claim=enters_time_wait_properly,
    ),
    Lemma(
        name="lemma-time-wait-answers-fin",
        meaning="TIME-WAIT answers a retransmitted FIN by an ACK, and restarts its timer",
        citation="RFC 9293, 3.10.7.4 eighth",
        expected={"rfc9293": "PROVED"},
        premise=lambda host, tcb, seg: tcb.state == State.TIME_WAIT and old_fin(tcb, seg),
        claim=answers_and_restarts,
    ),
    Lemma(
        name="lemma-numbers-advance",
        meaning="in a synchronized state RCV.NXT and SND.UNA never go back",
        citation="RFC 9293, 3.4",
        expected={"rfc9293": "PROVED"},
        premise=lambda host, tcb, seg: tcb.state in SYNCHRONIZED,
        claim=never_goes_back,
    ),
)
