"""A trace as a message ladder: two lifelines, time downwards, as the figures of RFC 9293 do it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcpmc.checks.labels import ENDS
from tcpmc.checks.trace import Trace
from tcpmc.diagrams.dot import (
    BLUE,
    GREY,
    RED,
    YELLOW,
    DotPicture,
    DotStatement,
    Html,
    Look,
    caption,
    digraph,
    edge,
    node,
    plain,
    wrapped,
)
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import State, Step
from tcpmc.model.network.product import Event
from tcpmc.model.network.system import Model
from tcpmc.reports.flows import Flow, flows

# Inches: A and B stand this far apart; one step takes this much.
WIDTH, ROW, SIDE = 7.0, 0.62, 160
LIFELINES = (0.0, WIDTH)
SMALL: Look = {"fontsize": 10, "style": "filled", "fillcolor": "white"}
ARROW: Look = {"color": BLUE, "penwidth": 1.3}


def ladder_dot(model: Model, trace: Trace, title: str) -> DotPicture:
    """The trace as DOT with fixed positions.

    One row for each step. An arrow leads from the step at which a segment was sent to the one at
    which it was delivered; a lost or expired one ends at a cross, a copy that the network made is
    dotted up to where it was made. States stand beside the lifelines where they change.
    """
    lines = [
        *_lifelines(trace),
        *(line for number in range(1, len(trace) + 1) for line in _row(trace, number)),
        *_arrows(trace),
        *_loop(trace),
    ]
    setting = f"{model.variant.name}: {model.scope.describe()}"
    rows = [*wrapped(title, bold=True), *wrapped(setting)]
    look: Look = {"label": caption(rows), "labelloc": "t", "labeljust": "l"}
    return digraph(lines, layout="neato", splines="line", outputorder="edgesfirst", **look)


def at(x: float, step: float) -> str:
    """The position that far from the first lifeline, and so many steps down."""
    return f"{x:g},{-ROW * step:g}!"


def point(name: str, x: float, step: float) -> DotStatement:
    """A place that edges lead to, and that is not seen."""
    return node(name, pos=at(x, step), shape="point", width=0.01, style="invis")


def _lifelines(trace: Trace) -> Iterator[DotStatement]:
    """The lifelines of both ends."""
    first, last = (
        [str(trace.states[index].ends[end].state) for end in (0, 1)] for index in (0, -1)
    )
    return lifelines(ENDS, first, last, len(trace))


def lifelines(
    names: Sequence[str], first: Sequence[str], last: Sequence[str], steps: int
) -> Iterator[DotStatement]:
    """Both lines, the names and the first states above them, the last states below them. There is a
    point "A 3" for step 3 of the first end, and "B 3" of the second."""
    below = steps + 1.3
    for end, x in enumerate(LIFELINES):
        head = Html(f"<B>{plain(names[end])}</B><BR/>{plain(first[end])}")
        box: Look = {"shape": "box", "style": "filled", "fillcolor": "white", "width": 1.4}
        yield node(ENDS[end], label=head, pos=at(x, -0.2), **box)
        tail = Html(f"<B>{plain(last[end])}</B>")
        yield node(f"{ENDS[end]} last", label=tail, pos=at(x, below), **box | {"fillcolor": YELLOW})
        yield edge(ENDS[end], f"{ENDS[end]} last", arrowhead="none", color=GREY, penwidth=1.5)
        for number in range(steps + 1):
            yield point(f"{ENDS[end]} {number}", x, number)


def _row(trace: Trace, number: int) -> Iterator[DotStatement]:
    """The number of the step, and what it says beside the lifeline of its end."""
    event, step = trace.events[number - 1], trace.steps[number - 1]
    yield in_margin(number, str(number))
    if event.kind == EventKind.TICK:
        yield from _tick(number)
        return
    if step is None:
        return
    before, after = (trace.states[index].ends[event.end].state for index in (number - 1, number))
    lines = _said(event, step, before, after)
    if lines:
        yield beside(event.end, number, lines)


def in_margin(number: int, text: str) -> DotStatement:
    """What stands at the left of a step."""
    margin = at(-SIDE / 72 - 0.4, number)
    return node(f"step {number}", label=text, pos=margin, shape="plain", fontcolor=GREY)


def _said(event: Event, step: Step, before: State, after: State) -> list[str]:
    """The call or timeout, the state if it changed, and an error that the user is told."""
    lines = [] if event.kind == EventKind.DELIVER else [plain(event.kind)]
    if after != before:
        lines.append(f"<B>{after}</B>")
    errors = [signal.error for signal in step.signals if signal.error]
    return lines + [f'<FONT COLOR="{RED}">“{plain(error)}”</FONT>' for error in errors]


def beside(end: int, number: int, lines: Sequence[str], name: str = "") -> DotStatement:
    """Lines of markup outside a lifeline, next to it."""
    align, sign = ("RIGHT", -1) if end == 0 else ("LEFT", 1)
    cell = f'<TD ALIGN="{align}" WIDTH="{SIDE}">'
    cells = "".join(f"<TR>{cell}{line}</TD></TR>" for line in lines)
    table = f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0">{cells}</TABLE>'
    x = LIFELINES[end] + sign * (SIDE / 144 + 0.1)
    return node(
        name or f"beside {number}", label=Html(table), pos=at(x, number), shape="plain", fontsize=11
    )


def _tick(number: int) -> Iterator[DotStatement]:
    for end, x in enumerate(LIFELINES):
        yield point(f"tick {ENDS[end]} {number}", x + (end - 0.5) * 0.6, number)
    yield edge(f"tick A {number}", f"tick B {number}", arrowhead="none", color=GREY, style="dotted")
    look = SMALL | {"fontcolor": GREY}
    yield node(f"tick {number}", label="tick", pos=at(WIDTH / 2, number), shape="plain", **look)


def _flow(flow: Flow, number: int, labelled: bool) -> Iterator[DotStatement]:
    """The arrow of one copy: from its sender, or from where the network made it, to its end."""
    name, goal = f"{ENDS[flow.sender]} {flow.sent}", f"{ENDS[1 - flow.sender]} {flow.ended}"
    if flow.fate == "forged":
        pos, words = _across(flow, 0.45, flow.ended), f"forged {flow.segment}"
        yield node(
            f"forged {number}", label=words, pos=pos, shape="plain", **SMALL | {"fontcolor": RED}
        )
        yield edge(f"forged {number}", goal, **ARROW)
        return
    if flow.copied is not None:
        made = f"copy {number}"
        pos = _across(flow, 0.5, flow.copied)
        yield node(made, label="duplicated", pos=pos, shape="plain", **SMALL)
        yield edge(name, made, arrowhead="none", style="dotted", color=BLUE)
        name = made
    if labelled:
        label = f"segment {number}"
        # Where it would be, did it arrive one step later: so labels of different steps never meet.
        part = max(0.25, 0.02 + 0.006 * len(str(flow.segment))) + 0.3 * flow.lane
        pos = _across(flow, part, flow.sent + part)
        yield node(label, label=str(flow.segment), pos=pos, shape="plain", **SMALL)
        yield edge(name, label, arrowhead="none", **ARROW)
        name = label
    if flow.fate != "delivered":
        goal = f"end {number}"
        left = flow.fate == "in flight"
        pos = _across(flow, 0.72, (flow.copied or flow.sent) + 0.8 if left else flow.ended)
        words = "(still in flight)" if left else f"✕ {flow.fate}"
        yield node(goal, label=words, pos=pos, shape="plain", **SMALL | {"fontcolor": RED})
    yield edge(name, goal, **ARROW)


def _across(flow: Flow, part: float, step: float) -> str:
    """The position that far from the sender's lifeline to the other."""
    return at(WIDTH * (part if flow.sender == 0 else 1 - part), step)


