"""A connection on one line: who opened it, who closed first, how it ended, as Zeek would put it.

`conn_state` and `history` are those of Zeek's conn.log (docs.zeek.org, base/protocols/conn): from
what was seen on the wire alone, they say one thing of both ends together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpmc.captures.packet import BAD, Connection, Endpoint, Packet
from tcpmc.captures.packet_rows import PacketRows
from tcpmc.captures.packet_table import ACK, CHECKSUMS, FIN, NEVER, PSH, RST, SYN, PacketTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Truths = NDArray[np.bool_]

INACTIVE, SYN_SENT, SYN_ACK_SENT = "inactive", "SYN sent", "SYN,ACK sent"
PARTIAL, ESTABLISHED, CLOSED, RESET = "partial", "established", "closed", "reset"
HALF = 2**31
FEW = 16
"""So many packets are summed up one by one."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One line about a connection. `opened` and `closed_first` are 0 or 1, the index of an end, or
    None where that was not seen; `both_opened` is a simultaneous open. Times are in nanoseconds,
    None where the capture has none."""

    number: int
    incarnation: int
    ends: tuple[Endpoint, Endpoint]
    start: int | None
    duration: int | None
    packets: tuple[int, int]
    octets: tuple[int, int]
    opened: int | None
    both_opened: bool
    closed_first: int | None
    ended: str
    conn_state: str
    history: str


@dataclass(slots=True)
class _End:
    """What was seen of one end."""

    state: str = INACTIVE
    opened: bool = False
    packets: int = 0
    octets: int = 0
    next: int | None = None
    letters: dict[str, int] = field(default_factory=dict)


class Summing:
    """Sums up a connection, packet by packet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ends = _End(), _End()
        self._history: list[str] = []
        self._closed_first: int | None = None
        self._reset_by: int | None = None
        self._first: int | None = None
        self._last: int | None = None

    def add(self, packets: Sequence[Packet]) -> None:
        """These packets come next."""
        if not isinstance(packets, list):
            for table in PacketRows.of(packets).parts():
                self._add_table(table)
            return
        for packet in packets:
            self._add(packet)

    def _add_table(self, table: PacketTable) -> None:
        """The same for many: those that change a state one by one, the others at once."""
        import numpy as np

        bad = table.column("checksum") == CHECKSUMS.index(BAD)
        odd = (table.column("flags") & (SYN | FIN | RST) != 0) | (table.column("seq") < 0) | bad
        odd[0] = True
        marks = np.flatnonzero(odd).tolist()
        for mark, following in zip(marks, [*marks[1:], len(table)], strict=True):
            self._add(table.packet(mark))
            if following - mark > FEW:
                self._add_alike(table.take(slice(mark + 1, following)))
            else:
                self.add(list(table.take(slice(mark + 1, following))))

    def _add_alike(self, table: PacketTable) -> None:
        """Packets with text or ACK that change no state."""
        import numpy as np

        first, length = table.column("source"), np.maximum(table.column("length"), 0)
        times = table.column("time")
        known_times = times[times != NEVER]
        if len(known_times):
            self._first = int(known_times[0]) if self._first is None else self._first
            self._last = int(known_times[-1])
        pure = (table.column("flags") & ~PSH == ACK) & (length == 0)
        empty = (table.column("window") == 0) & (table.column("flags") & RST == 0)
        events: list[tuple[int, int, str, int]] = []
        for index, end in enumerate(self._ends):
            name = self._connection.ends[index]
            own = np.array([e == name for e in table.endpoints])[first]
            places = np.flatnonzero(own)
            if not len(places):
                continue
            again = _again(table.column("seq")[places], length[places], end)
            rows = {"t": again, "d": length[places] > 0, "a": pure[places], "w": empty[places]}
            for order, (letter, there) in enumerate(rows.items()):
                new_places = places[there]
                begun = end.letters.get(letter, 0)
                end.letters[letter] = begun + len(new_places)
                for count in _noted(letter, begun, begun + len(new_places)):
                    events.append((int(new_places[count - begun - 1]), order, letter, index))
            end.packets += len(places)
            end.octets += int(length[places].sum())
            end.state = PARTIAL if end.state == INACTIVE else end.state
        for _, _, letter, index in sorted(events):
            self._history.append(letter.upper() if index == 0 else letter)

    def _add(self, packet: Packet) -> None:
        index = 0 if packet.source == self._connection.ends[0] else 1
        end, other = self._ends[index], self._ends[1 - index]
        if packet.time is not None:
            self._first = packet.time if self._first is None else self._first
            self._last = packet.time
        for letter in _letters(packet, end):
            self._write(letter, index)
        end.packets += 1
        end.octets += packet.length or 0
        if packet.checksum != BAD:
            self._follow(packet, index, end, other)

    def _follow(self, packet: Packet, index: int, end: _End, other: _End) -> None:
        """What the packet does to the states."""
        if packet.seq is not None:
            after = (packet.seq + (packet.length or 0) + packet.SYN + packet.FIN) % 2**32
            if end.next is None or 0 < (after - end.next) % 2**32 < HALF or packet.SYN:
                end.next = after
        if packet.RST:
            end.state = RESET
            self._reset_by = index if self._reset_by is None else self._reset_by
        elif packet.SYN:
            if end.state in (INACTIVE, PARTIAL):
                end.state = SYN_ACK_SENT if packet.ACK else SYN_SENT
            end.opened = end.opened or not packet.ACK
            if other.state in (SYN_SENT, SYN_ACK_SENT) and packet.ACK:
                end.state = other.state = ESTABLISHED
        elif end.state == INACTIVE:
            end.state = PARTIAL
        if packet.FIN and not packet.RST:
            end.state = CLOSED
        if (packet.FIN or packet.RST) and self._closed_first is None:
            self._closed_first = index

    def _write(self, letter: str, index: int) -> None:
        """Note the event in the history: once, and those of `REPEATED` again after 10, 100, ..."""
        count = self._ends[index].letters.get(letter, 0) + 1
        self._ends[index].letters[letter] = count
        if count == 1 or (letter in REPEATED and str(count).strip("0") == "1"):
            self._history.append(letter.upper() if index == 0 else letter)

    def summary(self) -> Summary:
        """What was seen, in sum."""
        a, b = self._ends
        timed = self._first is not None and self._last is not None
        return Summary(
            self._connection.number,
            self._connection.incarnation,
            self._connection.ends,
            self._first,
            (self._last or 0) - (self._first or 0) if timed else None,
            (a.packets, b.packets),
            (a.octets, b.octets),
            0 if a.opened else 1 if b.opened else None,
            a.opened and b.opened,
            self._closed_first,
            self._ended(),
            conn_state(a.state, b.state, a.octets + b.octets),
            "".join(self._history),
        )

    def _ended(self) -> str:
        """How it ended, in a few words."""
        a, b = self._ends
        if self._reset_by is not None:
            other = self._ends[1 - self._reset_by]
            refused = other.state == SYN_SENT
            return "refused" if refused else "reset"
        if a.state == b.state == CLOSED:
            return "closed"
        if CLOSED in (a.state, b.state):
            return "half closed"
        if {a.state, b.state} == {SYN_SENT, INACTIVE}:
            return "no answer"
        return "open"


