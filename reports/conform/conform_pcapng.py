"""A report as a capture for Wireshark: each packet with the states and rules as its comment.

The packets are made anew from what is known of them: IP and TCP headers with the same numbers, and
text of the same length, all zeros.
"""

from __future__ import annotations

import struct
from ipaddress import ip_address

from tcpmc import __version__
from tcpmc.captures import Packet, wire
from tcpmc.checks.conform.conform import Report
from tcpmc.reports.conform.table import rows, states

BITS = (("FIN", 1), ("SYN", 2), ("RST", 4), ("PSH", 8), ("ACK", 16), ("URG", 32))
NANOSECONDS = 9
NOP = b"\1"


def pcapng(report: Report) -> bytes:
    """All connections, in order of time."""
    application = (wire.APPLICATION, f"tcpmc {__version__}".encode())
    blocks = [
        wire.section([application, wire.comment(f"held against {report.stack.name}")]),
        wire.interface(wire.RAW_IP, [(wire.RESOLUTION, bytes([NANOSECONDS]))]),
    ]
    found: list[tuple[int, int, bytes]] = []
    for connection in report.connections:
        for row in rows(connection):
            packet, time = row.packet, row.packet.time or 0
            comments = [
                f"{end.endpoint}: {states(told)}" + "".join(f"; {rule}" for rule in told.rules)
                for end, told in zip(connection.ends, row.told, strict=True)
                if told is not None
            ]
            options = [wire.comment(text) for text in comments]
            data = _datagram(packet, row.segment.seq.value)
            found.append((time, packet.number, wire.packet(0, time, data, options)))
    return b"".join([*blocks, *(block for _, _, block in sorted(found))])


def _datagram(packet: Packet, seq: int) -> bytes:
    """The packet as an IP datagram."""
    bits = sum(bit for name, bit in BITS if getattr(packet, name))
    ports = (packet.source.port, packet.destination.port)
    numbers = (seq, packet.ack or 0)
    header = wire.segment(ports, numbers, bits, packet.window or 0, _options(packet))
    source, destination = (ip_address(e.address) for e in (packet.source, packet.destination))
    length = min(packet.length or 0, 65_000)
    return wire.datagram(source, destination, header + bytes(length), live=packet.ttl or 64)


def _options(packet: Packet) -> bytes:
    """MSS, window scale, SACK permitted and timestamps, each on a boundary of four octets."""
    options = b""
    if packet.mss is not None:
        options += struct.pack("!BBH", 2, 4, packet.mss)
    if packet.wscale is not None:
        options += NOP + struct.pack("!BBB", 3, 3, packet.wscale)
    if packet.sack_permitted:
        options += NOP * 2 + struct.pack("!BB", 4, 2)
    if packet.tsval is not None:
        options += NOP * 2 + struct.pack("!BBII", 8, 10, packet.tsval, packet.tsecr or 0)
    return options
