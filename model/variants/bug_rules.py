"""Rules of RFC 9293 with one thing wrong, as it was wrong in a real stack.

Each takes the place of the rule whose section its docstring's report is about; `seeded_bugs` makes
variants of them.
"""

from __future__ import annotations

from dataclasses import replace

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import (
    CONNECTION_CLOSING,
    FIN_UNACKNOWLEDGED,
    State,
    Step,
    Tcb,
    ack,
    delete_tcb,
    empty_tcb,
)
from tcpmc.model.endpoint.user_calls import send_fin
from tcpmc.model.variants.variant import RFC9293

# -- opening --------------------------------------------------------------------------------------


def bare_syn_dropped(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """smoltcp pull request 1001, and lwIP: a SYN without ACK in SYN-SENT is silently dropped, so
    there is no simultaneous open (RFC 9293, 3.5, MUST-10)."""
    if seg.SYN and not seg.ACK and not seg.RST:
        return Step("no simultaneous open: SYN in SYN-SENT dropped", tcb)
    return RFC9293.segment_in_syn_sent(host, tcb, seg)


def syn_ack_refused(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """INET issue 92: the SYN,ACK of a simultaneous open is refused in SYN-RECEIVED: it neither
    establishes (Figure 7) nor draws the ACK that would. (The report's CLOSED is what comes of it
    when the user timeout ends the wait.)"""
    if tcb.state == State.SYN_RECEIVED and seg.SYN and seg.ACK and not seg.RST:
        return Step("inet-92: SYN,ACK in SYN-RECEIVED refused", tcb)
    return RFC9293.check_sequence(host, tcb, seg)


# -- closing --------------------------------------------------------------------------------------


def fin_left_for_later(host: Host, tcb: Tcb) -> Step:
    """smoltcp pull request 279: CLOSE enters FIN-WAIT-1 and leaves the FIN to the next time that
    something is transmitted, which may be after segments have been received. (Here that is when
    the retransmission timer runs out for the first time.)"""
    step = RFC9293.close(host, tcb)
    if step.tcb.state != State.FIN_WAIT_1 or tcb.state == State.FIN_WAIT_1:
        return step
    return replace(step, rules=("smoltcp-279: CLOSE, the FIN is left for later",), send=())


def closing_transmits_nothing(host: Host, tcb: Tcb) -> Step:
    """smoltcp pull request 279: CLOSING sends nothing, not even a FIN that was never sent."""
    if tcb.state == State.CLOSING:
        return Step("smoltcp-279: nothing is transmitted in CLOSING", tcb)
    return RFC9293.retransmission_timeout(host, tcb)


def fin_to_last_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """FreeRTOS+TCP issue 1303: FIN in FIN-WAIT-1 or FIN-WAIT-2 goes to CLOSE-WAIT and, as our FIN
    is already out, on to LAST-ACK."""
    step = RFC9293.check_fin(host, tcb, seg)
    if step.tcb.state not in (State.CLOSING, State.TIME_WAIT) or tcb.state == State.TIME_WAIT:
        return step
    tcb = replace(tcb, state=State.LAST_ACK, rcv_nxt=tcb.rcv_nxt + 1)
    rule = f"freertos-1303: FIN in {step.tcb.state}'s place, CLOSE-WAIT, LAST-ACK"
    return Step(rule, tcb, (ack(tcb),), (CONNECTION_CLOSING,), done=False)


def any_ack_closes_last_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """smoltcp issue 470: LAST-ACK goes to CLOSED on any ACK, whatever it acknowledges."""
    if tcb.state == State.LAST_ACK and seg.ACK:
        return Step("smoltcp-470: any ACK in LAST-ACK, CLOSED", delete_tcb(tcb))
    return RFC9293.check_ack(host, tcb, seg)


def close_drops_connection(host: Host, tcb: Tcb) -> Step:
    """Zephyr issue 728: without TIME-WAIT the active closer sends its FIN and drops the connection
    at once, not waiting for anything."""
    step = RFC9293.close(host, tcb)
    if step.tcb.state != State.FIN_WAIT_1 or tcb.state == State.FIN_WAIT_1:
        return step
    return replace(step, rules=("zephyr-728: CLOSE, FIN sent, TCB deleted",), tcb=delete_tcb(tcb))


def close_wait_to_closing(host: Host, tcb: Tcb) -> Step:
    """RFC 793, 3.9, CLOSE call: CLOSE-WAIT "enter CLOSING state", which RFC 1122, 4.2.2.20 (a),
    corrects to LAST-ACK."""
    if tcb.state == State.CLOSE_WAIT:
        return send_fin("RFC 793: CLOSE in CLOSE-WAIT, CLOSING", tcb, State.CLOSING)
    return RFC9293.close(host, tcb)


# -- timers ---------------------------------------------------------------------------------------


def repeated_fin_ignored(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Zephyr pull request 46407: a FIN retransmitted into TIME-WAIT is not acknowledged again."""
    step = RFC9293.check_sequence(host, tcb, seg)
    if tcb.state == State.TIME_WAIT and step.done and seg.FIN:
        return Step("zephyr-46407: FIN in TIME-WAIT ignored", tcb)
    return step


def close_ends_time_wait(host: Host, tcb: Tcb) -> Step:
    """gVisor issue 3106: the application's close ends TIME-WAIT early. (The model's user closes
    once, for sending; the second close can come at any moment, in the place of the timeout.)"""
    return Step("gvisor-3106: close in TIME-WAIT, CLOSED", delete_tcb(tcb))


def closing_repeats_without_fin(host: Host, tcb: Tcb) -> Step:
    """Demikernel issue 1537: what CLOSING retransmits for its FIN has no FIN bit."""
    step = RFC9293.retransmission_timeout(host, tcb)
    if tcb.state != State.CLOSING or not any(seg.FIN for seg in step.send):
        return step
    send = tuple(replace(seg, FIN=False) for seg in step.send)
    return replace(step, rules=("demikernel-1537: FIN retransmitted without FIN",), send=send)


def close_wait_repeats_nothing(host: Host, tcb: Tcb) -> Step:
    """uTCP issue 24: the retransmission timer does not run in CLOSE-WAIT."""
    if tcb.state == State.CLOSE_WAIT:
        return Step("utcp-24: no retransmission in CLOSE-WAIT", tcb)
    return RFC9293.retransmission_timeout(host, tcb)


def fin_never_repeated(host: Host, tcb: Tcb) -> Step:
    """Tricep issue 27: once the FIN is sent, nothing is retransmitted, neither it nor text."""
    if tcb.state in FIN_UNACKNOWLEDGED:
        return Step("tricep-27: no retransmission after FIN", tcb)
    return RFC9293.retransmission_timeout(host, tcb)


# -- CLOSED ---------------------------------------------------------------------------------------


def closed_keeps_tcb(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """tlaplus/Examples, tcp.tla, LastAck: the last ACK leads to CLOSED and leaves the TCB."""
    step = RFC9293.check_ack(host, tcb, seg)
    if tcb.state != State.LAST_ACK or step.tcb.state != State.CLOSED:
        return step
    closed = replace(tcb, state=State.CLOSED, snd_una=tcb.snd_nxt)
    return replace(step, rules=("tlaplus-closed-tcb: CLOSED, TCB kept",), tcb=closed)


def reset_from_closed(host: Host, tcb: Tcb) -> Step:
    """tlaplus/Examples, tcp.tla, Note3: an end with a TCB can send RST, in CLOSED as well."""
    none = empty_tcb(State.CLOSED, tcb.iss.bits)
    if tcb.state != State.CLOSED or tcb == none:
        return RFC9293.abort(host, tcb)
    rst = Segment(tcb.snd_nxt, none.rcv_nxt, RST=True)
    return Step("tlaplus-closed-tcb: CLOSED sends RST", delete_tcb(tcb), send=(rst,))
