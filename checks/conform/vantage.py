"""Where a capture was made: at one end, at the other, or between them, and how that shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    sent = [_sent(packets, end) for end in ends]
    evidence: list[str] = []
    for end, weight, sentence in (
        *_by_handshake(packets, ends),
        *_by_offload(sent, ends),
        *_by_ttl(sent, ends),
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
    sent: Sequence[_Sent], ends: tuple[Endpoint, Endpoint]
) -> list[tuple[int, int, str]]:
    """What the capture says of its own packets: the direction, or a checksum not yet filled in."""
    found: list[tuple[int, int, str]] = []
    for end in (0, 1):
        own = sent[end]
        if own.outbound:
            found.append((end, 4, f"the capture says that its host sent what {ends[end]} sent"))
        hollow, others = own.hollow, sent[1 - end].hollow
        if hollow > 1 and not others:
            found.append((end, 2, f"checksums of {ends[end]} are not filled in: at that end"))
    return found


@dataclass(frozen=True)
class _Sent:
    """What the packets of one end tell: whether the capture says that its host sent one, how many
    have checksums not yet filled in, and their TTLs."""

    outbound: bool
    hollow: int
    ttls: set[int]


def _sent(packets: Sequence[Packet], end: Endpoint) -> _Sent:
    if isinstance(packets, list):
        own = [p for p in packets if p.source == end]
        hollow = sum([p.checksum == OFFLOADED for p in own])
        ttls = {p.ttl for p in own if p.ttl is not None}
        return _Sent(any(p.outbound for p in own), hollow, ttls)
    rows = PacketRows.of(packets)
    seen = {name: rows.counted(name, end) for name in ("outbound", "checksum", "ttl")}
    return _Sent(seen["outbound"][True] > 0, seen["checksum"][OFFLOADED], {*seen["ttl"]} - {None})


def _by_ttl(sent: Sequence[_Sent], ends: tuple[Endpoint, Endpoint]) -> list[tuple[int, int, str]]:
    """A TTL that no router has lowered."""
    ttls = [one.ttls for one in sent]
    whole = [bool(seen) and all(ttl in FIRST_TTLS for ttl in seen) for seen in ttls]
    if whole[0] == whole[1] or not all(ttls):
        return []
    end = 0 if whole[0] else 1
    ttl = min(ttls[end])
    other = min(ttls[1 - end])
    sentence = f"TTL {ttl} from {ends[end]}, {other} from {ends[1 - end]}: at {ends[end]}"
    return [(end, 1, sentence)]
