"""A trace told step by step: what every format that draws or lists it has to say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import State, Step
from tcpmc.model.network.product import Event, System
from tcpmc.reports.flows import Flow, flows
from tcpmc.reports.layout import printable

if TYPE_CHECKING:
    from tcpmc.checks.running.jobs import Result

FATES = {EventKind.LOSE: "lost", EventKind.EXPIRE: "expired", EventKind.DUPLICATE: "duplicated"}


@dataclass(frozen=True)
class Moment:
    """One step of a trace. `flow` is the copy of a segment that arrives, is lost, expires or is
    made in it; `time` counts the ticks up to and with this step."""

    number: int
    event: Event
    step: Step | None
    before: System
    after: System
    flow: Flow | None
    time: int

    @property
    def entered(self) -> State | None:
        """The state that the end of the event enters, if it is another than before."""
        was, now = (system.ends[self.event.end].state for system in (self.before, self.after))
        return now if now != was else None

    @property
    def late(self) -> bool:
        """Whether a segment was sent before the previous step: something lies in between."""
        return self.flow is not None and self.flow.sent < self.number - 1

    @property
    def rules(self) -> list[str]:
        """The rules followed, and the errors that the user is told."""
        return [] if self.step is None else rules_of(self.step)


def rules_of(step: Step) -> list[str]:
    """The labels of a step, and the errors that the user is told, as they can be printed."""
    errors = [f'user told "{signal}"' for signal in step.signals if signal.error]
    return [printable(text) for text in (*step.rules, *errors)]


def trace_of(result: Result) -> Trace:
    """The canonical trace of a result, which must have one."""
    trace = result.verdict.trace
    if trace is None:
        raise ValueError(f"{title(result)}: there is no trace")
    return trace


def moments(result: Result) -> Iterator[Moment]:
    """The steps of the trace of a result, in order."""
    trace, copies, time = trace_of(result), copies_of(result), 0
    ended = {flow.ended: flow for flow in copies if flow.fate != "in flight"}
    ended |= {flow.copied: flow for flow in copies if flow.copied is not None}
    for index, (event, step) in enumerate(zip(trace.events, trace.steps, strict=True)):
        time += event.kind == EventKind.TICK
        before, after = trace.states[index : index + 2]
        flow = ended.get(index + 1) if event.flight is not None else None
        yield Moment(index + 1, event, step, before, after, flow, time)


def copies_of(result: Result) -> list[Flow]:
    """Every copy of every segment of the trace of a result."""
    return flows(trace_of(result))


def title(result: Result) -> str:
    """ "REFUTED graceful-close on no-time-wait" """
    return f"{result.verdict.word} {result.job.prop.name} on {result.job.variant.name}"
