"""What an end can have done against the RFC, each at the cost of one deviation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tcpmc.checks.conform.hypothesis import DEVIATION, FREE, SILENT, Cost, Hypothesis, Note
from tcpmc.checks.conform.receiving import NO_PEER_ISS, Branch, arrive, receive
from tcpmc.checks.conform.requirements import requirement
from tcpmc.checks.conform.sending import send
from tcpmc.checks.conform.silent import FIN_WAIT_2_TIMER
from tcpmc.checks.conform.stacks import PROFILE, Stack
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, State, ack
from tcpmc.model.endpoint.user_calls import issue_syn

VAGUE = Cost(deviations=1, silent=20)
"""A deviation of which only the effect is known: one that has a name is told instead."""

LEAST_LIKELY = Cost(silent=10)
UNLIKE = Cost(silent=25)


def deviation(
    text: str, expected: str, breaks: str = "", packet: int | None = None
) -> tuple[Note, ...]:
    """The note of one deviation."""
    return (Note(text, "deviation", breaks or requirement(expected), expected, packet),)


def wrongly_received(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """The segment arrived, and the end did something else than the rules."""
    seg = seen.segment
    step = arrive(stack, before.tcb, seg, seen)
    if step.tcb != before.tcb or step.send:
        what = f"<{seg.controls}> received and not acted upon" if seg.controls else "ignored"
        yield before, VAGUE, deviation(what, _would(step.rule, step.send))
    if step.tcb.state == State.TIME_WAIT and before.state != State.TIME_WAIT:
        text = "the connection was deleted where TIME-WAIT begins"
        for after, cost, notes in receive(stack, before, seen):
            skipped = replace(after.gone(), owed=after.owed)
            skipped = replace(skipped, credits=after.credits)
            del notes
            yield skipped, DEVIATION.plus(cost), deviation(text, "TIME-WAIT for 2 MSL", "MUST-13")
    elif before.state not in (State.CLOSED, State.LISTEN) and step.tcb.state != State.CLOSED:
        text = f"the connection was deleted on <{seg.controls}>"
        yield before.gone(), VAGUE, deviation(text, _would(step.rule, step.send))
    if seg.FIN and before.state not in NO_PEER_ISS:
        bare = replace(seen, segment=replace(seg, FIN=False))
        for after, cost, _ in receive(stack, before, bare):
            if after != before:
                text = "the FIN bit was not acted upon"
                yield after, DEVIATION.plus(cost), deviation(text, _would(step.rule, step.send))


def _would(rule: str, segments: tuple[Segment, ...]) -> str:
    """What the RFC does: a rule and what it sends."""
    return rule + "".join(f", {segment}" for segment in segments)


def wrongly_sent(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """The segment was sent, and the rules send another or none."""
    seg = seen.segment
    expected = would_have_sent(before)
    for text, corrected in _corrections(before, seg):
        if corrected == seg:
            continue
        for after, cost, _ in send(stack, before, replace(seen, segment=corrected)):
            instead = FREE if corrected.controls == seg.controls else UNLIKE
            if not seg.ACK or seg.FIN != corrected.FIN:
                instead = SILENT
            extra = DEVIATION.plus(cost).plus(instead)
            yield after, extra, deviation(text, str(corrected))
    yield before, VAGUE.plus(LEAST_LIKELY), deviation(f"{seg} sent", expected)
    tcb = before.tcb
    if seg.SYN and not seg.ACK and before.state not in (State.CLOSED, State.LISTEN):
        opened = issue_syn(Host(PROFILE, seg.seq), "").tcb
        fresh = Hypothesis(opened, pending=before.pending)
        text = f"OPEN in {before.state}"
        expected = "error: connection already exists"
        yield (
            fresh,
            DEVIATION if tcb.snd_nxt < seg.seq else VAGUE,
            deviation(text, expected, "3.10.1"),
        )
    late = seg.seq == tcb.snd_nxt and seg.length and seg.ack == tcb.rcv_nxt and seg.ACK
    if late and before.state not in (*NO_PEER_ISS, State.ESTABLISHED, State.CLOSE_WAIT):
        longer = replace(before, tcb=replace(tcb, snd_nxt=tcb.snd_nxt + seg.len), acked=seg.ack)
        text = f"text sent in {before.state}"
        expected = "error: connection closing"
        yield longer, DEVIATION, deviation(text, expected, "3.10.2")


def _corrections(before: Hypothesis, seg: Segment) -> Iterator[tuple[str, Segment]]:
    """Segments that the rules may have meant instead, and what is wrong with the one sent."""
    tcb = before.tcb
    for owed in before.owed:
        reply = owed.segment
        if reply.SYN and not before.numbered:
            reply = replace(reply, seq=seg.seq)
        yield f"{seg} sent", reply
    if before.state in NO_PEER_ISS or not before.numbered:
        return
    answered = replace(seg, ack=tcb.rcv_nxt, ACK=True)
    if not seg.ACK:
        yield "the ACK bit is off", answered
    elif seg.ack != tcb.rcv_nxt:
        yield f"SEG.ACK is {seg.ack}, RCV.NXT is {tcb.rcv_nxt}", answered
    if seg.seq != tcb.snd_nxt:
        numbered = replace(answered if not seg.RST else seg, seq=tcb.snd_nxt)
        yield f"SEG.SEQ is {seg.seq}, SND.NXT is {tcb.snd_nxt}", numbered
    if before.state in FIN_UNACKNOWLEDGED and not seg.FIN:
        yield "the FIN bit is off", replace(answered, FIN=True)
    if seg.SYN and seg.ACK:
        yield f"{seg} sent", replace(answered, SYN=False)


def would_have_sent(before: Hypothesis) -> str:
    """What the rules would have sent next, in a few words."""
    if before.owed:
        reply = before.owed[0].segment
        return f"<ACK={reply.ack}><CTL=SYN,ACK>" if reply.SYN else str(reply)
    if before.state in (State.CLOSED, State.LISTEN):
        return "nothing without an OPEN"
    if before.state == State.SYN_SENT:
        return f"nothing but <SEQ={before.tcb.iss}><CTL=SYN> again"
    return f"numbers from {ack(before.tcb)}"


def not_resent(before: Hypothesis, seen: Seen) -> tuple[Note, ...]:
    """The note that the retransmission timer did nothing."""
    text = f"for {seen.idle:.0f} s nothing was sent again"
    expected = f"retransmission from SND.UNA={before.tcb.snd_una}"
    return deviation(text, expected, "RFC 6298 5.4", seen.index - 1)


def silent_deviations(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """What went wrong without a packet: a reply that did not come, a timer that was too short."""
    since = [owed.since for owed in before.owed]
    since += [] if before.due is None else [before.due]
    if since and not before.mute:
        silent_host = replace(before, owed=(), due=None, mute=True)
        yield (
            silent_host,
            DEVIATION.plus(LEAST_LIKELY),
            deviation("from here on nothing was sent", would_have_sent(before), packet=min(since)),
        )
    for index, owed in enumerate(before.owed):
        rest = before.owed[:index] + before.owed[index + 1 :]
        after = replace(before, owed=rest)
        if owed.segment.SYN and not before.numbered:
            after = replace(after.gone(State.LISTEN), owed=rest)
        said = str(owed.segment)
        if owed.segment.SYN and not before.numbered:
            said = f"<ACK={owed.segment.ack}><CTL=SYN,ACK>"
        text = "no reply was sent"
        yield after, DEVIATION, deviation(text, f"{owed.rule}: {said}", packet=owed.since)
    if before.due is not None:
        after = replace(before, due=None, acked=before.tcb.rcv_nxt)
        text = "no ACK was sent"
        yield after, DEVIATION, deviation(text, str(ack(before.tcb)), "MUST-40", before.due)
    if before.state == State.TIME_WAIT:
        lasted = (
            ""
            if before.since is None or seen.time is None
            else (f" after {seen.time - before.since:.3f} s")
        )
        text = f"TIME-WAIT ended{lasted}"
        yield (
            before.gone(),
            DEVIATION.plus(SILENT),
            deviation(text, "TIME-WAIT for 2 MSL", "MUST-13"),
        )
    if before.state == State.FIN_WAIT_2:
        yield (
            before.gone(),
            DEVIATION.plus(SILENT),
            deviation(FIN_WAIT_2_TIMER, "FIN-WAIT-2 until the other end's FIN comes", "3.6"),
        )
    if before.state in FIN_UNACKNOWLEDGED and not before.resent:
        text = f"the connection was deleted in {before.state} without retransmission"
        yield (
            before.gone(),
            DEVIATION.plus(SILENT),
            deviation(text, "FIN retransmitted until it is acknowledged", "3.8.1"),
        )
