"""One-step lemmas: what a segment, a user call or a timeout does to any TCB, for every 32-bit
number."""

from __future__ import annotations

from typing import Any

from tcpmc.model.endpoint.tcb import CONNECTION_RESET, SYNCHRONIZED, State
from tcpmc.model.network.product import EndStep
from tcpmc.model.properties.kinds import PROVED, REFUTED, Lemma, StepPredicate
from tcpmc.model.properties.step import STEPS
from tcpmc.model.properties.step_conditions import (
    acknowledged,
    deleted,
    in_order,
    is_blank,
    outstanding,
)
from tcpmc.model.properties.step_sentences import old_fin, restarts

LARGEST_WINDOW = 2**16


def enters(state: State) -> StepPredicate:
    """The step leads from another state into this one."""
    return lambda step: step.after.state == state and step.tcb.state != state


def enters_established(step: EndStep) -> bool:
    """ESTABLISHED is entered; from SYN-SENT and SYN-RECEIVED with the own SYN unacknowledged."""
    tcb = step.tcb
    if tcb.state in (State.SYN_SENT, State.SYN_RECEIVED):
        syn_out = (tcb.snd_una == tcb.iss) & (tcb.iss < tcb.snd_nxt)
        return syn_out and enters(State.ESTABLISHED)(step)
    return enters(State.ESTABLISHED)(step)


def acknowledges_our_syn(step: EndStep) -> bool:
    """A segment arrives whose ACK is that of our SYN."""
    tcb, seg = step.tcb, step.segment
    return step.arrives and seg.ACK and (tcb.snd_una < seg.ack) & (seg.ack <= tcb.snd_nxt)


def draws_no_reset(step: EndStep) -> bool:
    """Nothing that is sent is a reset."""
    return not any(sent.RST for sent in step.step.send)


def takes_a_fin_in_fin_wait_1(step: EndStep) -> bool:
    """In FIN-WAIT-1 RCV.NXT comes to stand behind a FIN: that of the segment that arrives, or one
    that was held until what is before it has come."""
    seg, tcb, now = step.segment, step.tcb, step.after.rcv_nxt
    if not step.arrives or tcb.state != State.FIN_WAIT_1:
        return False
    held = tcb.held_fin & (tcb.gap != 0) & (now == tcb.rcv_nxt + tcb.gap + (tcb.held + 1))
    return held | (seg.FIN & (now == seg.seq + seg.len))


def never_goes_back(step: EndStep) -> bool:
    """RCV.NXT and SND.UNA do not decrease while the connection exists."""
    before, after = step.tcb, step.after
    if after.state in (State.CLOSED, State.LISTEN):
        return True
    return before.rcv_nxt <= after.rcv_nxt and before.snd_una <= after.snd_una


def refuses(step: EndStep) -> bool:
    """RST,ACK in SYN-SENT that acknowledges our SYN."""
    tcb, seg = step.tcb, step.segment
    if tcb.state != State.SYN_SENT or not (seg.RST and seg.ACK):
        return False
    return (tcb.iss < seg.ack) & (seg.ack <= tcb.snd_nxt)


def is_refused(step: EndStep) -> bool:
    """The TCB is deleted, and the user is told so."""
    return deleted(step) and step.step.signals == (CONNECTION_RESET,)


def acknowledges_all(step: EndStep) -> bool:
    """The segment is the next one in order, and acknowledges all that is outstanding, which is no
    more than the largest window."""
    sent = outstanding(step.tcb)
    some = (sent != 0) & (sent <= LARGEST_WINDOW)
    return step.arrives and in_order(step) and some & (acknowledged(step) == sent)


def time_wait_begins(step: EndStep) -> bool:
    """The state is TIME-WAIT, and its timer starts."""
    return step.after.state == State.TIME_WAIT and step.step.starts_time_wait


def from_either_fin_wait_or_closing(step: EndStep) -> bool:
    """The state before is FIN-WAIT-1, FIN-WAIT-2 or CLOSING."""
    return step.tcb.state in (State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING)


