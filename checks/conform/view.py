"""A connection as one of its ends has seen it: what it sent and what was sent to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tcpmc.captures import Endpoint, Packet
from tcpmc.checks.conform.hypothesis import BITS
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq

LARGEST_WINDOW = 1 << 30
LARGEST_SCALE = 14
DEFAULT_MSS = 1460


@dataclass(frozen=True, slots=True)
class Seen:
    """One packet of the view.

    `index` is its place in the view; `sent`, that this end sent it; `time` is in seconds, or None.
    `edge` is the right edge of the window that this end had offered when the packet came, and
    `max_snd_wnd` the largest window that it had been offered, in octets. `window_moved`: a sent
    packet offers another window than the one before. `stamped`: timestamps were negotiated and the
    packet has one. `merged` is the range of text that reached this end as one packet longer than
    its MSS: the capture has it as the driver had put it together, while the ACKs may be of parts.
    `shut`: the other end's last window was 0. `idle` is the time since the packet before, and
    `quiet` since the last ACK that this end sent, in seconds.
    """

    index: int
    packet: Packet
    sent: bool
    segment: Segment
    time: float | None
    edge: Seq | None
    max_snd_wnd: int
    window_moved: bool
    stamped: bool
    merged: tuple[Seq, Seq] | None
    shut: bool
    idle: float
    quiet: float


@dataclass(slots=True)
class _Side:
    """What one end has told of itself since its last SYN."""

    scale: int | None = None
    unscaled: bool = False
    stamps: bool = False
    window: int | None = None
    edge: Seq | None = None
    largest: int = 0
    next: Seq | None = None
    acked_at: float | None = None
    mss: int = DEFAULT_MSS
    merged: tuple[Seq, Seq] | None = None


def segment_of(packet: Packet, following: Seq | None) -> Segment:
    """The packet as the model has it. `following` is the number that comes next for its sender: a
    text does not always tell that of a pure ACK."""
    zero = Seq(0, BITS)
    seq = Seq(packet.seq, BITS) if packet.seq is not None else (following or zero)
    return Segment(
        seq=seq,
        ack=Seq(packet.ack, BITS) if packet.ACK and packet.ack is not None else zero,
        length=packet.length or 0,
        SYN=packet.SYN,
        ACK=packet.ACK,
        FIN=packet.FIN,
        RST=packet.RST,
        stamp=packet.tsval or 0,
    )


def view_of(packets: Sequence[Packet], end: Endpoint) -> list[Seen]:
    """The packets between two endpoints, as `end` has seen them."""
    sides = (_Side(), _Side())
    started = packets[0].SYN if packets else True
    if not started:
        # The SYNs are not in the capture: the scale can be anything.
        for side in sides:
            side.scale = LARGEST_SCALE
    elif packets and packets[0].ACK:
        # The SYN is not in the capture; the SYN,ACK has the options that it had.
        opener = sides[1 if packets[0].source == end else 0]
        opener.scale = None if packets[0].wscale is None else LARGEST_SCALE
        opener.stamps = packets[0].tsval is not None
    view: list[Seen] = []
    previous: float | None = None
    for index, packet in enumerate(packets):
        sent = packet.source == end
        own, other = sides[0 if sent else 1], sides[1 if sent else 0]
        mine = sides[0]
        seg = segment_of(packet, own.next)
        time = None if packet.time is None else packet.time / 1e9
        idle = _since(previous, time)
        window = _offered(packet, own, other)
        moved = sent and window is not None and own.window is not None and window != own.window
        view.append(
            Seen(
                index=index,
                packet=packet,
                sent=sent,
                segment=seg,
                time=time,
                edge=mine.edge,
                max_snd_wnd=sides[1].largest,
                window_moved=moved,
                stamped=_stamps(packet, own, other),
                merged=mine.merged,
                shut=sides[1].window == 0,
                idle=idle,
                quiet=_since(mine.acked_at, time),
            )
        )
        _note(own, packet, seg, window, time)
        if not sent and seg.length > min(mine.mss, own.mss):
            begin = mine.merged[0] if mine.merged and mine.merged[1] == seg.seq else seg.seq
            mine.merged = (begin, seg.seq + seg.length)
        previous = time if time is not None else previous
    return view


def _since(earlier: float | None, now: float | None) -> float:
    """Seconds since `earlier`; for ever where one of the times is not known."""
    return float("inf") if earlier is None or now is None else now - earlier


def _offered(packet: Packet, own: _Side, other: _Side) -> int | None:
    """SEG.WND in octets (RFC 7323, 2.2: scaled in all segments but SYNs, once both SYNs say so)."""
    if packet.window is None or packet.RST:
        return None
    if packet.SYN or own.scale is None or other.scale is None:
        return packet.window
    return min(packet.window << min(own.scale, LARGEST_SCALE), LARGEST_WINDOW)


def _stamps(packet: Packet, own: _Side, other: _Side) -> bool:
    if packet.SYN and not packet.ACK:
        return False
    return packet.tsval is not None and other.stamps and (own.stamps or packet.SYN)


def _note(own: _Side, packet: Packet, seg: Segment, window: int | None, time: float | None) -> None:
    """Remember what the packet told of its sender."""
    if packet.SYN:
        own.scale, own.stamps = packet.wscale, packet.tsval is not None
        own.edge = own.window = own.merged = None
        own.mss = packet.mss or DEFAULT_MSS
        own.largest = 0
    if not packet.RST:
        end = seg.seq + seg.len
        if packet.SYN or own.next is None or own.next < end:
            own.next = end
    if packet.ACK and not packet.RST:
        own.acked_at = time
    if window is not None:
        own.window = window
        own.largest = max(own.largest, window)
        if packet.ACK:
            edge = seg.ack + window
            if own.edge is None or own.edge < edge:
                own.edge = edge
