"""In what an end can have been before the first packet of its view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcpmc.checks.conform.hypothesis import BITS, Hypothesis
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import FIN_SENT_STATES, State, Tcb, blank

SYNCHRONIZED = (
    State.ESTABLISHED,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
    State.CLOSING,
    State.LAST_ACK,
    State.TIME_WAIT,
)
SPARE_CREDITS = 4


def is_partial(view: Sequence[Seen]) -> bool:
    """Whether the view starts inside a connection."""
    return bool(view) and not view[0].segment.SYN and not view[0].segment.RST


def starts(view: Sequence[Seen]) -> list[Hypothesis]:
    """CLOSED; and where the view starts inside a connection, every state that it can be in, with
    the numbers of the first packets."""
    found = [Hypothesis(blank(State.CLOSED, BITS))]
    if is_partial(view):
        found += dict.fromkeys(_inside(view))
    return found


def _inside(view: Sequence[Seen]) -> Iterator[Hypothesis]:
    for una, nxt, rcv in _numbers(view):
        for state in SYNCHRONIZED:
            unacked = state in FIN_SENT_STATES
            for low in {una, nxt}:
                if unacked and low == nxt:
                    continue
                if state in (State.FIN_WAIT_2, State.TIME_WAIT) and low != nxt:
                    continue
                iss = low + -(1 << 20)
                tcb = Tcb(state, iss, rcv + -(1 << 20), low, nxt, rcv)
                yield Hypothesis(tcb, credits=SPARE_CREDITS, acked=None)


def _numbers(view: Sequence[Seen]) -> Iterator[tuple[Seq, Seq, Seq]]:
    """SND.UNA, SND.NXT and RCV.NXT before the first packet, as the first packets tell them."""
    sent = next((s.segment for s in view if s.sent and not s.segment.RST), None)
    came = next((s.segment for s in view if not s.sent and not s.segment.RST), None)
    if sent is not None:
        nexts = [sent.seq, sent.seq + sent.len] if sent.len else [sent.seq]
    elif came is not None and came.ACK:
        nexts = [came.ack]
    else:
        nexts = [Seq(0, BITS)]
    if sent is not None and came is not None and came.ACK and view[0].segment is came:
        nexts.append(came.ack)
    receives: list[Seq] = []
    if view[0].sent and sent is not None and sent.ACK:
        receives.append(sent.ack)
    elif came is not None:
        receives.append(came.seq)
        if sent is not None and sent.ACK:
            receives.append(sent.ack)
        if came.len:
            receives.append(came.seq + came.len)
    for nxt in dict.fromkeys(nexts):
        unas = [nxt]
        if came is not None and came.ACK and came.ack < nxt:
            unas.append(came.ack)
        if sent is not None and sent.seq < nxt:
            unas.append(sent.seq)
        unas.append(nxt + -1)
        for una in dict.fromkeys(unas):
            for rcv in dict.fromkeys(receives):
                yield una, nxt, rcv
