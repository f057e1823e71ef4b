"""Conditions on one step of an end: what arrives, and what comes of it; written with distances
between numbers, and not with the functions that the rules use."""

from __future__ import annotations

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import (
    State,
    Tcb,
    empty_tcb,
)
from tcpmc.model.network.product import EndStep
from tcpmc.model.properties.kinds import (
    StepPredicate,
)

CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED = (
    State.CLOSED,
    State.LISTEN,
    State.SYN_SENT,
    State.SYN_RECEIVED,
)

# --- what arrives ---------------------------------------------------------------------------------


def arrives_in(*states: State) -> StepPredicate:
    """A segment arrives in one of these states."""
    return lambda step: step.arrives and step.tcb.state in states


def ahead(step: EndStep) -> int:
    """How far SEG.SEQ is beyond RCV.NXT, modulo 2**bits."""
    return step.segment.seq - step.tcb.rcv_nxt


def acknowledged(step: EndStep) -> int:
    """How far SEG.ACK is beyond SND.UNA, modulo 2**bits."""
    return step.segment.ack - step.tcb.snd_una


def outstanding(tcb: Tcb) -> int:
    """How far SND.NXT is beyond SND.UNA: what is sent and not acknowledged."""
    return tcb.snd_nxt - tcb.snd_una


def in_window(step: EndStep) -> bool:
    """Table 6 of 3.4: the first or the last number of the segment is in the window."""
    seg, nxt, window = step.segment, step.tcb.rcv_nxt, step.host.profile.window
    if window == 0:
        return (seg.len == 0) & (seg.seq == nxt)
    first, last, edge = seg.seq, seg.seq + (seg.len - 1), nxt + window
    begins = (nxt <= first) & (first < edge)
    return begins | ((seg.len != 0) & (nxt <= last) & (last < edge))


def plain(step: EndStep) -> bool:
    """The segment is an ACK without SYN and RST."""
    seg = step.segment
    return seg.ACK and not seg.SYN and not seg.RST


def in_order(step: EndStep) -> bool:
    """The segment is plain and the next one, all of it in the window, and acknowledges nothing
    but what is outstanding, or what it acknowledged before."""
    fits = (ahead(step) == 0) & (step.segment.len <= step.host.profile.window)
    return plain(step) and fits & (acknowledged(step) <= outstanding(step.tcb)) & not_old(step)


def overlapping(step: EndStep) -> bool:
    """As `in_order`, or the segment begins with what has been received, and goes on beyond it."""
    seg, old = step.segment, step.tcb.rcv_nxt - step.segment.seq
    fits = (old < seg.len) & (seg.len - old <= step.host.profile.window)
    return plain(step) and fits & (acknowledged(step) <= outstanding(step.tcb)) & not_old(step)


def beyond(step: EndStep) -> bool:
    """The segment is plain, in the window, and begins beyond RCV.NXT; it acknowledges nothing but
    what is outstanding."""
    later = (ahead(step) != 0) & (step.tcb.rcv_nxt <= step.segment.seq)
    acceptable = acknowledged(step) <= outstanding(step.tcb)
    return plain(step) and in_window(step) and later & acceptable & not_old(step)


def not_old(step: EndStep) -> bool:
    """PAWS lets the segment pass (RFC 7323)."""
    return ((step.segment.stamp - step.tcb.ts_recent) & (1 << 31)) == 0


def may_reopen(step: EndStep) -> bool:
    """The segment is a SYN in TIME-WAIT, which may begin a new connection (MAY-2)."""
    seg, open_again = step.segment, step.host.profile.reopening != "no"
    return step.tcb.state == State.TIME_WAIT and open_again and seg.SYN and not seg.ACK


# --- what comes of it -----------------------------------------------------------------------------


def unchanged(step: EndStep) -> bool:
    """The TCB is as it was."""
    return step.after == step.tcb


def silent(step: EndStep) -> bool:
    """Nothing is sent, and nobody is told anything."""
    return not step.step.send and not step.step.signals


def ignored(step: EndStep) -> bool:
    """The segment changes nothing, and is not answered."""
    return silent(step) and unchanged(step)


def sends(step: EndStep, *segments: Segment) -> bool:
    """Just these segments are sent, but for their timestamps."""
    if len(step.step.send) != len(segments):
        return False
    return all(same(a, b) for a, b in zip(step.step.send, segments, strict=True))


def same(a: Segment, b: Segment) -> bool:
    """The two segments are the same, but for their timestamps."""
    bits = (a.SYN, a.ACK, a.FIN, a.RST) == (b.SYN, b.ACK, b.FIN, b.RST)
    return bits and (a.seq == b.seq) & (a.ack == b.ack) & (a.length == b.length)


def bare_ack(tcb: Tcb) -> Segment:
    """`<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`"""
    return Segment(tcb.snd_nxt, tcb.rcv_nxt, ACK=True)


def acknowledged_only(step: EndStep) -> bool:
    """Nothing changes, and the answer is a bare ACK."""
    return not step.step.signals and sends(step, bare_ack(step.tcb)) and unchanged(step)


def reset_for(seg: Segment) -> Segment:
    """The reset with which 3.10.7.1 answers."""
    zero = seg.seq + -seg.seq.value
    if seg.ACK:
        return Segment(seg.ack, zero, RST=True)
    return Segment(zero, seg.seq + seg.len, RST=True, ACK=True)


def reset_sent(step: EndStep) -> bool:
    """Nothing changes, and the answer is a reset that its receiver accepts."""
    return sends(step, reset_for(step.segment)) and unchanged(step)


def is_blank(tcb: Tcb) -> bool:
    """Nothing of a connection is left in the TCB."""
    return tcb == empty_tcb(tcb.state, tcb.iss.bits)


def deleted(step: EndStep) -> bool:
    """The TCB is deleted and the state is CLOSED."""
    return step.after.state == CLOSED and is_blank(step.after)


def begins(step: EndStep, state: State, una: Seq, rcv_nxt: Seq) -> bool:
    """A SYN was taken: the state, with ISS and IRS where they belong."""
    after, seg = step.after, step.segment
    numbers = (after.irs == seg.seq) & (after.rcv_nxt == rcv_nxt) & (after.snd_una == una)
    return after.state == state and numbers & (after.snd_nxt == after.iss + 1)


# --- which event ----------------------------------------------------------------------------------


def on(event: EventKind) -> StepPredicate:
    """It is this user call or timeout."""
    return lambda step: step.event == event


def with_bits(*bits: str, without: str = "") -> StepPredicate:
    """A segment arrives that has these control bits, and not that one."""
    return lambda step: (
        step.arrives
        and all(getattr(step.segment, bit) for bit in bits)
        and not (without and getattr(step.segment, without))
    )


def any_of(*causes: StepPredicate) -> StepPredicate:
    """One of these is the cause."""
    return lambda step: any(cause(step) for cause in causes)


RST, ACK, FIN = with_bits("RST"), with_bits("ACK"), with_bits("FIN", "ACK")
