"""A trace of the model made again on two real stacks: each step a call or a delivery, and after it
states and segments compared.

The wire delivers what the stacks themselves have sent. A retransmission is stood in for by the
wire, which delivers the earlier copy once more: what a stack repeats by its own timers meanwhile is
left out. The end of TIME-WAIT is the stack's own where it has a clock, and the kernel's own means
where it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tcpmc.captures.packet import Packet
from tcpmc.checks.conform.view import segment_of
from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import Step, Tcb
from tcpmc.model.network.product import Event
from tcpmc.model.network.system import Model
from tcpmc.stacks.datagram_codec import Written, datagram_of, packet_of
from tcpmc.stacks.stack import CALLS, Impossible, StackUnderTest

NAMES = "AB"
CLOCK_STEP = 1.0
HANDSHAKE = 3
MOST_NUMBERS = 1 << 16
"""A connection of the model has fewer: a larger number counts from another ISS."""

TIME_WAIT_AT_MOST = 480
BY_THE_NETWORK = (EventKind.LOSE, EventKind.DUPLICATE, EventKind.EXPIRE, EventKind.TICK)
NOT_REPLAYED = {
    EventKind.USER_TIMEOUT: "the user timeout runs in real time",
    EventKind.FIN_WAIT_2_TIMEOUT: "the timer of FIN-WAIT-2 runs in real time",
    EventKind.KEEPALIVE_PROBE: "keep-alives run in real time",
    EventKind.KEEPALIVE_TIMEOUT: "keep-alives run in real time",
}

Verdict = Literal["reproduced", "differs", "cannot be replayed"]


@dataclass(frozen=True)
class ReplayedStep:
    """A step of the trace on the stacks: the states that both report, what was sent, and what
    stood in for a timer, if anything did. `differs` says how it is another than the model's."""

    event: Event
    states: tuple[str | None, str | None]
    sent: tuple[tuple[int, Packet, bytes], ...]
    stood_in: str = ""
    differs: str = ""


@dataclass(frozen=True)
class ReplayOutcome:
    """A trace on two stacks: its steps up to the first that differs or cannot be made."""

    steps: tuple[ReplayedStep, ...]
    verdict: Verdict
    why: str = ""


@dataclass
class _WireEnd:
    """One stack, and how the model's numbers became its own: by ISS."""

    stack: StackUnderTest
    bases: dict[int, int] = field(default_factory=dict)
    latest: int = 0

    def real(self, number: int, base: int) -> int | None:
        """A number of the wire for one of the model's; None if its ISS is not known."""
        known = self.bases.get(base)
        return None if known is None else (known + number - base) % 2**32

    def model(self, number: int | None) -> int | None:
        """A number of the model for one of the wire; that of the wire if the ISS is not known."""
        known = self.bases.get(self.latest)
        if number is None or known is None:
            return number
        return (number - known + self.latest) % 2**32


