"""IP headers of many frames at once (RFC 791, RFC 8200)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from tcpmc.captures.addresses import Addresses
from tcpmc.captures.frames import Frames, ReaderNotes
from tcpmc.captures.links import IPV4, IPV6, LINKS, Octets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

TCP = 6
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, 135, 139, 140)
MOST_EXTENSIONS = 16

NOT_IP, NOT_TCP = "not IP", "IP, but not TCP"
CUT, FRAGMENTS = "with a header that is not all captured", "fragments of datagrams"
MALFORMED = "with a malformed header"


@dataclass
class FrameBatch:
    """Frames, their octets, the addresses found in them, and what is told of those left out."""

    frames: Frames
    told: ReaderNotes
    octets: Octets = field(init=False)
    addresses: Addresses = field(default_factory=Addresses)

    def __post_init__(self) -> None:
        self.octets = Octets(self.frames.octets)

    def leave_out(self, why: str, which: NDArray[np.bool_]) -> None:
        """Count those that are left out."""
        count = int(which.sum())
        if count:
            self.told.left_out[why] += count


@dataclass
class Datagrams:
    """TCP segments in their datagrams: rows of the frames, where the TCP header begins, where the
    segment ends and where what was captured of the frame does, and the source and destination
    addresses as numbers. `direct` is False where the checksum is over another address."""

    row: Numbers
    at: Numbers
    end: Numbers
    captured: Numbers
    ttl: Numbers
    source: Numbers
    destination: Numbers
    pseudo: Numbers
    direct: NDArray[np.bool_]

    def take(self, rows: Any) -> Datagrams:
        """Some of them."""
        return Datagrams(*(getattr(self, f.name)[rows] for f in fields(self)))


def datagrams(piece: FrameBatch) -> Datagrams:
    """The IP datagrams in the frames that hold TCP; what is left out is told."""
    at, protocol = LINKS[piece.frames.link](piece.octets, piece.frames.start)
    at = piece.octets.within(at)
    piece.leave_out(NOT_IP, (protocol != IPV4) & (protocol != IPV6))
    four, six = _ipv4(piece, at, protocol), _ipv6(piece, at, protocol)
    return _together(four, six) if len(six.row) else four


def _ipv4(piece: FrameBatch, at: Numbers, protocol: Numbers) -> Datagrams:
    import numpy as np

    octets, frames = piece.octets, piece.frames
    row = np.flatnonzero(protocol == IPV4)
    at = at[row]
    captured = frames.start[row] + frames.captured[row]
    cut = at + 20 > captured
    first = octets.u8(at)
    size, total = (first & 15) * 4, octets.u16(at + 2)
    whole = frames.start[row] + frames.original[row]
    # A length of 0 is that of a segment which the network card will cut up (Linux, TSO).
    end = np.where(total == 0, whole, at + total)
    wrong = ~cut & ((first >> 4 != 4) | (size < 20) | (end < at + size))
    fragment = ~cut & ~wrong & (octets.u16(at + 6) & 0x3FFF != 0)
    tcp = octets.u8(at + 9) == TCP
    piece.leave_out(CUT, cut)
    piece.leave_out(MALFORMED, wrong)
    piece.leave_out(FRAGMENTS, fragment & tcp)
    piece.leave_out(NOT_TCP, ~cut & ~wrong & ~tcp)
    keep = np.flatnonzero(~cut & ~wrong & ~fragment & tcp)
    at, size, end = at[keep], size[keep], end[keep]
    source, destination = octets.u32(at + 12), octets.u32(at + 16)
    pseudo = folded(halves(source) + halves(destination) + TCP + end - at - size)
    direct = np.ones(len(keep), np.bool_)
    captured = np.minimum(captured[keep], end)
    ttl = octets.u8(at + 8)
    return Datagrams(row[keep], at + size, end, captured, ttl, source, destination, pseudo, direct)


def _ipv6(piece: FrameBatch, at: Numbers, protocol: Numbers) -> Datagrams:
    import numpy as np

    octets, frames = piece.octets, piece.frames

    row = np.flatnonzero(protocol == IPV6)
    base = at[row]
    captured = frames.start[row] + frames.captured[row]
    cut = base + 40 > captured
    wrong = ~cut & (octets.u8(base) >> 4 != 6)
    payload = octets.u16(base + 4)
    whole = frames.start[row] + frames.original[row]
    end = np.where(payload == 0, whole, base + 40 + payload)  # 0: as above, or a jumbogram
    following, at = octets.u8(base + 6), base + 40
    fragment = np.zeros(len(row), np.bool_)
    direct = np.ones(len(row), np.bool_)
    for _ in range(MOST_EXTENSIONS):
        extended = np.isin(following, EXTENSIONS) & ~cut & ~wrong & ~fragment
        if not extended.any():
            break
        cut |= extended & (at + 8 > captured)
        at = octets.within(at)
        kind, length = following, octets.u8(at + 1)
        fragment |= extended & ~cut & (kind == FRAGMENT) & (octets.u16(at + 2) & 0xFFF9 != 0)
        direct &= ~(extended & (kind == ROUTING) & (octets.u8(at + 3) != 0))
        size = np.where(kind == AUTHENTICATION, (length + 2) * 4, (length + 1) * 8)
        size = np.where(kind == FRAGMENT, 8, size)
        following = np.where(extended, octets.u8(at), following)
        at = np.where(extended, at + size, at)
        wrong |= extended & ~cut & (at > end)
    at = octets.within(at)
    tcp = following == TCP
    piece.leave_out(CUT, cut)
    piece.leave_out(MALFORMED, wrong)
    piece.leave_out(FRAGMENTS, fragment & ~cut & ~wrong)
    piece.leave_out(NOT_TCP, ~cut & ~wrong & ~fragment & ~tcp)
    keep = np.flatnonzero(~cut & ~wrong & ~fragment & tcp)
    base, at, end = base[keep], at[keep], end[keep]
    addresses = [octets.u64(base + offset) for offset in (8, 16, 24, 32)]
    source, destination = piece.addresses.numbers(*addresses)
    parts = sum(octets.u16(base + offset) for offset in range(8, 40, 2))
    pseudo = folded(parts + TCP + halves(end - at))
    captured = np.minimum(captured[keep], end)
    ttl = octets.u8(base + 7)
    return Datagrams(row[keep], at, end, captured, ttl, source, destination, pseudo, direct[keep])


def _together(four: Datagrams, six: Datagrams) -> Datagrams:
    import numpy as np

    both = Datagrams(
        *(np.concatenate([getattr(four, f.name), getattr(six, f.name)]) for f in fields(four))
    )
    return both.take(np.argsort(both.row, kind="stable"))


def halves(number: Numbers) -> Numbers:
    """The sum of the 16-bit halves."""
    return (number >> 16) + (number & 0xFFFF)


def folded(total: Numbers) -> Numbers:
    """The ones' complement sum in 16 bits (RFC 1071)."""
    for _ in range(3):
        total = (total >> 16) + (total & 0xFFFF)
    return total
