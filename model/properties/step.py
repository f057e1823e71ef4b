"""The catalogue: what every step of every end has to obey, as RFC 9293, 3.10, says it.

Each is one sentence of the RFC, written with distances between numbers, and not with the functions
of the rules. It is asked of every step in the runs of a scope in which users abort, hosts crash and
retransmission is given up; forged segments arrive; or segments of an earlier connection do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import (
    CONNECTION_CLOSING,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    FIN_UNACKNOWLEDGED,
    SYNCHRONIZED,
    TAKES_TEXT,
    State,
    Tcb,
    empty_tcb,
)
from tcpmc.model.network.product import EndStep
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.kinds import (
    PROVED,
    REFUTED,
    EveryStep,
    StepPredicate,
)
from tcpmc.model.properties.second_connection import reopened

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


# --- the sentences --------------------------------------------------------------------------------


def closed_answers(step: EndStep) -> bool:
    """3.10.7.1: RST is discarded, anything else answered by a reset."""
    return ignored(step) if step.segment.RST else reset_sent(step)


def listen_answers(step: EndStep) -> bool:
    """3.10.7.2: RST is ignored, ACK draws a reset, SYN a SYN,ACK; the rest is dropped."""
    seg, after = step.segment, step.after
    if seg.RST or not (seg.ACK or seg.SYN):
        return ignored(step)
    if seg.ACK:
        return reset_sent(step)
    synack = Segment(step.host.iss, seg.seq + 1, SYN=True, ACK=True)
    numbered = begins(step, SYN_RECEIVED, step.host.iss, seg.seq + 1) and after.passive
    return numbered and sends(step, synack) and after.iss == step.host.iss


def syn_sent_answers(step: EndStep) -> bool:
    """3.10.7.3, first to fifth."""
    seg, tcb, after = step.segment, step.tcb, step.after
    sent = tcb.snd_nxt - tcb.iss
    acceptable = (seg.ack - tcb.iss != 0) & (seg.ack - tcb.iss <= sent)
    if seg.ACK and not acceptable:
        return ignored(step) if seg.RST else reset_sent(step)
    if seg.RST and seg.ACK:
        told = step.step.signals == (CONNECTION_RESET,)
        return told and deleted(step) and not step.step.send
    if seg.RST or not seg.SYN:
        return ignored(step)
    if seg.ACK:
        answer = step.step.send[-1:]
        replied = bool(answer) and answer[0].ACK and not answer[0].SYN
        right = (after.irs == seg.seq) & (after.rcv_nxt == seg.seq + 1) & (after.snd_una == seg.ack)
        return replied and after.state == State.ESTABLISHED and right
    synack = Segment(tcb.iss, seg.seq + 1, SYN=True, ACK=True)
    return begins(step, SYN_RECEIVED, tcb.snd_una, seg.seq + 1) and sends(step, synack)


def syn_received_answers(step: EndStep) -> bool:
    """3.10.7.4 for SYN-RECEIVED: RST, SYN, and an ACK that is missing, out of range, another one,
    or the awaited one."""
    seg, tcb, after = step.segment, step.tcb, step.after
    if seg.RST:
        back = LISTEN if tcb.passive else CLOSED
        told = () if tcb.passive else (CONNECTION_REFUSED,)
        ends = after.state == back and is_blank(after) and step.step.signals == told
        return ends if ahead(step) == 0 else acknowledged_only(step)
    if seg.SYN:
        back_to_listen = after.state == LISTEN and is_blank(after) and silent(step)
        return back_to_listen if tcb.passive else acknowledged_only(step)
    if not seg.ACK:
        return ignored(step)
    if ack_out_of_range(step):
        return acknowledged_only(step)
    if (acknowledged(step) == 0) | (acknowledged(step) > outstanding(tcb)):
        return reset_sent(step)
    taken = after.state not in (CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, State.TIME_WAIT)
    return taken and after.snd_una == seg.ack


def reset_is_taken(step: EndStep) -> bool:
    """The TCB is deleted, and whoever waited for data is told "connection reset"; in TIME-WAIT the
    connection has ended normally, and nobody is."""
    waited = (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT)
    told = CONNECTION_RESET in step.step.signals or step.tcb.state not in waited
    normal = step.tcb.state == State.TIME_WAIT
    return deleted(step) and told and not step.step.send and not (normal and step.step.signals)


def reset_is_not_taken(step: EndStep) -> bool:
    """A challenge ACK in the window, nothing outside."""
    return acknowledged_only(step) if in_window(step) else ignored(step)


def outside_is_answered(step: EndStep) -> bool:
    """Nothing changes, and unless it is a reset it is answered by an ACK."""
    return ignored(step) if step.segment.RST else acknowledged_only(step)


def ack_out_of_range(step: EndStep) -> bool:
    """The segment has no ACK, or acknowledges what was not sent, or what was acknowledged longer
    ago than a window (RFC 5961, 5; MAY-12)."""
    seg, limit = step.segment, step.host.profile.window
    fine = (acknowledged(step) <= outstanding(step.tcb)) | (step.tcb.snd_una - seg.ack <= limit)
    return not (seg.ACK and fine)


def out_of_range_is_not_processed(step: EndStep) -> bool:
    """Without ACK it is dropped; otherwise it is answered by an ACK. Nothing of it is taken."""
    return acknowledged_only(step) if step.segment.ACK else ignored(step)


def is_carried(step: EndStep) -> bool:
    """RCV.NXT stays, or advances over numbers that the segment carries right there."""
    before, after, seg = step.tcb.rcv_nxt, step.after.rcv_nxt, step.segment
    carried = (seg.seq <= before) & (before < after) & (after <= seg.seq + seg.len)
    return after == before or (step.arrives and carried)


def same_connection(step: EndStep) -> bool:
    """The end goes on with a connection whose SYN it had taken before."""
    before, after = step.tcb, step.after
    if before.state not in (SYN_RECEIVED, *SYNCHRONIZED):
        return False
    alive = after.state in (SYN_RECEIVED, *SYNCHRONIZED)
    return alive and (after.irs == before.irs) & (after.iss == before.iss)


def fin_has_arrived(step: EndStep) -> bool:
    """The other's FIN was received before."""
    return step.tcb.state not in (SYN_RECEIVED, *TAKES_TEXT)


