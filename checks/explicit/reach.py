"""The shortest run that comes to a state, or to a rule, by the explicit engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.rule_labels import matches
from tcpmc.checks.statespace import Graph, explore
from tcpmc.checks.trace import Trace, events_along, replay
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import Event
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import some
from tcpmc.model.properties.kinds import Reachable
from tcpmc.model.variants.pair import Stacks
from tcpmc.model.variants.variant import Variant

SMALL = SCOPES["small"]
TRIED = (
    SMALL,
    SMALL.with_(aborts=True),
    SMALL.with_(capacity=1, data=1),
    SMALL.with_(capacity=1, retransmissions=1),
    SMALL.with_(capacity=1, crashes=1),
    SMALL.with_(capacity=1, attacks=1),
    SMALL.with_(capacity=1, opens=2),
    SMALL.with_(capacity=1, opens=2, isn="clock", start="established"),
)
"""The scopes in which a rule is looked for, one after the other: each lets more happen."""


@dataclass(frozen=True)
class ShortestRun:
    """A run and the scope in which it is a shortest one."""

    scope: Scope
    trace: Trace


def run_to_state(
    variant: Stacks, state: State, scope: Scope = SCOPES["default"]
) -> ShortestRun | None:
    """A shortest run that brings an end into the state; None if no run in the scope does."""
    prop = Reachable(
        name=f"reach-{state.value.lower()}",
        meaning=f"an end is in {state}",
        citation="",
        expected={},
        goals=(some(state),),
    )
    trace = ExplicitEngine(Model(variant, scope)).decide([prop])[prop.name].trace
    return None if trace is None else ShortestRun(scope, trace)


def run_to_rule(variant: Variant, labels: set[str]) -> ShortestRun | None:
    """A run of fewest steps whose last one follows a rule with one of these labels, in the first of
    the scopes tried that has one; None if none has."""
    for scope in TRIED:
        trace = _to_rule(Model(variant, scope), labels)
        if trace is not None:
            return ShortestRun(scope, trace)
    return None


def _to_rule(model: Model, labels: set[str]) -> Trace | None:
    """Level by level: once such a rule has been applied to what a level holds, the first state in
    it from which that is a step. (There may have been no room for what it sends.)"""
    table = TabulatedModel(model)
    hits: list[tuple[Graph, int, int, Event]] = []

    def look(graph: Graph, level: int) -> bool:
        if follows(table.rules, labels):
            for state in graph.levels[level].tolist():
                for event, step, _ in model.successors(table.system(state)):
                    if step is not None and follows(step.rules, labels):
                        hits.append((graph, state, level, event))
                        return True
        return False

    graph = explore(table, visit=lambda graph: graph.depth > 0 and look(graph, graph.depth - 1))
    if not hits and not look(graph, graph.depth):
        return None
    graph, state, level, event = hits[0]
    events = events_along(model, [table.system(on_path) for on_path in graph.path_to(state, level)])
    return replay(model, [*events, event])


def follows(rules: Iterable[str], labels: set[str]) -> bool:
    """Whether one of the labels of a step is one of these."""
    return any(matches(label, rule) for rule in rules for label in labels)
