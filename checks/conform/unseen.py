"""Packets that the capture does not have, inferred from the next one that it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tcpmc.checks.conform.hypothesis import (
    ASSUMPTION,
    BITS,
    Cost,
    Hypothesis,
    Note,
    Owed,
)
from tcpmc.checks.conform.receiving import FAR, NO_PEER_ISS, Branch, receive
from tcpmc.checks.conform.sending import send
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, State, Tcb

ZERO = Seq(0, BITS)


def unseen(
    stack: Stack, before: Hypothesis, target: Seen, arriving: bool = True, cost: Cost = ASSUMPTION
) -> Iterator[Branch]:
    """What this end can have sent, and, if `arriving`, received, without the capture having it."""
    for seg in _outgoing(before, target):
        missed = replace(target, sent=True, segment=seg, idle=float("inf"), window_moved=False)
        for after, extra, _ in send(stack, before, missed, in_order=False):
            yield after, cost.plus(extra), (Note(f"unseen: sent {seg}", "unseen"),)
    if before.due is not None:
        yield (
            replace(before, due=None, acked=before.tcb.rcv_nxt),
            cost,
            (Note("unseen: the ACK that was due", "unseen"),),
        )
    if not arriving:
        return
    for seg in _incoming(before, target):
        missed = replace(target, sent=False, segment=seg, stamped=False)
        for after, extra, _ in receive(stack, before, missed):
            if after != before:
                yield after, cost.plus(extra), (Note(f"unseen: received {seg}", "unseen"),)
    yield from _provoked(before, target, cost)


def _ahead(number: Seq, of: Seq) -> int:
    """How far a number is beyond another; 0 where it is not."""
    distance = number - of
    return distance if 0 < distance <= FAR else 0


def _outgoing(before: Hypothesis, target: Seen) -> Iterator[Segment]:
    """Segments that this end can have sent before the target."""
    tcb, seen = before.tcb, target.segment
    for owed in before.owed:
        reply = owed.segment
        if reply.SYN and not before.numbered:
            for iss in _isses(target):
                yield replace(reply, seq=iss)
        else:
            yield reply
    if before.state in (State.CLOSED, State.LISTEN):
        for iss in _isses(target):
            yield Segment(iss, ZERO, SYN=True)
    if before.state in NO_PEER_ISS or not before.numbered:
        return
    number = seen.seq if target.sent else seen.ack
    if target.sent or seen.ACK:
        ahead = _ahead(number, tcb.snd_nxt)
        if ahead:
            yield Segment(tcb.snd_nxt, tcb.rcv_nxt, ahead, ACK=True)
            yield Segment(tcb.snd_nxt, tcb.rcv_nxt, ahead - 1, ACK=True, FIN=True)
    if tcb.state in (State.ESTABLISHED, State.CLOSE_WAIT):
        yield Segment(tcb.snd_nxt, tcb.rcv_nxt, ACK=True, FIN=True)
    yield Segment(tcb.snd_nxt, ZERO, RST=True)


def _isses(target: Seen) -> Iterator[Seq]:
    """Which ISS the target lets this end have chosen."""
    seg = target.segment
    if target.sent and not seg.RST:
        yield seg.seq if seg.SYN else seg.seq + -1
    elif not target.sent and seg.ACK:
        yield seg.ack + -1


def _incoming(before: Hypothesis, target: Seen) -> Iterator[Segment]:
    """Segments that can have arrived before the target."""
    tcb, seen = before.tcb, target.segment
    if before.state == State.LISTEN:
        irs = seen.ack + -1 if target.sent and seen.ACK else seen.seq + -1
        yield Segment(irs, ZERO, SYN=True)
        return
    if before.state == State.SYN_SENT:
        irs = seen.ack + -1 if target.sent and seen.ACK else seen.seq + -1
        yield Segment(irs, tcb.snd_nxt, SYN=True, ACK=True)
        yield Segment(irs, ZERO, SYN=True)
        yield Segment(ZERO, tcb.snd_nxt, RST=True, ACK=True)
        return
    if before.state == State.CLOSED or not before.numbered:
        return
    acks = {tcb.snd_una, tcb.snd_nxt}
    if before.state in FIN_UNACKNOWLEDGED:
        acks.add(tcb.snd_nxt + -1)
    if before.held:
        gap = _ahead(before.held[0].seq, tcb.rcv_nxt)
        if gap:
            yield Segment(tcb.rcv_nxt, tcb.snd_una, gap, ACK=True)
    number = seen.ack if target.sent else seen.seq
    gap = _ahead(number, tcb.rcv_nxt) if seen.ACK or not target.sent else 0
    for ack in sorted(acks, key=lambda a: a - tcb.snd_una & 0xFFFFFFFF):
        if gap:
            yield Segment(tcb.rcv_nxt, ack, gap, ACK=True)
            yield Segment(tcb.rcv_nxt, ack, gap - 1, ACK=True, FIN=True)
        if ack != tcb.snd_una:
            yield Segment(tcb.rcv_nxt, ack, ACK=True)
    yield Segment(tcb.rcv_nxt, tcb.snd_una, ACK=True, FIN=True)
    yield Segment(tcb.rcv_nxt, ZERO, RST=True)


def _provoked(before: Hypothesis, target: Seen, cost: Cost) -> Iterator[Branch]:
    """A segment that provoked the target as its reply."""
    seg = target.segment
    if not target.sent:
        return
    note = (Note(f"unseen: received what {seg} answers", "unseen"),)
    if seg.RST and before.state in NO_PEER_ISS:
        owed = Owed(seg, target.index, "3.10.7.1: no connection, RST sent")
        yield replace(before, owed=(*before.owed, owed)), cost, note
    elif seg.ACK and seg.len == 0 and not before.credits and _answers(before.tcb, seg):
        yield before.with_credit(None), cost, note


def _answers(tcb: Tcb, seg: Segment) -> bool:
    return tcb.state not in NO_PEER_ISS and seg.seq == tcb.snd_nxt and seg.ack == tcb.rcv_nxt