def data_in_order(step: EndStep) -> bool:
    """What is taken is carried there, nothing follows a FIN, and the user is told of the FIN where
    it is taken, and only there."""
    seg, after = step.segment, step.after.rcv_nxt
    closing = CONNECTION_CLOSING in step.step.signals
    if fin_has_arrived(step):
        return after == step.tcb.rcv_nxt and not closing
    whole = seg.FIN and after == seg.seq + seg.len
    taken_fin = whole and after != step.tcb.rcv_nxt
    return is_carried(step) and closing == taken_fin


def is_taken(step: EndStep) -> bool:
    """All of the segment is taken, and acknowledged at once."""
    end = step.segment.seq + step.segment.len
    kept = deleted(step) or step.after.rcv_nxt == end
    return kept and len(step.step.send) == 1 and step.step.send[0].ack == end


def fin_leads_on(step: EndStep) -> bool:
    """The state after the other's FIN (Figure 5), and the timer of TIME-WAIT."""
    whole = acknowledged(step) == outstanding(step.tcb)
    match step.tcb.state:
        case State.ESTABLISHED:
            return step.after.state == State.CLOSE_WAIT
        case State.FIN_WAIT_1 if not whole:
            return step.after.state == State.CLOSING
        case _:
            return step.after.state == State.TIME_WAIT and step.step.starts_time_wait


def ack_leads_on(step: EndStep) -> bool:
    """The state after the ACK of our FIN, and without it."""
    state = step.tcb.state
    if acknowledged(step) != outstanding(step.tcb):
        return step.after.state == state
    match state:
        case State.FIN_WAIT_1:
            return step.after.state == State.FIN_WAIT_2
        case State.CLOSING:
            return step.after.state == State.TIME_WAIT and step.step.starts_time_wait
        case _:
            return deleted(step)


def una_follows_ack(step: EndStep) -> bool:
    """SND.UNA is SEG.ACK where that acknowledges something outstanding, and else as it was."""
    before, after = step.tcb, step.after
    if after.snd_una == before.snd_una:
        return True
    new = (acknowledged(step) != 0) & (acknowledged(step) <= outstanding(before))
    return step.arrives and step.segment.ACK and (after.snd_una == step.segment.ack) & new


def ack_is_taken(step: EndStep) -> bool:
    """SND.UNA is SEG.ACK, if there is still a TCB."""
    return step.after.state == CLOSED or step.after.snd_una == step.segment.ack


