"""The exploration on Ray, on systems that are not ours: as on one machine. Skipped without Ray."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from bench.system import compact_tcp
from other_systems import explored, go_back_n
from random_machines import machine
from tcpmc.checks.statespace import Machine, explore
from tcpmc.checks.statespace.table_arrays import FlatTables
from tcpmc.checks.statespace.tabulated import Functions, Tabulated
from tla_tcp import TlaTcp

ray: Any = pytest.importorskip("ray")
cluster: Any = pytest.importorskip("tcpmc.checks.statespace.cluster")
pytestmark = [pytest.mark.exhaustive, pytest.mark.filterwarnings("ignore")]


def tabulated(system: Functions[Any, Any, Any]) -> Machine:
    return Tabulated(system)


SYSTEMS: dict[str, Callable[[], Machine]] = {
    "compact TCP": lambda: compact_tcp(1, 2),
    "TLA+ tcp": lambda: tabulated(TlaTcp()),
    "go-back-2": lambda: tabulated(go_back_n(2, 3, messages=4, capacity=2)),
    **{f"random {seed}": lambda seed=seed: machine(Random(seed)) for seed in range(8)},  # type: ignore[misc]
}


@pytest.fixture(scope="module", autouse=True)
def _workers() -> Iterator[None]:
    cluster.connect("local:2")
    yield
    ray.shutdown()


@pytest.mark.parametrize("backend", ["auto", "numpy"])
@pytest.mark.parametrize("name", SYSTEMS)
def test_ray_finds_what_one_machine_finds(name: str, backend: str) -> None:
    alone, shared = SYSTEMS[name](), SYSTEMS[name]()
    one = explored(alone)
    two = explore(shared, backend=cluster.RayBackend(FlatTables(shared), 2, backend))
    assert [level.tolist() for level in two.levels] == [level.tolist() for level in one.levels]
    assert two.edges == one.edges
