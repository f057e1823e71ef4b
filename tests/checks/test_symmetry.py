"""Exploration up to an exchange of the ends: half of the states, and real runs."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Ids, Row, Table, explore, successors
from tcpmc.checks.statespace.backend import local_backend
from tcpmc.checks.statespace.symmetry import Asymmetric, Folded, folded, mirrored
from tcpmc.checks.statespace.table_arrays import FlatTables
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.shipped import VARIANTS


class Turns:
    """Both ends count to 4, sending their count over a channel that holds one and may lose it; an
    end that receives more than its own count takes it over."""

    clock = False
    initial = (0, 0, 0, 0)

    def __init__(self) -> None:
        self.events: Ids[str] = Ids()

        def count(end: int) -> list[Row]:
            return [(0, end + 1, end + 1, 0)] if end < 4 else []

        def receive(key: int) -> list[Row]:
            return [(max(key >> 20, key & (1 << 20) - 1), 0)]

        def put(key: int) -> list[Row]:
            return [(key & (1 << 20) - 1,)] if key >> 20 == 0 else []

        own, receiving = Table(4, count), Table(2, receive)
        self.own, self.receive = (own, own), (receiving, receiving)
        self.deliveries = Table(3, lambda channel: [(1, channel, 0)] if channel else [])
        self.network = Table(2, lambda channel: [(2, 0)] if channel else [])
        self.put = Table(1, put)
        self.tick_end = self.tick_channel = Table(1, lambda key: [])
        self.quiet = self.settled = Table(1, lambda key: [(1,)])


@pytest.mark.parametrize("backend", ["auto", "numpy"])
def test_the_levels_are_those_of_the_whole_search_folded(backend: str) -> None:
    machine = Turns()
    whole = explore(machine)
    half = explore(
        machine, backend=Folded(FlatTables(machine), partial(local_backend, name=backend))
    )
    assert half.exchange and half.states < whole.states
    for full, some in zip(whole.levels, half.levels, strict=True):
        assert sorted(set(folded(full).tolist())) == some.tolist()


def test_a_path_is_a_run_of_the_system_itself() -> None:
    machine = Turns()
    half = explore(machine, backend=Folded(FlatTables(machine), local_backend))
    for depth, level in enumerate(half.levels):
        for state in level.tolist():
            run = half.path_to(state, depth)
            assert len(run) == depth + 1 and run[0] == 0
            assert state in (run[-1], int(mirrored(np.array(run[-1:]))[0]))
            for before, after in pairwise(run):
                assert after in successors(machine, np.array([before])).target


def test_ends_that_differ_are_refused() -> None:
    """The hosts of the TCP model number from different ISS."""
    table = TabulatedModel(Model(VARIANTS["rfc9293"], Scope("tiny", capacity=1, data=0)))
    with pytest.raises(Asymmetric, match="do not share their tables"):
        Folded(FlatTables(table), local_backend)
