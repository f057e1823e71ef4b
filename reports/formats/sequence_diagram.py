"""What the sequence diagrams of several tools have in common: the words, and how much fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.jobs import Result
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.reports.evidence import shown
from tcpmc.reports.flows import ARRIVALS
from tcpmc.reports.layout import printable, wrapped
from tcpmc.reports.story import FATES, Moment, moments, title, trace_of

NOTE = 40
BOTH = "A,B"


@dataclass(frozen=True)
class Language:
    """How a tool writes a diagram.

    arrow
        From a sender to a receiver with a text; whether it arrives.
    note
        Lines over an end, or over both (`BOTH`).
    """

    begin: Callable[[str], list[str]]
    arrow: Callable[[str, str, str, bool], str]
    note: Callable[[str, Sequence[str]], str]
    loop: str
    end_of_loop: str
    end: Sequence[str] = ()


def diagram(result: Result, language: Language, most: int, arrows: int) -> str:
    """The trace of a result as a diagram of at most `most` characters and `arrows` arrows. Steps
    in the middle are left out, and said to be, where it would be longer."""
    story, steps = list(moments(result)), len(trace_of(result))
    while True:
        shown_steps = _ends_of(story, steps)
        text = "\n".join([*_lines(result, shown_steps, language), ""])
        drawn = sum(moment.event.flight is not None for moment in shown_steps)
        if steps == 0 or (len(text) <= most and drawn <= arrows):
            return text
        steps = steps * 9 // 10


def _ends_of(story: Sequence[Moment], steps: int) -> list[Moment]:
    """As many steps as are kept, half from the beginning and half from the end."""
    first = (steps + 1) // 2
    return [*story[:first], *story[len(story) - (steps - first) :]]


def _lines(result: Result, story: Sequence[Moment], language: Language) -> Iterator[str]:
    trace, count, inside = trace_of(result), 0, False
    yield from language.begin(printable(title(result)))
    for name, end in zip(ENDS, trace.states[0].ends, strict=True):
        yield language.note(name, [str(end.state)])
    for moment in story:
        yield from _gap(count, moment.number, language)
        count = moment.number
        if trace.loop is not None and count > trace.loop and not inside:
            inside = True
            yield language.loop
        yield from _step(moment, language)
    yield from _gap(count, len(trace) + 1, language)
    yield from [language.end_of_loop] * inside
    halted = ["nothing has to happen any more"] * (trace.loop == len(trace))
    yield language.note(BOTH, _folded([*halted, shown(result, trace)]))
    yield from language.end


def _gap(before: int, number: int, language: Language) -> Iterator[str]:
    if number > before + 1:
        yield language.note(BOTH, [f"steps {before + 1} to {number - 1} are left out"])


def _step(moment: Moment, language: Language) -> Iterator[str]:
    event, number = moment.event, moment.number
    told = [] if moment.entered is None else [str(moment.entered)]
    told += _folded(moment.rules)
    if event.flight is not None:
        arrives = event.kind in ARRIVALS
        sender = 1 - event.end if arrives else event.end
        text = f"{number} {'forged ' * (event.kind == EventKind.FORGE)}{event.flight.segment}"
        text += f" {FATES[event.kind]}" if event.kind in FATES else ""
        if moment.late and moment.flow is not None:
            text += f" (sent in step {moment.flow.sent})" if moment.flow.sent else " (sent before)"
        if event.kind == EventKind.DUPLICATE:
            yield language.note(BOTH, [text])
        else:
            yield language.arrow(ENDS[sender], ENDS[1 - sender], text, arrives)
        if told:
            yield language.note(ENDS[event.end], told)
    elif event.kind == EventKind.TICK:
        yield language.note(BOTH, [f"time {moment.time}"])
    else:
        yield language.note(ENDS[event.end], [f"{number} {event.kind}", *told])


def _folded(texts: Sequence[str]) -> list[str]:
    return [line for text in texts for line in wrapped(printable(text), NOTE)]
