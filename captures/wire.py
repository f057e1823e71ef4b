"""Segments as they are on the wire: IP and TCP headers, and blocks of a pcapng file."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

TCP = 6
DONT_FRAGMENT, TIME_TO_LIVE = 0x4000, 64
SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6
BYTE_ORDER, VERSION, UNKNOWN_LENGTH = 0x1A2B3C4D, (1, 0), 2**64 - 1
RAW_IP = 101
COMMENT, APPLICATION = 1, 4
NAME, DESCRIPTION, ADDRESS, RESOLUTION = 2, 3, 4, 9
FLAGS, INBOUND, OUTBOUND = 2, 1, 2
ENDED = 3
LONGEST_OPTION = 2**16 - 1

Option = tuple[int, bytes]
Address = IPv4Address | IPv6Address


def segment(
    ports: tuple[int, int], numbers: tuple[int, int], bits: int, window: int, options: bytes = b""
) -> bytes:
    """A TCP header (RFC 9293, 3.1): source and destination port, SEQ and ACK, control bits. The
    options are as long as a multiple of four octets; the checksum is zero."""
    size = (20 + len(options)) // 4 << 4
    return struct.pack("!HHIIBBHHH", *ports, *numbers, size, bits, window, 0, 0) + options


def datagram(
    source: Address, destination: Address, carried: bytes, identification: int = 0,
    live: int = TIME_TO_LIVE,
) -> bytes:  # fmt: skip
    """The segment in an IP datagram, with its checksum; `live` is the TTL or hop limit."""
    ends = source.packed + destination.packed
    pseudo = ends + struct.pack("!IHH", len(carried), 0, TCP)
    carried = carried[:16] + checksum(pseudo + carried) + carried[18:]
    if isinstance(source, IPv6Address):
        return struct.pack("!IHBB", 6 << 28, len(carried) % 2**16, TCP, live) + ends + carried
    total = (20 + len(carried)) % 2**16
    first = struct.pack("!BBHHH", 0x45, 0, total, identification, DONT_FRAGMENT)
    rest = struct.pack("!BB", live, TCP)
    return first + rest + checksum(first + rest + ends) + ends + carried


def checksum(data: bytes) -> bytes:
    """The Internet checksum (RFC 1071)."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


def section(options: Sequence[Option]) -> bytes:
    """The block that a pcapng file begins with."""
    fixed = struct.pack("<IHHQ", BYTE_ORDER, *VERSION, UNKNOWN_LENGTH)
    return block(SECTION, fixed, options)


def interface(link: int, options: Sequence[Option]) -> bytes:
    """An interface; frames are as long as they are."""
    return block(INTERFACE, struct.pack("<HHI", link, 0, 0), options)


def packet(
    index: int, time: int, data: bytes, options: Sequence[Option], original: int | None = None
) -> bytes:
    """A frame on the interface with that index: its time, in units of the interface, what is
    there of it, and how long it was."""
    whole = len(data) if original is None else original
    high, low = divmod(time % 2**64, 2**32)
    fixed = struct.pack("<IIIII", index, high, low, len(data), whole)
    return block(PACKET, fixed + data + bytes(-len(data) % 4), options)


def ended(index: int, time: int) -> bytes:
    """When the capture on the interface with that index ended, in units of the interface."""
    stamp = struct.pack("<II", time >> 32, time % 2**32)
    return block(STATISTICS, struct.pack("<I", index) + stamp, [(ENDED, stamp)])


def block(kind: int, fixed: bytes, options: Sequence[Option]) -> bytes:
    """A block: its type, its length before and after, and between them its body and options."""
    body = fixed + b"".join(map(_option, options)) + struct.pack("<HH", 0, 0)
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _option(option: Option) -> bytes:
    code, value = option
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def direction(outbound: bool) -> Option:
    """Which way a packet goes on its interface."""
    return FLAGS, struct.pack("<I", OUTBOUND if outbound else INBOUND)


def comment(text: str) -> Option:
    """A comment, cut where it is too long for an option."""
    return COMMENT, text.encode()[:LONGEST_OPTION].decode(errors="ignore").encode()
