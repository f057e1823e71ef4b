"""What a timed run looks like: each flight of a segment, how long timers run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tcpmc.checks.timed.timed_replay import Copy, Happened, TimedTrace
from tcpmc.model.timed.timers import TIME_WAIT, Timer

DELIVERED, LOST, FLYING, LEFT = "delivered", "lost", "flying", "left"


@dataclass(frozen=True)
class CopyFate:
    """A copy on its way, and what became of it: delivered at a moment, lost, still flying when the
    run ends, or left against the claim."""

    copy: Copy
    fate: str
    arrived: Fraction | None = None


@dataclass(frozen=True)
class Span:
    """A timer that runs at an end: from when to when, and when it was started."""

    timer: Timer
    end: int
    since: Fraction
    until: Fraction
    started: tuple[Fraction, ...]


def flights(trace: TimedTrace) -> list[CopyFate]:
    """A flight for each delivery, and one for each copy that was not delivered or is left."""
    fates = []
    for happening in trace.happened:
        if happening.delivered is not None:
            fates.append(CopyFate(happening.delivered, DELIVERED, happening.event.moment))
        for copy in happening.sent:
            if copy in trace.left:
                fates.append(CopyFate(copy, LEFT))
            elif copy.arrived is None:
                alive = trace.over <= copy.sent + copy.life
                fates.append(CopyFate(copy, FLYING if alive else LOST))
    return sorted(fates, key=lambda flight: flight.copy.sent)


def spans(trace: TimedTrace) -> Iterator[Span]:
    """Each time that TIME-WAIT's timer, or the one that the claim is about, runs."""
    for timer in {TIME_WAIT.name: TIME_WAIT, trace.timer.name: trace.timer}.values():
        for end in (0, 1):
            yield from _spans(trace, timer, end)


def _spans(trace: TimedTrace, timer: Timer, end: int) -> Iterator[Span]:
    stay: list[Happened] = []
    for happening in (happening for happening in trace.happened if happening.event.end == end):
        if timer.runs(happening.after):
            stay.append(happening)
        elif stay:
            yield _span(timer, end, stay, happening.event.moment)
            stay = []
    if stay:
        yield _span(timer, end, stay, trace.over)


def _span(timer: Timer, end: int, stay: list[Happened], until: Fraction) -> Span:
    again = (happening.event.moment for happening in stay[1:] if happening.step.starts_time_wait)
    return Span(timer, end, stay[0].event.moment, until, (stay[0].event.moment, *again))
