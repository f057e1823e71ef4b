"""Datagrams on the wire: segments written as IPv4 packets, and read from them (RFC 9293, 3.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from tcpmc.captures.packet import BAD, GOOD, Endpoint, Packet
from tcpmc.captures.wire import TCP, checksum, datagram, segment

BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}
WINDOW = 65535
MSS = 1460
END, NO_OPERATION, MSS_OPTION, STAMPS = 0, 1, 2, 8


@dataclass(frozen=True)
class Written:
    """A segment to be written: control bits as in "SYN,ACK", numbers modulo 2**32, octets of text,
    the window as sent, and the two timestamps (RFC 7323), if any."""

    controls: str
    seq: int
    ack: int = 0
    length: int = 0
    window: int = WINDOW
    stamps: tuple[int, int] | None = None


def datagram_of(seg: Written, source: Endpoint, destination: Endpoint) -> bytes:
    """The segment as an IPv4 packet. A SYN says what the largest segment is (3.7.1)."""
    controls = [bit for bit in seg.controls.split(",") if bit]
    options = b""
    if "SYN" in controls:
        options += struct.pack("!BBH", MSS_OPTION, 4, MSS)
    if seg.stamps is not None:
        stamps = (stamp % 2**32 for stamp in seg.stamps)
        options += struct.pack("!BBBBII", NO_OPERATION, NO_OPERATION, STAMPS, 10, *stamps)
    header = segment(
        (source.port, destination.port),
        (seg.seq % 2**32, seg.ack % 2**32 if "ACK" in controls else 0),
        sum(BITS[bit] for bit in controls),
        seg.window,
        options,
    )
    addresses = IPv4Address(source.address), IPv4Address(destination.address)
    return datagram(*addresses, header + b"x" * seg.length)


def packet_of(data: bytes, number: int = 1, time: int = 0) -> Packet | None:
    """The TCP segment in an IPv4 packet, or None where there is none; `time` in nanoseconds."""
    if len(data) < 40 or data[0] >> 4 != 4 or data[9] != TCP:
        return None
    at = (data[0] & 15) * 4
    total = int.from_bytes(data[2:4], "big")
    source, destination, seq, ack, offset, flags, window = struct.unpack_from("!HHIIBBH", data, at)
    size = (offset >> 4) * 4
    if size < 20 or at + size > total or total > len(data):
        return None
    pseudo = data[12:20] + struct.pack("!HH", TCP, total - at)
    good = checksum(pseudo + data[at:total]) == b"\0\0"
    packet = Packet(
        number=number,
        file=0,
        time=time,
        source=Endpoint(str(IPv4Address(data[12:16])), source),
        destination=Endpoint(str(IPv4Address(data[16:20])), destination),
        seq=seq,
        ack=ack if flags & BITS["ACK"] else None,
        length=total - at - size,
        window=window,
        checksum=GOOD if good else BAD,
        **{bit: bool(flags & BITS[bit]) for bit in BITS},
    )
    return packet._replace(**_options(data[at + 20 : at + size]))


def _options(data: bytes) -> dict[str, Any]:
    """The options that a Packet has."""
    told: dict[str, Any] = {}
    while data and data[0] != END:
        if data[0] == NO_OPERATION:
            data = data[1:]
            continue
        if len(data) < 2 or not 2 <= data[1] <= len(data):
            break
        value = data[2 : data[1]]
        match data[0], len(value):
            case (4, 0):
                told["sack_permitted"] = True
            case (2, 2):
                told["mss"] = int.from_bytes(value, "big")
            case (3, 1):
                told["wscale"] = value[0]
            case (8, 8):
                told["tsval"], told["tsecr"] = struct.unpack("!II", value)
        data = data[data[1] :]
    return told
