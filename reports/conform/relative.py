"""Sequence numbers as people read them: relative to the first SYN, where the capture has it."""

from __future__ import annotations

from dataclasses import replace

from tcpmc.captures import Endpoint, Packet
from tcpmc.checks.conform.conversations import Conversation
from tcpmc.model.endpoint.segment import Segment


class Relative:
    """The number from which those of each end are counted: that of its last SYN so far. Where the
    capture starts inside a connection, all numbers are as they were sent."""

    def __init__(self, conversation: Conversation) -> None:
        self.ends = conversation.ends
        self.bases: dict[Endpoint, int] = dict.fromkeys(self.ends, 0)
        packets = conversation.packets
        self.whole = bool(packets) and packets[0].SYN

    def follow(self, packet: Packet) -> None:
        """From here on numbers are relative to this packet's SYN, if it has one."""
        if self.whole and packet.SYN and packet.seq is not None and not packet.RST:
            self.bases[packet.source] = packet.seq

    def text(self, packet: Packet, segment: Segment) -> str:
        """The segment in the RFC's notation, in relative numbers."""
        source = packet.source
        other = self.ends[1] if source == self.ends[0] else self.ends[0]
        seq = segment.seq + -self.bases[source]
        ack = segment.ack + -self.bases[other] if segment.ACK else segment.ack
        return str(replace(segment, seq=seq, ack=ack, stamp=0))
