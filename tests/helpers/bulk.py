"""A bulk transfer over a path that loses and delays packets, as either end sees it."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from itertools import count

from tcpmc.captures import Endpoint, Packet

CLIENT, SERVER = Endpoint("192.0.2.1", 40000), Endpoint("198.51.100.2", 80)
DELAY = 5_000_000
RTO = 300_000_000
SPACE = 2**32
MSS = 1000


@dataclass
class Transfer:
    """The client sends `segments` of text, a window of them at a time, and closes; the server
    acknowledges every other one, and at once what is out of order."""

    segments: int
    loss: float
    seed: int
    late: float = 0.0
    iss: tuple[int, int] = (SPACE - 50_000, 7)
    seen: dict[Endpoint, list[Packet]] = field(default_factory=lambda: {CLIENT: [], SERVER: []})

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.now, self.order, self.events = 0, count(), list[tuple[int, int, Packet | None]]()
        self.acked = self.next = 1
        self.end = 1 + self.segments * MSS
        self.received, self.waiting, self.unacked, self.duplicates = 1, set[int](), 0, 0

    def run(self) -> dict[Endpoint, list[Packet]]:
        """The packets as the client and as the server saw them."""
        self.handshake()
        self.fill()
        while self.acked < self.end + 1:
            if not self.events:
                self.now += RTO
                self.send(self.acked)
                continue
            self.now, _, packet = heapq.heappop(self.events)
            assert packet is not None
            self.seen[packet.destination].append(packet._replace(time=self.now))
            if packet.destination == SERVER:
                self.arrives(packet)
            else:
                self.acknowledged(packet)
        self.finish()
        return self.seen

    def packet(
        self, source: Endpoint, seq: int, ack: int, length: int = 0, flags: str = "A"
    ) -> Packet:
        own = 0 if source == CLIENT else 1
        return Packet(
            number=len(self.seen[source]) + 1,
            file=0,
            time=self.now,
            source=source,
            destination=SERVER if source == CLIENT else CLIENT,
            seq=(self.iss[own] + seq) % SPACE,
            ack=(self.iss[1 - own] + ack) % SPACE if "A" in flags else None,
            length=length,
            SYN="S" in flags,
            ACK="A" in flags,
            FIN="F" in flags,
            RST=False,
            PSH=False,
            URG=False,
            window=60_000,
            mss=MSS if "S" in flags else None,
            tsval=1000 + self.now // 1_000_000,
            tsecr=0,
        )

    def leaves(self, packet: Packet, lossless: bool = False) -> None:
        self.seen[packet.source].append(packet)
        self.now += 1000
        if lossless or self.chance.random() >= self.loss:
            delay = DELAY * 2 * (self.chance.random() < self.late)
            heapq.heappush(self.events, (self.now + DELAY + delay, next(self.order), packet))

    def handshake(self) -> None:
        for packet in (
            self.packet(CLIENT, 0, 0, flags="S"),
            self.packet(SERVER, 0, 1, flags="SA"),
            self.packet(CLIENT, 1, 1),
        ):
            stamped = packet._replace(time=self.now)
            self.seen[packet.source].append(stamped)
            self.now += DELAY
            self.seen[packet.destination].append(stamped._replace(time=self.now))

    def send(self, seq: int) -> None:
        """One segment of text, new or once more; the FIN is behind the last."""
        if seq < self.end:
            self.leaves(self.packet(CLIENT, seq, 1, MSS))
        else:
            self.leaves(self.packet(CLIENT, seq, 1, flags="FA"))

    def fill(self) -> None:
        while self.next <= self.end and self.next < self.acked + 20 * MSS:
            self.send(self.next)
            self.next += MSS if self.next < self.end else 1

    def arrives(self, packet: Packet) -> None:
        seq = (packet.seq - self.iss[0]) % SPACE  # type: ignore[operator]
        in_order = seq == self.received
        self.waiting.add(seq)
        gap = len(self.waiting) > 1
        while self.received in self.waiting:
            self.waiting.discard(self.received)
            self.received += MSS if self.received < self.end else 1
        self.waiting = {s for s in self.waiting if s > self.received}
        self.unacked += 1
        if self.unacked > 1 or gap or not in_order or packet.FIN:
            self.unacked = 0
            self.leaves(self.packet(SERVER, 1, self.received))

    def acknowledged(self, packet: Packet) -> None:
        ack = (packet.ack - self.iss[0]) % SPACE  # type: ignore[operator]
        self.duplicates = self.duplicates + 1 if ack == self.acked else 0
        self.acked = max(self.acked, ack)
        if self.duplicates == 3:
            self.send(self.acked)
        self.fill()

    def finish(self) -> None:
        """The server closes, too."""
        for packet in (
            self.packet(SERVER, 1, self.received, flags="FA"),
            self.packet(CLIENT, self.end + 1, 2),
        ):
            stamped = packet._replace(time=self.now)
            self.seen[packet.source].append(stamped)
            self.now += DELAY
            self.seen[packet.destination].append(stamped._replace(time=self.now))


def numbered(packets: list[Packet]) -> list[Packet]:
    """The packets with numbers as a capture has them."""
    return [packet._replace(number=place) for place, packet in enumerate(packets, 1)]
