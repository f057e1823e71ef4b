"""The frames of a pcap file (draft-ietf-opsawg-pcap)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tcpmc.captures.frames import CHUNK, LONGEST, Frames, ReaderNotes, padded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEADER, RECORD, MODIFIED_RECORD = 24, 16, 24
MICROSECONDS, NANOSECONDS, MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34
MAGIC = {
    struct.pack(order + "I", number): (order, number)
    for order in "<>"
    for number in (MICROSECONDS, NANOSECONDS, MODIFIED)
}
LINK_TYPE = 0x03FFFFFF
"""The other bits of that field tell the length of the frame check sequence."""


def frames(stream: BinaryIO, notes: ReaderNotes) -> Iterator[list[Frames]]:
    """The frames of a stream that begins with one of `MAGIC`, in pieces."""
    header = stream.read(HEADER)
    if len(header) < HEADER:
        notes.notes.append("the file ends inside its header")
        return
    layout, data, number = _layout(header), b"", 1
    while fresh := stream.read(CHUNK):
        data += fresh
        starts, end, damaged = _records(data, layout)
        if starts:
            yield [_frames(data, starts, layout, number)]
            number += len(starts)
        if damaged:
            notes.notes.append(
                f"the file is damaged after packet {number - 1}: the rest is left out"
            )
            return
        data = data[end:]
    if data:
        notes.notes.append(f"the file ends inside packet {number}")


@dataclass(frozen=True)
class Layout:
    """How the file is written: byte order, octets of a record's header, nanoseconds in a unit of
    its time, and link type."""

    order: str
    size: int
    scale: int
    link: int


def _layout(header: bytes) -> Layout:
    order, magic = MAGIC[header[:4]]
    link = struct.unpack_from(order + "I", header, 20)[0] & LINK_TYPE
    size = MODIFIED_RECORD if magic == MODIFIED else RECORD
    return Layout(order, size, 1 if magic == NANOSECONDS else 1000, link)


def _records(data: bytes, layout: Layout) -> tuple[list[int], int, bool]:
    """Where the records that are whole begin, where what is left begins, and whether no record can
    begin there."""
    starts: list[int] = []
    captured_at, size = struct.Struct(layout.order + "I").unpack_from, layout.size
    at, last, end = 0, len(data) - size, len(data)
    while at <= last:
        after = at + size + captured_at(data, at + 8)[0]
        if after > end:
            return starts, at, after - at > LONGEST
        starts.append(at)
        at = after
    return starts, at, False


def _frames(data: bytes, starts: list[int], layout: Layout, number: int) -> Frames:
    """The frames of those records; `number` is that of the first."""
    import numpy as np

    at = np.array(starts, np.int64)
    octets = padded(data)

    def field(offset: int) -> NDArray[np.int64]:
        every = np.ndarray((len(data) - 3,), f"{layout.order}u4", octets, strides=(1,))
        return every[at + offset].astype(np.int64)

    time = field(0) * 10**9 + field(4) * layout.scale
    numbers = np.arange(number, number + len(starts))
    return Frames(layout.link, octets, at + layout.size, field(8), field(12), time, numbers)
