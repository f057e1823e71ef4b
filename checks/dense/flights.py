"""What a timed run looks like: each flight of a segment, each stay of an end in TIME-WAIT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tcpmc.checks.dense.replay import Copy, Happened, TimedTrace
from tcpmc.model.tcb import State

DELIVERED, LOST, FLYING, LEFT = "delivered", "lost", "flying", "left"


@dataclass(frozen=True)
class Flight:
    """A copy on its way, and what became of it: delivered at a moment, lost, still flying when the
    run ends, or left against the claim."""

    copy: Copy
    fate: str
    arrived: Fraction | None = None


@dataclass(frozen=True)
class Span:
    """An end in TIME-WAIT: from when to when, and when its timer was started."""

    end: int
    since: Fraction
    until: Fraction
    started: tuple[Fraction, ...]


def flights(trace: TimedTrace) -> list[Flight]:
    """A flight for each delivery, and one for each copy that was not delivered or is left."""
    found = []
    for one in trace.happened:
        if one.delivered is not None:
            found.append(Flight(one.delivered, DELIVERED, one.event.moment))
        for copy in one.sent:
            if any(copy is left for left in trace.left):
                found.append(Flight(copy, LEFT))
            elif copy.arrived is None:
                alive = trace.over < copy.sent + copy.life
                found.append(Flight(copy, FLYING if alive else LOST))
    return sorted(found, key=lambda flight: flight.copy.sent)


def spans(trace: TimedTrace) -> Iterator[Span]:
    """Each stay in TIME-WAIT."""
    for end in (0, 1):
        stay: list[Happened] = []
        for one in (one for one in trace.happened if one.event.end == end):
            if one.step.tcb.state == State.TIME_WAIT:
                stay.append(one)
            elif stay:
                yield _span(end, stay, one.event.moment)
                stay = []
        if stay:
            yield _span(end, stay, trace.over)


def _span(end: int, stay: list[Happened], until: Fraction) -> Span:
    started = tuple(one.event.moment for one in stay if one.step.starts_time_wait)
    return Span(end, stay[0].event.moment, until, started)