def numbered_in_order(step: EndStep) -> bool:
    """Each segment begins at SND.NXT, which advances over it, and over nothing else; what is sent
    again begins at SND.UNA, and ends at SND.NXT at most."""
    at, before, after = step.tcb.snd_nxt, step.tcb, step.after
    for seg in step.step.send:
        if step.event == EventKind.RETRANSMISSION_TIMEOUT:
            again = (seg.seq == before.snd_una) & (seg.len != 0) & (seg.len <= outstanding(before))
            if not again:
                return False
        elif not seg.RST:
            if seg.seq != at:
                return False
            at = at + seg.len
    return after.state in (CLOSED, LISTEN) or after.snd_nxt == at


def acknowledges_received(step: EndStep) -> bool:
    """ACK = RCV.NXT on all that is sent, but resets."""
    return all(seg.RST or (seg.ACK and seg.ack == step.after.rcv_nxt) for seg in step.step.send)


def sent_again(step: EndStep) -> bool:
    """SYN, FIN, or text, as it is the front of what is outstanding; and nothing changes."""
    if len(step.step.send) != 1 or not unchanged(step):
        return False
    seg, tcb = step.step.send[0], step.tcb
    opening = tcb.snd_una == tcb.iss
    fin_out = tcb.state in FIN_UNACKNOWLEDGED
    ends = seg.len == outstanding(tcb)
    fin = (fin_out and ends) if seg.FIN else (not fin_out or not ends or opening)
    answers = tcb.state != SYN_SENT
    return bool(opening) == seg.SYN and fin and answers == seg.ACK and not seg.RST


def restarts(step: EndStep) -> bool:
    """An ACK is sent, TIME-WAIT goes on, and its timer begins anew."""
    return acknowledged_only(step) and step.step.starts_time_wait


def old_fin(step: EndStep) -> bool:
    """The segment ends with a FIN that has been received before."""
    seg = step.segment
    return plain(step) and seg.FIN and seg.seq + seg.len == step.tcb.rcv_nxt


def only_a_fin_restarts(step: EndStep) -> bool:
    """A retransmitted FIN restarts the timer; another old segment does not."""
    if old_fin(step):
        return restarts(step)
    return in_window(step) or not step.step.starts_time_wait


def opens(step: EndStep) -> bool:
    """A SYN at ISS is sent, and the state is SYN-SENT; or LISTEN, and nothing is sent."""
    after, iss = step.after, step.host.iss
    if step.event == EventKind.PASSIVE_OPEN:
        return after.state == LISTEN and is_blank(after) and silent(step)
    syn = Segment(iss, after.rcv_nxt, SYN=True)
    numbered = (after.iss == iss) & (after.snd_una == iss) & (after.snd_nxt == iss + 1)
    return after.state == SYN_SENT and numbered and sends(step, syn)


def sends_text(step: EndStep) -> bool:
    """An octet is sent at once, or queued until the connection is ready."""
    tcb, after = step.tcb, step.after
    if tcb.state == LISTEN:
        return after.queued == 1 and opens(step)
    if tcb.state in (SYN_SENT, SYN_RECEIVED):
        return after.state == tcb.state and after.queued == tcb.queued + 1 and silent(step)
    octet = Segment(tcb.snd_nxt, tcb.rcv_nxt, 1, ACK=True)
    return after.state == tcb.state and sends(step, octet)


def queue_is_sent(step: EndStep) -> bool:
    """All text that waited is sent in one segment, with the FIN if that waited, too; and nothing is
    left to wait. Where nothing waited, no text and no FIN is sent, and the bare ACK of a SYN,ACK is
    not answered."""
    tcb, after, sent = step.tcb, step.after, step.step.send
    emptied = after.queued == 0 and not after.close_queued
    closing = after.state in (State.FIN_WAIT_1, State.LAST_ACK)
    if not tcb.queued and not tcb.close_queued:
        answers = tcb.state == SYN_SENT or step.segment.len != 0 or not sent
        return emptied and not closing and answers and all(seg.len == 0 for seg in sent)
    whole = len(sent) == 1 and (sent[0].length, sent[0].FIN) == (tcb.queued, tcb.close_queued)
    followed = State.LAST_ACK if CONNECTION_CLOSING in step.step.signals else State.FIN_WAIT_1
    return emptied and whole and (after.state == followed if tcb.close_queued else not closing)


