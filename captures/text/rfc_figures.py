"""Figures in the RFC's notation, and the ladders that tcpmc draws.

They show both ends: what stands beside an arrow that leaves was sent there, what stands beside one
that arrives was received there, and "..." is the network. So a segment is seen at one end, or both.
"""

from __future__ import annotations

import re

from tcpmc.captures.notation import SEGMENT, fields
from tcpmc.captures.packet import Endpoint
from tcpmc.captures.text.line import Line, NotRead, Result

KIND = "figure"
ENDS = Endpoint("A", 0), Endpoint("B", 0)
A, B = 0, 1
HEADING = re.compile(
    r"\s*(TCP (Peer )?A\b|A\s{10,}B\b|(\d+\.?\s+)?(CLOSED|LISTEN|ESTABLISHED|\()\s?)"
)
PACKET = re.compile(r"-->|<--|[>→] |<SEQ")
"""What a remark in a figure does not have."""
LEFTWARD, RIGHTWARD, NETWORK, TAIL = "<--", "-->", "...", "---"
TWICE = "x2"


class FigureReader:
    """Reads line by line."""

    def __init__(self) -> None:
        self._begun = False

    def read(self, text: str) -> Result:
        """What the line tells."""
        found = SEGMENT.search(text)
        if found is None:
            remark = HEADING.match(text) or (self._begun and not PACKET.search(text))
            return True if remark else None
        before, after = text[: found.start()].split(), text[found.end() :].split()
        way = _seen(before, after)
        if way is None:
            return True if self._begun else None
        self._begun = True
        try:
            values, bits = fields(found.group())
        except ValueError as error:
            raise NotRead(str(error)) from None
        rightward, places = way
        source, destination = ENDS if rightward else ENDS[::-1]
        ack = values.get("ACK") if "ACK" in bits else None
        length = values.get("DATA", 0)
        told = None if length < 0 else length
        line = Line(source, destination, frozenset(bits), values["SEQ"], ack, told)
        line.places, line.options, line.sender = places, {}, A if rightward else B
        if "TSval" in values:
            line.options["tsval"] = values["TSval"]
        return line


def _seen(before: list[str], after: list[str]) -> tuple[bool, tuple[int, ...]] | None:
    """Whether the segment goes from A to B, and at which ends it is seen, for the words at either
    side of it; None if it is seen at neither."""
    near, far = (before or [""])[-1], (after or [""])[0]
    if TWICE in (before[-2:-1] or [""])[0] or TWICE in (after[1:2] or [""])[0]:
        return None  # the network makes a second copy
    if far == RIGHTWARD and near not in (RIGHTWARD, NETWORK):
        return True, (A,) if near == TAIL else (B,)  # a ladder
    if near == LEFTWARD and far not in (LEFTWARD, NETWORK, ""):
        return False, (B,) if far == TAIL else (A,)
    if RIGHTWARD in (near, far):
        places = [A] * (near == RIGHTWARD) + [B] * (far in (RIGHTWARD, ""))
        return True, tuple(places)
    if LEFTWARD in (near, far):
        return False, tuple([B] * (far in (LEFTWARD, "")) + [A] * (near == LEFTWARD))
    return None