REPEATED = "ctw"
"""Letters that are noted again when there are ten times as many."""


def _again(seq: Numbers, length: Numbers, end: _End) -> Truths:
    """Which of an end's packets have text that begins before the number that comes next; it is
    noted which that is after them."""
    import numpy as np

    from tcpmc.captures.modular import NONE, SPACE, furthest, signed

    after = furthest(seq + length & SPACE - 1, NONE if end.next is None else end.next)
    before = np.concatenate([[seq[0] if end.next is None else end.next], after[:-1]])
    end.next = int(after[-1])
    return (length > 0) & (signed(before - seq) > 0)


def _noted(letter: str, begun: int, ended: int) -> list[int]:
    """Those counts of a letter, beyond `begun`, at which it is noted in the history."""
    marks = [10**power for power in range(20)] if letter in REPEATED else [1]
    return [count for count in marks if begun < count <= ended]


def _letters(packet: Packet, end: _End) -> list[str]:
    """What Zeek's history notes of a packet."""
    if packet.checksum == BAD:
        return ["c"]
    letters = []
    if packet.SYN and (packet.FIN or packet.RST):
        letters.append("q")
    elif packet.FIN and packet.RST:
        letters.append("i")
    if packet.SYN:
        letters.append("h" if packet.ACK else "s")
    if packet.length:
        again = end.next is not None and packet.seq is not None
        if again and 0 < ((end.next or 0) - (packet.seq or 0)) % 2**32 < HALF and not packet.SYN:
            letters.append("t")
        letters.append("d")
    elif packet.controls in ("ACK", "PSH,ACK"):
        letters.append("a")
    if packet.window == 0 and not packet.RST:
        letters.append("w")
    if packet.FIN:
        letters.append("f")
    if packet.RST:
        letters.append("r")
    return letters


def conn_state(originator: str, responder: str, octets: int) -> str:
    """Zeek's conn_state for the states of both ends and the octets of text that were seen."""
    silent = (INACTIVE, PARTIAL)
    if responder == RESET:
        if originator in (SYN_SENT, SYN_ACK_SENT) or (originator == RESET and not octets):
            return "REJ"
        return "RSTRH" if originator in silent else "RSTR"
    if originator == RESET:
        return "RSTOS0" if responder in silent else "RSTO"
    if originator == responder == CLOSED:
        return "SF"
    if originator == CLOSED:
        return "SH" if responder in silent else "S2"
    if responder == CLOSED:
        return "SHR" if originator in silent else "S3"
    if (originator, responder) == (SYN_SENT, INACTIVE):
        return "S0"
    return "S1" if originator == responder == ESTABLISHED else "OTH"


def summed(connection: Connection) -> Summary:
    """The connection, with all of its packets, on one line."""
    summing = Summing(connection)
    summing.add(connection.packets)
    return summing.summary()
