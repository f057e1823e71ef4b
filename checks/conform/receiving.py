"""What the rules do with a segment that arrives, on one hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from tcpmc.checks.conform.hypothesis import (
    BITS,
    FREE,
    SILENT,
    Block,
    Cost,
    Hypothesis,
    Note,
    Owed,
    renumbered,
)
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.view import LARGEST_WINDOW, Seen
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.segment import Segment, is_pure_ack, reset
from tcpmc.model.endpoint.sequence import Seq, acknowledges, within
from tcpmc.model.endpoint.tcb import TAKES_TEXT, State, Step, Tcb

Branch = tuple[Hypothesis, Cost, tuple[Note, ...]]

NO_PEER_ISS = (State.CLOSED, State.LISTEN, State.SYN_SENT)
"""The states in which the other end's ISS is not known."""
UNKNOWN_ISS = Seq(0, BITS)
FAR = 1 << 30
LATELY = 1.0
"""Seconds after an ACK in which that to an unacceptable segment may be left out (RFC 5961, 7)."""
FIRST_WINDOW = 65535
FAST_OPEN = "RFC 7413 4.2.2: text on SYN taken at once"
HALF_CLOSED = "3.6.1 SHLD-3: text for a user who has closed, RST sent"


@lru_cache(maxsize=1 << 14)
def profile_of(stack: Stack, window: int, stamped: bool) -> Profile:
    """The profile with this receive window; PAWS only where the segment has a timestamp."""
    return replace(stack.variant.profile, window=window, timestamps=stamped)


def rcv_wnd(tcb: Tcb, seen: Seen) -> int:
    """RCV.WND in octets: from RCV.NXT to the last right edge that was offered."""
    if seen.edge is None:
        return FIRST_WINDOW
    window = seen.edge - tcb.rcv_nxt
    return window if window <= LARGEST_WINDOW else 0


def host_of(
    stack: Stack, tcb: Tcb, seen: Seen, iss: Seq = UNKNOWN_ISS, may_open: bool = True
) -> Host:
    """What the rules may consult when this packet comes."""
    profile = profile_of(stack, rcv_wnd(tcb, seen), seen.stamped)
    return Host(profile, iss, may_open=may_open, max_snd_wnd=seen.max_snd_wnd or FIRST_WINDOW)


