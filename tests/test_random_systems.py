"""The explorer against a search of ten lines, on systems that Hypothesis makes up."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.tabulated import Tabulated
from other_systems import BACKENDS, Row, Tables, explored, search, successors
from random_machines import Ids, after_each_transition, machine
from tcpmc.checks.explore import Graph, Ints, Machine, unpack
from tcpmc.checks.explore import successors as expand

ENDS, MESSAGES = st.integers(0, 3), st.sampled_from("xyz")
ROWS = st.builds(Row, ENDS, st.none() | MESSAGES)
OWN = st.dictionaries(ENDS, st.lists(ROWS, max_size=3), max_size=4)
RECEIVE = st.dictionaries(st.tuples(ENDS, MESSAGES), ROWS, max_size=12)
SYSTEMS = st.builds(
    Tables,
    initial_ends=st.tuples(ENDS, ENDS),
    own_rows=st.tuples(OWN, OWN),
    receive_rows=st.tuples(RECEIVE, RECEIVE),
    capacity=st.integers(0, 2),
    ordered=st.booleans(),
    overflow=st.booleans(),
    loss=st.booleans(),
    duplication=st.booleans(),
)


M = TypeVar("M", bound=Machine)


def found_alike_by_all_backends(make: Callable[[], M]) -> tuple[M, Graph]:
    """A system made anew and explored for each backend: they number and find the same."""
    first, *others = [(system := make(), explored(system, backend)) for backend in BACKENDS]
    for _, other in others:
        assert other.edges == first[1].edges
        assert list(map(list, other.levels)) == list(map(list, first[1].levels))
    return first


@settings(max_examples=50, deadline=None)
@given(SYSTEMS, st.integers(0))
def test_states_distances_transitions_deadlocks_and_a_path(system: Tables, pick: int) -> None:
    table, graph = found_alike_by_all_backends(lambda: Tabulated(system))
    distance, transitions, deadlocks = search(system)
    levels = [[table.state(state) for state in level.tolist()] for level in graph.levels]
    assert {state: depth for depth, level in enumerate(levels) for state in level} == distance
    assert graph.states == len(distance)
    assert graph.edges == transitions
    stuck = [set(range(len(level))) - set(expand(table, level).source) for level in graph.levels]
    assert {levels[d][at] for d, indices in enumerate(stuck) for at in indices} == deadlocks
    depth = pick % len(levels)
    state = int(graph.levels[depth][pick % len(levels[depth])])
    run = [table.state(step) for step in graph.path_to(state, depth)]
    assert (run[0], len(run) - 1) == (system.initial, distance[run[-1]])
    assert all(after in successors(system, before) for before, after in pairwise(run))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1 << 32))
def test_any_tables_with_waits_and_ticks(seed: int) -> None:
    raw = machine(Random(seed))
    distance, queue, transitions = {raw.initial: 0}, [raw.initial], 0
    for state in queue:  # grows while it is read
        for after in after_each_transition(raw, state):
            transitions += 1
            if after not in distance:
                distance[after] = distance[state] + 1
                queue.append(after)
    _, graph = found_alike_by_all_backends(lambda: machine(Random(seed)))
    found = {ids: depth for depth, level in enumerate(graph.levels) for ids in as_ids(level)}
    assert found == distance
    assert graph.edges == transitions


def as_ids(level: Ints) -> list[Ids]:
    a, b, ab, ba = (part.tolist() for part in unpack(level))
    return list(zip(a, b, ab, ba, strict=True))
