"""The frames of a pcapng file (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from tcpmc.captures.frames import CHUNK, LONGEST, Frames, ReaderNotes, padded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC = bytes.fromhex("0a0d0d0a")
SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, STATISTICS, PACKET = 0x0A0D0D0A, 1, 2, 3, 5, 6
FIXED = {OLD_PACKET: 28, SIMPLE_PACKET: 12, PACKET: 28}
"""Octets of a block before the frame."""
ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
END, FLAGS, ENDED, RESOLUTION, OFFSET = 0, 2, 3, 9, 14
INBOUND, OUTBOUND = 1, 2
LEAST = 12


@dataclass(frozen=True)
class Interface:
    """One interface of a section: its link type, how many octets of a frame are captured (0: all),
    and its clock: units of a second, as a power of 10 or 2, and seconds to add."""

    link: int
    longest: int
    base: int = 10
    exponent: int = 6
    offset: int = 0

    def nanoseconds(self, stamp: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The time that a stamp of this clock means."""
        import numpy as np

        base, exponent = self.base, self.exponent
        if base == 10 and exponent <= 9:
            time = stamp * np.uint64(10 ** (9 - exponent))
        elif base == 10:
            time = stamp // np.uint64(10 ** min(exponent - 9, 19))
        else:  # the fraction is cut to 32 bits, so that its product fits
            shift, coarse = np.uint64(min(exponent, 63)), np.uint64(max(exponent - 32, 0))
            seconds, part = stamp >> shift, stamp & np.uint64(2 ** min(exponent, 63) - 1)
            fine = np.uint64(min(exponent, 32))
            time = seconds * np.uint64(10**9) + (((part >> coarse) * np.uint64(10**9)) >> fine)
        return time.astype(np.int64) + np.int64(self.offset * 10**9)


@dataclass
class Section:
    """Where the reader stands: the byte order, the interfaces of this section, how many packets
    and interfaces came before, and when the capture ended, in nanoseconds, as far as is told."""

    order: str = "<"
    interfaces: list[Interface] = field(default_factory=list)
    number: int = 1
    earlier: int = 0
    ended: int | None = None

    def begin(self, order: bytes) -> None:
        """A section begins, whose byte order is told by these octets."""
        if order not in ORDERS:
            raise NoBlock("a section without a byte order")
        self.earlier += len(self.interfaces)
        self.order, self.interfaces = ORDERS[order], []


@dataclass
class PacketBlocks:
    """The packet blocks that were found in a piece of the file, by kind and interface: the offset
    of each block, and the number of its packet."""

    blocks: dict[tuple[int, int], tuple[list[int], list[int]]] = field(default_factory=dict)

    def add(self, kind: int, interface: int, at: int, number: int) -> None:
        """One more."""
        starts, numbers = self.blocks.setdefault((kind, interface), ([], []))
        starts.append(at)
        numbers.append(number)


class NoBlock(Exception):
    """No block can begin here."""


def frames(stream: BinaryIO, notes: ReaderNotes) -> Iterator[list[Frames]]:
    """The frames of a stream that begins with `MAGIC`, in pieces; in each, those of an interface
    together."""
    section, data = Section(), b""
    while fresh := stream.read(CHUNK):
        data += fresh
        at, more = 0, True
        while more:  # once for each section
            blocks, damaged = PacketBlocks(), ""
            try:
                at, more = _blocks(data, at, section, blocks)
            except NoBlock as error:
                damaged = str(error)
            notes.ended = section.ended
            yield list(_pieces(data, section, blocks))
            if damaged:
                after = f"the file is damaged after packet {section.number - 1}"
                notes.notes.append(f"{after} ({damaged}): the rest is left out")
                return
        data = data[at:]
    if data:
        notes.notes.append(f"the file ends inside a block after packet {section.number - 1}")


def _blocks(data: bytes, at: int, section: Section, blocks: PacketBlocks) -> tuple[int, bool]:
    """Read blocks into `blocks`. Where what is left begins, and whether a section begins there."""
    first, end = at, len(data)
    unpack = struct.Struct(section.order + "III").unpack_from
    while at + LEAST <= end:
        kind, length, word = unpack(data, at)
        if kind == SECTION:
            if at > first:
                return at, True
            section.begin(data[at + 8 : at + 12])
            unpack = struct.Struct(section.order + "III").unpack_from
            length = unpack(data, at)[1]
        if length < LEAST or length % 4 or length > LONGEST:
            raise NoBlock(f"a block of {length} octets")
        if at + length > end:
            break
        if kind == PACKET and word < len(section.interfaces) and length >= FIXED[kind] + 4:
            blocks.add(kind, word, at, section.number)
            section.number += 1
        elif kind == STATISTICS and word < len(section.interfaces):
            _statistics(data[at : at + length], word, section)
        elif kind in FIXED or kind == INTERFACE:
            _block(data[at : at + length], kind, at, section, blocks)
        at += length
    return at, False


