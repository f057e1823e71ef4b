"""Fair lassos: on hand-made machines of a few states, and as they are found in the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import cast

import numpy as np
import pytest

from tcpmc.checks.explicit import ExplicitEngine
from tcpmc.checks.explore import distinct, explore, unpack
from tcpmc.checks.explore.tables import Ids, Row, Table
from tcpmc.checks.liveness import Lasso, fair_component, fair_lasso, region
from tcpmc.checks.tabulate import TabulatedModel
from tcpmc.checks.trace import Trace, due_in, is_fair
from tcpmc.model.properties import PROPERTIES
from tcpmc.model.property import Eventually
from tcpmc.model.scope import SCOPES
from tcpmc.model.system import Model
from tcpmc.model.variants import VARIANTS

USER, TIMER, OTHER, THIRD = "SEND", "retransmission timeout", "user timeout", "TIME-WAIT timeout"
FAIR = ("delivery", "timers")
EMPTY, SEGMENT, TWO, FULL = range(4)
GOAL = 9

Moves = Mapping[int, Iterable[tuple[str, int]]]


class Toy:
    """A machine for the explorer, in which end A does what `moves` say: (event, next state).

    The event that `sends` sends a segment; `network` is what happens to the channel towards B; what
    is `delivered` brings B to GOAL, and B sends an answer if it `answers`. Nothing fits into the
    channel towards A.
    """

    def __init__(
        self,
        moves: Moves,
        network: Moves | None = None,
        sends: str = "",
        delivered: bool = False,
        answers: bool = False,
    ) -> None:
        self.clock = False
        self.initial = (0, 0, EMPTY, FULL)
        self.events: Ids[tuple[str, None]] = Ids()

        def happens(ways: Moves, state: int) -> Iterator[tuple[str, int, int]]:
            for event, after in ways.get(state, ()):
                yield event, self.events((event, None)), after

        def own(state: int) -> Iterator[Row]:
            return ((code, after, int(e == sends), 0) for e, code, after in happens(moves, state))

        def lose(channel: int) -> Iterator[Row]:
            return ((code, after) for _, code, after in happens(network or {}, channel))

        def deliver(channel: int) -> Iterator[Row]:
            if delivered and channel == SEGMENT:
                yield self.events(("deliver", None)), 0, EMPTY

        def put(key: int) -> list[Row]:
            return [] if key >> 20 == FULL else [(SEGMENT,)]

        self.own = (Table(4, own), Table(4, lambda end: []))
        self.deliveries = Table(3, deliver)
        self.receive = (Table(2, lambda key: []), Table(2, lambda key: [(GOAL, int(answers))]))
        self.put = Table(1, put)
        self.network = Table(2, lose)


def lasso_of(toy: Toy) -> Lasso | None:
    """A fair run of the toy in which neither end ever comes to GOAL."""
    table = cast(TabulatedModel, toy)
    graph = explore(table)
    waiting = []
    for level in graph.levels:
        a, b, _, _ = unpack(level)
        waiting.append(level[(a != GOAL) & (b != GOAL)])
    return fair_lasso(table, graph, waiting, FAIR)


def run_of(toy: Toy) -> tuple[list[int], list[int]]:
    """The states of end A on the stem of the toy's lasso, and on its cycle."""
    lasso = lasso_of(toy)
    assert lasso is not None
    states = unpack(np.array(lasso.states))[0].tolist()
    assert lasso.states[-1] == lasso.states[lasso.loop]
    return states[: lasso.loop + 1], states[lasso.loop + 1 :]


def test_a_state_without_a_next_step_is_repeated_for_ever() -> None:
    assert run_of(Toy({0: [(TIMER, 1)], 1: [(TIMER, 2)]})) == ([0, 1, 2], [])


def test_a_state_in_which_only_the_user_can_act_can_be_stayed_in() -> None:
    assert run_of(Toy({0: [(TIMER, 1)], 1: [(USER, GOAL)]})) == ([0, 1], [])


def test_a_machine_that_halts_at_its_goal_has_no_lasso() -> None:
    assert lasso_of(Toy({0: [(TIMER, 1)], 1: [(TIMER, GOAL)]})) is None


def test_a_loop_that_never_lets_a_due_timer_fire_is_not_fair() -> None:
    assert lasso_of(Toy({0: [(OTHER, 1)], 1: [(OTHER, 0), (TIMER, GOAL)]})) is None


def test_a_loop_in_which_the_due_timer_fires_is_fair() -> None:
    stem, cycle = run_of(Toy({0: [(OTHER, 1)], 1: [(OTHER, 0), (TIMER, 2)], 2: [(OTHER, 0)]}))
    assert (stem, cycle) == ([0], [1, 2, 0])


def test_a_timer_has_to_fire_even_if_it_is_not_always_due() -> None:
    """Strong fairness: due again and again is enough."""
    now_and_then: Moves = {0: [(OTHER, 1)], 1: [(OTHER, 2)], 2: [(OTHER, 0), (TIMER, GOAL)]}
    assert lasso_of(Toy(now_and_then)) is None


