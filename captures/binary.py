"""The packets of a pcap or pcapng file, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from tcpmc.captures import pcap, pcapng
from tcpmc.captures.frames import Frames, ReaderNotes
from tcpmc.captures.links import LINKS
from tcpmc.captures.packet_table import PacketTable

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[bytes, Callable[[BinaryIO, ReaderNotes], Iterator[list[Frames]]]] = {
    **dict.fromkeys(pcap.MAGIC, pcap.frames),
    pcapng.MAGIC: pcapng.frames,
}
"""By the first four octets of the file."""


def tables(stream: BinaryIO, magic: bytes, notes: ReaderNotes) -> Iterator[PacketTable]:
    """The TCP segments in the stream, some thousands at a time, in the order of the file."""
    from tcpmc.captures.segments import segments

    for frames in READERS[magic](stream, notes):
        pieces = []
        for piece in frames:
            if piece.link in LINKS:
                pieces.append(segments(piece, notes))
            else:
                notes.left_out[f"link type {piece.link}, which is not read"] += len(piece.start)
        with_packets = [table for table in pieces if len(table)]
        if len(with_packets) > 1:
            joined = PacketTable.joined(with_packets)
            with_packets = [joined.take(joined.column("number").argsort(kind="stable"))]
        yield from with_packets
