"""Random runs of two stacks on a wire that loses, repeats and reorders: both ends judged.

A schedule is numbers only, so that it can be made again, and any part of it is a schedule, too: a
number chooses among what is possible then. The same seed is the same schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from tcpmc.captures.packet import Packet
from tcpmc.checks.drive.moves import Arrival, Move, Timeout, UserCall
from tcpmc.checks.drive.oracle import Discrepancy, Oracle
from tcpmc.checks.drive.running import STEP, Observation
from tcpmc.checks.drive.shrink import is_same, shortest
from tcpmc.stacks.datagram_codec import packet_of
from tcpmc.stacks.stack import Broken, Call, Impossible, StackUnderTest

LENGTH = 24
ISSES = (100, 300)
SECOND = 1.0
PEERS_CALLS: tuple[Call, ...] = ("SEND", "CLOSE", "CLOSE", "SEND", "ABORT")
WEIGHTS = {"deliver": 10, "call": 4, "lose": 2, "repeat": 2, "time": 2}


@dataclass(frozen=True)
class ScheduleEntry:
    """One entry of a schedule: what, at which end, and a number that chooses among several."""

    what: str
    end: int
    number: int


@dataclass(frozen=True)
class RandomRun:
    """A schedule, and what came of it at each end: what differs there, if anything does."""

    seed: int
    schedule: tuple[ScheduleEntry, ...]
    observed: tuple[tuple[Observation, ...], tuple[Observation, ...]]
    difference: Discrepancy | None = None
    end: int = 0


def schedule_of(seed: int) -> tuple[ScheduleEntry, ...]:
    """The schedule of a seed."""
    random = Random(seed)
    names = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
    choices = [
        ScheduleEntry(random.choice(names), random.randrange(2), random.randrange(1 << 16))
        for _ in range(LENGTH)
    ]
    opening = random.choice((OPENING, SIMULTANEOUS))
    return (*opening, *choices)


OPENING = (ScheduleEntry("open passive", 1, 0), ScheduleEntry("open", 0, 0))
SIMULTANEOUS = (ScheduleEntry("open", 0, 0), ScheduleEntry("open", 1, 0))


@dataclass
class RandomWire:
    """Two stacks, what is in flight to each, and what each has seen."""

    stacks: tuple[StackUnderTest, StackUnderTest]
    flying: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))
    seen: tuple[list[Observation], list[Observation]] = field(default_factory=lambda: ([], []))
    bases: dict[int, int] = field(default_factory=dict)
    time: int = 0

    def __post_init__(self) -> None:
        a, b = self.stacks
        a.without_timestamps()
        b.without_timestamps()
        a.fresh()
        remote = b.local._replace(port=a.local.port)
        a.fresh(a.local, remote)
        b.fresh(remote, a.local)

    def take(self, choice: ScheduleEntry) -> None:
        """Do what an entry of the schedule says, if that is possible."""
        to = self.flying[choice.end]
        at = choice.number % len(to) if to else 0
        match choice.what:
            case "open" | "open passive":
                self._call(choice.end, "active OPEN" if choice.what == "open" else "passive OPEN")
            case "call":
                self._call(choice.end, PEERS_CALLS[choice.number % len(PEERS_CALLS)])
            case "deliver" if to:
                self._deliver(choice.end, to.pop(at))
            case "lose" if to:
                to.pop(at)
            case "repeat" if to:
                to.append(to[at])
            case "time" if all(stack.virtual for stack in self.stacks):
                self._time_passes(choice.end)
            case _:
                pass

    def _call(self, end: int, call: Call) -> None:
        try:
            refused = self.stacks[end].call(call)
        except Impossible as error:
            refused = str(error)
        self._observe(end, UserCall(call), refused=refused)

    def _deliver(self, end: int, data: bytes) -> None:
        packet = packet_of(data)
        if packet is not None:
            self.stacks[end].deliver(data)
            kind = packet.controls.replace("PSH,", "")
            self._observe(end, Arrival(kind), data)

    def _time_passes(self, end: int) -> None:
        """A second of both clocks; what a timer sends shows at its end."""
        for which, stack in enumerate(self.stacks):
            stack.wait(SECOND)
            self.time += round(SECOND * 1e9)
            self._observe(which, Timeout("retransmission timeout"))
        del end

    def _observe(self, end: int, move: Move, data: bytes = b"", refused: str = "") -> None:
        self.time += STEP
        packets, raw = [], []
        for index, one in enumerate((data, *self.stacks[end].emitted())):
            packet = packet_of(one, len(self.seen[end]) + 1, self.time + index) if one else None
            if packet is None:
                continue
            sent = index > 0
            if sent:
                self.flying[1 - end].append(one)
                if packet.SYN and packet.seq is not None:
                    self.bases.setdefault(end, packet.seq)
            sender = end if sent else 1 - end
            packets.append(self._relative(packet, sender)._replace(outbound=sent))
            raw.append(one)
        state = self.stacks[end].state()
        seen = Observation(move, tuple(packets), tuple(raw), self.time, refused, state)
        self.seen[end].append(seen)

    def _relative(self, packet: Packet, sender: int) -> Packet:
        """The packet as if both ISSs were those of RFC 9293's figures."""
        own, other = self.bases.get(sender), self.bases.get(1 - sender)
        if own is not None and packet.seq is not None and not (packet.RST and packet.seq == 0):
            packet = packet._replace(seq=(packet.seq - own + ISSES[sender]) % 2**32)
        if other is not None and packet.ack:
            packet = packet._replace(ack=(packet.ack - other + ISSES[1 - sender]) % 2**32)
        return packet


def run(
    stacks: tuple[StackUnderTest, StackUnderTest],
    oracles: tuple[Oracle, Oracle],
    schedule: Sequence[ScheduleEntry],
    seed: int = 0,
) -> RandomRun:
    """Run a schedule, and judge both ends by what they have seen."""
    wire = RandomWire(stacks)
    observed = wire.seen
    try:
        for choice in schedule:
            wire.take(choice)
    except Broken as error:
        silent = Discrepancy(0, str(error), "an answer", "3.10")
        both = tuple(observed[0]), tuple(observed[1])
        return RandomRun(seed, tuple(schedule), both, silent)
    both = tuple(observed[0]), tuple(observed[1])
    for end, (oracle, seen) in enumerate(zip(oracles, both, strict=True)):
        told = [one for one in seen if not (isinstance(one.move, Timeout) and not one.packets)]
        if not told:
            continue
        difference = oracle.judged_segments(told).difference
        if difference is not None:
            return RandomRun(seed, tuple(schedule), both, difference, end)
    return RandomRun(seed, tuple(schedule), both)


def shrunk_run(
    stacks: tuple[StackUnderTest, StackUnderTest],
    oracles: tuple[Oracle, Oracle],
    found: RandomRun,
) -> RandomRun:
    """The run with the shortest schedule that shows the same difference at the same end."""
    best = [found]

    def shows(schedule: Sequence[ScheduleEntry]) -> bool:
        one = run(stacks, oracles, schedule, found.seed)
        same = one.end == found.end and is_same(one.difference, found.difference)
        if same:
            best.append(one)
        return same

    shortest(found.schedule, shows)
    return best[-1]
