"""What arrived before its turn, and is held until it is in order (RFC 9293, 3.10.7.4, SHLD-31).

A TCB holds one range of text, or FIN, or both, by its distance from RCV.NXT: so it stays finite,
and the rules need no loop. A stack that holds several does what this one does, and has less sent to
it again.
"""

from __future__ import annotations

from dataclasses import replace

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import Tcb


def hold(tcb: Tcb, seg: Segment, window: int) -> Tcb:
    """The TCB with the text and FIN of a segment beyond RCV.NXT held, as far as they are in the
    window. Of two ranges that meet one is made; of two that do not, the nearer one is kept."""
    begin = seg.seq - tcb.rcv_nxt
    end, fin = begin + seg.length, seg.FIN
    if window < end:
        end, fin = window, False
    fin = fin & (end < window)
    held_end = tcb.gap + tcb.held
    if not tcb.gap or end < tcb.gap:
        return replace(tcb, gap=begin, held=end - begin, held_fin=fin)
    if held_end < begin:
        return tcb
    if begin < tcb.gap:
        tcb = replace(tcb, gap=begin, held=held_end - begin)
    if held_end < end:
        return replace(tcb, held=end - tcb.gap, held_fin=fin)
    return replace(tcb, held_fin=tcb.held_fin | (fin & (held_end == end)))


def fills_gap(tcb: Tcb, end: Seq) -> bool:
    """Whether text that is taken up to `end` reaches what is held."""
    return (tcb.gap != 0) & (tcb.gap <= end - tcb.rcv_nxt)


def advance(tcb: Tcb, end: Seq) -> Tcb:
    """The TCB with RCV.NXT at `end`, which does not reach what is held."""
    return replace(tcb, rcv_nxt=end, gap=tcb.gap - (end - tcb.rcv_nxt) if tcb.gap else 0)


def advance_over_held(tcb: Tcb, end: Seq) -> Tcb:
    """The TCB with RCV.NXT beyond the text that was held, or at `end` if that is further."""
    held_end = tcb.rcv_nxt + (tcb.gap + tcb.held)
    if held_end < end:
        return replace(tcb, rcv_nxt=end, gap=0, held=0, held_fin=False)
    return replace(tcb, rcv_nxt=held_end, gap=0, held=0)


def is_fin_due(tcb: Tcb) -> bool:
    """Whether a FIN that was held has its number at RCV.NXT now."""
    return tcb.held_fin and tcb.gap == 0
