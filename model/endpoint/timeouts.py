"""Timeouts (RFC 9293, 3.10.8)."""

from __future__ import annotations

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, Signal, State, Step, Tcb, delete_tcb


def retransmission_timeout(host: Host, tcb: Tcb) -> Step:
    """Send the segment at the front of the retransmission queue again.

    The queue is what lies between SND.UNA and SND.NXT: SYN, then text, then FIN. Text that was
    sent in several segments is sent again as one (3.7 leaves the packaging free).
    """
    if tcb.snd_una == tcb.snd_nxt:
        return Step("3.10.8: nothing to retransmit", tcb)
    if tcb.snd_una == tcb.iss:
        if tcb.state == State.SYN_SENT:
            syn = Segment(tcb.iss, tcb.rcv_nxt, SYN=True)
            return Step("3.10.8: SYN retransmitted", tcb, send=(syn,))
        syn_ack = Segment(tcb.iss, tcb.rcv_nxt, SYN=True, ACK=True)
        return Step("3.10.8: SYN,ACK retransmitted", tcb, send=(syn_ack,))
    octets = tcb.snd_nxt - tcb.snd_una - (tcb.state in FIN_UNACKNOWLEDGED)
    if octets == 0:
        fin = Segment(tcb.snd_una, tcb.rcv_nxt, ACK=True, FIN=True)
        return Step("3.10.8: FIN retransmitted", tcb, send=(fin,))
    text = Segment(tcb.snd_una, tcb.rcv_nxt, octets, ACK=True)
    return Step("3.10.8: text retransmitted", tcb, send=(text,))


def time_wait_timeout(host: Host, tcb: Tcb) -> Step:
    """The 2 MSL timer expires: delete the TCB, enter CLOSED."""
    return Step("3.10.8: TIME-WAIT expires", delete_tcb(tcb))


def fin_wait_2_timeout(host: Host, tcb: Tcb) -> Step:
    """FIN-WAIT-2 has lasted too long: delete the TCB, enter CLOSED.

    Not in the RFC. Stacks do so where no user is left to read: Linux after tcp_fin_timeout.
    """
    return Step("FIN-WAIT-2 timer expires", delete_tcb(tcb))


def keepalive_probe(host: Host, tcb: Tcb) -> Step:
    """Probe whether the other end is still there (3.8.4, SHLD-12).

    RFC: "Such a segment generally contains SEG.SEQ = SND.NXT-1": it is outside of the window, and
    so it is answered by an ACK.
    """
    probe = Segment(tcb.snd_nxt + -1, tcb.rcv_nxt, ACK=True)
    return Step("3.8.4: keep-alive probe sent", tcb, send=(probe,))


def keepalive_timeout(host: Host, tcb: Tcb) -> Step:
    """No probe was answered: delete the TCB, enter CLOSED (3.8.4; Linux)."""
    return Step("3.8.4: keep-alive probes unanswered", delete_tcb(tcb))


def user_timeout(host: Host, tcb: Tcb) -> Step:
    """The user timeout expires: flush all queues, signal the user, delete the TCB, enter CLOSED."""
    return Step("3.10.8: user timeout", delete_tcb(tcb), signals=(Signal.USER_TIMEOUT,))
