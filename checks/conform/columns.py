"""The view of a long connection in columns: what `view_of` says, of many packets at once.

`Columns` is the same view, computed some thousands of packets at a time and not kept; a `Seen` is
made when it is asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, overload

import numpy as np

from tcpmc.captures import Endpoint, Packet
from tcpmc.captures.modular import SPACE, furthest, highest, latest
from tcpmc.captures.packet_rows import PacketRows
from tcpmc.captures.packet_table import ACK, CHECKSUMS, FIN, NEVER, RST, SYN, UNTOLD, PacketTable
from tcpmc.checks.conform.hypothesis import BITS
from tcpmc.checks.conform.view import (
    DEFAULT_MSS,
    LARGEST_SCALE,
    LARGEST_WINDOW,
    Seen,
    segment_of,
)
from tcpmc.model.endpoint.sequence import Seq

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Truths = NDArray[np.bool_]

BLOCK = 2**16
KEPT = 4
NONE = -1
"""In a column: no number."""
BAD = CHECKSUMS.index("bad")


@dataclass(slots=True)
class _SideBefore:
    """What one end has told since its last SYN, at the beginning of a block."""

    scale: int = NONE
    stamps: int = 0
    window: int = NONE
    edge: int = NONE
    largest: int = 0
    mss: int = DEFAULT_MSS


@dataclass(slots=True)
class _Carried:
    """What a block has to know of the packets before it."""

    sides: tuple[_SideBefore, _SideBefore]
    merged: tuple[int, int] = (NONE, NONE)
    acked_at: int = NEVER
    time: int = NEVER


@dataclass(slots=True)
class ViewBlock:
    """The columns of some packets, from the place `begin`: as in `Seen` and `Packet`, numbers
    modulo 2**32, `NONE` for those that are not there. `marked` are those that a steady stretch
    does not have: with SYN, FIN or RST, without ACK, or with a bad checksum."""

    begin: int
    sent: Truths
    seq: Numbers
    end: Numbers
    length: Numbers
    ack: Numbers
    tsval: Numbers
    time: NDArray[np.float64]
    marked: Truths
    edge: Numbers
    max_snd_wnd: Numbers
    window_moved: Truths
    stamped: Truths
    merged_low: Numbers
    merged_high: Numbers
    shut: Truths
    idle: NDArray[np.float64]
    quiet: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.sent)

    def cut(self, low: int, high: int) -> ViewBlock:
        """Some of its packets."""
        columns = {f.name: getattr(self, f.name)[low:high] for f in fields(self)[1:]}
        return ViewBlock(self.begin + low, **columns)


class Columns(Sequence[Seen]):
    """The packets between two endpoints as `end` has seen them."""

    def __init__(self, rows: PacketRows, end: Endpoint, begun: _Carried) -> None:
        self.rows, self.end = rows, end
        self._carried = [begun]
        self._blocks: OrderedDict[int, tuple[PacketTable, ViewBlock]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Seen: ...
    @overload
    def __getitem__(self, place: slice) -> list[Seen]: ...
    def __getitem__(self, place: int | slice) -> Seen | list[Seen]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        table, block = self._read(at // BLOCK)
        return _seen(block, at - block.begin, table.packet(at - block.begin))

    def __iter__(self) -> Iterator[Seen]:
        for begin in range(0, len(self), BLOCK):
            table, block = self._read(begin // BLOCK)
            for at, packet in enumerate(table):
                yield _seen(block, at, packet)

    def block(self, place: int) -> ViewBlock:
        """The block in which the packet of that place is."""
        return self._read(place // BLOCK)[1]

    def _read(self, number: int) -> tuple[PacketTable, ViewBlock]:
        """A block, and its packets."""
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        if number:
            while len(self._carried) <= number:
                self._read(len(self._carried) - 1)
        begin = number * BLOCK
        table = self.rows.part(begin, begin + BLOCK)
        block, after = _read(table, begin, self.end, self._carried[number])
        if number + 1 == len(self._carried):
            self._carried.append(after)
        self._blocks[number] = table, block
        if len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return table, block


def columns_of(packets: Sequence[Packet], end: Endpoint) -> Columns | None:
    """The view in columns; None where a packet has no time or number, as in a text."""
    rows = PacketRows.of(packets)
    for part in rows.parts():
        if UNTOLD in part.column("seq") or NEVER in part.column("time"):
            return None
    first = rows[0]
    sides = _SideBefore(), _SideBefore()
    if not first.SYN:
        for side in sides:
            side.scale = LARGEST_SCALE
    elif first.ACK:
        opener = sides[1 if first.source == end else 0]
        opener.scale = NONE if first.wscale is None else LARGEST_SCALE
        opener.stamps = int(first.tsval is not None)
    return Columns(rows, end, _Carried(sides))


def _read(
    table: PacketTable, begin: int, end: Endpoint, carried: _Carried
) -> tuple[ViewBlock, _Carried]:
    """A block, and what the next one has to know."""
    flags, ack, seq = table.column("flags"), table.column("ack"), table.column("seq")
    sent = table.column("source") == [*table.endpoints, end].index(end)
    syn, rst = flags & SYN != 0, flags & RST != 0
    tsval, mss = table.column("tsval"), table.column("mss")
    length = np.maximum(table.column("length"), 0)
    after = seq + length + syn + (flags & FIN != 0) & SPACE - 1
    time = table.column("time") / 1e9
    near, far = carried.sides

    def on_syn(name: str, values: Numbers) -> tuple[Numbers, Numbers]:
        return (
            latest(values, sent & syn, getattr(near, name)),
            latest(values, ~sent & syn, getattr(far, name)),
        )

    scale = on_syn("scale", table.column("wscale"))
    stamps = on_syn("stamps", (tsval != UNTOLD).astype(np.int64))
    largest_mss = on_syn("mss", np.where(mss > 0, mss, DEFAULT_MSS))

    def own(both: tuple[Numbers, Numbers]) -> Numbers:
        return np.where(sent, both[0][:-1], both[1][:-1])

    def others(both: tuple[Numbers, Numbers]) -> Numbers:
        return np.where(sent, both[1][:-1], both[0][:-1])

    window = _offered(table, syn, rst, own(scale), others(scale))
    there = (window != NONE) | syn
    offered = latest(window, sent & there, near.window), latest(window, ~sent & there, far.window)
    largest = _largest(window, sent, syn, near), _largest(window, ~sent, syn, far)
    edges = (window != NONE) & (flags & ACK != 0)
    edge = _edges(ack + window & SPACE - 1, sent, edges, syn, near)
    acked_at = latest(np.arange(len(seq)), sent & (flags & ACK != 0) & ~rst, NONE)
    timed = np.concatenate([time, [_seconds(carried.acked_at)]])
    since = np.concatenate([[_seconds(carried.time)], time[:-1]])
    large = ~sent & (length > np.minimum(largest_mss[0][1:], largest_mss[1][1:]))
    ends = seq + length + syn & SPACE - 1
    merged = _merged(carried.merged, seq, ends, large, sent & syn)
    untimely = np.isnan(since)
    before = offered[0][:-1]
    quiet = time - timed[acked_at[:-1]]
    block = ViewBlock(
        begin=begin,
        sent=sent,
        seq=seq,
        end=after,
        length=length,
        ack=np.where(flags & ACK != 0, ack, NONE),
        tsval=np.maximum(tsval, 0),
        time=time,
        marked=(flags & (SYN | FIN | RST) != 0)
        | (flags & ACK == 0)
        | (table.column("checksum") == BAD),
        edge=edge[:-1],
        max_snd_wnd=largest[1][:-1],
        window_moved=sent & (window != NONE) & (before != NONE) & (window != before),
        stamped=(tsval != UNTOLD)
        & (others(stamps) != 0)
        & ((own(stamps) != 0) | syn)
        & ~(syn & (flags & ACK == 0)),
        merged_low=merged[0][:-1],
        merged_high=merged[1][:-1],
        shut=offered[1][:-1] == 0,
        idle=np.where(untimely, np.inf, time - np.where(untimely, 0, since)),
        quiet=np.where(np.isnan(quiet), np.inf, quiet),
    )
    known = int(acked_at[-1])
    last = table.column("time")
    sides = tuple(
        _SideBefore(
            scale=int(scale[i][-1]),
            stamps=int(stamps[i][-1]),
            window=int(offered[i][-1]),
            edge=int(edge[-1]) if i == 0 else NONE,
            largest=int(largest[i][-1]),
            mss=int(largest_mss[i][-1]),
        )
        for i in (0, 1)
    )
    return block, _Carried(
        (sides[0], sides[1]),
        (int(merged[0][-1]), int(merged[1][-1])),
        carried.acked_at if known == NONE else int(last[known]),
        int(last[-1]),
    )


def _seconds(time: int) -> float:
    return np.nan if time == NEVER else time / 1e9


def _offered(
    table: PacketTable, syn: Truths, rst: Truths, own_scale: Numbers, other_scale: Numbers
) -> Numbers:
    """SEG.WND in octets (RFC 7323, 2.2)."""
    raw = table.column("window")
    scales = (own_scale != NONE) & (other_scale != NONE) & ~syn
    by = np.where(scales, np.clip(own_scale, 0, LARGEST_SCALE), 0)
    scaled = np.where(scales, np.minimum(raw << by, LARGEST_WINDOW), raw)
    return np.where((raw == UNTOLD) | rst, NONE, scaled)


def _largest(window: Numbers, own: Truths, syn: Truths, side: _SideBefore) -> Numbers:
    """The largest window of one end since its last SYN: each SYN begins a higher floor."""
    floor = np.cumsum(own & syn) << 40
    told = np.where(own, floor + np.maximum(window, 0), 0)
    return highest(told, own, side.largest) & (1 << 40) - 1


def _edges(edge: Numbers, own: Truths, there: Truths, syn: Truths, side: _SideBefore) -> Numbers:
    """The furthest right edge that one end has offered since its last SYN."""
    places = np.flatnonzero(own & (there | syn))
    values = np.full(len(edge), NONE)
    begins = np.concatenate([[0], np.flatnonzero(syn[places]), [len(places)]])
    known = side.edge
    for low, high in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
        some = places[low:high]
        if not len(some):
            continue
        if syn[some[0]]:
            known = NONE
        offers = some[there[some]]
        if len(offers):
            values[offers] = furthest(edge[offers], known)
            known = int(values[offers[-1]])
    return latest(values, own & (there | syn), side.edge)


def _merged(
    carried: tuple[int, int],
    seq: Numbers,
    ends: Numbers,
    large: Truths,
    resets: Truths,
) -> tuple[Numbers, Numbers]:
    """The latest range of text that reached this end in large packets, since its last SYN."""
    places = np.flatnonzero(large)
    before = np.concatenate([[carried[1]], ends[places][:-1]]) if len(places) else places
    epoch = np.cumsum(resets)[places]
    new = (before != seq[places]) | (epoch != np.concatenate([[0], epoch[:-1]])[: len(places)])
    begins = latest(seq[places], new, carried[0])[1:]
    firsts, lasts = np.full(len(seq), NONE), np.full(len(seq), NONE)
    firsts[places], lasts[places] = begins, ends[places]
    return latest(firsts, large | resets, carried[0]), latest(lasts, large | resets, carried[1])


def _seen(block: ViewBlock, at: int, packet: Packet) -> Seen:
    """One packet of a block, as `view_of` has it."""
    edge, low, high = (int(c[at]) for c in (block.edge, block.merged_low, block.merged_high))
    return Seen(
        index=block.begin + at,
        packet=packet,
        sent=bool(block.sent[at]),
        segment=segment_of(packet, None),
        time=float(block.time[at]),
        edge=None if edge == NONE else Seq(edge, BITS),
        max_snd_wnd=int(block.max_snd_wnd[at]),
        window_moved=bool(block.window_moved[at]),
        stamped=bool(block.stamped[at]),
        merged=None if high == NONE else (Seq(low, BITS), Seq(high, BITS)),
        shut=bool(block.shut[at]),
        idle=float(block.idle[at]),
        quiet=float(block.quiet[at]),
    )