def draws_nothing(step: EndStep) -> bool:
    """The segment is not answered."""
    return not step.step.send


def closes(step: EndStep) -> bool:
    """What CLOSE does in each state (3.10.4)."""
    tcb, after = step.tcb, step.after
    if tcb.state in (LISTEN, SYN_SENT):
        return deleted(step) and not step.step.send
    if tcb.state == SYN_RECEIVED and tcb.queued:
        return after.state == SYN_RECEIVED and after.close_queued and not step.step.send
    fin = Segment(tcb.snd_nxt, tcb.rcv_nxt, ACK=True, FIN=True)
    state = State.LAST_ACK if tcb.state == State.CLOSE_WAIT else State.FIN_WAIT_1
    return after.state == state and sends(step, fin)


def aborts(step: EndStep) -> bool:
    """The TCB is deleted; before both FINs the other end is sent a reset at SND.NXT (3.10.5)."""
    silent_in = (LISTEN, SYN_SENT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT)
    if step.tcb.state in silent_in:
        return deleted(step) and not step.step.send
    zero = step.tcb.snd_nxt + -step.tcb.snd_nxt.value
    return deleted(step) and sends(step, Segment(step.tcb.snd_nxt, zero, RST=True))


def times_out(step: EndStep) -> bool:
    """The TCB is deleted without a segment; after a user timeout the user is told."""
    told = bool(step.step.signals) == (step.event == EventKind.USER_TIMEOUT)
    return deleted(step) and told and not step.step.send


def is_told(step: EndStep) -> bool:
    """The user has been told "connection closing", or is told an error now."""
    errors = any(signal.error for signal in step.step.signals)
    return errors or step.history.fin_received


# --- Figure 5 -------------------------------------------------------------------------------------


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
GONE = any_of(on(EventKind.ABORT), on(EventKind.USER_TIMEOUT), on(EventKind.CRASH))
OPENED = any_of(on(EventKind.ACTIVE_OPEN), on(EventKind.SEND))
CAUSES: Mapping[tuple[State, State], StepPredicate] = {
    (CLOSED, LISTEN): on(EventKind.PASSIVE_OPEN),
    (CLOSED, SYN_SENT): on(EventKind.ACTIVE_OPEN),
    (LISTEN, SYN_SENT): OPENED,
    (LISTEN, SYN_RECEIVED): with_bits("SYN", without="ACK"),
    (LISTEN, CLOSED): any_of(on(EventKind.CLOSE), GONE),
    (SYN_SENT, SYN_RECEIVED): with_bits("SYN", without="ACK"),
    (SYN_SENT, State.ESTABLISHED): with_bits("SYN", "ACK"),
    (SYN_SENT, CLOSED): any_of(on(EventKind.CLOSE), with_bits("RST", "ACK"), GONE),
    (SYN_RECEIVED, State.ESTABLISHED): ACK,
    (SYN_RECEIVED, State.CLOSE_WAIT): FIN,
    (SYN_RECEIVED, State.LAST_ACK): FIN,
    (SYN_RECEIVED, State.FIN_WAIT_1): any_of(on(EventKind.CLOSE), ACK),
    (SYN_RECEIVED, LISTEN): any_of(RST, with_bits("SYN")),
    (SYN_RECEIVED, CLOSED): any_of(RST, GONE),
    (State.ESTABLISHED, State.FIN_WAIT_1): on(EventKind.CLOSE),
    (State.ESTABLISHED, State.CLOSE_WAIT): FIN,
    (State.ESTABLISHED, CLOSED): any_of(RST, GONE),
    (State.FIN_WAIT_1, State.FIN_WAIT_2): ACK,
    (State.FIN_WAIT_1, State.CLOSING): FIN,
    (State.FIN_WAIT_1, State.TIME_WAIT): FIN,
    (State.FIN_WAIT_1, CLOSED): any_of(RST, GONE),
    (State.FIN_WAIT_2, State.TIME_WAIT): FIN,
    (State.FIN_WAIT_2, CLOSED): any_of(RST, GONE),
    (State.CLOSE_WAIT, State.LAST_ACK): on(EventKind.CLOSE),
    (State.CLOSE_WAIT, CLOSED): any_of(RST, GONE),
    (State.CLOSING, State.TIME_WAIT): ACK,
    (State.CLOSING, CLOSED): any_of(RST, GONE),
    (State.LAST_ACK, CLOSED): any_of(RST, ACK, GONE),
    (State.TIME_WAIT, CLOSED): any_of(RST, on(EventKind.TIME_WAIT_TIMEOUT), GONE),
}
"""The arrows of Figure 5, with notes 1 to 3, ABORT, resets and timeouts, and what leads along
each. (A FIN that arrives, or waits to be sent, in SYN-RECEIVED takes two of them at once.)"""


