"""A timed run as a space-time diagram: time downwards to scale, an arrow for each flight.

The lifelines of A and B are upright, with their states beside them. A slanted arrow is a segment in
flight, a cross is where one was lost; a bar on a lifeline is a timer, TIME-WAIT's above all, a
bracket beside it how long a segment may live. What breaks the claim is in red.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import atan2, degrees
from textwrap import wrap

from tcpmc.checks.labels import ENDS
from tcpmc.checks.timed.timed_replay import Copy, Happened, TimedTrace
from tcpmc.diagrams.dot import BLACK, BLUE, GREY, RED, YELLOW
from tcpmc.diagrams.svg import Drawing, Look, Point
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.timed.flights import (
    DELIVERED,
    FLYING,
    LEFT,
    LOST,
    CopyFate,
    Span,
    flights,
    spans,
)
from tcpmc.reports.timed.run_story import fault, seconds

WIDTH, TOP, TALL = 960, 110, 560
AXIS, LINES = 100.0, (275.0, 750.0)
BAR, LIFE, ROW = 14, 20, 15
COLOURS = {DELIVERED: BLUE, LOST: GREY, FLYING: BLUE, LEFT: RED}
LOST_AT, LOST_FALL = 0.62, 18
"""How far a lost segment comes: across, as a part of the way, and down."""
TEXT, PLACES, ENOUGH = 6.1, (0.12, 0.3, 0.5, 0.75, 0.95), 11.0
"""The width of a letter; where an arrow may be labelled, as parts of the room along it; how far
from other arrows is enough."""
Way = tuple[Point, Point]


def timed_svg(trace: TimedTrace, title: str, meaning: str) -> str:
    """The run as SVG, under a title and a line that says what it breaks."""
    words = wrap(f"At {_plain(trace.over)}, {ENDS[trace.end]}: {fault(trace)}.", 130)
    drawing = Drawing(WIDTH, TOP + TALL + 56 + ROW * len(words), title)
    values = ", ".join(f"{name} = {_plain(value)}" for name, value in trace.parameters.items())
    drawing.text((20, 28), title, font_size=15, font_weight="bold")
    drawing.text((20, 48), f"Does not hold: {meaning}. {values}.", fill=GREY)
    picture = Picture(drawing, trace)
    picture.frame()
    for span in spans(trace):
        picture.timer(span)
    for copy in trace.left:
        picture.lifetime(copy)
    for flight in flights(trace):
        picture.arrow(flight)
    for flight in flights(trace):
        picture.label(flight)
    for end in (0, 1):
        picture.states(end)
    picture.violation(words)
    return str(drawing)


def _plain(moment: Fraction) -> str:
    return seconds(moment).removesuffix(".0")


def _spread(places: Iterable[float], least: float) -> Iterator[float]:
    """The places, in order, moved down until each is that far below the one before."""
    last = float("-inf")
    for place in places:
        last = max(place, last + least)
        yield last


def _clear(way: Way, middle: float, half: float, others: Iterable[Way]) -> float:
    """How far other arrows are from a label, which takes that half to either side of the middle (as
    parts of the way), if that is near."""
    (a, top), (b, bottom) = way
    apart = [ENOUGH]
    for part in (middle + shift / 10 * half for shift in range(-10, 11)):
        x, y = a + part * (b - a), top + part * (bottom - top) - 4
        for (c, high), (d, low) in others:
            if min(c, d) <= x <= max(c, d) and c != d:
                apart.append(abs(high + (low - high) * (x - c) / (d - c) - y))
    return min(apart)


class Picture:
    """A run, and where its moments are drawn."""

    def __init__(self, drawing: Drawing, trace: TimedTrace) -> None:
        self.drawing, self.trace = drawing, trace
        claimed = (trace.timer, trace.end)
        waits = [wait for wait in spans(trace) if (wait.timer, wait.end) == claimed]
        self._began = waits[-1].started[-1]
        self.last = max([trace.over, *(copy.sent + copy.life for copy in trace.left)])
        for name, colour in {"blue": BLUE, "red": RED}.items():
            box: Look = {"viewBox": "0 0 8 8", "markerWidth": 8, "markerHeight": 8}
            head = drawing.add("marker", id=name, refX=8, refY=4, orient="auto", **box)
            drawing.add("path", "", head, d="M0 0 L8 4 L0 8 z", fill=colour)

    def y(self, moment: Fraction) -> float:
        """How far down a moment is."""
        return TOP + TALL * float(moment / (self.last or 1))

    def frame(self) -> None:
        """The lifelines, and the axis: when something happens, and what that time is made of."""
        bottom = self.y(self.last)
        for end, x in enumerate(LINES):
            self.drawing.line((x, TOP), (x, bottom), stroke=GREY, stroke_width=1.5)
            middle: Look = {"text_anchor": "middle"}
            self.drawing.text((x, TOP - 28), ENDS[end], font_weight="bold", font_size=14, **middle)
            self.drawing.text((x, TOP - 11), str(State.ESTABLISHED), font_weight="bold", **middle)
        self.drawing.line((AXIS, TOP), (AXIS, bottom), stroke=GREY)
        moments = sorted(
            {
                Fraction(0),
                self.trace.over,
                *(happening.event.moment for happening in self.trace.happened),
            }
        )
        for moment, y in zip(moments, _spread(map(self.y, moments), 12), strict=True):
            self._tick(moment, y)

    def _tick(self, moment: Fraction, y: float) -> None:
        over, shown = moment == self.trace.over, _plain(moment)
        colour = RED if over else GREY
        self.drawing.line((AXIS - 4, self.y(moment)), (AXIS, self.y(moment)), stroke=colour)
        text = f"{_plain(self._began)} + {self.trace.timer.length} = {shown}" if over else shown
        self.drawing.text((AXIS - 8, y + 4), text, text_anchor="end", fill=colour)

    def timer(self, span: Span) -> None:
        """A bar while a timer runs, with a line where it is started again."""
        x, top, tall = LINES[span.end], self.y(span.since), self.y(span.until) - self.y(span.since)
        look: Look = {"fill": YELLOW, "stroke": BLACK, "stroke_width": 0.8}
        box: Look = {"x": x - BAR / 2, "y": top, "width": BAR, "height": tall}
        self.drawing.add("rect", class_="timer", **box, **look)
        for moment in span.started[1:]:
            y = self.y(moment)
            self.drawing.line((x - BAR / 2, y), (x + BAR / 2, y), stroke=BLACK, stroke_width=2.5)
        start, length = self.y(span.started[-1]), span.timer.length
        long: Look = {"font_size": 10, "stroke": YELLOW}
        text = f"{span.timer.what}, {length} = {_plain(self.trace.parameters[length])}"
        if top + tall - start > 7 * len(text):
            self.drawing.slanted((x + 3.5, start + 0.7 * (top + tall - start)), -90, text, **long)

    def lifetime(self, copy: Copy) -> None:
        """A bracket beside the sender's lifeline: how long a segment that is left may live."""
        inward = 1 if copy.sender == 0 else -1
        x, top, bottom = LINES[copy.sender] + inward * LIFE, copy.sent, copy.sent + copy.life
        edges: Look = {"class_": "lifetime", "fill": "none", "stroke": RED, "stroke_width": 1.2}
        y, z, back = self.y(top), self.y(bottom), x - inward * 5
        self.drawing.add("path", d=f"M{back:.1f} {y:.1f} H{x:.1f} V{z:.1f} H{back:.1f}", **edges)
        text = f"may live {copy.lifetime} = {_plain(copy.life)}"
        self.drawing.slanted((x + inward * 11 + 4, (y + z) / 2), -90, text, fill=RED)

    def arrow(self, flight: CopyFate) -> None:
        """An arrow from where a segment was sent to where it arrived or was last seen."""
        start, end = self._way(flight)
        look: Look = {"class_": flight.fate, "stroke": COLOURS[flight.fate], "stroke_width": 1.5}
        if flight.fate == LOST:
            self.drawing.line(start, end, **look)
            cross: Look = {"text_anchor": "middle", "fill": RED, "font_size": 16}
            self.drawing.text((end[0], end[1] + 6), "✕", class_="cross", **cross)
            return
        head = "url(#red)" if flight.fate == LEFT else "url(#blue)"
        self.drawing.line(start, end, marker_end=head, **look)
        if flight.fate == LEFT:
            copy = flight.copy
            gone = (LINES[1 - copy.sender], self.y(copy.sent + copy.life))
            self.drawing.line(end, gone, stroke=RED, stroke_dasharray="3 4")

    def _way(self, flight: CopyFate) -> tuple[Point, Point]:
        """Where the arrow of a flight begins and ends."""
        copy, over = flight.copy, self.trace.over
        here, there = LINES[copy.sender], LINES[1 - copy.sender]
        if flight.arrived is not None:
            part, y = 1.0, self.y(flight.arrived)
        elif flight.fate == LOST:
            part, y = LOST_AT, self.y(copy.sent) + LOST_FALL
        else:
            part, y = float((over - copy.sent) / copy.life), self.y(over)
        return (here, self.y(copy.sent)), (here + part * (there - here), y)

    def label(self, flight: CopyFate) -> None:
        """What the segment is, along its arrow, where no other arrow comes near."""
        text, (start, end) = str(flight.copy.segment), self._way(flight)
        across, down = end[0] - start[0], end[1] - start[1]
        half = TEXT * len(text) / max(abs(across), 1) / 2
        if half > 0.5:
            return
        others = [self._way(other) for other in flights(self.trace) if other != flight]
        middles = [half + place * (1 - 2 * half) for place in PLACES]
        middle = max(middles, key=lambda part: _clear((start, end), part, half, others))
        angle = degrees(atan2(down, abs(across))) * (1 if across > 0 else -1)
        at = (start[0] + middle * across, start[1] + middle * down - 4)
        look: Look = {"fill": COLOURS[flight.fate], "font_size": 10}
        self.drawing.slanted(at, angle, text, **look)

    def states(self, end: int) -> None:
        """What each event does at an end, beside its lifeline."""
        state, said = State.ESTABLISHED, list[tuple[Fraction, str, str]]()
        for happening in (
            happening for happening in self.trace.happened if happening.event.end == end
        ):
            after = happening.step.tcb.state
            words = (
                "" if after != state and happening.event.segment else _said(happening),
                str(after) if after != state else "",
            )
            if any(words):
                said.append((happening.event.moment, *words))
            state = after
        sign, anchor = (-1, "end") if end == 0 else (1, "start")
        x = LINES[end] + sign * (BAR / 2 + 5)
        for (moment, what, now), y in zip(
            said, _spread((self.y(moment) for moment, *_ in said), ROW), strict=True
        ):
            if y > self.y(moment):
                self.drawing.line((LINES[end], self.y(moment)), (x, y), stroke=GREY)
            text = self.drawing.text((x, y + 4), f"{what} " * bool(what), text_anchor=anchor)
            self.drawing.add("tspan", now, text, font_weight="bold")

    def violation(self, words: list[str]) -> None:
        """The moment at which the claim is broken, and how."""
        y, other = self.y(self.trace.over), LINES[1 - self.trace.end]
        self.drawing.line((AXIS, y), (WIDTH - 20, y), stroke=RED, stroke_dasharray="6 4",
                          class_="violation")  # fmt: skip
        if self.trace.waiting is not None:
            self.drawing.add("circle", cx=other, cy=y, r=6, fill="none", stroke=RED, stroke_width=2)
        for row, text in enumerate(words):
            place = 20, TOP + TALL + 36 + ROW * row
            self.drawing.text(place, text, fill=RED, font_size=12, font_weight="bold")


def _said(happening: Happened) -> str:
    """A call, a timeout, or that the timer starts again."""
    if happening.event.segment is None:
        return happening.event.kind
    return "timer starts again" if happening.step.starts_time_wait else ""
