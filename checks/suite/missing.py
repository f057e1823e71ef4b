"""Runs for the cells that no script covers: what a script for them has to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tcpmc.checks.drive.model_stack import ModelStack
from tcpmc.checks.drive.moves import Arrival, Move, has_ack
from tcpmc.checks.drive.plan import StateReached, ways
from tcpmc.checks.drive.running import Observation, Runner
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.variants.variant import Variant

PROBES = (
    Arrival("ACK", "left outside", "good"),
    Arrival("ACK", "left edge", "beyond"),
)
"""Segments that a stack answers, the one in synchronized states, the other in those before: what it
sends next shows that it has sent nothing before."""
BEFORE_SYNCHRONIZED = (State.CLOSED, State.LISTEN, State.SYN_SENT)


@dataclass(frozen=True)
class MissingRun:
    """The run of a model that covers a cell: what came of each move, which of them is the segment
    that is tried, and the state in which it arrives."""

    state: State
    kind: str
    events: tuple[Observation, ...]
    tried: int


def runs_for(cells: Iterable[tuple[State, str]], variant: Variant) -> Iterator[MissingRun]:
    """The shortest run that lets each kind of segment arrive in its state, and shows the answer;
    none for a state into which the variant has no way."""
    known = ways(variant)
    for state, kind in cells:
        found = known.get(StateReached(state)) or known.get(StateReached(state, passive=True))
        if found:
            yield _run(state, kind, found[0], variant)


def _run(state: State, kind: str, way: tuple[Move, ...], variant: Variant) -> MissingRun:
    runner = Runner(ModelStack(variant))
    events = runner.run(way)
    tried = len(events)
    events.append(runner.make(Arrival(kind, ack="good" if has_ack(kind) else "")))
    if not any(packet.outbound for packet in events[-1].packets):
        for probe in PROBES if state not in BEFORE_SYNCHRONIZED else PROBES[::-1]:
            events.append(runner.make(probe))
            if any(packet.outbound for packet in events[-1].packets):
                break
    return MissingRun(state, kind, tuple(events), tried)
