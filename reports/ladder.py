"""The text ladder of a trace, in the shape of the RFC's own figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.network.product import Event, System
from tcpmc.reports.flows import FORGED, Flow, Network, keeps_copies
from tcpmc.reports.layout import folded, wrapped
from tcpmc.reports.story import rules_of

NUMBER, STATE, GAP, SLACK = 5, 12, 2, 2
LEAST_RULE = 16
FATES = {EventKind.LOSE: "lost", EventKind.DUPLICATE: "x2", EventKind.EXPIRE: "expired"}
NUMBERED = re.compile(r"(^|\s)[0-9]+-* <|> -*[0-9]+$")


@dataclass(frozen=True)
class LadderRow:
    """One line between the ends: what stands at A, on the wire (and where on it) and at B."""

    a: str = ""
    wire: str = ""
    b: str = ""
    place: str = "<"

    def text(self, width: int) -> str:
        """The row with a wire of that width. What stands at an end may run into an empty wire."""
        wire = f"{self.wire:{self.place}{width}}"
        left = f"{self.a:<{STATE}}" + " " * GAP + wire + " " * GAP
        if len(self.a) > STATE and not self.wire:
            left = f"{self.a:<{len(left)}}"
        over = max(0, len(self.b) - STATE)
        return left[: len(left) - over] + self.b


@dataclass(frozen=True)
class Drawn:
    """One step of a trace as rows, and the rules that it followed."""

    rows: list[LadderRow]
    rules: list[str] = field(default_factory=list)


def ladder(trace: Trace, width: int = 100) -> list[str]:
    """The trace as lines of at most `width` columns: a ladder, or a list where that is too narrow.

    A state is shown where it changes. An arrow that leaves begins at its sender; one that arrives
    ends at its receiver, and its tail is the number of the step that sent it.
    """
    steps = [Drawn(rows, rules) for rows, rules in _steps(trace)]
    wires = [row for step in steps for row in step.rows] or [LadderRow()]
    longest = max(len(row.wire) for row in wires)
    wire = max(len(row.wire) + SLACK * (row.place != "^") for row in wires)
    beside = width - (NUMBER + STATE + GAP + wire + GAP + STATE + GAP)
    if beside >= LEAST_RULE:
        lines = _draw(trace, steps, wire, beside)
    elif NUMBER + STATE + GAP + longest + GAP + STATE <= width:
        lines = _draw(trace, steps, longest, 0, width)
    else:
        lines = _list(trace, width)
    return [line.rstrip() for line in lines]


def _draw(
    trace: Trace, steps: list[Drawn], wire: int, beside: int, width: int = 0
) -> Iterator[str]:
    """The ladder; the rules stand beside it if there is room, else under each step."""
    indent = " " * NUMBER
    heading = indent + LadderRow("A", "", "B").text(wire)
    yield f"{heading}{' ' * (STATE + 1)}rule" if beside else heading
    a, b = trace.states[0].ends
    yield f"{0:>3}  " + LadderRow(str(a.state), "", str(b.state)).text(wire)
    for number, step in enumerate(steps, 1):
        if trace.loop == number - 1:
            yield indent + ". . . the loop begins here"
        lines = _beside(step, wire, beside) if beside else _below(step, wire, width - NUMBER)
        for index, line in enumerate(lines):
            yield (f"{number:>3}  " if index == 0 else indent) + line
    yield from (indent + line for line in _loop_end(trace))
    if any(NUMBERED.search(row.wire) for step in steps for row in step.rows):
        yield "(The tail of an arrow that arrives: the step that sent it.)"


def _beside(step: Drawn, wire: int, width: int) -> list[str]:
    """The rows of a step with its rules to the right of them, in a column of that width."""
    rows, notes = [row.text(wire) for row in step.rows], folded(step.rules, width)
    edge = len(LadderRow(b=" " * STATE).text(wire)) + GAP
    return [f"{row:<{edge}}{note}" for row, note in zip_longest(rows, notes, fillvalue="")]


def _below(step: Drawn, wire: int, width: int) -> list[str]:
    """The rows of a step, and below them its rules."""
    notes = [f"  {note}" for note in folded(step.rules, width - 2)]
    return [row.text(wire) for row in step.rows] + notes


def _list(trace: Trace, width: int) -> Iterator[str]:
    """The trace as a list of events, for a narrow screen."""
    a, b = trace.states[0].ends
    yield from wrapped(f"0 A {a.state}, B {b.state}", width)
    for number, (event, step) in enumerate(zip(trace.events, trace.steps, strict=True), 1):
        if trace.loop == number - 1:
            yield "  the loop begins here"
        before, after = trace.states[number - 1 : number + 1]
        words = [f"{number} {_told(event)}"]
        for name, was, now in zip("AB", before.ends, after.ends, strict=True):
            if was.state != now.state:
                words.append(f"{name} {now.state}")
        if step is not None:
            words += [f"sends {segment}" for segment in step.send] + rules_of(step)
        for index, word in enumerate(words):
            for row, line in enumerate(wrapped(word, width - 2)):
                yield line if index == row == 0 else f"  {line}"
    yield from (f"  {line}" for line in _loop_end(trace))


def _told(event: Event) -> str:
    who = "AB"[event.end]
    if event.kind == EventKind.TICK:
        return "tick"
    if event.flight is None:
        return f"{who} {event.kind}"
    segment = event.flight.segment
    if event.kind in (EventKind.DELIVER, EventKind.FORGE):
        forged = " forged" * (event.kind == EventKind.FORGE)
        return f"{who} receives{forged} {segment}"
    return f"{FATES[event.kind]}, from {who}: {segment}"


def _loop_end(trace: Trace) -> list[str]:
    if trace.loop is None:
        return []
    if trace.loop == len(trace):
        return [". . . and nothing has to happen any more"]
    return [f". . . back to step {trace.loop}, and so for ever"]


def _steps(trace: Trace) -> Iterator[tuple[list[LadderRow], list[str]]]:
    """The rows and rules of each step."""
    network = Network(trace.states[0], keeps_copies(trace))
    for number, (event, step) in enumerate(zip(trace.events, trace.steps, strict=True), 1):
        before, after = trace.states[number - 1 : number + 1]
        flow = network.happen(number, event)
        if event.kind == EventKind.TICK:
            yield [LadderRow(wire=f"- - - - time {network.now} - - - -", place="^")], []
        elif step is None:
            assert flow is not None
            yield [_fate(event, flow)], []
        else:
            network.send(event.end, number, step.send)
            yield list(_act(event, step, (before, after), flow)), rules_of(step)


def _origin(flow: Flow) -> str:
    """What stands at the tail of an arrow that arrives: the step that sent the copy; nothing where
    it was in flight at the beginning."""
    return FORGED if flow.fate == FORGED else str(flow.sent or "")


def _fate(event: Event, flow: Flow) -> LadderRow:
    """What the network does to a segment."""
    origin, fate = _origin(flow), FATES[event.kind]
    head = "-->" if event.kind == EventKind.DUPLICATE else "-X"
    if event.end == 0:
        return LadderRow(wire=f"{origin:-<3} {flow.segment} {head} {fate}", place="^")
    head = "<--" if event.kind == EventKind.DUPLICATE else "X-"
    return LadderRow(wire=f"{fate} {head} {flow.segment} {origin:->3}", place="^")


def _act(
    event: Event, step: Step, states: tuple[System, System], flow: Flow | None
) -> Iterator[LadderRow]:
    """A call, a timeout or an arrival at an end, and what it sends."""
    end = event.end
    was, now = (system.ends[end].state for system in states)
    state = str(now) if now != was else ""
    wires = [(_arrow(end, segment, "---"), "<>"[end]) for segment in step.send]
    if flow is not None:
        wires.insert(0, (_arrow(1 - end, flow.segment, _origin(flow)), "<>"[end]))
    else:
        yield _at(end, f"({event.kind})")
    if state and not wires:
        wires = [("", "<")]
    for wire, place in wires:
        yield _at(end, state, wire, place)
        state = ""


def _arrow(sender: int, segment: Segment, tail: str) -> str:
    if sender == 0:
        return f"{tail:-<3} {segment} -->"
    return f"<-- {segment} {tail:->3}"


def _at(end: int, text: str, wire: str = "", place: str = "<") -> LadderRow:
    return LadderRow(text, wire, "", place) if end == 0 else LadderRow("", wire, text, place)