def receive(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """The rules' SEGMENT ARRIVES, in each way that they allow."""
    seg = seen.segment
    if not before.numbered and seg.ACK:
        # Nothing was sent with this ISS: no ACK can be acceptable, whatever the ISS is going to be.
        before = renumbered(before, seg.ack + FAR)
    reopens = before.state == State.TIME_WAIT and seg.SYN and not seg.ACK
    for may_open in (True, False) if reopens else (True,):
        step = arrive(stack, before.tcb, seg, seen, may_open)
        yield from _branches(stack, before, seen, step)
        if not may_open:
            break
        if reopens and step.tcb.state == State.TIME_WAIT:
            break  # a listener makes no difference
    if seg.SYN and seg.ACK and before.state == State.SYN_RECEIVED and seg.seq == before.tcb.irs:
        # Figure 7 and 3.10.7.4 differ in when a simultaneous open is established: both are kept.
        as_drawn = stack.with_switches((("syn_ack_in_syn_received", "figure-7"),))
        step = arrive(as_drawn, before.tcb, seg, seen)
        if step.tcb != before.tcb:
            for after, cost, notes in _branches(stack, before, seen, step):
                yield after.with_credit(None), cost, notes
    if before.state in (State.FIN_WAIT_1, State.FIN_WAIT_2) and new_text(before.tcb, seg, seen):
        owed = Owed(reset(seg), seen.index, HALF_CLOSED)
        gone = before.gone()
        yield replace(gone, owed=(*gone.owed, owed)), SILENT, (Note(HALF_CLOSED),)


def arrive(stack: Stack, tcb: Tcb, seg: Segment, seen: Seen, may_open: bool = True) -> Step:
    """SEGMENT ARRIVES by the stack's own rules."""
    host = host_of(stack, tcb, seen, may_open=may_open)
    return stack.variant.rules.segment_arrives(host, tcb, seg)


def new_text(tcb: Tcb, seg: Segment, seen: Seen) -> bool:
    """Whether the segment has text beyond RCV.NXT that begins in the window."""
    return (
        seg.length > 0
        and not seg.RST
        and not seg.SYN
        and seg.ACK
        and tcb.rcv_nxt < seg.seq + seg.length
        and seg.seq < tcb.rcv_nxt + max(rcv_wnd(tcb, seen), 1)
    )


def with_text_on_syn(after: Hypothesis, block: Block) -> Hypothesis:
    """Text on a SYN taken at once, before the connection is established (RFC 7413, 4.2.2)."""
    tcb = replace(after.tcb, rcv_nxt=block.seq + block.length)
    owed = tuple(
        o._replace(segment=replace(o.segment, ack=tcb.rcv_nxt)) if o.segment.SYN else o
        for o in after.owed
    )
    return replace(after, tcb=tcb, owed=owed, held=())


def _branches(stack: Stack, before: Hypothesis, seen: Seen, step: Step) -> Iterator[Branch]:
    """The step, and what becomes of text that it leaves for later."""
    after = taken(before, step, seen)
    note = Note(step.rule)
    block = kept_back(before.tcb, step.tcb, seen)
    if block and block not in after.held:
        after = replace(after, held=joined((*after.held, block)))
    filled, rules = release(stack, after, seen)
    if filled is not None:
        notes = (note, *(Note(rule) for rule in rules))
        yield filled, FREE, notes
        # SHLD-31 only says that such segments SHOULD be held.
        yield replace(after, held=()), SILENT, (note,)
    else:
        yield after, FREE, (note,)
    if block and seen.segment.SYN and block.length and after.state == State.SYN_RECEIVED:
        yield with_text_on_syn(after, block), SILENT, (note, Note(FAST_OPEN))


def taken(before: Hypothesis, step: Step, seen: Seen) -> Hypothesis:
    """The hypothesis after a step: replies become owed, or permissions to send an ACK."""
    tcb = step.tcb
    if tcb.state in (State.CLOSED, State.LISTEN):
        after = replace(before.gone(tcb.state), owed=before.owed)
        if tcb.state == before.state:
            after = replace(before, tcb=tcb)
    else:
        after = replace(before, tcb=tcb)
    if tcb.snd_una != before.tcb.snd_una:
        after = replace(after, resent=False)
    if step.starts_time_wait or State.FIN_WAIT_2 == tcb.state != before.state:
        after = replace(after, since=seen.time)
    elif tcb.state not in (State.TIME_WAIT, State.FIN_WAIT_2) and after.since is not None:
        after = replace(after, since=None)
    for reply in step.send:
        if is_pure_ack(reply) and tcb.state not in (State.CLOSED, State.LISTEN):
            after = after.with_credit(due_of(before.tcb, tcb, seen))
        else:
            after = replace(after, owed=(*after.owed, Owed(reply, seen.index, step.rule)))
            if reply.SYN and before.state in (State.LISTEN, State.TIME_WAIT):
                after = replace(
                    after, numbered=False, acked=None, credits=0, due=None, held=(), resent=False
                )
    return after


def due_of(before: Tcb, after: Tcb, seen: Seen) -> int | None:
    """The place of the packet if its ACK has to come. That to an unacceptable segment may be left
    out where one was sent lately (RFC 5961, 7)."""
    if before.rcv_nxt == after.rcv_nxt and before.state == after.state and seen.quiet < LATELY:
        return None
    return seen.index


def kept_back(before: Tcb, after: Tcb, seen: Seen) -> Block | None:
    """The text and FIN of a segment that the step has left for later: it begins beyond RCV.NXT, or
    came on a SYN (3.10.7.4 first, SHLD-31; 3.10.7.2 third, "queued for processing later")."""
    seg = seen.segment
    if seg.RST or seg.length + seg.FIN == 0:
        return None
    if seg.SYN:
        if before.state in (State.LISTEN, State.SYN_SENT) and after.irs == seg.seq:
            synchronized = after.state in (State.SYN_RECEIVED, State.ESTABLISHED)
            return Block(seg.seq + 1, seg.length, seg.FIN) if synchronized else None
        return None
    if before.state in NO_PEER_ISS or after.state in NO_PEER_ISS:
        return None
    if before.rcv_nxt != after.rcv_nxt or not seg.ACK or after.snd_nxt < seg.ack:
        return None
    beyond = before.rcv_nxt < seg.seq
    inside = within(before.rcv_nxt, seg.seq, before.rcv_nxt + rcv_wnd(before, seen))
    return Block(seg.seq, seg.length, seg.FIN) if beyond and inside else None


def joined(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The ranges in order, those that meet as one."""
    first = blocks[0].seq
    ordered = sorted(blocks, key=lambda b: ((b.seq - first + FAR) & 0xFFFFFFFF, b.length))
    found = ordered[:1]
    for block in ordered[1:]:
        last = found[-1]
        text_end = last.seq + last.length
        if last.fin or not block.seq <= text_end:
            found.append(block)
        elif text_end <= block.seq + block.length:
            found[-1] = Block(last.seq, block.seq + block.length - last.seq, block.fin)
    return tuple(found)


def release(
    stack: Stack, after: Hypothesis, seen: Seen
) -> tuple[Hypothesis | None, tuple[str, ...]]:
    """The hypothesis once held text that is next has been processed, and the rules that did it;
    None where no held text is next."""
    rules: tuple[str, ...] = ()
    filled = False
    if after.state not in (*TAKES_TEXT, State.SYN_RECEIVED):
        return None, ()
    while after.held and after.state in TAKES_TEXT:
        block = after.held[0]
        if after.tcb.rcv_nxt < block.seq:
            break
        after = replace(after, held=after.held[1:])
        if block.end <= after.tcb.rcv_nxt:
            filled = True
            continue
        again = Segment(
            block.seq,
            after.tcb.snd_una,
            block.length,
            ACK=True,
            FIN=block.fin,
            stamp=after.tcb.ts_recent,
        )
        step = arrive(stack, after.tcb, again, seen)
        after = taken(after, step, seen)
        rules += (f"{step.rule} (held)",)
        filled = True
    return (after, rules) if filled else (None, ())


def acceptable_ack(tcb: Tcb, seg: Segment) -> bool:
    """Whether the ACK field is new and of something sent."""
    return seg.ACK and acknowledges(tcb.snd_una, seg.ack, tcb.snd_nxt)
