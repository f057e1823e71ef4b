"""Segments as they would be on the wire: IPv4 and TCP headers, on documentation addresses."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq

ADDRESSES = (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))
"""Of A and of B, from TEST-NET-1 (RFC 5737)."""
PORTS = (50001, 50002)
"""Of A and of B, from the dynamic range, where no protocol is expected in the text."""

TCP = 6
HEADERS = 20 + 20
LONGEST = 2**16 - 1 - HEADERS
"""Octets of text that fit in a datagram."""
CONTROLS = {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "ACK": 0x10}
DONT_FRAGMENT, TIME_TO_LIVE = 0x4000, 64


def absolute(number: Seq, iss: int) -> int:
    """A number of the model as one of 32 bits: as far from `iss` as it is there."""
    half = 1 << (number.bits - 1)
    distance = ((number - Seq(iss, number.bits)) + half) % (2 * half) - half
    return (iss + distance) % 2**32


def datagram(
    segment: Segment, sender: int, iss: tuple[int, int], window: int, identification: int
) -> bytes:
    """The segment from that end as an IPv4 datagram. `iss` holds the ISS of both ends, `window` is
    what the sender advertises."""
    carried = _tcp(segment, sender, iss, window)
    ends = ADDRESSES[sender].packed + ADDRESSES[1 - sender].packed
    pseudo = ends + struct.pack("!HH", TCP, len(carried))
    carried = carried[:16] + _checksum(pseudo + carried) + carried[18:]
    first = struct.pack("!BBHHH", 0x45, 0, 20 + len(carried), identification, DONT_FRAGMENT)
    live = struct.pack("!BB", TIME_TO_LIVE, TCP)
    return first + live + _checksum(first + live + ends) + ends + carried


def _tcp(segment: Segment, sender: int, iss: tuple[int, int], window: int) -> bytes:
    """Header and text, with a checksum of zero."""
    header = struct.pack(
        "!HHIIBBHHH",
        PORTS[sender],
        PORTS[1 - sender],
        absolute(segment.seq, iss[sender]),
        absolute(segment.ack, iss[1 - sender]) if segment.ACK else 0,
        5 << 4,
        sum(bit for name, bit in CONTROLS.items() if getattr(segment, name)),
        window,
        0,
        0,
    )
    return header + _text(segment, iss[sender])


def _text(segment: Segment, iss: int) -> bytes:
    """The octets of text: the same one for the same number, so that what is sent again is equal."""
    first = absolute(segment.seq, iss) + segment.SYN - (iss + 1)
    return bytes(ord("a") + (first + n) % 26 for n in range(min(segment.length, LONGEST)))


def _checksum(data: bytes) -> bytes:
    """The Internet checksum (RFC 1071)."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
