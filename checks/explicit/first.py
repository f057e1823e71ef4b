"""The shortest runs to steps of an end: the first place in a graph where something happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import END_BITS, Graph, chunks, successors, unpack
from tcpmc.checks.trace import Trace, events_along, replay
from tcpmc.model.endpoint.event_kinds import NETWORK_EVENTS, EventKind
from tcpmc.model.network.product import End, Event

Test = Callable[[int, End, Event], bool]
"""Whether a step, of that end in that state on that event, is the one that is looked for."""


def first_runs(table: TabulatedModel, graph: Graph, tests: Mapping[str, Test]) -> dict[str, Trace]:
    """A shortest run, replayed, whose last step is the one that the test looks for; for each test
    that such a step exists for."""
    runs: dict[str, Trace] = {}
    for depth, state, event in _first_steps(table, graph):
        end = table.system(state).ends[event.end]
        for name, test in tests.items():
            if name not in runs and test(event.end, end, event):
                states = [table.system(state_id) for state_id in graph.path_to(state, depth)]
                events = [*events_along(table.model, states), event]
                runs[name] = replay(table.model, events)
        if len(runs) == len(tests):
            break
    return runs


def _first_steps(table: TabulatedModel, graph: Graph) -> Iterator[tuple[int, int, Event]]:
    """Every step of an end that occurs in the graph, once: the level and the state in which it is
    first possible, and the event."""
    yielded: set[int] = set()
    for depth, level in enumerate(graph.levels):
        for chunk in chunks(level):
            edges = successors(table, chunk)
            a, b, _, _ = unpack(chunk)
            ends = np.where(edges.end == 0, a[edges.source], b[edges.source])
            steps = (edges.event * 2 + edges.end) << END_BITS | ends
            _, first = np.unique(steps, return_index=True)
            for index in sorted(first.tolist()):
                step = int(steps[index])
                event = table.event(int(edges.event[index]), int(edges.end[index]))
                local = event.kind not in (*NETWORK_EVENTS, EventKind.TICK)
                if local and step not in yielded:
                    yielded.add(step)
                    yield depth, int(chunk[edges.source[index]]), event
