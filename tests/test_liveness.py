"""Fair lassos: on hand-made machines of a few states, and replayed on the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import pytest

from tcpmc.checks.explicit import ExplicitEngine
from tcpmc.checks.explore import Graph, explore, pack, unpack
from tcpmc.checks.liveness import FAIR_EVENTS, Lasso, fair_lasso
from tcpmc.checks.tables import Ids, Row, Table
from tcpmc.checks.tabulate import TabulatedModel
from tcpmc.checks.trace import Trace
from tcpmc.model.properties import PROPERTIES
from tcpmc.model.property import Eventually
from tcpmc.model.scope import SCOPES, Scope
from tcpmc.model.system import Event, Model, System
from tcpmc.model.variants import VARIANTS

USER, TIMER = "SEND", "retransmission timeout"
EMPTY, SEGMENT, TWO, FULL = range(4)
GOAL = 9


class Toy:
    """A machine for the explorer. End A does what `moves` say: state -> (event, next state), and
    `sends` names the events that send a segment. End B moves to GOAL on a segment that is
    delivered, and answers it if it `answers`. The channel towards A is FULL: nothing fits in.
    """

    def __init__(
        self,
        moves: Mapping[int, Iterable[tuple[str, int]]],
        network: Mapping[int, Iterable[tuple[str, int]]] | None = None,
        sends: str = "",
        delivers: bool = False,
        answers: bool = False,
    ) -> None:
        self.clock = False
        self.initial = (0, 0, EMPTY, FULL)
        self.events: Ids[tuple[str, None]] = Ids()
        self.events(("tick", None))
        lost = network or {}
        room = {(EMPTY, 1): SEGMENT, (SEGMENT, 1): SEGMENT}

        def own(state: int) -> list[Row]:
            return [(self._event(e), to, int(e == sends), 0) for e, to in moves.get(state, ())]

        def put(key: int) -> list[Row]:
            after = room.get((key >> 20, key % 2**20))
            return [] if after is None else [(after,)]

        def deliveries(channel: int) -> list[Row]:
            arrives = delivers and channel == SEGMENT
            return [(self._event("deliver"), 0, EMPTY)] if arrives else []

        self.own = (Table(4, own), Table(4, lambda end: []))
        self.put = Table(1, put)
        self.deliveries = Table(3, deliveries)
        self.receive = (Table(2, lambda key: []), Table(2, lambda key: [(GOAL, int(answers))]))
        self.network = Table(2, lambda c: [(self._event(e), to) for e, to in lost.get(c, ())])
        self.quiet = self.settled = self.tick_end = self.tick_channel = Table(1, lambda key: [(0,)])

    def _event(self, kind: str) -> int:
        return self.events((kind, None))


def lasso_of(toy: Toy) -> Lasso | None:
    """A fair run of the toy in which neither end ever comes to GOAL."""
    table = cast(TabulatedModel, toy)
    graph = explore(table)
    waiting = []
    for level in graph.levels:
        a, b, _, _ = unpack(level)
        waiting.append(level[(a != GOAL) & (b != GOAL)])
    return fair_lasso(table, graph, waiting)


def ends(lasso: Lasso | None) -> list[int]:
    """The states of end A along the lasso."""
    assert lasso is not None
    return [int(unpack(np.array([state]))[0][0]) for state in lasso.states]


def test_a_run_that_halts_before_the_goal_is_one() -> None:
    lasso = lasso_of(Toy({0: [(USER, 1)], 1: [(USER, 2)]}))
    assert ends(lasso) == [0, 1, 2]
    assert lasso is not None and lasso.loop == 2


def test_a_run_that_halts_at_the_goal_is_none() -> None:
    assert lasso_of(Toy({0: [(USER, 1)], 1: [(USER, GOAL)]})) == halting_at(GOAL - 8)


def halting_at(state: int) -> Lasso | None:
    """User calls need never happen: then this is not a run to the goal either."""
    del state
    return None
