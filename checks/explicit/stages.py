"""Goals met one after the other: a search for each, from the states that met the goal before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tcpmc.checks.explicit.truth import TruthOnGraphs
from tcpmc.checks.statespace import Graph
from tcpmc.checks.statespace.tables import Ints
from tcpmc.model.properties.kinds import Predicate

Search = Callable[[Sequence[Ints], Callable[[Graph], bool]], Graph]
"""Explores from source states, which join at their levels, until a test of the graph says stop."""


@dataclass(frozen=True)
class Stage:
    """The graph in which one goal was looked for, and the states in it that meet the goal, by
    level."""

    graph: Graph
    met: list[Ints]

    @property
    def succeeded(self) -> bool:
        """Whether any state meets the goal."""
        return any(map(len, self.met))


def stages(
    goals: Sequence[Predicate], graph: Graph, truth: TruthOnGraphs, search: Search
) -> Iterator[Stage]:
    """A stage for each goal, the first one in the given graph; ends with the first stage that
    fails. The states of a stage keep the depth at which they are reached from the initial state."""
    stage = Stage(graph, truth.levels_where(goals[0], graph))
    yield stage
    for number, goal in enumerate(goals[1:], 2):
        if not stage.succeeded:
            return
        last = number == len(goals)

        def met(graph: Graph, goal: Predicate = goal, last: bool = last) -> bool:
            """Whether one state is enough, and there is one in the newest level."""
            level = truth.level(graph, graph.depth)
            return last and bool(truth.where(goal, level, any).any())

        graph = search(stage.met, met)
        stage = Stage(graph, truth.levels_where(goal, graph))
        yield stage


def shortest_hits(passed: Sequence[Stage]) -> list[tuple[int, int]]:
    """For each stage the state, with its depth, at which a shortest run through all of them meets
    the goal. Worked out backwards: the last goal is met where it is met first, and each other one
    where the run to the next one began."""
    depth, states = next((d, states) for d, states in enumerate(passed[-1].met) if len(states))
    hits = [(int(states[0]), depth)]
    for stage in reversed(passed[1:]):
        state, depth = hits[-1]
        path = stage.graph.path_to(state, depth)
        hits.append((path[0], depth - (len(path) - 1)))
    return hits[::-1]
