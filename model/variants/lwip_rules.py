"""What lwIP does otherwise, seen on it and read in it (2.1.3, src/core/tcp_in.c, tcp_out.c)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State, Step, Tcb

RFC = Rules()
OnSegment = Callable[[Host, Tcb, Segment], Step]


def with_ack(rule: OnSegment) -> OnSegment:
    """The rule, with a reset that always has the ACK bit, of what has arrived (tcp_rst); SYN and
    FIN together count as one number (tcp_input: tcplen)."""

    def answered(host: Host, tcb: Tcb, seg: Segment) -> Step:
        step = rule(host, tcb, seg)
        length = seg.length + (seg.SYN or seg.FIN)
        send = tuple(
            replace(segment, ACK=True, ack=seg.seq + length) if segment.RST else segment
            for segment in step.send
        )
        return replace(step, send=send)

    return answered


def ack_without_syn_reset(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """SYN-SENT (tcp_process): a right ACK without a SYN is reset, too."""
    if seg.ACK and seg.ack == tcb.snd_nxt and not (seg.SYN or seg.RST):
        answer = Segment(seg.ack, tcb.rcv_nxt, RST=True)
        return Step("lwIP: ACK without SYN in SYN-SENT, RST sent", tcb, send=(answer,))
    return RFC.segment_in_syn_sent(host, tcb, seg)


def syn_in_time_wait_refused(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A SYN in the window of TIME-WAIT is answered by RST (tcp_timewait_input)."""
    if tcb.state == State.TIME_WAIT and seg.SYN:
        answer = Segment(seg.ack, tcb.rcv_nxt, RST=True)
        return Step("lwIP: SYN in TIME-WAIT, RST sent", tcb, send=(answer,))
    return RFC.check_syn(host, tcb, seg)


LWIP = replace(
    RFC,
    segment_in_closed=with_ack(RFC.segment_in_closed),
    segment_in_listen=with_ack(RFC.segment_in_listen),
    segment_in_syn_sent=with_ack(ack_without_syn_reset),
    check_syn=with_ack(syn_in_time_wait_refused),
    check_ack=with_ack(RFC.check_ack),
)
