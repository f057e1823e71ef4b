"""In what an end can have been before the first packet of its view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tcpmc.checks.conform.hypothesis import BITS, Hypothesis
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, SYNCHRONIZED, State, Tcb, empty_tcb

SPARE_CREDITS = 4
BEFORE = -(1 << 20)


def is_partial(view: Sequence[Seen]) -> bool:
    """Whether the view starts inside a connection."""
    if not view:
        return False
    first = view[0].segment
    return first.ACK or not first.SYN or _meets_a_connection(view)


def _meets_a_connection(view: Sequence[Seen]) -> bool:
    """Whether a SYN that arrives first is answered by an ACK of something else: this end still has
    a connection (3.5.1, Figure 9; 3.10.7.4 fourth)."""
    reply = next((seen.segment for seen in view if seen.sent), None)
    if reply is None or view[0].sent or reply.SYN or reply.RST or not reply.ACK:
        return False
    return reply.ack != view[0].segment.seq + 1


def starts(view: Sequence[Seen]) -> list[Hypothesis]:
    """CLOSED; and where the view starts inside a connection, every state that it can be in, with
    the numbers of the first packets."""
    found = [Hypothesis(empty_tcb(State.CLOSED, BITS))]
    if not is_partial(view):
        return found
    if view[0].segment.SYN and view[0].segment.ACK:
        return [*found, _opening(view[0])]
    return [*found, *dict.fromkeys(_inside(view))]


def _opening(first: Seen) -> Hypothesis:
    """The SYN is missing, and the view begins with the SYN,ACK."""
    seg = first.segment
    if first.sent:
        iss, rcv = seg.seq, seg.ack
        return Hypothesis(Tcb(State.SYN_RECEIVED, iss, rcv + -1, iss, iss + 1, rcv, passive=True))
    iss = seg.ack + -1
    opened = empty_tcb(State.SYN_SENT, BITS)
    return Hypothesis(replace(opened, iss=iss, snd_una=iss, snd_nxt=seg.ack))


def _inside(view: Sequence[Seen]) -> Iterator[Hypothesis]:
    for una, nxt, rcv in _numbers(view):
        for state in SYNCHRONIZED:
            for low in {una, nxt}:
                if not _fits(state, low == nxt):
                    continue
                tcb = Tcb(state, low + BEFORE, rcv + BEFORE, low, nxt, rcv)
                yield Hypothesis(tcb, credits=SPARE_CREDITS)


def _fits(state: State, acknowledged: bool) -> bool:
    """Whether the state can have everything acknowledged, or something not."""
    if state in FIN_UNACKNOWLEDGED:
        return not acknowledged
    return acknowledged or state not in (State.FIN_WAIT_2, State.TIME_WAIT)


def _numbers(view: Sequence[Seen]) -> Iterator[tuple[Seq, Seq, Seq]]:
    """SND.UNA, SND.NXT and RCV.NXT before the first packet, as the first packets tell them."""
    sent = _first(s.segment for s in view if s.sent)
    came = _first(s.segment for s in view if not s.sent and not s.segment.SYN)
    for nxt in dict.fromkeys(_snd_nxts(sent, came, view[0].segment)):
        unas = [nxt, nxt + -1]
        if came is not None and came.ACK and came.ack < nxt:
            unas.append(came.ack)
        if sent is not None and sent.seq < nxt:
            unas.append(sent.seq)
        for una in dict.fromkeys(unas):
            for rcv in dict.fromkeys(_rcv_nxts(sent, came, view[0].sent)):
                yield una, nxt, rcv


def _first(segments: Iterator[Segment]) -> Segment | None:
    """The first segment with numbers of the connection: a reset is the last resort."""
    first = next(segments, None)
    if first is None or not first.RST:
        return first
    return next((seg for seg in segments if not seg.RST), first)


def _snd_nxts(sent: Segment | None, came: Segment | None, first: Segment) -> list[Seq]:
    found = [] if sent is None else [sent.seq, sent.seq + sent.len]
    if came is not None and came.ACK and (sent is None or first == came):
        found.append(came.ack)
    return found or [Seq(0, BITS)]


def _rcv_nxts(sent: Segment | None, came: Segment | None, began: bool) -> list[Seq]:
    acked = [sent.ack] if sent is not None and sent.ACK else []
    if came is None or (began and acked):
        return acked
    return [came.seq, *acked, came.seq + came.len]