def as_in_figure_5(step: EndStep) -> bool:
    """The change of state is an arrow, and the event is its cause."""
    cause = CAUSES.get((step.tcb.state, step.after.state))
    return cause is not None and cause(step)


# --- the catalogue --------------------------------------------------------------------------------


def everything(scope: Scope) -> Scope:
    """Users abort, hosts crash, and retransmission is given up."""
    return scope.with_(aborts=True, crashes=1, retransmissions=1, clock=False, opens=1)


def attacked(scope: Scope) -> Scope:
    """A forged segment arrives at each end: RST and SYN in the window, but not at its edge."""
    return scope.with_(aborts=True, attacks=1, retransmissions=1, data=0, clock=False, opens=1)


def ticking(scope: Scope) -> Scope:
    """With the clock on, so that TIME-WAIT lasts, and MSL at least 3 ticks."""
    msl = max(3, scope.msl)
    bounds: dict[str, Any] = {"start": "established", "data": 0, "time_wait": 2 * msl}
    return scope.with_(clock=True, msl=msl, opens=1, **bounds)


def forgotten(scope: Scope) -> Scope:
    """Two connections one after the other, and a crash: old segments meet a new opening."""
    return reopened(start="closed", crashes=1, isn="new", data=0, sender="both", closer="both")(
        scope.with_(capacity=1)
    )


def every(
    name: str,
    meaning: str,
    citation: str,
    premise: StepPredicate,
    claim: StepPredicate,
    **more: Any,
) -> EveryStep:
    """What every step under the RFC's rules obeys."""
    settings: dict[str, Any] = {"expected": {"rfc9293": PROVED}, "scope_for": everything}
    return EveryStep(
        **settings | more,
        name=name, meaning=meaning, citation=citation, premise=premise, claim=claim,
    )  # fmt: skip


def but_not_on(variant: str) -> dict[str, str]:
    """Proved on the RFC's rules, and refuted on a variant."""
    return {"rfc9293": PROVED, variant: REFUTED}


