"""The exploration on Ray: as on one machine, and never a wrong verdict when a worker is lost.

Ray is large, and is not among what the tests install: where it is missing, this is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import explore
from tcpmc.checks.statespace.table_arrays import FlatTables
from tcpmc.checks.verdict import INCONCLUSIVE
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS

ray: Any = pytest.importorskip("ray")
cluster: Any = pytest.importorskip("tcpmc.checks.statespace.cluster")
pytestmark = [pytest.mark.exhaustive, pytest.mark.filterwarnings("ignore")]

MODEL = Model(VARIANTS["rfc9293"], Scope("tiny", capacity=1, data=0))
PROPS = [PROPERTIES[name] for name in ("closing-both", "no-deadlock", "close-completes")]


@pytest.fixture(scope="module", autouse=True)
def _workers() -> Iterator[None]:
    cluster.connect("local:2")
    yield
    ray.shutdown()


@pytest.mark.parametrize("backend", ["auto", "numpy"])
@pytest.mark.parametrize("workers", [1, 2])
def test_levels_and_ids_are_those_of_one_machine(backend: str, workers: int) -> None:
    alone, shared = TabulatedModel(MODEL), TabulatedModel(MODEL)
    one = explore(alone)
    two = explore(shared, backend=cluster.RayBackend(FlatTables(shared), workers, backend))
    assert [level.tolist() for level in two.levels] == [level.tolist() for level in one.levels]
    assert two.edges == one.edges
    assert shared.ends.values == alone.ends.values
    assert shared.contents.values == alone.contents.values


def test_verdicts_and_traces_are_those_of_one_machine() -> None:
    shared = ExplicitEngine(MODEL, exploring=Exploring(cluster="local:2"))
    assert shared.decide(PROPS) == ExplicitEngine(MODEL).decide(PROPS)


def test_the_loss_of_a_worker_is_inconclusive_and_its_checkpoint_goes_on(tmp_path: Path) -> None:
    engine = ExplicitEngine(MODEL, exploring=Exploring(folder=tmp_path, cluster="local:2"))
    backends: list[Any] = []
    made = engine.exploring.backend_for(engine.table)

    def progress(graph: Any) -> None:
        if graph.depth == 7:
            ray.kill(backends[0]._workers[1])

    class Watched(Exploring):
        def backend_for(self, machine: Any) -> Any:
            backends.append(made)
            return made

    engine.exploring = Watched(folder=tmp_path, cluster="local:2")
    engine.progress = progress
    answers = engine.decide(PROPS)
    assert {answer.word for answer in answers.values()} == {INCONCLUSIVE}
    assert all("a worker of the cluster was lost" in a.method for a in answers.values())
    resumed = ExplicitEngine(MODEL, exploring=Exploring(folder=tmp_path)).decide(PROPS)
    assert resumed == ExplicitEngine(MODEL).decide(PROPS)


def test_an_address_without_a_cluster_is_told() -> None:
    with pytest.raises(cluster.Unreachable, match=r"no Ray cluster at 127\.0\.0\.1:1"):
        cluster.connect("127.0.0.1:1")


@pytest.mark.parametrize("address", ["local:0", "local:many", "nowhere"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(cluster.Unreachable, match="give local:N, auto, or HOST:PORT"):
        cluster.connect(address)
