"""What happens, in few words: for the arrows of pictures and tables."""

from __future__ import annotations

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.product import Event

ENDS = ("A", "B")


def kind(segment: Segment) -> str:
    """The segment as RFC 9293, Figure 5, names it; it leaves out the ACK that a FIN carries."""
    if segment.RST:
        return "RST"
    if segment.SYN:
        return "SYN,ACK" if segment.ACK else "SYN"
    return "FIN" if segment.FIN else "ACK" if segment.length == 0 else "text"


def happening(event: Event) -> str:
    """The event without its end: "CLOSE", "rcv FIN", "FIN lost"."""
    if event.flight is None:
        return event.kind
    past = {EventKind.LOSE: "lost", EventKind.DUPLICATE: "duplicated", EventKind.EXPIRE: "expired"}
    segment = kind(event.flight.segment)
    return f"{segment} {past[event.kind]}" if event.kind in past else f"rcv {segment}"