STEPS: tuple[EveryStep, ...] = (
    every(
        "figure-5",
        "every change of state is an arrow of Figure 5, and has its cause",
        "RFC 9293, 3.3.2, Figure 5",
        lambda step: step.after.state != step.tcb.state,
        as_in_figure_5,
        expected=but_not_on("two-way-handshake"),
    ),
    every(
        "closed-answers",
        "a closed host discards RST, and answers all else by a reset that is accepted",
        "RFC 9293, 3.10.7.1",
        arrives_in(CLOSED),
        closed_answers,
        scope_for=forgotten,
        expected=but_not_on("no-time-wait-silent"),
    ),
    every(
        "listen-answers",
        "LISTEN answers SYN by SYN,ACK, ACK by a reset, and nothing else",
        "RFC 9293, 3.10.7.2",
        arrives_in(LISTEN),
        listen_answers,
        scope_for=forgotten,
        expected=but_not_on("two-way-handshake"),
    ),
    every(
        "syn-sent-answers",
        "SYN-SENT takes a SYN, and an RST whose ACK is acceptable; a wrong ACK draws a reset",
        "RFC 9293, 3.10.7.3",
        arrives_in(SYN_SENT),
        syn_sent_answers,
        scope_for=forgotten,
    ),
    every(
        "syn-received-answers",
        "SYN-RECEIVED takes the ACK of its SYN; RST and SYN lead back, to LISTEN or to CLOSED",
        "RFC 9293, 3.10.7.4 second, fourth and fifth, note 1",
        lambda step: arrives_in(SYN_RECEIVED)(step) and ahead(step) == 0 and in_window(step),
        syn_received_answers,
        scope_for=forgotten,
    ),
    every(
        "window-guards",
        "a segment outside the window changes nothing; unless it is RST, it is answered by an ACK",
        "RFC 9293, 3.10.7.4 first, Table 6",
        lambda step: (
            arrives_in(SYN_RECEIVED, *SYNCHRONIZED)(step)
            and not may_reopen(step)
            and not in_window(step)
        ),
        outside_is_answered,
        expected=but_not_on("figure-7"),
    ),
    every(
        "reset-is-obeyed",
        "an RST at RCV.NXT ends the connection in each synchronized state, and the user is told",
        "RFC 9293, 3.10.7.4 second",
        lambda step: arrives_in(*SYNCHRONIZED)(step) and step.segment.RST and ahead(step) == 0,
        reset_is_taken,
        expected=but_not_on("rfc1337"),
    ),
    every(
        "reset-elsewhere",
        "an RST that is not at RCV.NXT ends no connection; in the window it draws a challenge ACK",
        "RFC 9293, 3.10.7.4 first and second; RFC 5961, 3",
        lambda step: (
            arrives_in(SYN_RECEIVED, *SYNCHRONIZED)(step) and step.segment.RST and ahead(step) != 0
        ),
        reset_is_not_taken,
        scope_for=attacked,
        expected=but_not_on("rfc793"),
    ),
    every(
        "syn-is-challenged",
        "a SYN in the window of a synchronized state draws a challenge ACK, and changes nothing",
        "RFC 9293, 3.10.7.4 fourth; RFC 5961, 4",
        lambda step: (
            arrives_in(*SYNCHRONIZED)(step)
            and step.segment.SYN
            and not step.segment.RST
            and not may_reopen(step)
            and in_window(step)
        ),
        acknowledged_only,
        scope_for=attacked,
        expected=but_not_on("rfc793"),
    ),
    every(
        "ack-range",
        "a segment that has no ACK, or one out of range, is not processed",
        "RFC 9293, 3.10.7.4 fifth; RFC 5961, 5",
        lambda step: (
            arrives_in(*SYNCHRONIZED)(step)
            and not step.segment.SYN
            and not step.segment.RST
            and in_window(step)
            and not_old(step)
            and ack_out_of_range(step)
        ),
        out_of_range_is_not_processed,
        scope_for=reopened(),
    ),
    every(
        "data-in-order",
        "RCV.NXT advances over what the arriving segment carries there, and over nothing else; the "
        "user is told of the FIN when all before it is taken",
        "RFC 9293, 3.4, 3.10.7.4 seventh and eighth",
        same_connection,
        data_in_order,
    ),
    every(
        "data-is-taken",
        "text and FIN that are in order and in the window are taken and acknowledged",
        "RFC 9293, 3.10.7.4 seventh and eighth",
        lambda step: arrives_in(*TAKES_TEXT)(step) and overlapping(step),
        is_taken,
    ),
    every(
        "gap-is-acknowledged",
        "text and FIN beyond RCV.NXT are answered by an ACK of what was received",
        "RFC 9293, 3.10.7.4 first and seventh, MAY-13",
        lambda step: arrives_in(*SYNCHRONIZED)(step) and beyond(step) and step.segment.len != 0,
        lambda step: len(step.step.send) == 1 and step.step.send[0].ack == step.after.rcv_nxt,
    ),
    every(
        "ack-draws-nothing",
        "a bare ACK in the window and in range is not answered",
        "RFC 9293, 3.10.7.4 fifth",
        lambda step: (
            arrives_in(*SYNCHRONIZED)(step)
            and (in_order(step) or beyond(step))
            and step.segment.len == 0
        ),
        draws_nothing,
    ),
    every(
        "fin-leads-on",
        "the other's FIN leads to CLOSE-WAIT, CLOSING or TIME-WAIT",
        "RFC 9293, 3.10.7.4 eighth, note 2",
        lambda step: arrives_in(*TAKES_TEXT)(step) and in_order(step) and step.segment.FIN,
        fin_leads_on,
        expected=but_not_on("no-time-wait"),
    ),
    every(
        "ack-leads-on",
        "the ACK of the own FIN leads to FIN-WAIT-2, TIME-WAIT or CLOSED, and no other ACK does",
        "RFC 9293, 3.10.7.4 fifth",
        lambda step: (
            arrives_in(*FIN_UNACKNOWLEDGED)(step) and in_order(step) and not step.segment.FIN
        ),
        ack_leads_on,
        expected=but_not_on("no-time-wait"),
    ),
    every(
        "una-follows-ack",
        "SND.UNA advances only to the ACK of a segment that acknowledges what is outstanding",
        "RFC 9293, 3.4, 3.10.7.4 fifth",
        same_connection,
        una_follows_ack,
    ),
    every(
        "ack-is-taken",
        "an ACK in order that acknowledges what is outstanding is taken",
        "RFC 9293, 3.4, 3.10.7.4 fifth",
        lambda step: arrives_in(SYN_RECEIVED, *SYNCHRONIZED)(step) and in_order(step),
        ack_is_taken,
    ),
    every(
        "numbers-what-it-sends",
        "what is sent begins at SND.NXT, which advances over it, and over nothing else",
        "RFC 9293, 3.4",
        same_connection,
        numbered_in_order,
    ),
    every(
        "acknowledges-what-it-received",
        "all that is sent, but resets, acknowledges RCV.NXT",
        "RFC 9293, 3.4, 3.10.7.4",
        lambda step: same_connection(step) and len(step.step.send) > 0,
        acknowledges_received,
    ),
    every(
        "front-is-sent-again",
        "what is sent again is the front of what is not acknowledged",
        "RFC 9293, 3.10.8",
        on(EventKind.RETRANSMISSION_TIMEOUT),
        sent_again,
    ),
    every(
        "open-calls",
        "an active OPEN sends a SYN at the ISS; after a passive one the end listens",
        "RFC 9293, 3.10.1",
        lambda step: (
            (step.event == EventKind.ACTIVE_OPEN and step.tcb.state in (CLOSED, LISTEN))
            or (step.event == EventKind.PASSIVE_OPEN and step.tcb.state == CLOSED)
        ),
        opens,
    ),
    every(
        "text-is-sent",
        "SEND queues text before the connection is ready, and sends it at once when it is",
        "RFC 9293, 3.10.2",
        lambda step: step.event == EventKind.SEND and step.tcb.state != CLOSED,
        sends_text,
    ),
    every(
        "queue-is-sent",
        "what waited for the connection is sent when it is ready, text first, then FIN",
        "RFC 9293, 3.10.2, 3.10.4",
        lambda step: (
            arrives_in(SYN_SENT, SYN_RECEIVED)(step)
            and step.after.state not in (CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, State.TIME_WAIT)
        ),
        queue_is_sent,
    ),
    every(
        "close-sends-fin",
        "CLOSE deletes what has not begun, and sends a FIN otherwise",
        "RFC 9293, 3.10.4",
        on(EventKind.CLOSE),
        closes,
    ),
    every(
        "abort-resets",
        "ABORT deletes the TCB, and resets the other end where a FIN is still to come",
        "RFC 9293, 3.10.5",
        on(EventKind.ABORT),
        aborts,
    ),
    every(
        "timeouts-delete",
        "the user timeout and that of TIME-WAIT delete the TCB; of the first the user is told",
        "RFC 9293, 3.10.8",
        any_of(on(EventKind.USER_TIMEOUT), on(EventKind.TIME_WAIT_TIMEOUT)),
        times_out,
    ),
    every(
        "closed-forgets",
        "in CLOSED and LISTEN nothing of a connection is left",
        "RFC 9293, 3.3.2",
        lambda step: step.after.state in (CLOSED, LISTEN),
        lambda step: is_blank(step.after),
    ),
    every(
        "closer-is-told",
        "a user who called CLOSE is told how the connection ended, before or when it is gone",
        "RFC 9293, 3.9.1, 3.10.7.4, MUST-12",
        lambda step: (
            step.history.closed
            and not step.history.gave_up
            and step.tcb.state != CLOSED
            and step.after.state == CLOSED
            and step.event not in (EventKind.ABORT, EventKind.CRASH)
        ),
        is_told,
    ),
    every(
        "time-wait-restarts",
        "a retransmitted FIN is acknowledged in TIME-WAIT, and restarts its timer; another old "
        "segment does not restart it",
        "RFC 9293, 3.10.7.4 fifth and eighth",
        arrives_in(State.TIME_WAIT),
        only_a_fin_restarts,
        scope_for=ticking,
        expected=but_not_on("no-restart") | but_not_on("time-wait-restart-any"),
    ),
)
