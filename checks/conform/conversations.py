"""Packets by the two endpoints that they go between, and what a capture does to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tcpmc.captures import Endpoint, Packet
from tcpmc.captures.packet_rows import PacketRows

MIRRORED_WITHIN = 2_000_000
"""Nanoseconds between the two copies of a packet from a mirror port."""
MOSTLY = 0.8
MANY = 1000
"""Packets of a long connection that tell whether it was mirrored."""


@dataclass(slots=True)
class Conversation:
    """All packets between two endpoints, in order of time: one connection after the other, as each
    end remembers the one before. `ends` begins with the end that sent the first SYN, or the first
    packet. `doubled` counts the second copies that a mirror port has added; they are left out."""

    number: int
    ends: tuple[Endpoint, Endpoint]
    packets: Sequence[Packet] = field(default_factory=list)
    doubled: int = 0


def conversations(packets: Iterable[Packet]) -> list[Conversation]:
    """The conversations of a capture, in the order of their first packets."""
    found: dict[frozenset[Endpoint], list[Packet]] = {}
    for packet in packets:
        found.setdefault(frozenset((packet.source, packet.destination)), []).append(packet)
    return [conversation(number, seen) for number, seen in enumerate(found.values(), 1)]


def conversation(number: int, packets: Sequence[Packet]) -> Conversation:
    """One conversation, without the second copies of a mirror port."""
    single = _once(packets)
    opener = next((p for p in single if p.SYN and not p.ACK), None)
    first = single[0]
    if opener is not None:
        ends = (opener.source, opener.destination)
    elif first.SYN:
        ends = (first.destination, first.source)
    else:
        ends = (first.source, first.destination)
    return Conversation(number, ends, single, len(packets) - len(single))


def _once(packets: Sequence[Packet]) -> Sequence[Packet]:
    """The packets without those that repeat the one before, if nearly all are there twice."""
    if not isinstance(packets, list) and not _may_repeat(PacketRows.of(packets)):
        return packets
    copies = [i for i in range(1, len(packets)) if _same(packets[i - 1], packets[i])]
    if len(packets) < 4 or len(copies) < MOSTLY * len(packets) / 2:
        return list(packets)
    dropped: set[int] = set()
    for index in copies:
        if index - 1 not in dropped:
            dropped.add(index)
    return [p for i, p in enumerate(packets) if i not in dropped]


def _may_repeat(rows: PacketRows) -> bool:
    """Whether that many packets have the numbers of the one before."""
    table = rows.part(0, MANY)
    same = [(c[1:] == c[:-1]) for c in map(table.column, ("source", "seq", "ack", "length"))]
    return bool((same[0] & same[1] & same[2] & same[3]).sum() >= MOSTLY * len(table) / 4)


def _same(first: Packet, second: Packet) -> bool:
    if first.seq != second.seq or first.ack != second.ack or first.source != second.source:
        return False
    if first.interface != second.interface and {first.outbound, second.outbound} == {True, False}:
        return False  # it left one host and came to the other
    near = (
        first.time is not None
        and second.time is not None
        and abs(second.time - first.time) <= MIRRORED_WITHIN
    )
    told = ("number", "time", "ttl", "checksum", "interface", "outbound")
    same: dict[str, Any] = dict.fromkeys(told)
    return near and first.file == second.file and first._replace(**same) == second._replace(**same)