@dataclass
class Replaying:
    """Two stacks on a wire, and a trace."""

    model: Model
    trace: Trace
    ends: tuple[_WireEnd, _WireEnd]
    sent: list[tuple[int, Segment, bytes]] = field(default_factory=list)

    @classmethod
    def on(cls, stacks: Sequence[StackUnderTest], model: Model, trace: Trace) -> Replaying:
        """The stacks begin a connection between each other."""
        a, b = stacks
        a.fresh()
        local = a.local
        remote = b.local._replace(port=local.port)
        a.fresh(local, remote)
        b.fresh(remote, local)
        return cls(model, trace, (_WireEnd(a), _WireEnd(b)))

    def run(self) -> ReplayOutcome:
        """Make the steps until one differs."""
        steps: list[ReplayedStep] = []
        if self.model.scope.start != "closed":
            self._establish()
        for index, event in enumerate(self.trace.events):
            if event.kind in NOT_REPLAYED:
                return ReplayOutcome(tuple(steps), "cannot be replayed", NOT_REPLAYED[event.kind])
            try:
                step = self.step(index, event)
            except Impossible as error:
                return ReplayOutcome(tuple(steps), "cannot be replayed", str(error))
            steps.append(step)
            if step.differs:
                return ReplayOutcome(tuple(steps), "differs", step.differs)
        return ReplayOutcome(tuple(steps), "reproduced")

    def _establish(self) -> None:
        """Both ends are brought into ESTABLISHED, where the runs of the scope begin."""
        a, b = self.ends
        b.stack.call("passive OPEN")
        a.stack.call("active OPEN")
        for _ in range(HANDSHAKE):
            for which, end in enumerate(self.ends):
                for data in end.stack.emitted():
                    packet = packet_of(data)
                    if packet is not None and packet.SYN:
                        base = self.model.hosts[which].iss.value
                        end.bases[base], end.latest = packet.seq or 0, base
                    self.ends[1 - which].stack.deliver(data)
        states = [end.stack.state() for end in self.ends]
        if any(state not in (None, "ESTABLISHED") for state in states):
            raise Impossible(f"the stacks do not establish a connection: {states}")

    def step(self, index: int, event: Event) -> ReplayedStep:
        """One step: made, and compared with the model's."""
        before, after = self.trace.states[index], self.trace.states[index + 1]
        how = self.trace.steps[index]
        stood_in = self._make(event, before.ends[event.end].tcb)
        emitted = self._emitted()
        differs = ""
        if how is not None:
            tcb = after.ends[event.end].tcb
            if not tcb.iss.value:
                tcb = before.ends[event.end].tcb
            stood_in, differs = self._compared(event, how, tcb, emitted, stood_in)
        if not differs:
            emitted = [one for one in emitted if any(one[2] == data for _, _, data in self.sent)]
        states = (self.ends[0].stack.state(), self.ends[1].stack.state())
        for name, state, end in zip(NAMES, states, after.ends, strict=True):
            if not differs and state not in (None, str(end.state)):
                differs = f"{name} is in {state}, in the model in {end.state}"
        return ReplayedStep(event, states, tuple(emitted), stood_in, differs)

    def _make(self, event: Event, tcb: Tcb) -> str:
        """Do what happens; what stood in for it."""
        stack = self.ends[event.end].stack
        if event.kind.value in CALLS:
            said = stack.call(next(call for call in CALLS if call == event.kind.value))
            if said and event.kind != EventKind.SEND:
                raise Impossible(f"{NAMES[event.end]}: {event.kind}: {said}")
            return ""
        match event.kind:
            case EventKind.DELIVER:
                assert event.flight is not None
                stack.deliver(self._copy(1 - event.end, event.flight.segment))
            case EventKind.FORGE:
                assert event.flight is not None
                stack.deliver(self._forged(event.end, event.flight.segment))
                return "a forged segment of the wire"
            case EventKind.CRASH:
                stack.fresh(stack.local, stack.remote)
                return "the connection vanished without a segment"
            case EventKind.TIME_WAIT_TIMEOUT:
                return self._end_time_wait(stack)
            case _:
                pass
        return ""

    def _end_time_wait(self, stack: StackUnderTest) -> str:
        if not stack.virtual:
            if not stack.end_time_wait():
                raise Impossible("the end of TIME-WAIT takes real time here")
            return "TIME-WAIT was ended by the kernel's own means"
        for _ in range(TIME_WAIT_AT_MOST):
            if stack.state() != "TIME-WAIT":
                break
            stack.wait(CLOCK_STEP)
        return "2 MSL of the stack's own clock"

    def _copy(self, sender: int, seg: Segment) -> bytes:
        """The datagram that the stack has sent where the model sent this segment."""
        for end, known, data in reversed(self.sent):
            if end == sender and known == seg:
                return data
        raise Impossible(f"{seg} was never on this wire")

    def _forged(self, end: int, seg: Segment) -> bytes:
        """A segment that the other end has not sent, in numbers of the wire."""
        stack, own, other = self.ends[end].stack, self.ends[end], self.ends[1 - end]
        seq = self._number(other, seg.seq.value)
        ack = self._number(own, seg.ack.value) if seg.ACK else 0
        written = Written(seg.controls, seq, ack, seg.length)
        return datagram_of(written, stack.remote, stack.local)

    def _number(self, end: _WireEnd, number: int) -> int:
        real = end.real(number, end.latest)
        if real is None:
            raise Impossible("the numbers of a forged segment are not known on this wire")
        return real

    def _emitted(self) -> list[tuple[int, Packet, bytes]]:
        """What both stacks have sent."""
        found = []
        for index, end in enumerate(self.ends):
            for data in end.stack.emitted():
                packet = packet_of(data)
                if packet is not None:
                    found.append((index, packet, data))
        return found

    def _compared(
        self,
        event: Event,
        how: Step,
        tcb: Tcb,
        emitted: list[tuple[int, Packet, bytes]],
        stood_in: str,
    ) -> tuple[str, str]:
        """What stood in for what is sent again, and how what was sent differs from the model's."""
        expected = list(how.send)
        known = {identity(data) for _, _, data in self.sent}
        other = [p for i, p, data in emitted if i != event.end and identity(data) not in known]
        if other:
            said = self._told(1 - event.end, other)
            return stood_in, f"{NAMES[1 - event.end]} sent {said} without a step of its own"
        for index, packet, data in emitted:
            if index != event.end:
                continue
            match = self._match(event, tcb, expected, packet)
            if match is None and identity(data) in known:
                continue  # a retransmission by the stack's own timer
            if match is None:
                return stood_in, self._unlike(event, how, emitted)
            expected.remove(match)
            self.sent.append((event.end, match, data))
        for left in expected:
            if not any(end == event.end and known == left for end, known, _ in self.sent):
                return stood_in, self._unlike(event, how, emitted)
            stood_in = "the wire delivers the earlier copy again"
        return stood_in, ""

    def _unlike(self, event: Event, how: Step, emitted: list[tuple[int, Packet, bytes]]) -> str:
        sent = self._told(event.end, [packet for _, packet, _ in emitted]) or "nothing"
        model = " ".join(str(s) for s in how.send) or "nothing"
        return f"{NAMES[event.end]} sent {sent}, in the model {model}: {how.rule}"

    def _match(
        self, event: Event, tcb: Tcb, expected: Sequence[Segment], packet: Packet
    ) -> Segment | None:
        """The segment of the model that the packet is."""
        for seg in expected:
            if self._is(event.end, tcb, seg, packet) or self._answers(event, seg, packet):
                return seg
        return None

    def _told(self, index: int, packets: Sequence[Packet]) -> str:
        """The segments in the RFC's notation, in numbers of the model."""
        own, other = self.ends[index], self.ends[1 - index]
        near = [p._replace(seq=own.model(p.seq), ack=other.model(p.ack)) for p in packets]
        if any((number or 0) > MOST_NUMBERS for p in near for number in (p.seq, p.ack)):
            return " ".join(f"<CTL={p.controls}> with numbers of another ISS" for p in near)
        return told(near)

    def _answers(self, event: Event, seg: Segment, packet: Packet) -> bool:
        """Whether both are the reset that takes its number from what was delivered (3.10.7.1)."""
        if event.kind != EventKind.DELIVER or event.flight is None or not seg.RST or seg.ACK:
            return False
        arrived, real = (
            event.flight.segment,
            packet_of(self._copy(1 - event.end, event.flight.segment)),
        )
        same = real is not None and real.ack == packet.seq and packet.controls == "RST"
        return same and arrived.ACK and arrived.ack == seg.seq

    def _is(self, index: int, tcb: Tcb, seg: Segment, packet: Packet) -> bool:
        """Whether the packet is the model's segment, in numbers of the wire."""
        real = segment_of(packet, None)
        if real.controls != seg.controls or real.length != seg.length:
            return False
        own, other = self.ends[index], self.ends[1 - index]
        if seg.SYN:
            own.bases[seg.seq.value] = real.seq.value
            own.latest = seg.seq.value
        if seg.RST and seg.ACK and seg.seq.value == 0:
            return real.seq.value == 0
        base = tcb.iss.value if tcb.iss.value in own.bases else own.latest
        peer = tcb.irs.value if tcb.irs.value in other.bases else other.latest
        if own.real(seg.seq.value, base) != real.seq.value:
            return False
        return not seg.ACK or other.real(seg.ack.value, peer) == real.ack.value


def identity(data: bytes) -> object:
    """What makes a segment itself: without its window and timestamps."""
    packet = packet_of(data)
    return (
        None if packet is None else (packet.source, segment_of(packet._replace(tsval=None), None))
    )


def told(packets: Sequence[Packet]) -> str:
    """The segments in the RFC's notation."""
    return " ".join(str(segment_of(p._replace(tsval=None), None)) for p in packets)
