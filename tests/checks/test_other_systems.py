"""The explorer on systems that are not ours: published sizes, and derived ones."""

from __future__ import annotations

from itertools import pairwise
from math import comb
from typing import Any

import numpy as np
import pytest

from bench.sizes import SIZES
from bench.system import CompactTcp, compact_tcp
from other_systems import (
    BACKENDS,
    WRONG,
    State,
    alternating_bit,
    chatter,
    explored,
    go_back_n,
    producer_and_consumer,
    search,
    successors,
)
from tcpmc.checks.statespace import Graph, explore, pack
from tcpmc.checks.statespace import successors as expand
from tcpmc.checks.statespace.backend import backend_for
from tcpmc.checks.statespace.tabulated import Functions, Tabulated
from tla_tcp import TlaTcp

NAMES = [f"{name}-{threads}" for name, threads in BACKENDS]


def tabulated(
    system: Functions[Any, Any, Any], backend: tuple[str, int] = ("auto", 1)
) -> tuple[Tabulated[Any, Any, Any], Graph]:
    table = Tabulated(system)
    return table, explored(table, backend)


def distances(table: Tabulated[Any, Any, Any], graph: Graph) -> dict[State, int]:
    return {
        table.state(state): depth
        for depth, level in enumerate(graph.levels)
        for state in level.tolist()
    }


# ------------------------------------------------------------------- the benchmark's compact TCP

SMALL, MIDDLE, LARGE = ((1, 2),), ((1, 3), (2, 2)), ((1, 4), (3, 2))


@pytest.mark.parametrize("backend", BACKENDS, ids=NAMES)
@pytest.mark.parametrize(
    "size", [*SMALL, *(pytest.param(size, marks=pytest.mark.exhaustive) for size in MIDDLE)]
)
def test_compact_tcp_has_the_states_and_transitions_that_spin_and_murphi_count(
    size: tuple[int, int], backend: tuple[str, int]
) -> None:
    graph = explored(compact_tcp(*size), backend)
    assert (graph.states, graph.edges) == SIZES[size]


def test_every_size_of_the_benchmark_is_here_or_too_large_for_a_test() -> None:
    assert SIZES.keys() == {*SMALL, *MIDDLE, *LARGE}


# ------------------------------------------------------------------------ TLA+ examples: tcp


@pytest.mark.parametrize("backend", BACKENDS, ids=NAMES)
def test_tla_tcp_has_the_states_and_the_depth_that_tlc_counts(backend: tuple[str, int]) -> None:
    """1182 distinct states and depth 14 (TLC counts levels), from two initial states."""
    table: Tabulated[Any, Any, Any] = Tabulated(TlaTcp())
    a, b, ab, ba = (np.array([part]) for part in table.initial)
    graph = explore(
        table,
        [np.sort(np.concatenate((pack(a, b, ab, ba), pack(b, a, ba, ab))))],
        backend=backend_for(table, *backend),
    )
    assert graph.states == 1182
    assert len(graph.levels) == 14


def test_tla_tcp_generates_what_tlc_generates() -> None:
    """6322 with the two initial states, and with what the constraints then reject."""
    system, every_step = TlaTcp(), TlaTcp(constrained=False)
    a, b, ab, ba = system.initial
    reached, _, _ = search(system, (a, b, ab, ba), (b, a, ba, ab))
    assert 2 + sum(1 for state in reached for _ in successors(every_step, state)) == 6322


# -------------------------------------------------------------------------------- classics


@pytest.mark.parametrize(("kinds", "capacity"), [(1, 5), (2, 3), (3, 2)])
def test_a_bag_has_every_multiset(kinds: int, capacity: int) -> None:
    _, graph = tabulated(chatter(kinds, capacity, ordered=False))
    bags, smaller = comb(kinds + capacity, capacity), comb(kinds + capacity - 1, capacity - 1)
    assert graph.states == bags**2
    assert graph.depth == 2 * capacity
    # Each end sends each kind into each bag that has room, and takes each kind that a bag holds:
    # as many, for a bag that holds a kind is one with room and that kind put in.
    assert graph.edges == 2 * bags * 2 * kinds * smaller


