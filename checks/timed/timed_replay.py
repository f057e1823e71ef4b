"""The replay of a timed run by the rules themselves, on numbers, each copy of a segment by itself.

Nothing of the engine is used but the names of the events: the table, the youngest copies and the
formulas are not. A run that rules, network or assumptions do not allow is a ReplayError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from tcpmc.checks.trace import ReplayError
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb, ack, delete_tcb
from tcpmc.model.endpoint.timeouts import fin_wait_2_timeout, keepalive_probe, keepalive_timeout
from tcpmc.model.timed.assumptions import Circumstances
from tcpmc.model.timed.linear import Linear
from tcpmc.model.timed.theorems import Claim
from tcpmc.model.timed.timers import TimedChange, TimedEnd, Timer
from tcpmc.model.variants.variant import Variant

ISS = (100, 300)


@dataclass(frozen=True)
class TimedEvent:
    """What happens at one end at a moment: a call, a timeout, or `deliver` of a segment."""

    moment: Fraction
    end: int
    kind: EventKind
    segment: Segment | None = None


@dataclass
class Copy:
    """A segment on its way: who sent it, when, how long it can live, as a number and as a sum of
    parameters, and when it was delivered first."""

    sender: int
    segment: Segment
    sent: Fraction
    life: Fraction
    lifetime: Linear
    arrived: Fraction | None = None


@dataclass(frozen=True)
class Happened:
    """An event, the step of the rules, the end after it, the copy that was delivered, and those
    that were sent."""

    event: TimedEvent
    step: Step
    after: TimedEnd
    delivered: Copy | None
    sent: tuple[Copy, ...]


@dataclass(frozen=True)
class TimedTrace:
    """A replayed run, up to the moment at which a timer ended at one end, and what was wrong."""

    parameters: Mapping[str, Fraction]
    happened: tuple[Happened, ...]
    end: int
    over: Fraction
    timer: Timer
    left: tuple[Copy, ...]
    waiting: State | None


class Replay:
    """Both ends and the network, on numbers."""

    def __init__(
        self, variant: Variant, circumstances: Circumstances, parameters: Mapping[str, Fraction]
    ) -> None:
        self.variant, self.circumstances, self.parameters = variant, circumstances, parameters
        a, b = (Seq(iss) for iss in ISS)
        self.hosts = [Host(variant.profile, a), Host(variant.profile, b)]
        self.ends = [
            TimedEnd(Tcb(State.ESTABLISHED, a, b, a + 1, a + 1, b + 1)),
            TimedEnd(Tcb(State.ESTABLISHED, b, a, b + 1, b + 1, a + 1)),
        ]
        self.now = Fraction(0)
        self.copies: list[Copy] = []
        self.started = [dict.fromkeys(circumstances.timers, Fraction(0)) for _ in ISS]
        self.rexmt: list[Fraction] = [Fraction(0)] * 2

    def _sent(self, sender: int, segment: Segment) -> Copy:
        """A new copy."""
        lifetime = self.circumstances.lifetime(sender, segment)
        life = Fraction(lifetime.at(self.parameters))
        return Copy(sender, segment, self.now, life, lifetime)

    def reach(self, moment: Fraction) -> None:
        """Wait until that moment. Raises ReplayError where something has to happen before."""
        if moment < self.now:
            raise ReplayError(f"{moment} is before {self.now}")
        for end, now in enumerate(self.ends):
            ending = [t for t in self.timers(end) if t.event and t.runs(now)]
            if moment > self.now and any(moment > self.due(end, timer) for timer in ending):
                raise ReplayError(f"a timer of {'AB'[end]} is due before {moment}")
        for copy in self.copies:
            must = self.circumstances.must_arrive(copy.segment) and copy.arrived is None
            if must and moment > self.now and moment > copy.sent + copy.life:
                raise ReplayError(f"{copy.segment} has to be delivered before {moment}")
        self.now = moment

    def timers(self, end: int) -> list[Timer]:
        """Those that an end has."""
        return [timer for timer in self.circumstances.timers if end in timer.ends]

    def due(self, end: int, timer: Timer) -> Fraction:
        """When a timer of an end ends, if it runs until then."""
        return self.started[end][timer] + self.parameters[timer.length]

    def happen(self, event: TimedEvent) -> Happened:
        """One event. Raises ReplayError where it is not possible."""
        self.reach(event.moment)
        end, before = event.end, self.ends[event.end]
        copy = self._copy(event) if event.segment is not None else None
        step = self._step(event, before)
        unanswered = before.probes + 1 if event.kind == EventKind.KEEPALIVE_PROBE else 0
        after = self.ends[end] = TimedEnd(step.tcb, unanswered, event.kind == EventKind.VANISHES)
        if copy is not None and copy.arrived is None:
            copy.arrived = self.now
        change = TimedChange(event.kind, before, after, step.starts_time_wait)
        for timer in self.timers(end):
            if timer.starts(change):
                self.started[end][timer] = self.now
        begins = after.unacknowledged and not before.unacknowledged
        if begins or event.kind == EventKind.RETRANSMISSION_TIMEOUT:
            self.rexmt[end] = self.now
        sent = tuple(self._sent(end, segment) for segment in step.send)
        self.copies += sent
        return Happened(event, step, after, copy and replace(copy, arrived=self.now), sent)

    def owed(self, event: TimedEvent) -> list[Copy]:
        """The copies of the event's segment that have not arrived and still have to, oldest
        first."""
        return [
            copy
            for copy in self._alive(event)
            if copy.arrived is None and self.circumstances.must_arrive(copy.segment)
        ]

    def _alive(self, event: TimedEvent) -> list[Copy]:
        copies = [c for c in self.copies if c.sender != event.end and c.segment == event.segment]
        return [c for c in copies if c.segment.RST or self.now <= c.sent + c.life]

    def _copy(self, event: TimedEvent) -> Copy:
        """The copy that is delivered: the first that has to be, else the youngest."""
        alive = self._alive(event)
        if not alive:
            raise ReplayError(f"no {event.segment} is in flight at {self.now}")
        return (self.owed(event) or alive[-1:])[0]

    def _step(self, event: TimedEvent, now: TimedEnd) -> Step:
        rules, host, tcb = self.variant.rules, self.hosts[event.end], now.tcb
        if not self._may(event, now):
            raise ReplayError(f"{event.kind} is not possible at {self.now}")
        match event.kind:
            case EventKind.DELIVER if event.segment is not None:
                return rules.segment_arrives(host, tcb, event.segment)
            case EventKind.CLOSE:
                return rules.close(host, tcb)
            case EventKind.TIME_WAIT_TIMEOUT:
                return rules.time_wait_timeout(host, tcb)
            case EventKind.FIN_WAIT_2_TIMEOUT:
                return fin_wait_2_timeout(host, tcb)
            case EventKind.KEEPALIVE_PROBE:
                return keepalive_probe(host, tcb)
            case EventKind.KEEPALIVE_TIMEOUT:
                return keepalive_timeout(host, tcb)
            case EventKind.SENDS_ACK:
                return Step(event.kind, tcb, send=(ack(tcb),))
            case EventKind.VANISHES:
                return Step(event.kind, delete_tcb(tcb))
            case EventKind.RETRANSMISSION_TIMEOUT:
                return rules.retransmission_timeout(host, tcb)
            case EventKind.USER_TIMEOUT:
                return rules.user_timeout(host, tcb)
        raise ReplayError(f"{event.kind} is not possible at {self.now}")

    def _may(self, event: TimedEvent, now: TimedEnd) -> bool:
        """Whether the timers allow it, and whether there is somebody still."""
        end, stays_open = event.end, bool(self.circumstances.probes)
        if now.vanished:
            return False
        if event.kind == EventKind.RETRANSMISSION_TIMEOUT:
            return now.unacknowledged and self._may_retransmit(end)
        if event.kind in (EventKind.SENDS_ACK, EventKind.VANISHES):
            return stays_open and end == 1
        if event.kind == EventKind.CLOSE:
            return not stays_open
        return event.kind == EventKind.DELIVER or any(
            timer.event == event.kind and timer.runs(now) and self.now >= self.due(end, timer)
            for timer in self.timers(end)
        )

    def _may_retransmit(self, end: int) -> bool:
        return not self.circumstances.spaced or self.now >= self.rexmt[end] + self.parameters["RTO"]


def replayed(
    run: Replay, events: tuple[TimedEvent, ...], over: Fraction, claim: Claim
) -> TimedTrace:
    """The events, which have to break the claim at the moment `over`. Raises ReplayError."""
    happened = tuple(run.happen(event) for event in events)
    run.reach(over)
    for end in (0,) if run.circumstances.one_way else claim.timer.ends:
        if not claim.timer.runs(run.ends[end]) or over < run.due(end, claim.timer):
            continue
        left = tuple(
            copy
            for copy in run.copies
            if claim.left(copy.sender == end, copy.segment) and over < copy.sent + copy.life
        )
        other = run.ends[1 - end].tcb.state
        waiting = other if other in claim.waiting else None
        if left or waiting or claim.over:
            return TimedTrace(run.parameters, happened, end, over, claim.timer, left, waiting)
    raise ReplayError("the run does not break the claim")
