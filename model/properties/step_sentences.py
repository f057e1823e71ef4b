"""What the RFC says of one step, a function for each sentence."""

from __future__ import annotations

from collections.abc import Mapping

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import (
    CONNECTION_CLOSING,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    FIN_UNACKNOWLEDGED,
    SYNCHRONIZED,
    TAKES_TEXT,
    State,
)
from tcpmc.model.network.product import EndStep
from tcpmc.model.properties.kinds import (
    StepPredicate,
)
from tcpmc.model.properties.step_conditions import (
    ACK,
    CLOSED,
    FIN,
    LISTEN,
    RST,
    SYN_RECEIVED,
    SYN_SENT,
    acknowledged,
    acknowledged_only,
    ahead,
    any_of,
    begins,
    deleted,
    ignored,
    in_window,
    is_blank,
    on,
    outstanding,
    plain,
    reset_sent,
    sends,
    silent,
    unchanged,
    with_bits,
)

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
        reported = step.step.signals == (CONNECTION_RESET,)
        return reported and deleted(step) and not step.step.send
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
        signals = () if tcb.passive else (CONNECTION_REFUSED,)
        ends = after.state == back and is_blank(after) and step.step.signals == signals
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
    reported = CONNECTION_RESET in step.step.signals or step.tcb.state not in waited
    normal = step.tcb.state == State.TIME_WAIT
    return deleted(step) and reported and not step.step.send and not (normal and step.step.signals)


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
    accepted = deleted(step) or step.after.rcv_nxt == end
    return accepted and len(step.step.send) == 1 and step.step.send[0].ack == end


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
    reported = bool(step.step.signals) == (step.event == EventKind.USER_TIMEOUT)
    return deleted(step) and reported and not step.step.send


def is_told(step: EndStep) -> bool:
    """The user has been told "connection closing", or is told an error now."""
    errors = any(signal.error for signal in step.step.signals)
    return errors or step.history.fin_received


# --- Figure 5 -------------------------------------------------------------------------------------

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