@pytest.mark.parametrize(("kinds", "capacity"), [(1, 5), (2, 3), (3, 2)])
def test_a_fifo_has_every_word(kinds: int, capacity: int) -> None:
    _, graph = tabulated(chatter(kinds, capacity, ordered=True))
    words = sum(kinds**length for length in range(capacity + 1))
    assert graph.states == words**2
    assert graph.depth == 2 * capacity
    assert graph.edges == 2 * words * (kinds * (words - kinds**capacity) + words - 1)


@pytest.mark.parametrize(("messages", "capacity"), [(5, 1), (7, 3), (40, 8)])
def test_producer_and_consumer(messages: int, capacity: int) -> None:
    """States are (taken, in flight): in flight at most the capacity, and all there are."""
    table, graph = tabulated(producer_and_consumer(messages, capacity))
    states = sum(messages + 1 - flight for flight in range(capacity + 1))
    assert graph.states == states
    # Every state but those with all messages sent, or no room, can send; all but the empty take.
    cannot_send = (capacity + 1) + (messages + 1 - capacity) - 1
    assert graph.edges == (states - cannot_send) + (states - (messages + 1))
    assert graph.depth == 2 * messages
    assert table.state(int(graph.levels[-1][0])) == (messages, messages, (), ())


@pytest.mark.parametrize("capacity", range(1, 6))
def test_alternating_bit(capacity: int) -> None:
    """For each bit s of the sender, with old meaning the other bit and c the capacity:

    * not yet taken: old^i s^j to the receiver, old^k back: (c+1)(c+2)/2 * (c+1) states, but one: i
      and k cannot both be c, as that one acknowledgement moved the sender on, and each more of them
      took an old message;
    * taken: s^j, and old^k s^l back: as many, but not the c+1 with k = c, for when s was taken
      there was room to acknowledge it.
    """
    _, graph = tabulated(alternating_bit(capacity))
    each = (capacity + 1) ** 2 * (capacity + 2) // 2
    assert graph.states == 2 * (each - 1 + each - (capacity + 1))


def first_wrong(system: Functions[Any, Any, Any]) -> int | None:
    found = distances(*tabulated(system))
    return min((depth for (_, b, _, _), depth in found.items() if b == WRONG), default=None)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_go_back_n_is_right_if_there_are_more_numbers_than_the_window(window: int) -> None:
    assert first_wrong(go_back_n(window, window + 1, messages=4, capacity=2)) is None
    assert first_wrong(go_back_n(window, window, messages=4, capacity=2)) is not None


def test_the_alternating_bit_does_not_survive_reordering() -> None:
    assert first_wrong(go_back_n(1, 2, messages=3, capacity=2)) is None
    # 0 and its copy, 0 acknowledged, 1 sent, taken and acknowledged: then the copy is taken for 2.
    assert first_wrong(go_back_n(1, 2, messages=3, capacity=2, ordered=False)) == 7


# ------------------------------------------------------------ against the search of ten lines

SYSTEMS: dict[str, Functions[Any, Any, Any]] = {
    "compact TCP": CompactTcp(1, 1),
    "TLA+ tcp": TlaTcp(),
    "bag": chatter(2, 3, ordered=False),
    "alternating bit": alternating_bit(3),
    "go-back-2": go_back_n(2, 3, messages=4, capacity=2),
    "go-back-2, reordering": go_back_n(2, 3, messages=3, capacity=2, ordered=False),
}


@pytest.mark.parametrize("backend", BACKENDS, ids=NAMES)
@pytest.mark.parametrize("name", SYSTEMS)
def test_it_finds_what_the_simple_search_finds(name: str, backend: tuple[str, int]) -> None:
    system = SYSTEMS[name]
    table, graph = tabulated(system, backend)
    distance, transitions, deadlocks = search(system)
    assert distances(table, graph) == distance
    assert graph.edges == transitions
    assert set(deadlocked(table, graph)) == deadlocks
    farthest = graph.levels[-1].tolist()
    for state in (farthest[0], farthest[-1]):
        run = [table.state(step) for step in graph.path_to(state, graph.depth)]
        assert (run[0], run[-1], len(run) - 1) == (system.initial, table.state(state), graph.depth)
        assert all(after in successors(system, before) for before, after in pairwise(run))


def deadlocked(table: Tabulated[Any, Any, Any], graph: Graph) -> list[State]:
    return [
        table.state(level[index])
        for level in graph.levels
        for index in set(range(len(level))) - set(expand(table, level).source.tolist())
    ]
