"""What explains a segment that an end has sent, on one hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tcpmc.checks.conform.hypothesis import FREE, Cost, Hypothesis, Note, Owed, renumbered
from tcpmc.checks.conform.receiving import NO_PEER_ISS, Branch, host_of
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq, within
from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, State, Tcb
from tcpmc.model.variants.variant import RFC9293

LEAST_IDLE = 0.5
"""Seconds without a packet before a probe: keep-alives are for connections without traffic."""

SYN_UNACKNOWLEDGED = (State.SYN_RECEIVED, State.FIN_WAIT_1, State.CLOSING)
"""The states in which the SYN of this end can be first in the retransmission queue."""
ACK_RULE = "3.10.7.4: ACK sent"
ACK_LATER = "3.8.6.3: delayed ACK sent"
WINDOW_UPDATE = "3.8.6: window update sent"
RESENT = "3.10.8: {} retransmitted"


def send(stack: Stack, before: Hypothesis, seen: Seen, in_order: bool = True) -> Iterator[Branch]:
    """Each way in which the end can have sent this segment. `in_order`: an exact reply that is
    owed goes before everything else."""
    seg = seen.segment
    if before.mute:
        return
    yield from owed_replies(before, seg)
    if before.owed and in_order:
        return
    if seg.SYN:
        yield from _syn(stack, before, seen)
    elif seg.RST:
        yield from _abort(stack, before, seen)
    elif seg.ACK and before.numbered and before.state not in NO_PEER_ISS:
        yield from _by_its_own_timer(stack, before, seen)
        if seg.ack == before.tcb.rcv_nxt:
            yield from _synchronized(stack, before, seen)
        elif acknowledges_part(before, seen):
            whole = replace(seen, segment=replace(seg, ack=before.tcb.rcv_nxt))
            for after, cost, notes in _synchronized(stack, before, whole):
                part = replace(after, acked=seg.ack, credits=max(after.credits, 1))
                yield part, cost, notes


def acknowledges_part(before: Hypothesis, seen: Seen) -> bool:
    """Whether the ACK is of a part of text that arrived in several segments, which the capture has
    as one: "equal up to" how text is split or merged."""
    if seen.merged is None:
        return False
    begin, end = seen.merged
    ack, rcv_nxt = seen.segment.ack, before.tcb.rcv_nxt
    low = begin if before.acked is None else before.acked
    return within(begin + 1, ack, end) and begin < rcv_nxt <= end and low <= ack < rcv_nxt


def owed_replies(before: Hypothesis, seg: Segment) -> Iterator[Branch]:
    """The segment is a reset or SYN,ACK that is owed."""
    for index, owed in enumerate(before.owed):
        if not _is(owed, seg, before):
            continue
        rest = before.owed[:index] + before.owed[index + 1 :]
        after = before
        if seg.SYN and not before.numbered:
            if not _beyond_the_last(before.tcb, seg.seq):
                continue
            after = replace(renumbered(before, seg.seq), numbered=True)
            rest = ()  # a SYN,ACK that went out before the others: those were of the same SYN
        after = replace(after, owed=rest)
        if seg.SYN:
            after = _with_text_on_syn(after, seg)
            after = replace(after, acked=seg.ack, due=None)
        yield after, FREE, (Note(owed.rule),)


def _is(owed: Owed, seg: Segment, before: Hypothesis) -> bool:
    """Whether the segment is the reply, up to what TCP leaves free."""
    reply = owed.segment
    if (reply.SYN, reply.RST, reply.ACK) != (seg.SYN, seg.RST, seg.ACK) or seg.FIN:
        return False
    if reply.SYN:
        numbers = seg.seq == reply.seq or not before.numbered
        return numbers and seg.ack == reply.ack
    return seg.seq == reply.seq and (not reply.ACK or seg.ack == reply.ack)


def _beyond_the_last(tcb: Tcb, iss: Seq) -> bool:
    """MAY-2 (1): the ISS is beyond all that was sent in the connection before."""
    return tcb.reopened is None or tcb.reopened.snd_nxt < iss


def _with_text_on_syn(after: Hypothesis, seg: Segment) -> Hypothesis:
    if not seg.length:
        return after
    return replace(after, tcb=replace(after.tcb, snd_nxt=after.tcb.snd_nxt + seg.length))


def _syn(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """OPEN, or a SYN once more."""
    seg, tcb = seen.segment, before.tcb
    if seg.FIN:
        return
    if seg.ACK:
        again = (
            before.state in SYN_UNACKNOWLEDGED
            and before.numbered
            and seg.seq == tcb.iss == tcb.snd_una
            and seg.ack == tcb.rcv_nxt
        )
        if again:
            after = replace(before, resent=True, acked=seg.ack, due=None)
            yield after, FREE, (Note(RESENT.format("SYN,ACK")),)
        return
    if before.state == State.SYN_SENT and seg.seq == tcb.iss and seg.length in (0, _text(tcb)):
        yield replace(before, resent=True), FREE, (Note(RESENT.format("SYN")),)
    stamped = replace(seen, stamped=seen.packet.tsval is not None)
    step = stack.variant.rules.open_active(host_of(stack, tcb, stamped, iss=seg.seq), tcb)
    opened = step.tcb
    if not step.send or opened.state != State.SYN_SENT or opened == tcb:
        return
    if before.state == State.TIME_WAIT:
        if not tcb.snd_nxt < seg.seq:
            return
        fresh = Hypothesis(opened, pending=before.pending)
        fresh = renumbered(fresh, seg.seq)
    else:
        fresh = Hypothesis(opened, owed=before.owed, pending=before.pending)
    yield _with_text_on_syn(fresh, seg), FREE, (Note(step.rule),)


def _text(tcb: Tcb) -> int:
    """Octets of text that went out with the SYN."""
    return tcb.snd_nxt - tcb.iss - 1


def _abort(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """ABORT. Linux sends RST,ACK, to the same effect."""
    seg, tcb = seen.segment, before.tcb
    if not before.numbered or seg.FIN or seg.length:
        return
    step = stack.variant.rules.abort(host_of(stack, tcb, seen), tcb)
    if not step.send or step.send[0].seq != seg.seq:
        return
    if seg.ACK and seg.ack != tcb.rcv_nxt:
        return
    if step.tcb.state == State.CLOSED:
        yield before.gone(), FREE, (Note(step.rule),)
    else:
        yield replace(before, tcb=step.tcb, since=seen.time), FREE, (Note(step.rule),)


def _synchronized(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """Text, FIN, or an ACK."""
    seg, tcb = seen.segment, before.tcb
    if seg.len == 0:
        yield from _pure_ack(before, seen)
        return
    said = replace(before, acked=seg.ack, due=None)
    if is_retransmission(tcb, seg):
        what = "FIN" if seg.FIN else "text"
        yield replace(said, resent=True), FREE, (Note(RESENT.format(what)),)
        return
    if seg.length == 1 and not seg.FIN and seg.seq + 1 == tcb.snd_nxt and _may_probe(tcb, seen):
        yield said, FREE, (Note("3.8.4 MAY-6: keep-alive with one octet sent"),)
    end = seg.seq + seg.length
    if not (tcb.snd_una <= seg.seq <= tcb.snd_nxt <= end):
        return
    if tcb.state in FIN_UNACKNOWLEDGED and seg.seq < tcb.snd_nxt:
        return
    rules = stack.variant.rules
    notes: tuple[Note, ...] = ()
    if tcb.snd_nxt < end:
        step = rules.send(host_of(stack, tcb, seen), tcb, end - tcb.snd_nxt)
        if not step.send:
            return
        tcb, notes = step.tcb, (Note(step.rule),)
    if seg.FIN:
        step = rules.close(host_of(stack, tcb, seen), tcb)
        if not step.send or not step.send[0].FIN:
            return
        tcb, notes = step.tcb, (*notes, Note(step.rule))
    if tcb.state == State.CLOSED:
        yield before.gone(), FREE, notes
        return
    if tcb.snd_nxt != seg.seq + seg.len:
        return
    if seg.seq < before.tcb.snd_nxt:
        notes = (Note(RESENT.format("text")), *notes)
    yield replace(said, tcb=tcb), FREE, notes


def _by_its_own_timer(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """What the retransmission rule of a variant sends, where that is not the RFC's."""
    rule, seg = stack.variant.rules.retransmission_timeout, seen.segment
    if rule == RFC9293.retransmission_timeout:
        return
    step = rule(host_of(stack, before.tcb, seen), before.tcb)
    if replace(seg, stamp=0) in step.send:
        after = replace(before, tcb=step.tcb, resent=True, acked=seg.ack, due=None)
        yield after, FREE, (Note(step.rule),)


