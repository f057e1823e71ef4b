"""Which delivery belongs to which sending: the arrows of a message ladder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.product import Event, System

FATES = {EventKind.DELIVER: "delivered", EventKind.LOSE: "lost", EventKind.EXPIRE: "expired"}
FORGED = "forged"
ARRIVALS = (EventKind.DELIVER, EventKind.FORGE)
"""The events in which a segment arrives: one of the other end's, or a forged one."""


@dataclass(frozen=True)
class Flow:
    """One copy of a segment on its way. Step 0 is the first state; `copied` is the step at which
    the network made this copy of another; `lane` tells apart what one end sent in one step."""

    segment: Segment
    sender: int
    sent: int
    lane: int = 0
    copied: int | None = None
    ended: int = 0
    fate: str = "in flight"


class Network:
    """The copies in flight while a trace goes by, and those whose way is over. Equal copies are
    taken in the order in which they were sent; with the clock on, those of the right age."""

    def __init__(self, first: System, keeps: bool) -> None:
        """`keeps`: a delivery leaves a copy behind, as over the sent-set."""
        self.keeps = keeps
        self.now = 0
        self.flying: list[tuple[Flow, int]] = []
        self.over: list[Flow] = []
        for sender, contents in enumerate(first.channels):
            for lane, flight in enumerate(contents):
                self.flying.append((Flow(flight.segment, sender, 0, lane), -flight.age))

    def send(self, sender: int, step: int, segments: tuple[Segment, ...]) -> None:
        """Put segments into the channel from `sender`."""
        for lane, segment in enumerate(segments):
            self.flying.append((Flow(segment, sender, step, lane), self.now))

    def happen(self, step: int, event: Event) -> Flow | None:
        """What the network does in this step, and the copy that it is about, if any."""
        if event.kind == EventKind.TICK:
            self.now += 1
        if event.flight is None:
            return None
        if event.kind == EventKind.FORGE:
            forged = Flow(event.flight.segment, 1 - event.end, step, ended=step, fate=FORGED)
            self.over.append(forged)
            return forged
        sender = 1 - event.end if event.kind == EventKind.DELIVER else event.end
        flow, born = copy = self._find(sender, event.flight)
        if event.kind == EventKind.DUPLICATE:
            self.flying.append((replace(flow, copied=step), born))
            return flow
        self.over.append(replace(flow, ended=step, fate=FATES[event.kind]))
        if not self.keeps:
            self.flying.remove(copy)
        return flow

    def _find(self, sender: int, flight: Flight) -> tuple[Flow, int]:
        """The copy that this is: the first one of that segment, and of that age if there is one."""
        same = [
            (f, b) for f, b in self.flying if f.sender == sender and f.segment == flight.segment
        ]
        aged = [copy for copy in same if self.now - copy[1] == flight.age]
        return (aged or same)[0]


def keeps_copies(trace: Trace) -> bool:
    """Whether a delivery leaves a copy behind, as over the sent-set."""
    for number, event in enumerate(trace.events):
        if event.kind == EventKind.DELIVER and event.flight is not None:
            left = trace.states[number + 1].channels[1 - event.end]
            had = trace.states[number].channels[1 - event.end]
            return len(left) == len(had) > 0
    return False


def flows(trace: Trace) -> list[Flow]:
    """Every copy of every segment of a trace, in the order of sending."""
    network = Network(trace.states[0], keeps_copies(trace))
    for number, (event, step) in enumerate(zip(trace.events, trace.steps, strict=True), 1):
        network.happen(number, event)
        if step is not None:
            network.send(event.end, number, step.send)
    left = [] if network.keeps else [replace(f, ended=len(trace)) for f, _ in network.flying]
    if network.keeps:
        delivered = Counter((flow.sender, flow.sent, flow.lane) for flow in network.over)
        pending = [
            flow for flow, _ in network.flying if not delivered[flow.sender, flow.sent, flow.lane]
        ]
        left = [replace(flow, ended=len(trace)) for flow in pending]
    return sorted([*network.over, *left], key=lambda f: (f.sent, f.sender, f.lane, f.ended))
