"""User calls (RFC 9293, 3.10.1 to 3.10.5), one function each.

A call that the RFC answers with an error changes nothing and carries the error as its signal.
"""

from __future__ import annotations

from dataclasses import replace

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.reopening import may_reuse, reuse
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.segment_arrives import enter_time_wait
from tcpmc.model.endpoint.tcb import Signal, State, Step, Tcb, ack, delete_tcb, empty_tcb, transmit


def issue_syn(host: Host, rule: str, queued: int = 0) -> Step:
    """Select an ISS, send `<SEQ=ISS><CTL=SYN>`, and enter SYN-SENT (3.10.1)."""
    start = empty_tcb(State.SYN_SENT, host.iss.bits)
    tcb = replace(start, iss=host.iss, snd_una=host.iss, snd_nxt=host.iss + 1, queued=queued)
    return Step(rule, tcb, send=(Segment(host.iss, start.rcv_nxt, SYN=True),))


def open_active(host: Host, tcb: Tcb) -> Step:
    """Active OPEN call (RFC 9293, 3.10.1)."""
    match tcb.state:
        case State.CLOSED:
            return issue_syn(host, "3.10.1: active OPEN")
        case State.LISTEN:
            return issue_syn(host, "3.10.1: active OPEN in LISTEN")
        case State.TIME_WAIT if may_reuse(host):
            return reuse(host, tcb)
        case _:
            return Step("3.10.1: refused", tcb, signals=(Signal.CONNECTION_EXISTS,))


def open_passive(host: Host, tcb: Tcb) -> Step:
    """Passive OPEN call (RFC 9293, 3.10.1)."""
    if tcb.state == State.CLOSED:
        return Step("3.10.1: passive OPEN", empty_tcb(State.LISTEN, tcb.iss.bits))
    return Step("3.10.1: refused", tcb, signals=(Signal.CONNECTION_EXISTS,))


def send(host: Host, tcb: Tcb, octets: int) -> Step:
    """SEND call with `octets` octets of text (RFC 9293, 3.10.2)."""
    match tcb.state:
        case State.CLOSED:
            return Step("3.10.2: refused", tcb, signals=(Signal.NO_CONNECTION,))
        case State.LISTEN:
            return issue_syn(host, "3.10.2: SEND in LISTEN", queued=octets)
        case State.SYN_SENT | State.SYN_RECEIVED if not tcb.close_queued:
            return Step("3.10.2: queued", replace(tcb, queued=tcb.queued + octets))
        case State.ESTABLISHED | State.CLOSE_WAIT:
            tcb, segment = transmit(tcb, octets)
            return Step("3.10.2: text sent", tcb, send=(segment,))
        case _:
            return Step("3.10.2: refused", tcb, signals=(Signal.CLOSING,))


def receive(host: Host, tcb: Tcb) -> Step:
    """RECEIVE call (RFC 9293, 3.10.3): always outstanding here, text is given out as it arrives."""
    match tcb.state:
        case State.CLOSED:
            return Step("3.10.3: refused", tcb, signals=(Signal.NO_CONNECTION,))
        case State.CLOSE_WAIT | State.CLOSING | State.LAST_ACK | State.TIME_WAIT:
            return Step("3.10.3: refused", tcb, signals=(Signal.CLOSING,))
        case _:
            return Step("3.10.3: queued", tcb)


def close(host: Host, tcb: Tcb) -> Step:
    """CLOSE call (RFC 9293, 3.10.4)."""
    match tcb.state:
        case State.CLOSED:
            return Step("3.10.4: refused", tcb, signals=(Signal.NO_CONNECTION,))
        case State.LISTEN:
            return Step("3.10.4: CLOSE in LISTEN", delete_tcb(tcb))
        case State.SYN_SENT:
            return Step("3.10.4: CLOSE in SYN-SENT", delete_tcb(tcb))
        case State.SYN_RECEIVED if tcb.queued:
            return Step("3.10.4: queued", replace(tcb, close_queued=True))
        case State.SYN_RECEIVED:
            return send_fin("3.10.4: CLOSE in SYN-RECEIVED", tcb, State.FIN_WAIT_1)
        case State.ESTABLISHED:
            return send_fin("3.10.4: CLOSE in ESTABLISHED", tcb, State.FIN_WAIT_1)
        case State.CLOSE_WAIT:
            return send_fin("3.10.4: CLOSE in CLOSE-WAIT", tcb, State.LAST_ACK)
        case _:
            return Step("3.10.4: refused", tcb, signals=(Signal.CLOSING,))


def send_fin(rule: str, tcb: Tcb, state: State) -> Step:
    """Form a FIN segment, send it, and enter `state`."""
    tcb, segment = transmit(tcb, fin=True)
    tcb = replace(tcb, state=state, passive=False, reopened=None)
    return Step(rule, tcb, send=(segment,))


def abort(host: Host, tcb: Tcb) -> Step:
    """ABORT call (RFC 9293, 3.10.5)."""
    match tcb.state:
        case State.CLOSED:
            return Step("3.10.5: refused", tcb, signals=(Signal.NO_CONNECTION,))
        case State.LISTEN | State.SYN_SENT:
            return Step("3.10.5: ABORT before synchronization", delete_tcb(tcb))
        case State.CLOSING | State.LAST_ACK | State.TIME_WAIT:
            return Step("3.10.5: ABORT after both FINs", delete_tcb(tcb))
        case _:
            rst = Segment(tcb.snd_nxt, empty_tcb(State.CLOSED, tcb.iss.bits).rcv_nxt, RST=True)
            if host.profile.abort_reset == "ack":
                rst = replace(ack(tcb), RST=True)
            if host.profile.after_abort == "closed":
                return Step("3.10.5: ABORT sends RST", delete_tcb(tcb), send=(rst,))
            # RFC 3.5.2: "The side of a connection issuing a reset should enter the TIME-WAIT
            # state" / 3.10.5: "Delete the TCB, enter CLOSED state". The profile chooses.
            rule = "3.5.2: ABORT sends RST, TIME-WAIT"
            return replace(enter_time_wait(host, rule, flushed(tcb)), send=(rst,))


def flushed(tcb: Tcb) -> Tcb:
    """The TCB with nothing left to send, to send again, or to deliver (RFC 9293, 3.10.5), or to go
    back to."""
    tcb = replace(tcb, snd_una=tcb.snd_nxt, passive=False, reopened=None)
    return replace(tcb, queued=0, close_queued=False, gap=0, held=0, held_fin=False)
