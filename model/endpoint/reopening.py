"""A new connection out of TIME-WAIT, and what a host remembers of its peers to shorten it.

The ISS is then beyond every number of the connection before, as RFC 9293, 3.6.1, MAY-2 (1) asks.
"""

from __future__ import annotations

from dataclasses import replace

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb, continue_processing, empty_tcb
from tcpmc.model.endpoint.timestamps import is_older


def next_iss(host: Host, tcb: Tcb) -> Seq:
    """The ISS of a connection that begins in TIME-WAIT: beyond the one before, and beyond its
    window (Linux: SND.NXT + 65537, tcp_timewait_state_process and tcp_twsk_unique), or the one that
    the host says. MAY-2 (1) asks that it be larger than every number of the connection before."""
    if host.reopening_iss is not None:
        return host.reopening_iss
    return tcb.snd_nxt + (host.profile.window + 2)


def is_new_syn(host: Host, tcb: Tcb, seg: Segment) -> bool:
    """Whether the SYN that arrives in TIME-WAIT begins a new connection, and is no old one.

    `sequence`: it begins beyond all that was received (RFC 1122, 4.2.2.13). `timestamps`: its
    timestamp is later, or the same and the number beyond (RFC 6191, section 2; Linux).
    """
    beyond = tcb.rcv_nxt < seg.seq
    if host.profile.reopening == "sequence":
        return beyond
    later = is_older(tcb.ts_recent, seg.stamp)
    return later or (beyond and seg.stamp == tcb.ts_recent)


def check_reopening(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A SYN in TIME-WAIT may reopen the connection (RFC 9293, 3.6.1, MAY-2 and SHLD-4).

    It comes before the first check, because such a SYN is usually outside the window.
    """
    if host.profile.reopening == "no" or tcb.state != State.TIME_WAIT or not host.may_open:
        return continue_processing(tcb)
    if not seg.SYN or seg.ACK or seg.RST or not is_new_syn(host, tcb, seg):
        return continue_processing(tcb)
    iss = next_iss(host, tcb)
    reopened = Tcb(
        State.SYN_RECEIVED,
        iss=iss,
        irs=seg.seq,
        snd_una=iss,
        snd_nxt=iss + 1,
        rcv_nxt=seg.seq + 1,
        ts_recent=seg.stamp,
        reopened=tcb,
    )
    syn_ack = Segment(iss, reopened.rcv_nxt, SYN=True, ACK=True)
    return Step("3.6.1 MAY-2: SYN reopens from TIME-WAIT", reopened, send=(syn_ack,))


def reuse(host: Host, tcb: Tcb) -> Step:
    """Active OPEN on the address and port of a connection in TIME-WAIT (Linux `tcp_tw_reuse`)."""
    iss = next_iss(host, tcb)
    start = empty_tcb(State.SYN_SENT, iss.bits)
    opened = replace(start, iss=iss, snd_una=iss, snd_nxt=iss + 1)
    syn = Segment(iss, start.rcv_nxt, SYN=True)
    return Step("Linux tcp_tw_reuse: active OPEN in TIME-WAIT", opened, send=(syn,))


def may_reuse(host: Host) -> bool:
    """Whether an active OPEN may take over a connection in TIME-WAIT."""
    reuse, timestamps = host.profile.tw_reuse, host.profile.timestamps
    return reuse == "always" or (reuse == "timestamps" and timestamps)


def recycled_out(host: Host, seg: Segment) -> bool:
    """Whether `tcp_tw_recycle` drops this SYN: its timestamp is before the last one that the host
    remembers from that address (Linux before 4.12, tcp_peer_is_proven)."""
    return host.profile.tw_recycle and is_older(seg.stamp, host.remembered)
