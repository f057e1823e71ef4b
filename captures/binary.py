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


def tables(stream: BinaryIO, magic: bytes, told: ReaderNotes) -> Iterator[PacketTable]:
    """The TCP segments in the stream, some thousands at a time, in the order of the file."""
    from tcpmc.captures.segments import segments

    for frames in READERS[magic](stream, told):
        known = []
        for piece in frames:
            if piece.link in LINKS:
                known.append(segments(piece, told))
            else:
                told.left_out[f"link type {piece.link}, which is not read"] += len(piece.start)
        found = [table for table in known if len(table)]
        if len(found) > 1:
            joined = PacketTable.joined(found)
            found = [joined.take(joined.column("number").argsort(kind="stable"))]
        yield from found
