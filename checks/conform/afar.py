"""A long connection from afar: an order in which its packets can have been at an end.

The capture was made elsewhere: each packet to this end arrives later than it was seen, in order, or
never; and an ACK of this end may have been overtaken by later ones before it was seen. One order is
sought, in which each packet arrives when what this end sends shows that it has.
If the rules explain the packets in that order, as they would be seen at the end itself, they
explain the capture. If they do not, another order may.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from tcpmc.captures import Endpoint
from tcpmc.captures.modular import SPACE, signed
from tcpmc.captures.packet_rows import PacketRows
from tcpmc.captures.packet_table import ACK, FIN, NEVER, RST, SYN, PacketTable
from tcpmc.checks.conform.columns import BLOCK, NONE
from tcpmc.checks.conform.hypothesis import MOST_CREDITS
from tcpmc.checks.conform.view import DEFAULT_MSS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Truths = NDArray[np.bool_]


@dataclass
class Order:
    """The places of the packets in an order in which they can have been at an end. `lost` are those
    that never were, each with the place of the packet before which it is missed; `pending` may
    still be on their way when the capture ends. Text that this end sent, but was lost before it was
    seen, is `unseen`: its number and length, by its place among the `places`, where it has that of
    the packet of this end that comes next.
    """

    places: array[int] = field(default_factory=lambda: array("q"))
    lost: list[tuple[int, int]] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)
    unseen: dict[int, tuple[int, int]] = field(default_factory=dict)

    def of(self, rows: PacketRows) -> PacketRows:
        """The packets in this order, none earlier than the one before it."""
        found, latest = PacketRows(), NEVER
        for begin in range(0, len(self.places), BLOCK):
            places = np.array(self.places[begin : begin + BLOCK], np.int64)
            low, high = int(places.min()), int(places.max())
            table = rows.part(low, high + 1).take(places - low)
            self._fill(table, begin)
            table.columns["time"] = np.maximum(np.maximum.accumulate(table.column("time")), latest)
            latest = int(table.column("time")[-1])
            found.add(table)
        return found

    def _fill(self, table: PacketTable, begin: int) -> None:
        """Write what was not seen into the rows that stand for it."""
        for place, (seq, length) in self.unseen.items():
            row = place - begin
            if not 0 <= row < len(table):
                continue
            for name, value in (("seq", seq), ("length", length), ("flags", ACK)):
                column = table.columns[name] = table.column(name)
                column[row] = value


def order_of(rows: PacketRows, end: Endpoint) -> Order | None:
    """An order of arrival at an end; None where some of what it acknowledges was not seen."""
    arriving = _Arriving(rows, end)
    return arriving.order() if arriving.all_in_order() else None


Row = tuple[bool, int, int, int, int, int, int]
"""Of a packet: whether this end sent it, its flags, length, and numbers without the wrap: where it
begins and ends, what it acknowledges (`NONE`: nothing), and the lowest number that this end sends
from there on."""
NOTHING = 2**62


class _Numbers:
    """The rows of a capture's packets, some thousands at a time."""

    def __init__(self, rows: PacketRows, end: Endpoint) -> None:
        self._rows, self._end = rows, end
        self.mss = min((mss for mss in rows.values("mss") if mss > 0), default=DEFAULT_MSS)
        self._bases: list[tuple[int, int]] = []
        lowest = []
        base = NONE, NONE
        for begin in range(0, len(rows), BLOCK):
            self._bases.append(base)
            *_, low, base = self._columns(begin, base)
            lowest.append(int(low.min()))
        after = [NOTHING, *accumulate(reversed(lowest), min)]
        self._lowest = after[-2::-1]

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        """The places and rows; an ACK that was overtaken comes where it was sent."""
        for number, base in enumerate(self._bases):
            *columns, low, _ = self._columns(number * BLOCK, base)
            lowest = np.minimum.accumulate(np.append(low, self._lowest[number])[::-1])[::-1]
            rows = list(zip(*(c.tolist() for c in (*columns, lowest[:-1])), strict=True))
            for place in _as_sent(columns[0], columns[4] - columns[3], columns[5]):
                yield number * BLOCK + place, rows[place]

    def _columns(self, at: int, base: tuple[int, int]) -> tuple[Any, ...]:
        """The columns of a block, and the numbers at which the next one begins."""
        table = self._rows.part(at, at + BLOCK)
        flags, length = table.column("flags"), np.maximum(table.column("length"), 0)
        seq, ack = table.column("seq"), table.column("ack")
        sent = table.column("source") == [*table.endpoints, self._end].index(self._end)
        told, acks = flags & RST == 0, (flags & ACK != 0) & (flags & RST == 0)
        own = _unwrapped(np.where(sent, seq, ack), np.where(sent, told, acks), base[0])
        other = _unwrapped(np.where(sent, ack, seq), np.where(sent, acks, told), base[1])
        begins = np.where(sent, own, other)
        ends = begins + length + (flags & SYN != 0) + (flags & FIN != 0)
        acked = np.where(acks, np.where(sent, other, own), NONE)
        low = np.where(sent & told & (ends > begins), begins, NOTHING)
        return sent, flags, length, begins, ends, acked, low, (int(own[-1]), int(other[-1]))


def _as_sent(sent: Truths, size: Numbers, acked: Numbers) -> Sequence[int]:
    """The places in the order in which they left this end: a pure ACK that acknowledges less than
    one before it goes before the first that acknowledges more."""
    furthest = np.maximum.accumulate(np.where(sent, acked, NONE))
    late = np.flatnonzero(sent & (size == 0) & (acked != NONE) & (acked < furthest))
    if not len(late):
        return range(len(sent))
    keys = np.arange(len(sent), dtype=np.float64)
    keys[late] = np.searchsorted(furthest, acked[late], side="right") - 0.5
    return np.argsort(keys, kind="stable").tolist()  # type: ignore[no-any-return]


