"""A trace in the style of RFC 9293's own figures (3.5, 3.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tcpmc.checks.running.jobs import Result
from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.product import System
from tcpmc.reports.evidence import shown
from tcpmc.reports.flows import ARRIVALS
from tcpmc.reports.layout import printable, wrapped
from tcpmc.reports.story import FATES, Moment, moments, title, trace_of

STATE, PAGE, COMMENT = 13, 72, 28
DELAYED = "..."
CALLS = {
    EventKind.TIME_WAIT_TIMEOUT: "2 MSL",
    EventKind.CLOSE: "Close",
    EventKind.ABORT: "Abort",
    EventKind.SEND: "Send",
}


@dataclass(frozen=True)
class FigureRow:
    """One line of a figure: what stands at A and at B, and between them a segment with what is
    shown of it near A and near B: an arrow, or that it is still in the network."""

    a: str = ""
    near: str = ""
    segment: str = ""
    far: str = ""
    b: str = ""

    def text(self, wire: int) -> str:
        """The line, with a wire of that many columns for segments."""
        if self.segment:
            between = f"{self.near} {self.segment:<{wire}} {self.far} "
            return f"{self.a:<{STATE}}{between}{self.b}".rstrip()
        return f"{self.a:<{STATE + wire + 9}}{self.b}".rstrip()


@dataclass
class FigureLine:
    """One numbered line, which may have several rows, and the step that begins it."""

    step: int
    rows: list[FigureRow]


def rfc(result: Result) -> str:
    """The trace of a result as a figure: numbered lines, states after the departure or arrival of
    the segment, "..." for a segment that is still in the network, comments in brackets."""
    trace, name = trace_of(result), printable(title(result))
    figure = list(_figure(trace.states[0], list(moments(result)), trace.loop))
    wire = max(len(row.segment) for line in figure for row in line.rows)
    lines = [" " * 7 + FigureRow("TCP Peer A", b="TCP Peer B").text(wire)]
    for number, line in enumerate(figure, 1):
        lines.append("")
        for index, row in enumerate(line.rows):
            lines.append((" " * 7 if index else f"{number:>4}.  ") + row.text(wire))
    lines += _for_ever(trace, figure)
    caption = wrapped(printable(shown(result, trace)), PAGE - 3)
    return "\n".join([*lines, "", f"Figure: {name}".center(PAGE).rstrip(), "", *caption, ""])


def _figure(first: System, story: Sequence[Moment], loop: int | None) -> Iterator[FigureLine]:
    """The numbered lines. A segment that arrives, or is lost, in the very next step is drawn in one
    line with its departure, unless a loop begins in between."""
    a, b = (str(end.state) for end in first.ends)
    yield FigureLine(0, [FigureRow(a, b=b)])
    joined = False
    for moment, following in zip(story, [*story[1:], None], strict=True):
        line = FigureLine(moment.number, [] if joined else list(_happening(moment)))
        joined = following is not None and _directly(moment, following) and moment.number != loop
        sent = [] if moment.step is None else list(moment.step.send)
        for index, segment in enumerate(sent):
            arrival = following if joined and index == len(sent) - 1 else None
            if line.rows and not _is_call(moment):
                yield line
                line = FigureLine(moment.number, [])
            line.rows += _departure(moment, segment, arrival)
        if line.rows:
            yield line


def _for_ever(trace: Trace, figure: Sequence[FigureLine]) -> list[str]:
    """How a lasso goes on."""
    if trace.loop is None:
        return []
    if trace.loop == len(trace):
        return ["", " " * 7 + "(nothing has to happen any more)"]
    again = next(number for number, line in enumerate(figure, 1) if line.step > trace.loop)
    return ["", " " * 7 + f"(and so for ever, from line {again})"]


def _is_call(moment: Moment) -> bool:
    return moment.step is not None and moment.event.flight is None


def _directly(moment: Moment, following: Moment) -> bool:
    """Whether what this step sends last is what the next one is about."""
    flow, last = following.flow, 0 if moment.step is None else len(moment.step.send) - 1
    return (
        flow is not None
        and following.event.kind != EventKind.DUPLICATE
        and (flow.sent, flow.lane, flow.copied) == (moment.number, last, None)
    )


def _happening(moment: Moment) -> Iterator[FigureRow]:
    """What the step itself is about: a call or timeout, an arrival, or what the network does."""
    event, flow = moment.event, moment.flow
    if event.kind == EventKind.TICK:
        yield FigureRow(f"(time {moment.time})")
    elif flow is None:
        yield from _comments(event.end, [CALLS.get(event.kind, event.kind)])
        if moment.entered is not None and moment.step is not None and not moment.step.send:
            yield _at(event.end, str(moment.entered))
        yield from _comments(event.end, _errors(moment))
    elif event.kind in ARRIVALS:
        whence = "forged" if event.kind == EventKind.FORGE else ""
        arrival = FigureRow(whence, DELAYED, str(flow.segment), _arrow(flow.sender), _state(moment))
        yield _seen_from(flow.sender, arrival)
        yield from _comments(event.end, _errors(moment))
    else:
        fate = f"({FATES[event.kind]})"
        yield _seen_from(flow.sender, FigureRow("", DELAYED, str(flow.segment), DELAYED, fate))


def _departure(moment: Moment, segment: Segment, arrival: Moment | None) -> Iterator[FigureRow]:
    """A segment that leaves; with `arrival`, what becomes of it in the next step."""
    end, arrow = moment.event.end, _arrow(moment.event.end)
    leaving = FigureRow(_state(moment), arrow, str(segment), DELAYED)
    if arrival is None:
        yield _seen_from(end, leaving)
    elif arrival.event.kind == EventKind.DELIVER:
        yield _seen_from(end, replace(leaving, far=arrow, b=_state(arrival)))
        yield from _comments(1 - end, _errors(arrival))
    else:
        yield _seen_from(end, replace(leaving, b=f"({FATES[arrival.event.kind]})"))


def _seen_from(sender: int, row: FigureRow) -> FigureRow:
    """A row that is written as if A were the sender, as it is."""
    return row if sender == 0 else FigureRow(row.b, row.far, row.segment, row.near, row.a)


def _arrow(sender: int) -> str:
    return "-->" if sender == 0 else "<--"


def _state(moment: Moment) -> str:
    return str(moment.after.ends[moment.event.end].state)


def _errors(moment: Moment) -> list[str]:
    signals = () if moment.step is None else moment.step.signals
    return [signal.error for signal in signals if signal.error]


def _comments(end: int, texts: Sequence[str]) -> Iterator[FigureRow]:
    """Each text in brackets at that end."""
    for text in texts:
        for line in wrapped(f"({printable(text)})", COMMENT):
            yield _at(end, line)


def _at(end: int, text: str) -> FigureRow:
    return replace(FigureRow(), **{"ab"[end]: text})