def _arrows(trace: Trace) -> Iterator[DotStatement]:
    """All copies; the segment is written on the first arrow from each sending."""
    written = set()
    for number, flow in enumerate(flows(trace), 1):
        sending = flow.sender, flow.sent, flow.lane
        new = sending not in written and flow.copied is None
        yield from _flow(flow, number, new)
        written |= {sending} if new else set()


def _loop(trace: Trace) -> Iterator[DotStatement]:
    """A lasso's loop: the steps that go on for ever, marked at the right."""
    if trace.loop is None:
        return
    x, top, bottom = WIDTH + SIDE / 72 + 0.5, trace.loop + 0.5, len(trace) + 0.5
    for name, step in (("loop begins", top), ("loop ends", bottom)):
        yield point(name, x, step)
        yield point(f"{name} here", x - 0.5, step)
    middle: Look = {"shape": "plain", "fontcolor": RED}
    text = Html("<B>for<BR/>ever</B>")
    yield node("for ever", label=text, pos=at(x, (top + bottom) / 2), **middle)
    look: Look = {"color": RED, "penwidth": 2}
    yield edge("loop ends here", "loop ends", arrowhead="none", **look)
    yield edge("loop ends", "for ever", arrowhead="none", **look)
    yield edge("for ever", "loop begins", arrowhead="none", **look)
    yield edge("loop begins", "loop begins here", **look)
