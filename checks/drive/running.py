"""Moves made on a stack, and what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tcpmc.captures.packet import Packet
from tcpmc.checks.drive.moves import INSIDE, Arrival, Move, Timeout, UserCall
from tcpmc.stacks.datagram_codec import Written, datagram_of, packet_of
from tcpmc.stacks.stack import StackUnderTest

ISS, PEER_ISS = 100, 300
"""The numbers of a run are told as if the stack had chosen the one, and its peer did the other."""

PEER_WINDOW = 65535
FIRST_WINDOW = 4096
TOO_OLD = 70_000
BEYOND = 1
STAMP, OLDER = 1000, 500
STEP = 2_000_000_000
"""Nanoseconds between moves: more than an answer may take."""

REAL_WAIT, VIRTUAL_WAIT, SLICE = 1.3, 130.0, 1.0
"""Seconds that a timer is waited for. The first retransmission of a SYN takes 1 s (RFC 6298)."""
TIME_WAIT_AT_MOST = 480.0
"""Seconds: 2 MSL, the MSL being at most the four minutes that any stack takes."""


@dataclass(frozen=True)
class Observation:
    """A move, and what came of it.

    `packets` are those of the move in order, the delivered one among them, with numbers and times
    of the run; `raw` the datagrams as they were; `ended` is the time when all was over, in
    nanoseconds. `refused` is what the stack said against a call, `state` what it reported
    afterwards. `stood_in`: the timer was ended by other means.
    """

    move: Move
    packets: tuple[Packet, ...]
    raw: tuple[bytes, ...]
    ended: int
    refused: str = ""
    state: str | None = None
    waited: float = 0.0
    stood_in: bool = False


@dataclass
class Peer:
    """The other end of the wire: what it knows of the stack's numbers."""

    stamps: bool = False
    base: int | None = None
    iss: int | None = None
    una: int = 0
    nxt: int = 0
    rcv: int = PEER_ISS
    edge: int = PEER_ISS + FIRST_WINDOW
    echo: int = 0
    clock: int = STAMP
    began: bool = False

    def hears(self, packet: Packet) -> None:
        """Learn from what the stack has sent."""
        assert packet.seq is not None
        if packet.SYN and packet.seq != self.iss:
            self.iss = packet.seq  # of this connection, which may be another than the first
            self.una = self.nxt = packet.seq
            self.base = packet.seq if self.base is None else self.base
        if packet.tsval is not None:
            self.echo = packet.tsval
        if packet.RST:
            return
        end = packet.seq + (packet.length or 0) + packet.SYN + packet.FIN
        if 0 < (end - self.nxt) % 2**32 < 2**31:
            self.nxt = end % 2**32
        if packet.ack is not None:
            self.rcv = packet.ack
            self.edge = packet.ack + (packet.window or 0)

    def writes(self, move: Arrival) -> Written:
        """The segment of a move, in numbers of the wire."""
        size = move.length + move.kind.count("SYN") + move.kind.count("FIN")
        seq = {
            "left outside": self.rcv - max(size, 1),
            "left edge": self.rcv,
            "inside": self.rcv + INSIDE,
            "right edge": self.edge - 1,
            "right outside": self.edge,
        }[move.place]
        ack = {
            "": 0,
            "too old": self.una - TOO_OLD,
            "old": self.una - 1,
            "again": self.una,
            "good": self.nxt,
            "beyond": self.nxt + BEYOND,
        }[move.ack]
        if move.ack == "good":
            self.una = self.nxt
        stamps = None
        if self.stamps:
            self.clock += 1
            stamps = (self.clock - (OLDER if move.stamp == "old" else 0), self.echo)
            if "RST" in move.kind:
                stamps = None
        return Written(move.controls, seq, ack, move.length, PEER_WINDOW, stamps)

    def relative(self, packet: Packet, sent: bool) -> Packet:
        """The packet with the numbers of the run."""
        if self.base is None:
            return packet
        shift = ISS - self.base
        assert packet.seq is not None
        if sent and not (packet.RST and packet.seq == 0):
            return packet._replace(seq=(packet.seq + shift) % 2**32)
        if not sent and packet.ack is not None:
            return packet._replace(ack=(packet.ack + shift) % 2**32)
        return packet


@dataclass
class Runner:
    """One connection of a stack under test, move by move."""

    stack: StackUnderTest
    stamps: bool = False
    peer: Peer = field(init=False)
    time: int = 0
    number: int = 0

    def __post_init__(self) -> None:
        self.stack.fresh()
        self.peer = Peer(self.stamps)

    def run(self, moves: Sequence[Move]) -> list[Observation]:
        """Make the moves."""
        return [self.make(move) for move in moves]

    def make(self, move: Move) -> Observation:
        """Make one move, and see what the stack does."""
        self.time += STEP
        packets: list[Packet] = []
        raw: list[bytes] = []
        refused, waited, stood_in = "", 0.0, False
        match move:
            case UserCall():
                refused = self.stack.call(move.call, move.octets)
            case Arrival():
                stack = self.stack
                data = datagram_of(self.peer.writes(move), stack.remote, stack.local)
                self._note(data, False, packets, raw)
                stack.deliver(data)
            case Timeout():
                waited, stood_in = self._waits(move, packets, raw)
        self._collect(packets, raw)
        state = self.stack.state()
        return Observation(
            move, tuple(packets), tuple(raw), self.time, refused, state, waited, stood_in
        )

    def _waits(self, move: Timeout, packets: list[Packet], raw: list[bytes]) -> tuple[float, bool]:
        """Let time pass until a segment is sent, or TIME-WAIT ends; the seconds that passed, and
        whether the timer was ended by other means."""
        stack = self.stack
        if move.timer == "TIME-WAIT timeout" and not stack.virtual:
            self.time += round(60.5e9)
            return 0.0, stack.end_time_wait()
        waits = TIME_WAIT_AT_MOST if move.timer == "TIME-WAIT timeout" else VIRTUAL_WAIT
        most = waits if stack.virtual else REAL_WAIT
        waited = 0.0
        while waited < most:
            stack.wait(SLICE if stack.virtual else most)
            waited += SLICE if stack.virtual else most
            self.time += round(SLICE * 1e9)
            if self._collect(packets, raw) and move.timer != "TIME-WAIT timeout":
                break
            if move.timer == "TIME-WAIT timeout" and stack.state() == "CLOSED":
                break
        return waited, False

    def _collect(self, packets: list[Packet], raw: list[bytes]) -> int:
        sent = self.stack.emitted()
        for data in sent:
            self._note(data, True, packets, raw)
        return len(sent)

    def _note(self, data: bytes, sent: bool, packets: list[Packet], raw: list[bytes]) -> None:
        self.time += 1_000_000
        self.number += 1
        packet = packet_of(data, self.number, self.time)
        if packet is None:
            return
        if sent:
            self.peer.hears(packet)
        packets.append(self.peer.relative(packet, sent)._replace(outbound=sent))
        raw.append(data)
