"""SEGMENT ARRIVES (RFC 9293, 3.10.7), split as the RFC splits it.

CLOSED, LISTEN and SYN-SENT are one function each. For the other states the RFC runs a list of
checks, "first" to "eighth"; each is one function here, and returns a step that is `done` or one
that lets processing continue. Security (third) and urgent data (sixth) are out of the model.
"""

from __future__ import annotations

from dataclasses import replace

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.reassembly import (
    advance,
    advance_over_held,
    fills_gap,
    hold,
    is_fin_due,
)
from tcpmc.model.endpoint.reopening import recycled_out
from tcpmc.model.endpoint.segment import Segment, reset
from tcpmc.model.endpoint.sequence import Seq, acknowledges, within
from tcpmc.model.endpoint.tcb import (
    CONNECTION_CLOSING,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    State,
    Step,
    Tcb,
    ack,
    continue_processing,
    delete_tcb,
    empty_tcb,
    fin_acknowledged,
    transmit,
)


def segment_in_closed(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """SEGMENT ARRIVES in CLOSED (RFC 9293, 3.10.7.1)."""
    if seg.RST:
        return Step("3.10.7.1: RST discarded", tcb)
    if host.profile.closed_replies == "silent":
        return Step("silent host: segment discarded", tcb)
    return Step("3.10.7.1: no connection, RST sent", tcb, send=(reset(seg),))


def segment_in_listen(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """SEGMENT ARRIVES in LISTEN (RFC 9293, 3.10.7.2)."""
    if seg.RST:
        return Step("3.10.7.2 first: RST ignored", tcb)
    if seg.ACK:
        return Step("3.10.7.2 second: ACK is bad here, RST sent", tcb, send=(reset(seg),))
    if not seg.SYN:
        return Step("3.10.7.2 fourth: dropped", tcb)
    if recycled_out(host, seg):
        return Step("Linux tcp_tw_recycle: SYN with an old timestamp dropped", tcb)
    # RFC: "any other control or text should be queued for processing later" / here: it is
    # dropped, which to its sender is the same as a loss, and sent again.
    synchronized = replace(
        tcb,
        state=State.SYN_RECEIVED,
        iss=host.iss,
        irs=seg.seq,
        snd_una=host.iss,
        snd_nxt=host.iss + 1,
        rcv_nxt=seg.seq + 1,
        passive=True,
        ts_recent=seg.stamp,
    )
    syn_ack = Segment(host.iss, synchronized.rcv_nxt, SYN=True, ACK=True)
    if host.profile.handshake == "two-way":
        established = replace(synchronized, state=State.ESTABLISHED, passive=False)
        return Step("two-way handshake: SYN establishes", established, send=(syn_ack,))
    return Step("3.10.7.2 third: SYN, SYN,ACK sent", synchronized, send=(syn_ack,))


def segment_in_syn_sent(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """SEGMENT ARRIVES in SYN-SENT (RFC 9293, 3.10.7.3)."""
    if seg.ACK and not acknowledges(tcb.iss, seg.ack, tcb.snd_nxt):
        if seg.RST:
            return Step("3.10.7.3 first: unacceptable ACK, RST dropped", tcb)
        return Step("3.10.7.3 first: unacceptable ACK, RST sent", tcb, send=(reset(seg),))
    if seg.RST:
        # RFC: a stack that follows RFC 5961 "SHOULD first check that the sequence number exactly
        # matches RCV.NXT" / here: with challenge ACKs too an acceptable ACK is enough, as 3.5.3
        # has it. There is no RCV.NXT before the SYN arrives.
        if seg.ACK:
            return Step("3.10.7.3 second: reset", delete_tcb(tcb), signals=(CONNECTION_RESET,))
        return Step("3.10.7.3 second: RST without ACK dropped", tcb)
    if not seg.SYN:
        return Step("3.10.7.3 fifth: dropped", tcb)
    # RFC: "If there are other controls or text in the segment, then continue processing at the
    # sixth step", or after ESTABLISHED / here: they are left to be sent again, as in LISTEN.
    tcb = replace(
        tcb,
        irs=seg.seq,
        rcv_nxt=seg.seq + 1,
        snd_una=seg.ack if seg.ACK else tcb.snd_una,
        ts_recent=seg.stamp,
    )
    if tcb.iss < tcb.snd_una:
        tcb = replace(tcb, state=State.ESTABLISHED)
        rule = "3.10.7.3 fourth: SYN acknowledged, ESTABLISHED"
        return Step(rule, tcb, send=(ack(tcb),))
    tcb = replace(tcb, state=State.SYN_RECEIVED)
    syn_ack = Segment(tcb.iss, tcb.rcv_nxt, SYN=True, ACK=True)
    return Step("3.10.7.3 fourth: simultaneous open, SYN,ACK sent", tcb, send=(syn_ack,))


def acceptable(seg: Segment, rcv_nxt: Seq, rcv_wnd: int) -> bool:
    """The segment acceptability test (RFC 9293, Table 6); `rcv_wnd` in octets."""
    if rcv_wnd == 0:
        return (seg.len == 0) & (seg.seq == rcv_nxt)
    edge = rcv_nxt + rcv_wnd
    begins = within(rcv_nxt, seg.seq, edge)
    ends = within(rcv_nxt, seg.seq + (seg.len - 1), edge)
    return begins | ((seg.len != 0) & ends)


def passes_zero_window(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """Whether a segment that Table 6 refuses is let through because the window is zero: "special
    allowance should be made to accept valid ACKs, URGs, and RSTs" (3.10.7.4 first; MUST-66). What
    is in it of text is left out later."""
    return host.profile.window == 0 and (seg.ACK or seg.RST) and seg.seq == tcb.rcv_nxt


def confirms_simultaneous_open(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """Whether this is the SYN,ACK of Figure 7, lines 6 and 7, under the profile that follows it."""
    return (
        host.profile.syn_ack_in_syn_received == "figure-7"
        and tcb.state == State.SYN_RECEIVED
        and seg.SYN
        and seg.ACK
        and seg.seq == tcb.irs
    )


def restarts_time_wait(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """Whether an old segment in TIME-WAIT restarts its timer: it is "a retransmission of the
    remote FIN", which is the number before RCV.NXT, or the profile restarts on any."""
    if host.profile.time_wait_restart == "any":
        return True
    return seg.FIN and seg.seq + seg.len == tcb.rcv_nxt


def check_sequence(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """First, check sequence number (RFC 9293, 3.10.7.4)."""
    if acceptable(seg, tcb.rcv_nxt, host.profile.window):
        return continue_processing(tcb)
    if passes_zero_window(host, tcb, seg) or confirms_simultaneous_open(host, tcb, seg):
        return continue_processing(tcb)
    if seg.RST:
        return Step("3.10.7.4 first: unacceptable, RST dropped", tcb)
    if tcb.state == State.TIME_WAIT and restarts_time_wait(host, tcb, seg):
        # RFC fifth: "The only thing that can arrive in this state is a retransmission of the
        # remote FIN. Acknowledge it, and restart the 2 MSL timeout." / here: such a FIN is
        # outside the window and already ends at this check, so the timer is restarted here.
        rule = "3.10.7.4 first: old segment in TIME-WAIT, ACK sent, timer restarted"
        return Step(rule, tcb, send=(ack(tcb),), starts_time_wait=True)
    return Step("3.10.7.4 first: unacceptable, ACK sent", tcb, send=(ack(tcb),))


def check_reset(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Second, check the RST bit (RFC 9293, 3.10.7.4)."""
    if not seg.RST:
        return continue_processing(tcb)
    if host.profile.rst_in_time_wait == "ignore" and tcb.state == State.TIME_WAIT:
        return Step("RFC 1337 F1: RST in TIME-WAIT ignored", tcb)
    if host.profile.challenge_acks and seg.seq != tcb.rcv_nxt:
        return Step("3.10.7.4 second: RST not at RCV.NXT, challenge ACK", tcb, send=(ack(tcb),))
    gone = delete_tcb(tcb)
    match tcb.state:
        case State.SYN_RECEIVED if tcb.reopened is not None:
            return Step("3.6.1 MAY-2: old SYN, back to TIME-WAIT", tcb.reopened)
        case State.SYN_RECEIVED if tcb.passive:
            listen = empty_tcb(State.LISTEN, tcb.iss.bits)
            return Step("3.10.7.4 second: reset, back to LISTEN (note 1)", listen)
        case State.SYN_RECEIVED:
            return Step("3.10.7.4 second: refused", gone, signals=(CONNECTION_REFUSED,))
        case State.TIME_WAIT:
            # RFC 3.10.7.4 signals nothing in the last three states; 3.5.3 and MUST-12 have the
            # user told whether the connection closed normally or was aborted / here: in
            # TIME-WAIT both FINs are acknowledged, it closed normally; before, it was aborted,
            # unless the profile follows the letter.
            return Step("3.10.7.4 second: reset in TIME-WAIT", gone)
        case State.CLOSING | State.LAST_ACK if host.profile.rst_while_closing == "silent":
            return Step("3.10.7.4 second: reset, no signal", gone)
        case _:
            return Step("3.10.7.4 second: reset", gone, signals=(CONNECTION_RESET,))


def check_syn(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Fourth, check the SYN bit (RFC 9293, 3.10.7.4).

    A SYN before RCV.NXT, on a segment whose text reaches into the window, is outside the window:
    it makes no new connection of this one. RFC 5961 has it challenged all the same ("irrespective
    of the sequence number"); RFC 793 would only trim it off.
    """
    if not seg.SYN or confirms_simultaneous_open(host, tcb, seg):
        return continue_processing(tcb)
    if tcb.state == State.SYN_RECEIVED and tcb.passive and tcb.rcv_nxt <= seg.seq:
        return Step("3.10.7.4 fourth: SYN, back to LISTEN", empty_tcb(State.LISTEN, tcb.iss.bits))
    if host.profile.challenge_acks:
        return Step("3.10.7.4 fourth: SYN, challenge ACK", tcb, send=(ack(tcb),))
    if seg.seq < tcb.rcv_nxt:
        return continue_processing(tcb)
    rule = "3.10.7.4 fourth: SYN in the window, reset (RFC 793)"
    return Step(rule, delete_tcb(tcb), send=(reset(seg),), signals=(CONNECTION_RESET,))


def check_order(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Whether a segment beyond RCV.NXT is processed at all (RFC 9293, 3.10.7.4 first, SHLD-31).

    RFC: "Segments with higher beginning sequence numbers SHOULD be held for later processing" /
    here: its ACK field is processed now, its text and FIN are held, or left to be sent again, or
    nothing of it is processed, as the profile says. What is left to be sent again has arrived all
    the same: it is gone even where the network loses nothing.
    """
    if host.profile.out_of_order != "drop" or seg.seq <= tcb.rcv_nxt:
        return continue_processing(tcb)
    return Step("3.10.7.4 first: out of order, dropped, ACK sent", tcb, send=(ack(tcb),))


def check_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Fifth, check the ACK field (RFC 9293, 3.10.7.4)."""
    if not seg.ACK:
        return Step("3.10.7.4 fifth: no ACK, dropped", tcb)
    if is_ack_out_of_range(host, tcb, seg):
        return Step("3.10.7.4 fifth: ACK out of range (MAY-12), ACK sent", tcb, send=(ack(tcb),))
    rule = ""
    if tcb.state == State.SYN_RECEIVED:
        if not acknowledges(tcb.snd_una, seg.ack, tcb.snd_nxt):
            return Step("3.10.7.4 fifth: unacceptable ACK, RST sent", tcb, send=(reset(seg),))
        tcb = replace(tcb, state=State.ESTABLISHED, passive=False, reopened=None)
        rule = "3.10.7.4 fifth: SYN acknowledged, ESTABLISHED"
    if tcb.snd_nxt < seg.ack:
        return Step("3.10.7.4 fifth: ACK of the unsent, ACK sent", tcb, send=(ack(tcb),))
    if tcb.snd_una < seg.ack:
        tcb = replace(tcb, snd_una=seg.ack)
        rule = rule or "3.10.7.4 fifth: ACK advances SND.UNA"
    return Step(rule, tcb, done=False).then(after_ack(host, tcb))


def is_ack_out_of_range(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """Whether the ACK is outside (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT: the input check of
    RFC 5961, section 5, which comes before what each state does with the ACK."""
    if not host.profile.challenge_acks or host.profile.ack_range == "any":
        return False
    max_snd_wnd = host.profile.window if host.max_snd_wnd is None else host.max_snd_wnd
    oldest = tcb.snd_una + -max_snd_wnd
    return (seg.ack < oldest) | (tcb.snd_nxt < seg.ack)


def after_ack(host: Host, tcb: Tcb) -> Step:
    """What the acknowledgment of our FIN changes (RFC 9293, 3.10.7.4 fifth)."""
    match tcb.state:
        case State.FIN_WAIT_1 if fin_acknowledged(tcb):
            tcb = replace(tcb, state=State.FIN_WAIT_2)
            return Step("3.10.7.4 fifth: FIN acknowledged, FIN-WAIT-2", tcb, done=False)
        case State.CLOSING if fin_acknowledged(tcb):
            return enter_time_wait(host, "3.10.7.4 fifth: FIN acknowledged, TIME-WAIT", tcb)
        case State.CLOSING:
            return Step("3.10.7.4 fifth: ignored in CLOSING", tcb)
        case State.LAST_ACK if fin_acknowledged(tcb):
            return Step("3.10.7.4 fifth: FIN acknowledged, CLOSED", delete_tcb(tcb))
        case _:
            return continue_processing(tcb)


def enter_time_wait(host: Host, rule: str, tcb: Tcb) -> Step:
    """Enter TIME-WAIT and start its timer; without TIME-WAIT, delete the TCB instead."""
    if host.profile.time_wait == "none":
        return Step(f"{rule} skipped", delete_tcb(tcb))
    return Step(rule, replace(tcb, state=State.TIME_WAIT), starts_time_wait=True)


def process_text(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Seventh, process the segment text (RFC 9293, 3.10.7.4).

    Only the part that is new and in the window is taken. Where the FIN is in the window as well
    the eighth check sends the acknowledgment (MUST-58: aggregate ACK segments); where it is not,
    it is trimmed off.
    """
    if host.profile.half_duplex_close and is_text_after_close(tcb, seg):
        return Step("3.6.1 SHLD-3: text after CLOSE, RST sent", delete_tcb(tcb), send=(reset(seg),))
    takes_text = tcb.state in (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)
    if tcb.rcv_nxt < seg.seq:
        if seg.len == 0:
            return continue_processing(tcb)
        if host.profile.out_of_order == "hold" and takes_text:
            rule = "3.10.7.4 first: out of order, held (SHLD-31), ACK sent (MAY-13)"
            return Step(rule, hold(tcb, seg, host.profile.window), send=(ack(tcb),))
        return Step("3.10.7.4 seventh: out of order, ACK sent (MAY-13)", tcb, send=(ack(tcb),))
    if host.profile.window == 0 and exceeds_zero_window(host, seg):
        return Step("3.8.6.1: zero window, ACK sent", tcb, send=(ack(tcb),))
    if not takes_text:
        return continue_processing(tcb)
    end = seg.seq + (seg.length + seg.SYN)
    edge = tcb.rcv_nxt + host.profile.window
    if edge < end:
        end = edge
    if not tcb.rcv_nxt < end:
        return continue_processing(tcb)
    rule = "3.10.7.4 seventh: text delivered"
    if fills_gap(tcb, end):
        tcb = advance_over_held(tcb, end)
        rule = "3.10.7.4 seventh: text delivered, with what was held (SHLD-31)"
    else:
        tcb = advance(tcb, end)
    if is_fin_due(tcb) or (seg.FIN and end < edge and tcb.rcv_nxt == end):
        return Step(rule, tcb, done=False)
    return Step(rule, tcb, send=(ack(tcb),), done=seg.FIN)


def is_text_after_close(tcb: Tcb, seg: Segment) -> bool:
    """Whether the user has called CLOSE, and the segment brings text that is new."""
    if tcb.state not in (State.FIN_WAIT_1, State.FIN_WAIT_2) or seg.length == 0:
        return False
    return tcb.rcv_nxt < seg.seq + (seg.length + seg.SYN)


def exceeds_zero_window(host: Host, seg: Segment) -> bool:
    """Whether something of a segment at RCV.NXT has no room in a window of zero.

    RFC: "no segments should be acceptable except ACK segments" (3.4) / here: a FIN without text is
    one, and needs no buffer, unless the profile says `refuse`.
    """
    return seg.length != 0 or (seg.FIN and host.profile.zero_window_fin == "refuse")


def check_fin(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Eighth, check the FIN bit (RFC 9293, 3.10.7.4)."""
    in_order = seg.FIN and seg.seq + (seg.len - 1) == tcb.rcv_nxt
    if not (is_fin_due(tcb) or in_order):
        return continue_processing(tcb)
    tcb = replace(tcb, rcv_nxt=tcb.rcv_nxt + 1, gap=0, held=0, held_fin=False)
    match tcb.state:
        case State.ESTABLISHED:
            step = Step("3.10.7.4 eighth: FIN, CLOSE-WAIT", replace(tcb, state=State.CLOSE_WAIT))
        case State.FIN_WAIT_1:
            # Our FIN is not acknowledged, or check_ack would have entered FIN-WAIT-2 (note 2).
            step = Step("3.10.7.4 eighth: FIN, CLOSING", replace(tcb, state=State.CLOSING))
        case State.FIN_WAIT_2:
            step = enter_time_wait(host, "3.10.7.4 eighth: FIN, TIME-WAIT", tcb)
        case State.TIME_WAIT:
            rule = "3.10.7.4 eighth: FIN, TIME-WAIT restarted"
            step = Step(rule, tcb, starts_time_wait=True)
        case _:
            step = Step(f"3.10.7.4 eighth: FIN, remain in {tcb.state}", tcb)
    return replace(step, send=(ack(tcb),), signals=(CONNECTION_CLOSING,), done=False)


def send_queued(host: Host, tcb: Tcb) -> Step:
    """Send what waited for ESTABLISHED (RFC 9293, 3.10.2 to 3.10.4); where nothing did, go on.
    SYN-SENT and SYN-RECEIVED end with it."""
    if tcb.state not in (State.ESTABLISHED, State.CLOSE_WAIT):
        return continue_processing(tcb)
    if not tcb.queued and not tcb.close_queued:
        return continue_processing(tcb)
    fin = tcb.close_queued
    rule = "3.10.4: queued FIN sent" if fin else "3.10.2: queued text sent"
    tcb, segment = transmit(tcb, tcb.queued, fin)
    tcb = replace(tcb, queued=0, close_queued=False)
    if fin:
        first = tcb.state == State.ESTABLISHED
        tcb = replace(tcb, state=State.FIN_WAIT_1 if first else State.LAST_ACK)
    return Step(rule, tcb, send=(segment,))


def followed_by_queue(step: Step, queued: Step) -> Step:
    """The step, and then what `send_queued` did: what that sends takes the place of a bare ACK."""
    if not queued.rules:
        return step
    return (replace(step, send=()) if queued.send else step).then(queued)