def is_retransmission(tcb: Tcb, seg: Segment) -> bool:
    """Whether the segment sends again any part of SND.UNA to SND.NXT, in any packaging (3.7,
    3.10.8): text, FIN, or both, with the FIN where it was."""
    end = seg.seq + seg.len
    if not (tcb.snd_una <= seg.seq < end <= tcb.snd_nxt):
        return False
    if seg.seq == tcb.iss == tcb.snd_una and tcb.state in SYN_UNACKNOWLEDGED:
        return False
    fin_sent = tcb.state in FIN_UNACKNOWLEDGED
    if seg.FIN:
        return fin_sent and end == tcb.snd_nxt
    return not fin_sent or end != tcb.snd_nxt


def _pure_ack(before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """An ACK: one that the rules have sent, of what is new, of a new window, or a probe."""
    seg, tcb = seen.segment, before.tcb
    if seg.seq == tcb.snd_nxt:
        rule = ""
        if before.credits:
            rule = ACK_RULE
        elif before.acked is not None and before.acked != tcb.rcv_nxt:
            rule = ACK_LATER
        elif seen.window_moved:
            rule = WINDOW_UPDATE
        if rule:
            after = replace(before, credits=max(before.credits - 1, 0), acked=seg.ack, due=None)
            yield after, FREE, (Note(rule),)
    elif seg.seq + 1 == tcb.snd_nxt and _may_probe(tcb, seen) and tcb.state != State.SYN_RECEIVED:
        yield (
            replace(before, acked=seg.ack, due=None),
            FREE,
            (Note("3.8.4: keep-alive probe sent"),),
        )


def _may_probe(tcb: Tcb, seen: Seen) -> bool:
    """Whether a probe may be sent: after a while without packets, when all is acknowledged (3.8.4
    MUST-26: "only be sent when no sent data is outstanding"), or into a window of 0."""
    return seen.shut or (seen.idle >= LEAST_IDLE and tcb.snd_una == tcb.snd_nxt)


__all__ = ["Cost", "is_retransmission", "owed_replies", "send"]
