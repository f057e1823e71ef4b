"""Where a capture was made: at one end, at the other, or between them, and how that shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tcpmc.captures import Endpoint, Packet
from tcpmc.captures.packet import OFFLOADED
from tcpmc.captures.packet_rows import PacketRows

FIRST_TTLS = (64, 128, 255)
MUCH_LATER = 4.0
"""By how much the round trip has to be longer than what the near end takes to answer."""


@dataclass(frozen=True)
class Vantage:
    """Which ends the capture was made at, and what speaks for that, in sentences."""

    near: tuple[bool, bool]
    evidence: tuple[str, ...] = ()

    def at(self, end: int) -> str:
        """`near` or `far`."""
        return "near" if self.near[end] else "far"


def guessed(packets: Sequence[Packet], ends: tuple[Endpoint, Endpoint]) -> Vantage:
    """The vantage point that the packets speak for. Without any evidence: between the ends."""
    votes = [0, 0]
    evidence: list[str] = []
    for end, weight, sentence in (
        *_by_handshake(packets, ends),
        *_by_offload(packets, ends),
        *_by_ttl(packets, ends),
    ):
        votes[end] += weight
        evidence.append(sentence)
    if votes[0] == votes[1]:
        return Vantage((False, False), tuple(evidence))
    near = votes[0] > votes[1]
    return Vantage((near, not near), tuple(evidence))


def _by_handshake(
    packets: Sequence[Packet], ends: tuple[Endpoint, Endpoint]
) -> list[tuple[int, int, str]]:
    """SYN to SYN,ACK and SYN,ACK to ACK: the longer of the two has the round trip in it."""
    opened = answered = None
    for packet in packets:
        if packet.time is None or packet.RST:
            continue
        if packet.SYN and not packet.ACK:
            opened = packet
        elif packet.SYN and opened and packet.source == opened.destination:
            answered = packet
        elif opened and answered and packet.source == opened.source and packet.ACK:
            first = (answered.time or 0) - (opened.time or 0)
            second = packet.time - (answered.time or 0)
            told = f"SYN to SYN,ACK {_ms(first)}, SYN,ACK to ACK {_ms(second)}"
            client = ends.index(opened.source)
            if second > 0 and first > MUCH_LATER * second:
                return [(client, 2, f"{told}: at {opened.source}")]
            if first > 0 and second > MUCH_LATER * first:
                return [(1 - client, 2, f"{told}: at {opened.destination}")]
            return []
        else:
            opened = answered = None
    return []


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.3f} ms"


def _by_offload(
    packets: Sequence[Packet], ends: tuple[Endpoint, Endpoint]
) -> list[tuple[int, int, str]]:
    """What the capture says of its own packets: the direction, or a checksum not yet filled in."""
    found: list[tuple[int, int, str]] = []
    for end in (0, 1):
        own = _told(packets, ends[end])
        if own["outbound"][True]:
            found.append((end, 4, f"the capture says that its host sent what {ends[end]} sent"))
        hollow = own["checksum"][OFFLOADED]
        others = _told(packets, ends[1 - end])["checksum"][OFFLOADED]
        if hollow > 1 and not others:
            found.append((end, 2, f"checksums of {ends[end]} are not filled in: at that end"))
    return found


def _told(packets: Sequence[Packet], end: Endpoint) -> dict[str, Counter[Any]]:
    """How many packets from an end have which values."""
    names = ("outbound", "checksum", "ttl")
    if isinstance(packets, PacketRows):
        return {name: packets.counted(name, end) for name in names}
    own = [p for p in packets if p.source == end]
    return {name: Counter(getattr(p, name) for p in own) for name in names}


def _by_ttl(
    packets: Sequence[Packet], ends: tuple[Endpoint, Endpoint]
) -> list[tuple[int, int, str]]:
    """A TTL that no router has lowered."""
    ttls = [{ttl for ttl in _told(packets, end)["ttl"] if ttl is not None} for end in ends]
    whole = [bool(seen) and all(ttl in FIRST_TTLS for ttl in seen) for seen in ttls]
    if whole[0] == whole[1] or not all(ttls):
        return []
    end = 0 if whole[0] else 1
    ttl = min(t for t in ttls[end] if t is not None)
    other = min(t for t in ttls[1 - end] if t is not None)
    sentence = f"TTL {ttl} from {ends[end]}, {other} from {ends[1 - end]}: at {ends[end]}"
    return [(end, 1, sentence)]
