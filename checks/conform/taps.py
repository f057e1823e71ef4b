"""Which of several captures was made at which end."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tcpmc.captures import Packet
from tcpmc.captures.packet_rows import PacketRows
from tcpmc.checks.conform.conversations import Conversation
from tcpmc.checks.conform.vantage import guessed

Tap = tuple[int, int]
"""The file and the interface of a capture."""


def near_taps(conversation: Conversation) -> dict[int, Tap]:
    """For each end the capture that was made at it, where there are several."""
    packets = conversation.packets
    if isinstance(packets, PacketRows) and not packets.vary("file", "interface"):
        return {}
    seen: dict[Tap, list[Packet]] = {}
    for packet in packets:
        seen.setdefault((packet.file, packet.interface), []).append(packet)
    found: dict[int, Tap] = {}
    if len(seen) < 2:
        return found
    for tap in sorted(seen):
        guess = guessed(seen[tap], conversation.ends)
        for end in (0, 1):
            if guess.near[end]:
                found[end] = tap
    if len(found) < 2 and len(seen) == 2:
        return _by_delay(conversation, seen) or found
    return found


def identity(packet: Packet) -> Hashable:
    """What the network leaves as it is."""
    bits = packet.SYN, packet.ACK, packet.FIN, packet.RST
    return packet.source, packet.seq, packet.ack, packet.length, packet.window, packet.tsval, bits


def _by_delay(conversation: Conversation, seen: dict[Tap, list[Packet]]) -> dict[int, Tap]:
    """The captures by what the way between them takes. Whatever their clocks say: a packet is
    earlier in the one at its sender, by the delay, and one of the other end later."""
    one, other = sorted(seen)
    times = {identity(p): p.time for p in reversed(seen[other]) if p.time is not None}
    first = {identity(p): p for p in reversed(seen[one]) if p.time is not None}
    ahead: tuple[list[int], list[int]] = ([], [])
    for key, packet in first.items():
        if key in times and packet.time is not None:
            side = conversation.ends.index(packet.source)
            ahead[side].append(times[key] - packet.time)
    fewest = min(len(seen[one]), len(seen[other]))
    if not all(ahead) or 2 * sum(map(len, ahead)) < fewest:
        return {}
    if _apart(*ahead):
        return {0: one, 1: other}
    return {0: other, 1: one} if _apart(ahead[1], ahead[0]) else {}


def _apart(more: Sequence[int], less: Sequence[int]) -> bool:
    """Whether one end's packets are always further ahead than the other's."""
    return min(more) > max(less)
