"""The tabulated explorer against ten lines of plain Python, and the exact size of each scope."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Graph, TooLarge, explore, machine
from tcpmc.checks.statespace import table_arrays as flat
from tcpmc.checks.statespace import visited as seen
from tcpmc.checks.statespace.backend import backend_for, kernel_is_there
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.product import End, System
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.shipped import VARIANTS

TINY = Scope("tiny", capacity=1, data=0)
ESTABLISHED: dict[str, Any] = {"capacity": 2, "start": "established"}

SMALL_SCOPES = {
    "capacity 1": TINY,
    "capacity 1, text": TINY.with_(data=1, start="established"),
    "capacity 2": TINY.with_(**ESTABLISHED),
    "capacity 3": TINY.with_(**ESTABLISHED | {"capacity": 3, "duplication": False}),
    "fifo": TINY.with_(channel="fifo", capacity=2, duplication=False),
    "fifo, duplication": TINY.with_(channel="fifo", **ESTABLISHED),
    "no loss": TINY.with_(loss="none", **ESTABLISHED),
    "sent-set": TINY.with_(channel="sent-set", start="established"),
    "clock": TINY.with_(clock=True, loss="not-acks", **ESTABLISHED),
    "clock, fifo": TINY.with_(clock=True, channel="fifo", start="established"),
    "clock, sent-set": TINY.with_(clock=True, channel="sent-set", start="established"),
    "crashes": TINY.with_(crashes=1, start="established"),
    "two OPENs": TINY.with_(opens=2, duplication=False, loss="none"),
    "ABORT": TINY.with_(aborts=True),
    "one retransmission": TINY.with_(retransmissions=1),
}


def model_of(scope: Scope, variant: str = "rfc9293") -> Model:
    return Model(VARIANTS[variant], scope)


@lru_cache(maxsize=2)  # the backends are compared with one search
def naive(scope: Scope, variant: str = "rfc9293") -> tuple[dict[System, int], int]:
    """The distance of every reachable state, and the number of edges."""
    model = model_of(scope, variant)
    distance, edges = {model.initial(): 0}, 0
    queue = [model.initial()]
    for state in queue:  # grows while it is read
        for event, _, after in model.successors(state):
            if event.kind == "tick" and after == state:
                continue  # no clock runs: time alone is no step
            edges += 1
            if after not in distance:
                distance[after] = distance[state] + 1
                queue.append(after)
    return distance, edges


BACKENDS = [
    pytest.param("numpy", 1, id="numpy"),
    *(
        pytest.param(
            "kernel",
            threads,
            id=f"kernel-{threads}",
            marks=pytest.mark.skipif(not kernel_is_there(), reason="the kernel is not compiled"),
        )
        for threads in (1, 3)
    ),
]


@pytest.mark.parametrize(("backend", "threads"), BACKENDS)
@pytest.mark.parametrize(
    "scope",
    [
        pytest.param(scope, id=name, marks=[pytest.mark.exhaustive] if scope.clock else [])
        for name, scope in SMALL_SCOPES.items()
    ],
)
def test_each_backend_finds_what_a_naive_search_finds(
    scope: Scope, backend: str, threads: int
) -> None:
    model = model_of(scope)
    table = TabulatedModel(model)
    graph = explore(table, backend=backend_for(table, backend, threads))
    distance, edges = naive(scope)
    found = {
        table.system(state): depth
        for depth, level in enumerate(graph.levels)
        for state in level.tolist()
    }
    assert found == distance
    assert graph.complete
    assert (graph.states, graph.edges) == (len(distance), edges)
    assert graph.depth == max(distance.values())


@pytest.mark.parametrize(("backend", "threads"), BACKENDS[1:])
@pytest.mark.parametrize("scope", ["capacity 3", "sent-set", "clock", "two OPENs"])
def test_the_backends_number_everything_alike(scope: str, backend: str, threads: int) -> None:
    """So a trace does not depend on which of them is installed, nor on how many threads run."""
    graphs = []
    for name, count in (("numpy", 1), (backend, threads)):
        table = TabulatedModel(model_of(SMALL_SCOPES[scope]))
        graphs.append((table, explore(table, backend=backend_for(table, name, count))))
    (table, graph), (other_table, other) = graphs
    assert list(map(np.ndarray.tolist, graph.levels)) == list(map(np.ndarray.tolist, other.levels))
    assert table.ends.values == other_table.ends.values
    assert table.contents.values == other_table.contents.values


def test_numpy_without_a_bitmap_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    table = TabulatedModel(model_of(TINY))
    whole = explore(table)
    monkeypatch.setattr(seen, "LARGEST_BITMAP", 1 << 12)
    graph = explore(table, backend=backend_for(table, "numpy"))
    assert (graph.states, graph.edges, graph.depth) == (whole.states, whole.edges, whole.depth)


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_does_so_on_every_variant(variant: str) -> None:
    model = model_of(TINY, variant)
    graph = explore(TabulatedModel(model))
    distance, edges = naive(TINY, variant)
    assert (graph.states, graph.edges, graph.depth) == (
        len(distance),
        edges,
        max(distance.values()),
    )


def test_a_path_is_a_run_and_as_short_as_can_be() -> None:
    model = model_of(TINY)
    table = TabulatedModel(model)
    graph = explore(table)
    distance, _ = naive(TINY)
    for depth, level in enumerate(graph.levels):
        for state in level[::97].tolist():
            run = [table.system(step) for step in graph.path_to(state, depth)]
            assert run[0] == model.initial() and run[-1] == table.system(state)
            assert len(run) - 1 == distance[run[-1]]
            for before, after in pairwise(run):
                assert after in {target for _, _, target in model.successors(before)}


SIZES = {  # states, edges, depth
    "small": (31_863, 166_084, 21),
    "default": (436_257, 2_309_564, 29),
    "large": (3_914_431, 20_939_700, 33),
}


@pytest.mark.parametrize(
    "name",
    ["small", *(pytest.param(n, marks=pytest.mark.exhaustive) for n in ("default", "large"))],
)
def test_exact_size_of_the_named_scopes(name: str) -> None:
    graph = explore(TabulatedModel(model_of(SCOPES[name])))
    assert (graph.states, graph.edges, graph.depth) == SIZES[name]


def test_every_named_scope_has_its_size_here() -> None:
    assert SIZES.keys() == SCOPES.keys()


@pytest.mark.parametrize("channel", ["bag", "fifo"])
@pytest.mark.parametrize("capacity", [1, 2])
def test_the_sent_set_has_every_run_of_the_bounded_channels(channel: str, capacity: int) -> None:
    """For each reachable state the sent-set has one with the same ends, and with the same segments
    and perhaps more in flight: so what is proved of the sent-set is proved of them."""
    scope = TINY.with_(start="established")
    bounded = TabulatedModel(model_of(scope.with_(channel=channel, capacity=capacity)))
    sent_set = TabulatedModel(model_of(scope.with_(channel="sent-set")))
    flights_at: dict[tuple[End, End], list[frozenset[tuple[int, Segment]]]] = {}
    for system in systems(sent_set, explore(sent_set)):
        flights_at.setdefault(system.ends, []).append(in_flight(system))
    for system in systems(bounded, explore(bounded)):
        assert any(in_flight(system) <= more for more in flights_at[system.ends])


def systems(table: TabulatedModel, graph: Graph) -> list[System]:
    return [table.system(state) for level in graph.levels for state in level.tolist()]


def in_flight(system: System) -> frozenset[tuple[int, Segment]]:
    """The segments in both channels, each with the end that sent it."""
    return frozenset((end, f.segment) for end in (0, 1) for f in system.channels[end])


def test_it_stops_where_the_visitor_says_so() -> None:
    graph = explore(TabulatedModel(model_of(TINY)), visit=lambda graph: graph.depth == 3)
    assert graph.depth == 3
    assert not graph.complete


def test_later_sources_join_at_their_level() -> None:
    """A stage of a search begins where the one before met its goal, at that depth."""
    table = TabulatedModel(model_of(TINY))
    whole = explore(table)
    nothing = np.empty(0, np.int64)
    again = explore(table, [nothing, nothing, whole.levels[2]])
    assert [len(level) for level in again.levels[:2]] == [0, 0]
    assert (again.levels[2] == whole.levels[2]).all()
    state = int(again.levels[4][0])
    assert len(again.path_to(state, 4)) == 3


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("END_BITS", "more than 4 states of one end"),
        ("CHANNEL_BITS", "more than 4 contents of one channel"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_cut_off(
    monkeypatch: pytest.MonkeyPatch, limit: str, message: str
) -> None:
    """A state is four ids in one int: an id that is too large for its bits would be another's."""
    from tcpmc.checks.explicit import tabulate

    monkeypatch.setattr(tabulate, limit, 2)
    assert getattr(machine, limit) > 2
    with pytest.raises(TooLarge, match=message):
        explore(TabulatedModel(model_of(TINY)))


@pytest.mark.parametrize("limit", ["END_BITS", "CHANNEL_BITS"])
def test_nor_is_it_for_a_system_that_does_not_count_its_ids(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(flat, limit, 2)
    table = TabulatedModel(model_of(TINY))
    with pytest.raises(TooLarge, match="more than"):
        explore(table, backend=backend_for(table, "numpy"))
