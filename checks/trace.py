"""Traces: a run of the model, and its replay by the reference semantics.

A trace is only its first state and its events until it is replayed. The replay uses
`Model.successors` and nothing of the engines, and fails loudly where an event is not possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tcpmc.checks.in_flight import truths
from tcpmc.errors import Error
from tcpmc.model.endpoint.event_kinds import NETWORK_EVENTS, EventKind
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.network.product import OPENS, End, Event, Move, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import (
    FAIR_EVENTS,
    Always,
    Eventually,
    EveryStep,
    Fairness,
    Lemma,
    LivelockFree,
    Property,
    Reachable,
)


class ReplayError(Error):
    """The model does not have the trace, or the replayed trace is not evidence for the verdict."""


@dataclass(frozen=True)
class Trace:
    """A replayed run: n + 1 states, n events, and the step of an end for each event (None where
    only the network moved). `loop` is the index of the state to which a lasso's last event
    returns."""

    states: tuple[System, ...]
    events: tuple[Event, ...]
    steps: tuple[Step | None, ...]
    loop: int | None = None

    def __len__(self) -> int:
        return len(self.events)


def replay(
    model: Model, events: Sequence[Event], loop: int | None = None, start: System | None = None
) -> Trace:
    """Run the model on `events`, from the initial state unless `start` is given.

    Raises ReplayError when an event is not possible where it stands, or a lasso does not close.
    """
    states = [start or model.initial()]
    steps: list[Step | None] = []
    for number, event in enumerate(events, 1):
        for possible, step, after in model.successors(states[-1]):
            if possible == event:
                states.append(after)
                steps.append(step)
                break
        else:
            raise ReplayError(f"step {number}: {event.kind} at end {event.end} is not possible")
    if loop is not None and states[-1] != states[loop]:
        raise ReplayError(f"the lasso does not return to state {loop}")
    return Trace(tuple(states), tuple(events), tuple(steps), loop)


def events_along(model: Model, states: Sequence[System]) -> list[Event]:
    """The event that leads from each state to the next: the first in the model's order, but what
    an end does before what only the network does. (A delivery that is ignored and a loss look the
    same afterwards; only the one is fair.)"""
    along = []
    for before, after in pairwise(states):
        events = [event for event, _, target in model.successors(before) if target == after]
        if not events:
            raise ReplayError("two states of a path without an event between them")
        along.append(min(events, key=lambda event: event.kind in NETWORK_EVENTS))
    return along


def move_of(model: Model, which: int, end: End, event: Event) -> Move | None:
    """What the event does at that end; None where it is not possible or changes nothing."""
    if event.flight is not None:
        return model.receive(which, end, event.flight.segment, event.flight.about)
    opens = event.kind in OPENS and model.scope.opens > 1
    return model.own_move(event.kind, which, end, event.offset if opens else end.incarnation.offset)


def shows(model: Model, prop: Property, trace: Trace) -> bool:
    """Whether the trace is evidence: it refutes the property, or witnesses it if it asks for that.

    Predicates are evaluated on the replayed states only. Where a state does not show what is lost,
    it is evidence if some part of what was sent makes it so.
    """
    match prop:
        case Reachable():
            return _meets_goals(model, prop, trace)
        case Always():
            return _ends_in_violation(model, prop, trace)
        case Eventually():
            return _avoids_goal(model, prop, trace)
        case LivelockFree():
            return _goes_on_answering(model, prop, trace)
        case EveryStep():
            return len(trace) > 0 and _breaks(model, prop, trace)
        case Lemma():
            return len(trace) == 1 and _breaks(model, prop, trace)
        case _:
            raise TypeError(f"no evidence is defined for {type(prop).__name__}")


def _meets_goals(model: Model, prop: Reachable, trace: Trace) -> bool:
    """Whether the trace meets the goals one after the other; a state may meet several."""
    goals = list(prop.goals)
    for state in trace.states:
        while goals and True in truths(goals[0], model, state):
            goals.pop(0)
    return not goals


def _ends_in_violation(model: Model, prop: Always, trace: Trace) -> bool:
    """Whether the premise holds in the last state, and the claim does not."""
    last = trace.states[-1]
    return True in truths(prop.premise, model, last) and False in truths(prop.claim, model, last)


def _avoids_goal(model: Model, prop: Eventually, trace: Trace) -> bool:
    """Whether the trace is a fair lasso on whose cycle one end waits, and never comes to the
    goal."""
    if trace.loop is None or not is_fair(model, trace, prop.fair):
        return False
    cycle = trace.states[trace.loop :]
    return any(
        all(
            prop.premise(model, state, which) and not prop.goal(model, state, which)
            for state in cycle
        )
        for which in (0, 1)
    )


def _goes_on_answering(model: Model, prop: LivelockFree, trace: Trace) -> bool:
    """Whether the trace is a lasso whose cycle is an exchange of segments, where it counts."""
    if trace.loop is None or not _only_answers(trace, trace.loop):
        return False
    return all(prop.where(model, state) for state in trace.states[trace.loop :])


def is_fair(model: Model, trace: Trace, fairness: Sequence[Fairness]) -> bool:
    """Whether what is due anywhere on a lasso's cycle happens on it, and nothing is duplicated."""
    kinds = {kind for name in fairness for kind in FAIR_EVENTS[name]}
    taken = set(trace.events[trace.loop :])
    due = {event for state in trace.states[trace.loop :] for event in due_in(model, state)}
    fair = {event for event in due if event.kind in kinds}
    return fair <= taken and all(event.kind != EventKind.DUPLICATE for event in taken)


def due_in(model: Model, system: System) -> Iterator[Event]:
    """What may happen, or would if there were room for what is then sent."""
    for which in (0, 1):
        for flight, _ in model.channel.deliveries(system.channels[1 - which]):
            yield Event(EventKind.DELIVER, which, flight)
        for move in model.own_moves(which, system.ends[which]):
            if not (move.settled or move.quiet):
                yield Event(move.event, which, move.flight, move.offset)
    yield from (event for event, _, _ in model.successors(system))


def _only_answers(trace: Trace, loop: int) -> bool:
    """Whether the loop of a lasso is made of deliveries, each of which is answered."""
    turns = list(zip(trace.events, trace.steps, strict=True))[loop:]
    return bool(turns) and all(
        event.kind == EventKind.DELIVER and step is not None and step.send for event, step in turns
    )


def _breaks(model: Model, prop: EveryStep | Lemma, trace: Trace) -> bool:
    """Whether the last step of the trace is one of an end, and breaks the claim."""
    before, event, step = trace.states[-2], trace.events[-1], trace.steps[-1]
    if step is None:
        return False
    taken = model.end_step(event, before.ends[event.end], step)
    return prop.premise(taken) and not prop.claim(taken)
