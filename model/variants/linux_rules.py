"""What the kernel of Linux does otherwise, seen on it and read in it (net/ipv4, 6.18)."""

from __future__ import annotations

from dataclasses import replace

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment, is_pure_ack, reset
from tcpmc.model.endpoint.sequence import acknowledges
from tcpmc.model.endpoint.tcb import FIN_TAKEN, State, Step, Tcb, ack, continue_processing

RFC = Rules()
LEAST_RTO = 200
"""Milliseconds (TCP_RTO_MIN), in which Linux counts its timestamps."""


def syn_fin_dropped(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """LISTEN drops a SYN with FIN (tcp_rcv_state_process: `if (th->fin) ...`)."""
    if seg.SYN and seg.FIN and not (seg.ACK or seg.RST):
        return Step("Linux: SYN,FIN in LISTEN dropped", tcb)
    return RFC.segment_in_listen(host, tcb, seg)


def no_ack_dropped(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """What has none of ACK, RST and SYN is dropped before all checks (tcp_rcv_established), where
    there is a socket: not by a request, nor by TIME-WAIT."""
    socket = tcb.state != State.TIME_WAIT and not tcb.passive
    if socket and not (seg.ACK or seg.RST or seg.SYN):
        return Step("Linux: no ACK, dropped before all else", tcb)
    return RFC.check_reopening(host, tcb, seg)


def check_timestamp(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """PAWS lets an ACK pass that is only late: it has nothing new, and is older by at most a
    retransmission timeout (tcp_disordered_ack_check)."""
    nothing_new = is_pure_ack(seg) and seg.seq == tcb.rcv_nxt and seg.ack == tcb.snd_una
    if nothing_new and 0 < tcb.ts_recent - seg.stamp <= LEAST_RTO:
        return continue_processing(tcb)
    return RFC.check_timestamp(host, tcb, seg)


def check_sequence(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """First, check sequence number. The window has another number at each side (tcp_sequence); a
    request answers a bad ACK first (tcp_check_req); TIME-WAIT has a function of its own
    (tcp_timewait_state_process)."""
    if tcb.state == State.TIME_WAIT:
        return _in_time_wait(host, tcb, seg)
    if is_request_with_bad_ack(tcb, seg):
        return Step("Linux: unacceptable ACK for a request, RST sent", tcb, send=(reset(seg),))
    if touches_window(host, tcb, seg) or is_reset_beside_fin(tcb, seg):
        return continue_processing(tcb)
    return RFC.check_sequence(host, tcb, seg)


def is_request_with_bad_ack(tcb: Tcb, seg: Segment) -> bool:
    """Whether a connection of a listener, before it has a user, gets an ACK that is none of its
    SYN,ACK."""
    if tcb.state != State.SYN_RECEIVED or not tcb.passive or seg.RST or not seg.ACK:
        return False
    return not acknowledges(tcb.snd_una, seg.ack, tcb.snd_nxt)


def touches_window(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """Whether the segment ends at the left edge, or begins at the right one: tcp_sequence refuses
    what ends before rcv_wup or begins after rcv_nxt + window."""
    if tcb.state == State.SYN_RECEIVED and tcb.passive:
        return False
    ends = seg.len != 0 and seg.seq + seg.len == tcb.rcv_nxt
    if tcb.state == State.CLOSING and seg.ack != tcb.snd_nxt:
        ends = False  # tcp_data_queue answers what is old; with an ACK of the FIN it is not asked
    return ends or seg.seq == tcb.rcv_nxt + host.profile.window


def is_reset_beside_fin(tcb: Tcb, seg: Segment) -> bool:
    """Whether a RST has the number of the FIN that has come: some stacks send such ones
    (tcp_reset_check)."""
    return seg.RST and tcb.state in FIN_TAKEN and seg.seq + 1 == tcb.rcv_nxt


def check_reset(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Second, check the RST bit."""
    if is_reset_beside_fin(tcb, seg):
        seg = replace(seg, seq=tcb.rcv_nxt)
    return RFC.check_reset(host, tcb, seg)


def process_text(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Seventh: what comes after a FIN is ignored (tcp_rcv_state_process), what is old is
    acknowledged (tcp_data_queue)."""
    if seg.len and tcb.state in FIN_TAKEN and tcb.rcv_nxt <= seg.seq:
        return Step("Linux: text or FIN after FIN, ignored", tcb)
    if seg.len and seg.seq + seg.len <= tcb.rcv_nxt and tcb.state != State.TIME_WAIT:
        return Step("Linux: nothing new, ACK sent", tcb, send=(ack(tcb),))
    return RFC.process_text(host, tcb, seg)


def _in_time_wait(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """TIME-WAIT: a RST at RCV.NXT ends it, another in the window is dropped; a new SYN in front of
    a listener has been taken before; a pure ACK at RCV.NXT is dropped, and all else acknowledged,
    which restarts the timer."""
    if seg.RST:
        if seg.seq == tcb.rcv_nxt:
            return continue_processing(tcb)
        return Step("Linux: RST not at RCV.NXT in TIME-WAIT, dropped", tcb)
    if seg.seq == tcb.rcv_nxt and seg.len == 0 and seg.ACK:
        return Step("Linux: ACK in TIME-WAIT, dropped", tcb)
    return Step(
        "Linux: segment in TIME-WAIT, ACK sent", tcb, send=(ack(tcb),), starts_time_wait=True
    )


LINUX = replace(
    RFC,
    segment_in_listen=syn_fin_dropped,
    check_reopening=no_ack_dropped,
    check_timestamp=check_timestamp,
    check_sequence=check_sequence,
    check_reset=check_reset,
    process_text=process_text,
)
