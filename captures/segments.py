"""TCP headers of many datagrams at once (RFC 9293, 3.1; RFC 7323)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcpmc.captures.datagrams import CUT, MALFORMED, Datagrams, FrameBatch, datagrams, folded
from tcpmc.captures.frames import Frames, ReaderNotes
from tcpmc.captures.links import Octets, outbound
from tcpmc.captures.packet import ABSENT, BAD, GOOD, OFFLOADED
from tcpmc.captures.packet_table import ACK, CHECKSUMS, UNTOLD, PacketTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

END, NO_OPERATION, MSS, SCALE, SACK_PERMITTED, STAMPS = 0, 1, 2, 3, 4, 8
ONLY_STAMPS = 0x0101080A
"""How the options of most segments begin: two NO-OPERATIONs, and timestamps."""


def segments(frames: Frames, notes: ReaderNotes) -> PacketTable:
    """The TCP segments in the frames; what is left out is told."""
    import numpy as np

    piece = FrameBatch(frames, notes)
    octets, packets = piece.octets, datagrams(piece)
    at = packets.at
    size = (octets.u8(at + 12) >> 4) * 4
    cut = at + 20 > packets.captured
    short = packets.end < at + 20
    wrong = short | (~cut & ((size < 20) | (at + size > packets.end)))
    piece.leave_out(MALFORMED, wrong)
    piece.leave_out(CUT, cut & ~wrong)
    keep = ~cut & ~wrong
    if not keep.all():
        packets, size = packets.take(keep), size[keep]
    at, row = packets.at, packets.row
    flags = octets.u8(at + 13) & 0x3F
    ports = octets.u32(at)
    source, destination, endpoints = piece.addresses.endpoints(
        packets.source, ports >> 16, packets.destination, ports & 0xFFFF
    )
    columns: dict[str, Numbers | int] = {
        "number": frames.number[row],
        "file": 0,
        "time": frames.time[row],
        "source": source,
        "destination": destination,
        "seq": octets.u32(at + 4),
        "ack": np.where(flags & ACK != 0, octets.u32(at + 8), UNTOLD),
        "length": packets.end - at - size,
        "flags": flags,
        "window": octets.u16(at + 14),
        **_options(octets, at + 20, np.minimum(at + size, packets.captured)),
        "ttl": packets.ttl,
        "checksum": _checksums(octets, packets),
        "truncated": (packets.captured < packets.end).astype(np.int64),
        "interface": frames.interface,
        "outbound": _outbound(octets, frames, row),
        "after_gap": 0,
    }
    return PacketTable(columns, endpoints, len(row))


def _outbound(octets: Octets, frames: Frames, row: Numbers) -> Numbers | int:
    if frames.outbound is not None:
        return frames.outbound[row]
    marked = outbound(frames.link, octets, frames.start[row])
    return UNTOLD if marked is None else marked


def _options(octets: Octets, at: Numbers, end: Numbers) -> dict[str, Numbers | int]:
    """The columns of the options between those places."""
    import numpy as np

    names = ("mss", "wscale", "sack_permitted", "tsval", "tsecr")
    column = {name: np.full(len(at), UNTOLD, np.int64) for name in names}
    at = at.copy()
    usual = np.flatnonzero((at + 12 <= end) & (octets.u32(at) == ONLY_STAMPS))
    column["tsval"][usual] = octets.u32(at[usual] + 4)
    column["tsecr"][usual] = octets.u32(at[usual] + 8)
    at[usual] += 12
    rows = np.flatnonzero(at < end)
    while len(rows):
        here, stop = at[rows], end[rows]
        kind, length = octets.u8(here), octets.u8(here + 1)
        length = np.where(kind == NO_OPERATION, 1, length)
        fits = (kind != END) & (length >= 1) & (here + length <= stop)
        fits &= (kind == NO_OPERATION) | (length >= 2)
        for number, size, names_of_it in OPTIONS:
            having = fits & (kind == number) & (length == size)
            which, there = rows[having], here[having]
            if len(which):
                for name, value in names_of_it(octets, there).items():
                    column[name][which] = value
        at[rows] = here + length
        rows = rows[fits & (here + length < stop)]
    return {name: values if (values >= 0).any() else UNTOLD for name, values in column.items()}


OPTIONS: tuple[tuple[int, int, Any], ...] = (
    (MSS, 4, lambda octets, at: {"mss": octets.u16(at + 2)}),
    (SCALE, 3, lambda octets, at: {"wscale": octets.u8(at + 2)}),
    (SACK_PERMITTED, 2, lambda _octets, _at: {"sack_permitted": 1}),
    (STAMPS, 10, lambda octets, at: {"tsval": octets.u32(at + 2), "tsecr": octets.u32(at + 6)}),
)


def _checksums(octets: Octets, packets: Datagrams) -> Numbers:
    """What can be said of each checksum, as an index of CHECKSUMS."""
    import numpy as np

    column = np.full(len(packets.at), CHECKSUMS.index(ABSENT), np.int64)
    for odd in (0, 1):  # the 16-bit words of a segment begin at its own first octet
        rows = np.flatnonzero(
            (packets.captured == packets.end) & (packets.at & 1 == odd) & packets.direct
        )
        if not len(rows):
            continue
        words = octets.all[odd:]
        words = words[: len(words) // 2 * 2].view("<u2")
        begin, size = (packets.at[rows] - odd) // 2, packets.end[rows] - packets.at[rows]
        stop = begin + size // 2
        edges = np.empty(2 * len(rows), np.int64)
        edges[0::2], edges[1::2] = begin, stop
        total = np.add.reduceat(words, edges, dtype=np.uint64)[0::2].astype(np.int64)
        total += np.where(size & 1 == 1, octets.u8(packets.end[rows] - 1), 0)
        total = folded(total)
        total = (total >> 8) | ((total & 0xFF) << 8)  # the words were read the wrong way round
        written = octets.u16(packets.at[rows] + 16)
        pseudo = packets.pseudo[rows]
        fine = folded(total + pseudo) == 0xFFFF
        waiting = (written == pseudo) | (written == 0)
        column[rows] = np.where(
            fine,
            CHECKSUMS.index(GOOD),
            np.where(waiting, CHECKSUMS.index(OFFLOADED), CHECKSUMS.index(BAD)),
        )
    return column
