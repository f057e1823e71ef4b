"""The explorer against a search of ten lines, on systems that Hypothesis makes up."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from other_systems import BACKENDS, Row, Tables, explored, search, successors
from random_machines import Apart, Ids, Raw, after_each_transition, machine
from tcpmc.checks.statespace import Graph, Ints, Machine, unpack
from tcpmc.checks.statespace import successors as expand
from tcpmc.checks.statespace.tabulated import Tabulated

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
    assert_all_is_found(machine(Random(seed)), lambda: machine(Random(seed)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1 << 32))
def test_rows_of_several_blocks(seed: int) -> None:
    """The kernel keeps a row of states in blocks of 512 contents of a channel."""
    raw = machine(Random(seed))
    assert_all_is_found(raw, lambda: Apart(raw, 300))


@pytest.mark.exhaustive
def test_rows_of_more_than_64_blocks() -> None:
    raw = machine(Random(8))
    assert_all_is_found(raw, lambda: Apart(raw, 8200))


def assert_all_is_found(raw: Raw, make: Callable[[], Machine]) -> None:
    """What a simple search of the raw machine finds is what all backends find."""
    distance, queue, transitions = {raw.initial: 0}, [raw.initial], 0
    for state in queue:  # grows while it is read
        for after in after_each_transition(raw, state):
            transitions += 1
            if after not in distance:
                distance[after] = distance[state] + 1
                queue.append(after)
    made, graph = found_alike_by_all_backends(make)
    spread = made.spread if isinstance(made, Apart) else 1
    found = {
        (a, b, ab // spread, ba // spread): depth
        for depth, level in enumerate(graph.levels)
        for a, b, ab, ba in as_ids(level)
    }
    assert found == distance
    assert graph.edges == transitions


def as_ids(level: Ints) -> list[Ids]:
    a, b, ab, ba = (part.tolist() for part in unpack(level))
    return list(zip(a, b, ab, ba, strict=True))
