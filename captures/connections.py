"""The connections in a capture: by addresses, ports and incarnation, as their packets come.

A connection begins with its first packet. It has ended when a RST or the FINs of both ends have
been seen; what comes later still belongs to it, because ends answer for each other: TIME-WAIT lives
on. A new incarnation begins with a SYN after the end, with another ISS, that the other end takes
for a new connection, as its answer tells: a SYN, or an ACK of that SYN. A SYN without an answer
begins one too. One that is answered otherwise does not: the end that answers still has the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tcpmc.captures.packet import Connection, Endpoint, Packet
from tcpmc.captures.packet_rows import PacketRows
from tcpmc.captures.packet_table import FIN, RST, SYN, PacketTable

LINGER = 240 * 10**9
"""Nanoseconds after which a connection that has ended is over: 2 MSL of RFC 9293, 3.4.2."""
LARGE = 64
"""Packets between the same two endpoints, of some thousands, that are left in columns."""
LONG = 2**10
"""Packets of a connection that are kept in columns."""
SWEEP = 2**12
"""Connections that have ended before it is first looked at which of them are over."""


@dataclass(slots=True)
class Piece:
    """Some packets of a connection that follow one another. `over` says that nothing more comes
    between its endpoints, and that no end is in TIME-WAIT any more. A piece may have no packets."""

    connection: Connection
    packets: Sequence[Packet]
    over: bool = False


@dataclass(slots=True)
class OpenConnection:
    """A connection that may go on: the SYNs' numbers by end, who has sent a FIN, when it ended,
    and packets since a SYN that may begin a new incarnation."""

    connection: Connection
    iss: dict[Endpoint, int | None] = field(default_factory=dict)
    finished: set[Endpoint] = field(default_factory=set)
    ended: bool = False
    latest: int | None = None
    waiting: list[Packet] = field(default_factory=list)

    def note(self, packet: Packet) -> bool:
        """The connection has this packet. Whether it ends it."""
        if packet.SYN:
            self.iss.setdefault(packet.source, packet.seq)
        if packet.FIN:
            self.finished.add(packet.source)
        before, self.ended = self.ended, self.ended or packet.RST or len(self.finished) == 2
        return self.ended and not before

    def may_begin_anew(self, packet: Packet) -> bool:
        """Whether the packet may be the first of a new incarnation."""
        anew = self.ended and packet.SYN and not packet.ACK
        return anew and (packet.seq is None or packet.seq != self.iss.get(packet.source))


class Connections:
    """Sorts packets into connections."""

    def __init__(self) -> None:
        self._live: dict[tuple[Endpoint, Endpoint], OpenConnection] = {}
        self._count = 0
        self._ended: list[tuple[Endpoint, Endpoint]] = []
        self._sweep = SWEEP

    def pieces(self, tables: Iterable[PacketTable]) -> Iterator[Piece]:
        """The packets of the tables, by connection; at the end, the last piece of each."""
        for table in tables:
            for packets, marks in _grouped(table):
                yield from self._taken(packets, marks)
            if len(self._ended) > self._sweep:
                yield from self._swept(table.packet(len(table) - 1).time)
        for live in self._live.values():
            yield from self._finish(live)
        self._live, self._ended = {}, []

    def _taken(self, packets: Sequence[Packet], marks: list[int]) -> Iterator[Piece]:
        """Packets between the same two endpoints. `marks` are the places of those with SYN, FIN or
        RST: the others change nothing, unless an answer is waited for."""
        first = packets[0]
        live = self._live.get(_key(first))
        if live is None:
            live = self._begin(first)
        if not live.waiting:
            for mark in marks:
                packet = packets[mark]
                if live.may_begin_anew(packet):
                    if mark:
                        live.latest = packets[mark - 1].time
                        yield Piece(live.connection, packets[:mark])
                    yield from self._one_by_one(live, packets[mark:])
                    return
                self._note(live, packet)
            live.latest = packets[-1].time
            yield Piece(live.connection, packets)
        else:
            yield from self._one_by_one(live, packets)

    def _one_by_one(self, live: OpenConnection, packets: Sequence[Packet]) -> Iterator[Piece]:
        """The same, where a new incarnation may begin."""
        settled: list[Packet] = []
        for packet in packets:
            if live.waiting and packet.source != live.waiting[0].source:
                waited, live.waiting = live.waiting, []
                if takes_for_new(packet, waited[0]):
                    over = _is_over(live, waited[0].time)
                    yield Piece(live.connection, settled, over)
                    live, settled = self._begin(waited[0], live), []
                for earlier in waited:
                    self._note(live, earlier)
                settled += waited
            if live.waiting or live.may_begin_anew(packet):
                live.waiting.append(packet)
            else:
                self._note(live, packet)
                live.latest = packet.time
                settled.append(packet)
        if settled:
            yield Piece(live.connection, settled)

    def _note(self, live: OpenConnection, packet: Packet) -> None:
        if live.note(packet):
            self._ended.append(_key(packet))

    def _begin(self, first: Packet, before: OpenConnection | None = None) -> OpenConnection:
        """A connection that begins with this packet, after that one."""
        self._count += 1
        ends = first.source, first.destination
        if first.SYN and first.ACK:
            ends = ends[::-1]  # the SYN that it answers was not captured
        connection = Connection(self._count, ends)
        if before is not None:
            connection.incarnation = before.connection.incarnation + 1
        live = self._live[_key(first)] = OpenConnection(connection)
        return live

    def _finish(self, live: OpenConnection) -> Iterator[Piece]:
        """What is left of a connection when nothing more comes."""
        waited, live.waiting = live.waiting, []
        if waited:
            yield Piece(live.connection, [], _is_over(live, waited[0].time))
            live = self._begin(waited[0], live)
        yield Piece(live.connection, waited, over=True)

    def _swept(self, now: int | None) -> Iterator[Piece]:
        """Forget the connections that are over."""
        if now is None:
            self._ended = []
            return
        still = []
        for key in self._ended:
            live = self._live.get(key)
            if live is None or not live.ended:
                continue
            if not live.waiting and _is_over(live, now):
                yield from self._finish(self._live.pop(key))
            else:
                still.append(key)
        self._ended, self._sweep = still, max(SWEEP, 2 * len(still))


def _grouped(table: PacketTable) -> Iterator[tuple[Sequence[Packet], list[int]]]:
    """The packets between each two endpoints, in the order of their first packets, and the places
    among them of those with SYN, FIN or RST. Many packets are left in columns."""
    import numpy as np

    source, destination = table.column("source"), table.column("destination")
    low, high = np.minimum(source, destination), np.maximum(source, destination)
    pair = low * len(table.endpoints) + high
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    starts = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))
    sizes = np.diff(np.append(starts, len(order)))
    marks = np.flatnonzero(table.column("flags")[order] & (SYN | FIN | RST))
    edges = np.searchsorted(marks, np.append(starts, len(order)))
    few = np.repeat(sizes < LARGE, sizes)
    packets = list(table.take(order[few]))
    places = np.cumsum(few) - 1
    mark_list = marks.tolist()
    for group in np.argsort(order[starts]).tolist():
        start, size = int(starts[group]), int(sizes[group])
        own = [mark - start for mark in mark_list[edges[group] : edges[group + 1]]]
        if size < LARGE:
            at = int(places[start])
            yield packets[at : at + size], own
        else:
            yield PacketRows(table.take(order[start : start + size])), own


def _pair(ends: tuple[Endpoint, Endpoint]) -> tuple[Endpoint, Endpoint]:
    """The two endpoints, in either direction the same."""
    return ends if ends[0] <= ends[1] else ends[::-1]


def _key(packet: Packet) -> tuple[Endpoint, Endpoint]:
    return _pair((packet.source, packet.destination))


def _is_over(live: OpenConnection, now: int | None) -> bool:
    """Whether nothing can come of the connection any more."""
    if now is None or live.latest is None:
        return False
    return live.ended and now - live.latest > LINGER


def takes_for_new(answer: Packet, syn: Packet) -> bool:
    """Whether this answer takes that SYN for the first of a new connection."""
    if answer.SYN:
        return True
    if answer.ack is None or syn.seq is None:
        return False
    return 0 < (answer.ack - syn.seq) % 2**32 <= 1 + (syn.length or 0)


def conversations(tables: Iterable[PacketTable]) -> Iterator[list[Connection]]:
    """The connections with all of their packets, those between the same two endpoints together as
    long as an end may remember the one before; each when it is over, or the capture is."""
    open_: dict[tuple[Endpoint, Endpoint], list[Connection]] = {}
    for piece in Connections().pieces(tables):
        _add(piece.connection, piece.packets)
        key = _pair(piece.connection.ends)
        chain = open_.setdefault(key, [])
        if not chain or chain[-1] is not piece.connection:
            chain.append(piece.connection)
        if piece.over:
            yield open_.pop(key)


def _add(connection: Connection, packets: Sequence[Packet]) -> None:
    """The connection has these packets, too; many are kept in columns."""
    before = connection.packets
    if isinstance(before, PacketRows):
        before += packets
    elif not before and isinstance(packets, PacketRows):
        connection.packets = packets
    elif isinstance(before, list) and len(before) + len(packets) < LONG:
        before += packets
    else:
        connection.packets = rows = PacketRows.of(before)
        rows += packets


def connections(tables: Iterable[PacketTable]) -> Iterator[Connection]:
    """The connections, each with all of its packets, when it is over or the capture is."""
    for chain in conversations(tables):
        yield from chain
