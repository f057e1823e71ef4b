"""Frames and capture files for tests, written from the standards with struct alone."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import ip_address

A, B = "192.0.2.1", "198.51.100.2"
A6, B6 = "2001:db8::1", "2001:db8::2"
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32}
ETHERNET, RAW = 1, 101


def checksum(data: bytes) -> int:
    """RFC 1071, octet by octet."""
    total = sum(octet << (8 if index % 2 == 0 else 0) for index, octet in enumerate(data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def tcp(
    flags: str = "S",
    seq: int = 1000,
    ack: int = 0,
    text: bytes = b"",
    options: bytes = b"",
    ports: tuple[int, int] = (4000, 80),
    window: int = 65535,
) -> bytes:
    """A TCP segment, without its checksum."""
    bits = sum(FLAGS[letter] for letter in flags)
    size = (20 + len(options)) // 4 << 4
    head = struct.pack(">HHIIBBHHH", *ports, seq, ack, size, bits, window, 0, 0)
    return head + options + text


def ipv4(segment: bytes, ends: tuple[str, str] = (A, B), fragment: int = 0, **of: int) -> bytes:
    """An IPv4 datagram with the segment, whose checksum is filled in."""
    source, destination = (ip_address(end).packed for end in ends)
    pseudo = source + destination + struct.pack(">HH", 6, len(segment))
    segment = summed(segment, pseudo)
    total = of.get("total", 20 + len(segment))
    protocol = of.get("protocol", 6)
    head = struct.pack(">BBHHHBBH", 0x45, 0, total, 7, fragment, of.get("ttl", 64), protocol, 0)
    return head + source + destination + segment


def ipv6(segment: bytes, extensions: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """An IPv6 datagram with the segment behind extension headers: number, and octets but the
    first, which says what follows."""
    source, destination = ip_address(A6).packed, ip_address(B6).packed
    segment = summed(segment, source + destination + struct.pack(">II", len(segment), 6))
    kinds = [*(kind for kind, _ in extensions), 6]
    parts = [
        bytes([following]) + body
        for following, (_, body) in zip(kinds[1:], extensions, strict=True)
    ]
    payload = b"".join(parts) + segment
    return (
        struct.pack(">IHBB", 6 << 28, len(payload), kinds[0], 63) + source + destination + payload
    )


def summed(segment: bytes, pseudo: bytes) -> bytes:
    """The segment with its checksum."""
    value = checksum(pseudo + segment[:16] + b"\0\0" + segment[18:])
    return segment[:16] + struct.pack(">H", value) + segment[18:]


def ethernet(datagram: bytes, *tags: bytes) -> bytes:
    """A frame; each tag is what stands before the datagram's EtherType."""
    kind = b"\x08\x00" if datagram[0] >> 4 == 4 else b"\x86\xdd"
    return bytes(12) + b"".join(tags) + kind + datagram


def pcap(
    frames: Sequence[bytes],
    link: int = RAW,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    longest: int = 65535,
) -> bytes:
    """A pcap file: a frame each second, cut at `longest` octets."""
    head = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, longest, link)
    return head + b"".join(
        struct.pack(order + "IIII", second, 250, min(len(frame), longest), len(frame))
        + frame[:longest]
        for second, frame in enumerate(frames, 1)
    )


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """A pcapng option."""
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<") -> bytes:
    """A section header block."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHQ", 0x1A2B3C4D, 1, 0, 2**64 - 1), order)


def interface(link: int = RAW, options: bytes = b"", order: str = "<") -> bytes:
    """An interface description block."""
    return block(1, struct.pack(order + "HHI", link, 0, 0) + options, order)


def packet(
    frame: bytes, stamp: int = 0, index: int = 0, options: bytes = b"", order: str = "<"
) -> bytes:
    """An enhanced packet block."""
    fixed = struct.pack(order + "5I", index, stamp >> 32, stamp & 0xFFFFFFFF, *[len(frame)] * 2)
    return block(6, fixed + frame + bytes(-len(frame) % 4) + options, order)
