"""Segments as they would be on the wire: IPv4 and TCP headers, on documentation addresses."""

from __future__ import annotations

from ipaddress import IPv4Address

from tcpmc.captures import wire
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq

ADDRESSES = (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))
"""Of A and of B, from TEST-NET-1 (RFC 5737)."""
PORTS = (50001, 50002)
"""Of A and of B, from the dynamic range, where no protocol is expected in the text."""

HEADERS = 20 + 20
LONGEST = 2**16 - 1 - HEADERS
"""Octets of text that fit in a datagram."""
CONTROLS = {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "ACK": 0x10}


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
    numbers = (
        absolute(segment.seq, iss[sender]),
        absolute(segment.ack, iss[1 - sender]) if segment.ACK else 0,
    )
    ports = PORTS[sender], PORTS[1 - sender]
    bits = sum(bit for name, bit in CONTROLS.items() if getattr(segment, name))
    carried = wire.segment(ports, numbers, bits, window) + _text(segment, iss[sender])
    return wire.datagram(ADDRESSES[sender], ADDRESSES[1 - sender], carried, identification)


def _text(segment: Segment, iss: int) -> bytes:
    """The octets of text: the same one for the same number, so that what is sent again is equal."""
    first = absolute(segment.seq, iss) + segment.SYN - (iss + 1)
    return bytes(ord("a") + (first + n) % 26 for n in range(min(segment.length, LONGEST)))
