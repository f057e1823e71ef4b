"""Every step of every end: what the tables of an explored model hold, and where it happens first.

The tables are filled on demand: a step of an end in them is on a segment that met that end in a
state, or is one that the end could take by itself there. (For want of room, or while the network
was not quiet, it need not have been taken: that is looked up in the graph, where it matters.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tcpmc.checks.explicit.first import first_runs
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Graph, ids_of
from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.product import End, EndStep, Event
from tcpmc.model.properties.kinds import EveryStep

Occurrence = tuple[int, End, Event]


@dataclass
class StepFindings:
    """What the steps came to for one property: whether any met the premise, and which of them
    broke the claim."""

    premise: bool
    broken: set[Occurrence]


def tabulated_steps(table: TabulatedModel) -> Iterator[tuple[Occurrence, EndStep]]:
    """Every step in the tables."""
    model = table.quick
    for which in (0, 1):
        for key in table.receive[which].known():
            before, arriving = ids_of(key)
            end, flight = table.ends[before], table.flights[arriving]
            event = Event(EventKind.DELIVER, which, flight)
            move = model.receive(which, end, flight.segment, flight.about)
            yield (which, end, event), model.end_step(event, end, move.step)
        for key in table.own[which].known():
            end = table.ends[key]
            for move in model.own_moves(which, end):
                event = Event(move.event, which, move.flight, move.offset)
                yield (which, end, event), model.end_step(event, end, move.step)


def checked(table: TabulatedModel, props: Sequence[EveryStep]) -> dict[str, StepFindings]:
    """What the steps in the tables came to, by property."""
    findings = {prop.name: StepFindings(False, set()) for prop in props}
    for occurrence, step in tabulated_steps(table):
        for prop in props:
            if prop.premise(step):
                findings[prop.name].premise = True
                if not prop.claim(step):
                    findings[prop.name].broken.add(occurrence)
    return findings


def shortest(
    table: TabulatedModel, graph: Graph, findings: dict[str, StepFindings]
) -> dict[str, Trace]:
    """A shortest run to a broken claim, by property, where a run of the graph comes to one."""
    tests = {
        name: lambda which, end, event, broken=finding.broken: (which, end, event) in broken
        for name, finding in findings.items()
        if finding.broken
    }
    return first_runs(table, graph, tests) if tests else {}
