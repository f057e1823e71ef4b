"""What a script leaves out that a stack sends at once.

The rules allow that an ACK is late, or stands for several, or that one which answers a segment that
cannot be accepted is left out because one was sent lately (RFC 5961, 7). A script that passes only
so leaves something open. And a user who has closed, with nothing left to send, is owed a FIN, or
after an ABORT a reset, before anything else is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tcpmc.checks.conform.hypothesis import Hypothesis
from tcpmc.checks.conform.receiving import Branch
from tcpmc.checks.conform.view import Seen
from tcpmc.checks.drive.oracle import Driven
from tcpmc.checks.suite.demands import Demands
from tcpmc.model.endpoint.tcb import State

DUE = {"CLOSE": "FIN", "ABORT": "RST"}
CAN_CLOSE = (State.ESTABLISHED, State.CLOSE_WAIT)


@dataclass
class Prompt(Driven):
    """The search for a stack that answers at once each segment that tells it nothing new."""

    def kept_in_time(self, before: Hypothesis, seen: Seen, late: list[int]) -> Iterator[Branch]:
        """The hypothesis, if it owes no ACK that acknowledges nothing new."""
        due = before.due
        if due is not None and not seen.sent and before.acked == before.tcb.rcv_nxt:
            late.append(due)
            return
        yield from super().kept_in_time(before, seen, late)


def first_sent(demands: Demands, place: int) -> int | None:
    """The place of the packet that has to show what a call made before `place` sends: the first one
    that is sent, but for an ACK that was owed before the call; None where nothing is sent."""
    for at in range(place, len(demands.packets)):
        packet = demands.packets[at]
        only_ack = packet.ACK and not (packet.FIN or packet.SYN or packet.RST or packet.length)
        owed_before = only_ack and all(p.outbound for p in demands.packets[place:at])
        if packet.outbound and not owed_before:
            return at
    return None


def all_sent(demands: Demands, place: int) -> bool:
    """Whether all that the user had written before `place` is sent by then."""
    sent = sum(p.length or 0 for p in demands.packets[:place] if p.outbound)
    return demands.written.get(place, 0) <= sent