def for_all_numbers(name: str) -> Lemma:
    """The property of every step by that name, of any TCB at 32 bits."""
    prop = next(prop for prop in STEPS if prop.name == name)
    fields: dict[str, Any] = {"premise": prop.premise, "claim": prop.claim}
    fields |= {"citation": prop.citation, "expected": prop.expected}
    return Lemma(name=f"lemma-{name}", meaning=prop.meaning, **fields)


LEMMAS: tuple[Lemma, ...] = (
    Lemma(
        name="lemma-established-needs-ack",
        meaning="ESTABLISHED is entered only on an ACK of our own SYN",
        citation="RFC 9293, 3.10.7.3, 3.10.7.4 fifth",
        expected={"rfc9293": PROVED, "two-way-handshake": REFUTED},
        premise=enters_established,
        claim=acknowledges_our_syn,
    ),
    Lemma(
        name="lemma-closed-forgets",
        meaning="a CLOSED endpoint remembers nothing",
        citation="RFC 9293, 3.3.2",
        expected={"rfc9293": PROVED},
        premise=lambda step: step.after.state == State.CLOSED,
        claim=lambda step: is_blank(step.after),
    ),
    Lemma(
        name="lemma-no-reset-for-reset",
        meaning="a reset never draws a reset",
        citation="RFC 9293, 3.5.2",
        expected={"rfc9293": PROVED},
        premise=lambda step: step.segment.RST,
        claim=draws_no_reset,
    ),
    Lemma(
        name="lemma-closing-needs-fin",
        meaning="CLOSING is entered only from FIN-WAIT-1, on a FIN that is next in order",
        citation="RFC 9293, 3.10.7.4 eighth",
        expected={"rfc9293": PROVED},
        premise=enters(State.CLOSING),
        claim=takes_a_fin_in_fin_wait_1,
    ),
    Lemma(
        name="lemma-reset-refuses",
        meaning="an acceptable RST,ACK in SYN-SENT leads to CLOSED, and the user is told",
        citation="RFC 9293, 3.10.7.3 second",
        expected={"rfc9293": PROVED},
        premise=refuses,
        claim=is_refused,
    ),
    Lemma(
        name="lemma-fin-ack-time-wait",
        meaning="FIN in FIN-WAIT-1 that acknowledges the own FIN leads to TIME-WAIT, where nothing "
        "beyond it is held",
        citation="RFC 9293, 3.3.2, note 2",
        expected={"rfc9293": PROVED, "freertos-1303": REFUTED},
        premise=lambda step: (
            step.tcb.state == State.FIN_WAIT_1
            and step.segment.FIN
            and acknowledges_all(step)
            and step.tcb.gap == 0
        ),
        claim=time_wait_begins,
    ),
    Lemma(
        name="lemma-closing-ack-time-wait",
        meaning="the awaited ACK in CLOSING leads to TIME-WAIT",
        citation="RFC 9293, 3.10.7.4 fifth",
        expected={"rfc9293": PROVED},
        premise=lambda step: step.tcb.state == State.CLOSING and acknowledges_all(step),
        claim=time_wait_begins,
    ),
    Lemma(
        name="lemma-time-wait-entered",
        meaning="TIME-WAIT is entered only from FIN-WAIT-1, FIN-WAIT-2 and CLOSING",
        citation="RFC 9293, 3.3.2, Figure 5",
        expected={"rfc9293": PROVED},
        premise=enters(State.TIME_WAIT),
        claim=from_either_fin_wait_or_closing,
    ),
    Lemma(
        name="lemma-time-wait-answers-fin",
        meaning="TIME-WAIT answers a retransmitted FIN by an ACK, and restarts its timer",
        citation="RFC 9293, 3.10.7.4 eighth",
        expected={"rfc9293": PROVED},
        premise=lambda step: step.arrives and step.tcb.state == State.TIME_WAIT and old_fin(step),
        claim=restarts,
    ),
    Lemma(
        name="lemma-numbers-advance",
        meaning="in a synchronized state RCV.NXT and SND.UNA never go back",
        citation="RFC 9293, 3.4",
        expected={"rfc9293": PROVED},
        premise=lambda step: step.tcb.state in SYNCHRONIZED,
        claim=never_goes_back,
    ),
    for_all_numbers("reset-is-obeyed"),
    for_all_numbers("reset-elsewhere"),
    for_all_numbers("syn-is-challenged"),
)