def test_two_timers_both_have_to_fire() -> None:
    assert lasso_of(Toy({0: [(TIMER, 0), (OTHER, GOAL)]})) is None
    assert run_of(Toy({0: [(TIMER, 0), (OTHER, 0)]})) == ([0], [0, 0])


def test_a_fair_loop_inside_an_unfair_component_is_found() -> None:
    """0, 1 and 2 reach each other, and in 0 a timer leads out: 1 and 2 alone can go on."""
    moves: Moves = {0: [(OTHER, 1), (TIMER, GOAL)], 1: [(OTHER, 2), (OTHER, 0)], 2: [(OTHER, 1)]}
    assert run_of(Toy(moves)) == ([0, 1], [2, 1])


def test_what_is_left_of_an_unfair_component_is_examined_again() -> None:
    """Without 0 nothing fires the timer of 1 any more, and without 1 only 2 and 3 are left."""
    moves: Moves = {
        0: [(TIMER, 1), (THIRD, GOAL)],
        1: [(TIMER, 0), (OTHER, 0), (OTHER, 2)],
        2: [(OTHER, 3), (OTHER, 1)],
        3: [(OTHER, 2)],
    }
    assert run_of(Toy(moves)) == ([0, 1, 2], [3, 2])


def test_what_is_sent_again_and_again_is_delivered() -> None:
    """A segment that is lost each time is no fair run; one that cannot be delivered is."""
    again: Moves = {0: [(TIMER, 0)]}
    lossy: Moves = {SEGMENT: [("lose", EMPTY)]}
    assert lasso_of(Toy(again, lossy, sends=TIMER, delivered=True)) is None
    assert run_of(Toy(again, lossy, sends=TIMER)) == ([0], [0, 0])


def test_a_delivery_is_due_even_where_the_answer_finds_no_room() -> None:
    """Else a bound of the model, and nothing in TCP, would keep a run from its goal."""
    toy = Toy({0: [(TIMER, 0)]}, {SEGMENT: [("lose", EMPTY)]}, TIMER, delivered=True, answers=True)
    assert lasso_of(toy) is None


@pytest.mark.parametrize(("event", "stays"), [("lose", True), ("duplicate", False)])
def test_nothing_is_duplicated_for_ever(event: str, stays: bool) -> None:
    there_and_back: Moves = {SEGMENT: [(event, TWO)], TWO: [(event, SEGMENT)]}
    table = cast(TabulatedModel, Toy({0: [(TIMER, 1)]}, there_and_back, sends=TIMER))
    states = distinct(np.concatenate(explore(table).levels))
    back_and_forth = region(table, states, FAIR).target
    assert (fair_component(region(table, states, FAIR)) is not None) == stays
    assert (np.count_nonzero(back_and_forth >= 0) == 3) == stays


# --- the model's lassos ---------------------------------------------------------------------------

LASSOS = {
    ("peer-leaves-last-ack", "no-time-wait-silent"): (13, 11),
    ("close-completes", "no-time-wait-silent"): (13, 11),
    ("sent-is-acknowledged", "no-time-wait-silent"): (8, 6),
    ("sent-is-acknowledged", "inet-92"): (8, 4),
    ("close-completes", "demikernel-1537"): (12, 10),
}


@pytest.mark.parametrize(("name", "variant"), LASSOS)
def test_a_lasso_of_the_model_replays_and_is_fair(name: str, variant: str) -> None:
    prop, model = PROPERTIES[name], Model(VARIANTS[variant], SCOPES["small"])
    assert isinstance(prop, Eventually)
    answer = ExplicitEngine(model).decide([prop])[name]
    trace = answer.trace
    assert answer.word == "REFUTED" and trace is not None
    assert (len(trace), trace.loop) == LASSOS[name, variant]
    assert_a_run(model, trace)
    assert_fair(model, trace)
    for state in trace.states[trace.loop :]:
        assert prop.premise(model, state, 0) or prop.premise(model, state, 1)
        assert not (prop.goal(model, state, 0) and prop.goal(model, state, 1))


def assert_a_run(model: Model, trace: Trace) -> None:
    """Each state follows from the one before, and the last is the one where the cycle begins."""
    assert trace.states[0] == model.initial()
    for event, (before, after) in zip(trace.events, pairwise(trace.states), strict=True):
        assert (event, after) in [(e, s) for e, _, s in model.successors(before)]
    assert trace.loop is not None
    assert trace.states[-1] == trace.states[trace.loop]


def assert_fair(model: Model, trace: Trace) -> None:
    """The lasso is fair, and not for want of anything that is due."""
    assert is_fair(model, trace, FAIR)
    cycle = slice(trace.loop, None)
    assert any(event.kind == "deliver" for s in trace.states[cycle] for event in due_in(model, s))
