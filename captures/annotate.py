"""A capture again, as pcapng, with comments on its packets: for Wireshark."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from tcpmc.captures import binary, wire
from tcpmc.captures.frames import Frames, ReaderNotes
from tcpmc.captures.packet import Endpoint, Packet
from tcpmc.captures.packet_table import BITS, NEVER
from tcpmc.captures.source import opened

Key = tuple[int, int, int]
"""Which packet: its file, its number in it, and its interface."""
Comments = Mapping[Key, Sequence[str]]
NANOSECONDS = 9
MAGIC_SIZE = 4
UNNAMED = int(IPv4Address("192.0.2.1"))
"""Ends that a text gives names only are numbered from here (TEST-NET-1, RFC 5737)."""
LONGEST_TEXT = 2**16 - 1 - 20 - 60


@dataclass(frozen=True, slots=True, order=True)
class Frame:
    """One frame of a capture: what there is of it, and how long it was."""

    time: int
    file: int
    number: int
    interface: int
    link: int
    data: bytes
    original: int
    outbound: int = -1


def annotated(
    paths: Sequence[str], comments: Comments, packets: Sequence[Packet], about: Sequence[str]
) -> Iterator[bytes]:
    """The capture in those files, as the pieces of a pcapng file: every frame, also those that are
    not TCP, with the comments on it. Frames of a text are made of its `packets`: what the text does
    not tell is zero. BadInput if a file cannot be read again."""
    yield wire.section([wire.comment(text) for text in about])
    frames = [_frames(index, path, packets) for index, path in enumerate(paths)]
    interface_of: dict[tuple[int, int, int], int] = {}
    for frame in heapq.merge(*frames, key=lambda frame: frame.time):
        place = frame.file, frame.interface, frame.link
        if place not in interface_of:
            interface_of[place] = len(interface_of)
            name = (wire.NAME, paths[frame.file].encode(errors="replace")[:1000])
            yield wire.interface(frame.link, [name, (wire.RESOLUTION, bytes([NANOSECONDS]))])
        texts = comments.get((frame.file, frame.number, frame.interface), ())
        options = [wire.comment(text) for text in texts]
        if frame.outbound >= 0:
            options.append(wire.direction(bool(frame.outbound)))
        yield wire.packet(
            interface_of[place], max(frame.time, 0), frame.data, options, frame.original
        )


def _frames(index: int, path: str, packets: Sequence[Packet]) -> Iterator[Frame]:
    """The frames of one file in its order."""
    notes = ReaderNotes()
    with opened(path, notes) as (stream, beginning):
        reader = binary.READERS.get(beginning[:MAGIC_SIZE])
        if reader is not None:
            for pieces in reader(stream, notes):
                frames = [frame for piece in pieces for frame in _in_file(index, piece)]
                yield from sorted(frames, key=lambda frame: frame.number)
            return
    made = Made()
    for packet in packets:
        if packet.file == index:
            yield made.frame(packet)


def _in_file(index: int, piece: Frames) -> Iterator[Frame]:
    outbound = piece.outbound
    rows = zip(
        piece.time.tolist(),
        piece.number.tolist(),
        piece.start.tolist(),
        piece.captured.tolist(),
        piece.original.tolist(),
        [-1] * len(piece.start) if outbound is None else outbound.tolist(),
        strict=True,
    )
    data = piece.octets.tobytes()
    for time, number, start, captured, original, way in rows:
        octets = data[start : start + captured]
        yield Frame(time, index, number, piece.interface, piece.link, octets, original, way)


class Made:
    """Frames for packets of which only a text is there."""

    def __init__(self) -> None:
        self._addresses: dict[str, IPv4Address] = {}

    def frame(self, packet: Packet) -> Frame:
        """The packet as raw IP. Text is zeros."""
        bits = sum(bit for bit, name in BITS.items() if getattr(packet, name))
        header = wire.segment(
            (packet.source.port, packet.destination.port),
            (packet.seq or 0, packet.ack or 0),
            bits,
            packet.window or 0,
            _options(packet),
        )
        text = bytes(min(packet.length or 0, LONGEST_TEXT))
        source, destination = self._address(packet.source), self._address(packet.destination)
        if source.version != destination.version:
            source = destination = IPv4Address(UNNAMED)
        data = wire.datagram(source, destination, header + text, live=packet.ttl or 64)
        original = len(data) - len(text) + (packet.length or 0)
        way = -1 if packet.outbound is None else int(packet.outbound)
        time = 0 if packet.time is None or packet.time == NEVER else packet.time
        return Frame(
            time, packet.file, packet.number, packet.interface, wire.RAW_IP, data, original, way
        )

    def _address(self, end: Endpoint) -> wire.Address:
        try:
            return ip_address(end.address)
        except ValueError:
            number = UNNAMED + len(self._addresses) % 254
            return self._addresses.setdefault(end.address, IPv4Address(number))


OPTIONS: tuple[tuple[str, Callable[[Packet], bytes]], ...] = (
    ("mss", lambda p: struct.pack("!BBH", 2, 4, p.mss)),
    ("wscale", lambda p: struct.pack("!BBBB", 1, 3, 3, p.wscale)),
    ("sack_permitted", lambda _: b"\1\1\4\2"),
    ("tsval", lambda p: struct.pack("!BBBBII", 1, 1, 8, 10, p.tsval, p.tsecr or 0)),
)


def _options(packet: Packet) -> bytes:
    options = [make(packet) for name, make in OPTIONS if getattr(packet, name) is not None]
    return b"".join(options)