def _unwrapped(numbers: Numbers, there: Truths, base: int) -> Numbers:
    """Sequence numbers without the wrap, from 2**32 on; where there is none, that before."""
    known = numbers[there]
    if not len(known):
        return np.full(len(numbers), base)
    first = 2**32 + int(known[0]) if base == NONE else base
    steps = signed(np.diff(np.concatenate([[first], known])))
    moves = np.zeros(len(numbers), np.int64)
    moves[there] = steps
    return first + np.cumsum(moves)


class _Arriving:
    """Lets packets arrive at an end one after the other."""

    def __init__(self, rows: PacketRows, end: Endpoint) -> None:
        self._numbers = _Numbers(rows, end)
        self._order = Order()
        self._queue: deque[tuple[int, Row]] = deque()
        self._rcv_nxt: int | None = None
        self._snd_nxt: int | None = None
        self._held: list[tuple[int, int]] = []
        self._lost: list[tuple[int, Row]] = []
        self._credits = 0

    def order(self) -> Order:
        """The order that was found."""
        self._order.pending = [place for place, _ in self._queue]
        return self._order

    def all_in_order(self) -> bool:
        """Whether everything that this end acknowledges can have arrived before."""
        acked = NONE
        for place, row in self._numbers:
            if not row[0]:
                self._queue.append((place, row))
                continue
            if not self._arrived(place, row, acked):
                return False
            acked = row[5] if row[5] != NONE else acked
            self._send(place, row)
        return True

    def _arrived(self, place: int, row: Row, acked: int) -> bool:
        """Let arrive what shows in a packet that this end sends."""
        _, flags, length, _, _, ack, lowest = row
        if flags & RST:
            while self._queue:
                self._take(*self._queue.popleft())
            return True
        if ack == NONE:
            return True
        if self._rcv_nxt is None and not self._opened(ack):
            return False
        self._take_acks(lowest)
        while self._rcv_nxt is not None and self._rcv_nxt < ack:
            if self._queue:
                self._next(place, ack)
            elif not self._comes_late():
                return False
        if flags & (SYN | FIN) or length:
            return True
        while self._queue and not self._credits and ack == acked:
            if not self._brings(self._queue[0][1]):
                break
            self._next(place, ack)
        self._credits = max(self._credits - 1, 0)
        return True

    def _send(self, place: int, row: Row) -> None:
        """This end sends a packet, and before it what is missing up to its number."""
        _, flags, _, begin, end, ack, _ = row
        known = self._snd_nxt
        if known is not None and known < begin and ack != NONE and not flags & SYN:
            self._order.unseen[len(self._order.places)] = known % SPACE, begin - known
            self._order.places.append(place)
        if not flags & RST:
            self._snd_nxt = end if known is None else max(known, end)
        self._order.places.append(place)

    def _opened(self, ack: int) -> bool:
        """Let the SYN arrive; without one, the capture begins inside of the connection."""
        if not any(row[1] & SYN for _, row in self._queue):
            self._rcv_nxt = ack
            return True
        while self._queue and self._rcv_nxt is None:
            self._take(*self._queue.popleft())
        return self._rcv_nxt is not None

    def _take_acks(self, lowest: int) -> None:
        """Let ACKs arrive that are no obstacle to what this end sends later."""
        while self._queue:
            _, flags, _, begin, end, ack, _ = self._queue[0][1]
            if flags & RST or end > begin or ack > lowest or begin != self._rcv_nxt:
                break
            self._take(*self._queue.popleft())

    def _next(self, place: int, ack: int) -> None:
        """The next packet arrives, unless more would be acknowledged then: it was lost."""
        head, row = self._queue.popleft()
        _, _, length, begin, end, _, _ = row
        assert self._rcv_nxt is not None
        fits = begin <= self._rcv_nxt < end
        if fits and self._reach(end) > ack and length <= self._numbers.mss:
            self._order.lost.append((head, place))
            self._lost.append((head, row))
        else:
            self._take(head, row)

    def _comes_late(self) -> bool:
        """Let a packet arrive that seemed to be lost, but was overtaken by others."""
        for index, (place, row) in enumerate(self._lost):
            if self._rcv_nxt is not None and row[3] <= self._rcv_nxt < row[4]:
                del self._lost[index], self._order.lost[index]
                self._take(place, row)
                return True
        return False

    def _reach(self, end: int) -> int:
        """RCV.NXT after text up to this number has been taken."""
        for low, high in self._held:
            if end < low:
                break
            end = max(end, high)
        return end

    def _brings(self, row: Row) -> bool:
        """Whether a packet is one that is answered by an ACK."""
        return row[4] > row[3] or row[3] != self._rcv_nxt

    def _take(self, place: int, row: Row) -> None:
        """The packet arrives."""
        self._order.places.append(place)
        _, flags, _, begin, end, _, _ = row
        if flags & RST:
            return
        if flags & SYN and self._rcv_nxt is None:
            self._rcv_nxt = end
            return
        if self._rcv_nxt is None or not self._brings(row):
            return
        self._credits = min(self._credits + 1, MOST_CREDITS)
        if begin <= self._rcv_nxt < end:
            self._rcv_nxt = self._reach(end)
            self._held = [(low, high) for low, high in self._held if high > self._rcv_nxt]
        elif self._rcv_nxt < begin < end:
            self._hold(begin, end)

    def _hold(self, begin: int, end: int) -> None:
        if self._held and self._held[-1][1] == begin:
            self._held[-1] = (self._held[-1][0], end)
        elif not self._held or begin > self._held[-1][1]:
            self._held.append((begin, end))
        else:
            self._held = sorted([*self._held, (begin, end)])
