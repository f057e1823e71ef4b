"""Sequence numbers from what a text shows of them.

tcpdump (print-tcp.c) shows the first segment with an ACK of each connection, and each SYN, as they
are; after it, numbers in segments with an ACK are relative to that one, and to what it
acknowledges. With -S nothing is relative, which no line says: the numbers themselves tell it,
because they go on where the last ones ended. tshark's and packetdrill's numbers count from an ISN
that is never shown: 0 will do.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tcpmc.captures.packet import Endpoint
from tcpmc.captures.text.line import Line

SPACE = 2**32
APART = 2**30
"""Between the ISNs of connections that a text counts from 0 again."""


@dataclass(slots=True)
class Known:
    """What is known of a connection: where each end's numbers are counted from, and how far they
    have come; what to add where a text counts from 0 again; the window scales of both SYNs."""

    iss: dict[Endpoint, int] = field(default_factory=dict)
    base: dict[Endpoint, int] = field(default_factory=dict)
    latest: dict[Endpoint, int] = field(default_factory=dict)
    scales: dict[Endpoint, int | None] = field(default_factory=dict)
    begun: bool = False
    again: int = 0


class Numbers:
    """Understands the numbers of one text, line by line."""

    def __init__(self) -> None:
        self._known: dict[frozenset[Endpoint], Known] = {}
        self._relative: bool | None = None

    def understand(self, line: Line) -> None:
        """Put the numbers of the line right: absolute, and the window as it was sent."""
        pair = frozenset((line.source, line.destination))
        known = self._known.setdefault(pair, Known())
        if line.scaled:
            _unscale(line, known)
        if line.reused and line.seq == 0:
            known.again += APART
        if line.relative:
            self._of_tcpdump(line, known)
        elif known.again:
            line.seq = None if line.seq is None else (line.seq + known.again) % SPACE
            line.ack = None if line.ack is None else (line.ack + known.again) % SPACE

    def _of_tcpdump(self, line: Line, known: Known) -> None:
        if line.ack is not None and ("SYN" in line.controls or not known.begun):
            known.begun = True
            iss = known.iss.get(line.destination)
            if line.ack == 1 and iss is not None and "SYN" not in line.controls:
                line.ack = (iss + 1) % SPACE  # the text begins after what the 1 is relative to
            known.base[line.destination] = (line.ack - 1) % SPACE
            if line.seq is not None:
                known.base[line.source] = line.seq
        elif line.ack is not None:
            self._count_from_base(line, known)
        if line.seq is not None and "SYN" in line.controls:
            known.iss[line.source] = line.seq
        if line.seq is not None:
            size = (line.length or 0) + ("SYN" in line.controls) + ("FIN" in line.controls)
            known.latest[line.source] = (line.seq + size) % SPACE
        if line.ack is not None:
            known.latest.setdefault(line.destination, line.ack)

    def _count_from_base(self, line: Line, known: Known) -> None:
        """Add what the numbers are relative to, if they are."""
        shown = [line.seq, line.ack]
        added = [_plus(line.seq, known, line.source), _plus(line.ack, known, line.destination)]
        if self._relative is None:
            latest = [known.latest.get(end) for end in (line.source, line.destination)]
            as_shown, as_relative = _distance(shown, latest), _distance(added, latest)
            if as_shown != as_relative:
                self._relative = as_relative < as_shown
        if self._relative:
            line.seq, line.ack = added


def _plus(number: int | None, known: Known, end: Endpoint) -> int | None:
    base = known.base.get(end)
    return number if number is None or base is None else (base + number) % SPACE


def _distance(numbers: list[int | None], latest: list[int | None]) -> int:
    """How far these are from where the numbers had come, all together."""
    return sum(
        min((a - b) % SPACE, (b - a) % SPACE)
        for a, b in zip(numbers, latest, strict=True)
        if a is not None and b is not None
    )


def _unscale(line: Line, known: Known) -> None:
    """tshark shows a window as it is meant; it was sent without its last bits."""
    if "SYN" in line.controls:
        known.scales[line.source] = (line.options or {}).get("wscale")
    elif line.window is not None and len(known.scales) == 2 and None not in known.scales.values():
        line.window >>= min(known.scales.get(line.source) or 0, 14)