def _block(block: bytes, kind: int, at: int, section: Section, blocks: PacketBlocks) -> None:
    """A block that is rarer than the others, or damaged."""
    if len(block) < FIXED.get(kind, 16) + 4:
        raise NoBlock(f"a block of type {kind} with {len(block)} octets")
    if kind == INTERFACE:
        section.interfaces.append(_interface(block, section.order))
        return
    number = {
        PACKET: struct.unpack_from(section.order + "I", block, 8)[0],
        OLD_PACKET: struct.unpack_from(section.order + "H", block, 8)[0],
    }.get(kind, 0)
    if number >= len(section.interfaces):
        raise NoBlock(f"a packet of the undefined interface {number}")
    blocks.add(kind, number, at, section.number)
    section.number += 1


def _statistics(block: bytes, index: int, section: Section) -> None:
    """When the capture on an interface ended; the latest counts."""
    import numpy as np

    for code, value in options(block[20:-4], section.order):
        if code == ENDED and len(value) == 8:
            high, low = struct.unpack(section.order + "II", value)
            stamp = np.array([high << 32 | low], np.uint64)
            time = int(section.interfaces[index].nanoseconds(stamp)[0])
            section.ended = max(time, section.ended or time)


def _interface(block: bytes, order: str) -> Interface:
    link, _, longest = struct.unpack_from(order + "HHI", block, 8)
    given: dict[str, Any] = {}
    for code, value in options(block[16:-4], order):
        if code == RESOLUTION and len(value) == 1:
            given["base"], given["exponent"] = 2 if value[0] & 128 else 10, value[0] & 127
        elif code == OFFSET and len(value) == 8:
            given["offset"] = _bounded(struct.unpack(order + "q", value)[0])
    return Interface(link, longest, **given)


def _bounded(seconds: int) -> int:
    """The offset, or 0 where no clock can have it."""
    return seconds if abs(seconds) < 2**33 else 0


def options(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """The options of a block, as codes and values."""
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from(order + "HH", data, at)
        if code == END:
            return
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + (length + 3) // 4 * 4


def _pieces(data: bytes, section: Section, blocks: PacketBlocks) -> Iterator[Frames]:
    """What was found, as frames; those of different interfaces one after the other."""
    import numpy as np

    octets = padded(data) if blocks.blocks else None
    for (kind, index), (starts, numbers) in blocks.blocks.items():
        assert octets is not None
        interface, at = section.interfaces[index], np.array(starts, np.int64)
        every = np.ndarray((len(data) - 3,), f"{section.order}u4", octets, strides=(1,))

        def word(offset: int, every: Any = every, at: Any = at) -> NDArray[np.int64]:
            return every[at + offset].astype(np.int64)  # type: ignore[no-any-return]

        room = word(4) - FIXED[kind] - 4
        if kind == SIMPLE_PACKET:
            from tcpmc.captures.packet_table import NEVER

            original = word(8)
            captured = np.minimum(original, room)
            if interface.longest:
                captured = np.minimum(captured, interface.longest)
            time = np.full(len(at), NEVER)
        else:
            stamp = (word(12).astype(np.uint64) << np.uint64(32)) | word(16).astype(np.uint64)
            time = interface.nanoseconds(stamp)
            captured, original = np.minimum(word(20), room), word(24)
        start, number = at + FIXED[kind], np.array(numbers, np.int64)
        outbound = _directions(data, section.order, starts, captured.tolist(), kind)
        yield Frames(
            interface.link,
            octets,
            start,
            captured,
            original,
            time,
            number,
            section.earlier + index,
            None if outbound is None else np.array(outbound, np.int64),
        )


def _directions(
    data: bytes, order: str, starts: list[int], captured: list[int], kind: int
) -> list[int] | None:
    """For each packet 1 if it was sent, 0 if it was received, -1 if its options do not tell."""
    if kind == SIMPLE_PACKET:
        return None
    length_at = struct.Struct(order + "I").unpack_from
    directions = []
    for at, size in zip(starts, captured, strict=True):
        begin = at + FIXED[kind] + (size + 3) // 4 * 4
        end = at + length_at(data, at + 4)[0] - 4
        direction = -1
        if end - begin >= 8:
            for code, value in options(data[begin:end], order):
                if code == FLAGS and len(value) == 4:
                    bits = length_at(value)[0] & 3
                    direction = {INBOUND: 0, OUTBOUND: 1}.get(bits, -1)
        directions.append(direction)
    return directions
