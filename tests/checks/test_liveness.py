"""Fair lassos: on hand-made machines of a few states, and as they are found in the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.liveness import Lasso, fair_component, fair_lasso, region
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import distinct, explore, unpack
from tcpmc.checks.statespace.tables import Ids, Row, Table
from tcpmc.checks.trace import Trace, due_in, is_fair, replay, shows
from tcpmc.checks.verdict import Answer
from tcpmc.model import RFC9293, Host, Rules, Segment, Step, Tcb, Variant, ack
from tcpmc.model.endpoint.tcb import continue_processing
from tcpmc.model.network.product import Event, System
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Eventually, Fairness, LivelockFree
from tcpmc.model.variants.shipped import VARIANTS

USER, TIMER, OTHER, THIRD = "SEND", "retransmission timeout", "user timeout", "TIME-WAIT timeout"
FAIR = (Fairness.DELIVERY, Fairness.TIMERS)
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
        self.tick_end = Table(1, lambda end: [])


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
    """Strong fairness: due infinitely often is enough."""
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


# --- endless exchanges, with rules that are made for it -------------------------------------------

LIVELOCK = LivelockFree(name="livelock", meaning="", citation="", expected={})


def answers_acks(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Every segment is answered by an ACK, also an ACK."""
    step = RFC9293.check_ack(host, tcb, seg)
    return replace(step, send=(ack(step.tcb),))


def hears_nothing(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """No segment is acceptable, and none is answered."""
    return Step("mutant", tcb)


def ignores_acks(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Nothing is ever acknowledged: text is sent again and again, and answered each time."""
    return continue_processing(tcb)


PING_PONG = replace(RFC9293, check_ack=answers_acks, process_text=ignores_acks)


def talking(rules: Rules = RFC9293, **bounds: Any) -> Model:
    """A sends one octet from ESTABLISHED, over a network that does neither lose nor double."""
    scope = Scope("test", start="established", sender="A", capacity=1, loss="none")
    bounds = {"duplication": False} | bounds
    return Model(Variant("test", rules=rules), scope.with_(**bounds))


def exchange(model: Model) -> Answer:
    """Whether segments can answer each other for ever."""
    return ExplicitEngine(model).decide([LIVELOCK])["livelock"]


def test_two_acks_that_answer_each_other_are_found_by_their_shortest_lasso() -> None:
    """SEND, and the text arrives; from then on each ACK brings the next."""
    model = talking(PING_PONG)
    answer = exchange(model)
    trace = answer.trace
    assert answer.word == "REFUTED" and trace is not None
    assert answer.method == "lasso, 4 steps"
    assert [event.kind for event in trace.events] == ["SEND", "deliver", "deliver", "deliver"]
    assert trace.loop == 2
    assert_a_run(model, trace)
    assert shows(model, LIVELOCK, trace)


def test_the_rules_of_the_rfc_do_not_talk_for_ever() -> None:
    answer = exchange(talking(capacity=2))
    assert (answer.word, answer.trace) == ("PROVED", None)


def test_an_exchange_that_needs_a_timer_is_no_livelock() -> None:
    """Text is retransmitted and answered for ever; but for each round the timer fires."""
    model = talking(replace(RFC9293, check_ack=ignores_acks), capacity=2)
    start = model.initial()
    assert exchange(model).word == "PROVED"
    sent = step_of(model, start, "SEND")
    answered = step_of(model, sent, "deliver")
    heard = step_of(model, answered, "deliver")
    again = step_of(model, heard, "retransmission timeout")
    assert step_of(model, step_of(model, again, "deliver"), "deliver") == heard


def step_of(model: Model, state: System, kind: str) -> System:
    """The state after the one event of that kind."""
    (after,) = [then for event, _, then in model.successors(state) if event.kind == kind]
    return after


def test_where_no_segment_is_answered_nothing_can_be_said() -> None:
    answer = exchange(talking(replace(RFC9293, check_sequence=hears_nothing)))
    assert answer.word == "VACUOUS"
    assert answer.method.startswith("no segment is ever answered")


def test_the_nearest_of_several_endless_exchanges_is_found() -> None:
    """No state from which one goes on for ever is nearer than where the lasso's loop begins."""
    model = talking(replace(RFC9293, check_ack=answers_acks), data=2, capacity=2)
    trace = exchange(model).trace
    assert trace is not None and trace.loop is not None
    near = {model.initial()}
    for _ in range(trace.loop):
        assert not any(goes_on_for_ever(model, state) for state in near)
        near = {after for state in near for _, _, after in model.successors(state)}


def goes_on_for_ever(model: Model, start: System) -> bool:
    """Whether answered deliveries alone lead back to the state."""
    seen, todo = set[System](), [start]
    while todo:
        for event, step, after in model.successors(todo.pop()):
            if event.kind == "deliver" and step is not None and step.send:
                if after == start:
                    return True
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
    return False


def test_a_lasso_with_a_delivery_that_is_not_answered_shows_no_livelock() -> None:
    """Nor one without a loop, nor one in which a timer fires."""
    model = talking(replace(RFC9293, check_ack=ignores_acks), capacity=2)
    names = ["SEND", "deliver", "deliver", "retransmission timeout", "deliver", "deliver"]
    trace = replay(model, events_named(model, names), loop=3)
    assert not shows(model, LIVELOCK, trace)
    assert not shows(model, LIVELOCK, Trace(trace.states, trace.events, trace.steps))
    ping_pong = exchange(talking(PING_PONG)).trace
    assert ping_pong is not None and ping_pong.loop is not None
    silent = [step if step is None else replace(step, send=()) for step in ping_pong.steps]
    assert shows(model, LIVELOCK, ping_pong)
    assert not shows(model, LIVELOCK, replace(ping_pong, steps=tuple(silent)))
    assert not shows(model, LIVELOCK, replace(ping_pong, loop=len(ping_pong)))


def events_named(model: Model, kinds: Sequence[str]) -> list[Event]:
    """The events of these kinds, one after the other from the initial state."""
    state, events = model.initial(), []
    for kind in kinds:
        event, _, state = next(found for found in model.successors(state) if found[0].kind == kind)
        events.append(event)
    return events


# --- what is fair ---------------------------------------------------------------------------------


def round_and_round() -> tuple[Model, Trace]:
    """Text that is retransmitted, lost, and retransmitted again."""
    model = talking(loss="any")
    names = ["SEND", "lose", "retransmission timeout", "lose"]
    return model, replay(model, events_named(model, names), loop=2)


def test_a_lasso_that_never_delivers_is_not_fair() -> None:
    model, trace = round_and_round()
    assert not is_fair(model, trace, (Fairness.DELIVERY, Fairness.TIMERS))
    assert not is_fair(model, trace, (Fairness.DELIVERY,))
    assert is_fair(model, trace, (Fairness.TIMERS,))
    assert is_fair(model, trace, ())


def test_a_lasso_on_which_a_user_never_closes_is_fair_but_to_users() -> None:
    model, trace = round_and_round()
    assert not is_fair(model, trace, (Fairness.TIMERS, Fairness.USERS))


def test_a_lasso_on_which_no_timer_fires_is_not_fair() -> None:
    """It stays where text is unacknowledged, for ever."""
    model = talking(loss="any")
    trace = replay(model, events_named(model, ["SEND", "lose"]), loop=2)
    assert not is_fair(model, trace, (Fairness.TIMERS,))
    assert is_fair(model, trace, (Fairness.DELIVERY,))


def test_a_lasso_that_duplicates_for_ever_is_not_fair() -> None:
    model = talking(loss="any", duplication=True, capacity=2)
    trace = replay(model, events_named(model, ["SEND", "duplicate", "lose"]), loop=1)
    assert not is_fair(model, trace, ())


def test_a_delivery_without_room_for_the_answer_is_due() -> None:
    model = talking(loss="any")
    sent = step_of(model, model.initial(), "SEND")
    answered = step_of(model, sent, "deliver")
    blocked = System(answered.ends, (sent.channels[0], answered.channels[1]))
    possible = {(event.kind, event.end) for event, _, _ in model.successors(blocked)}
    due = {(event.kind, event.end) for event in due_in(model, blocked)}
    assert ("deliver", 1) not in possible
    assert ("deliver", 1) in due


@pytest.mark.parametrize(("users", "word"), [(True, "PROVED"), (False, "REFUTED")])
def test_close_wait_is_left_if_users_close(users: bool, word: str) -> None:
    """The claim rests on the users: without their fairness one of them never calls CLOSE."""
    prop = PROPERTIES["close-wait-left"]
    assert isinstance(prop, Eventually)
    assert prop.fair == ("delivery", "timers", "users")
    assert "a user who can CLOSE infinitely often does so" in "; ".join(prop.all_assumptions)
    model = Model(VARIANTS["rfc9293"], SCOPES["small"].with_(capacity=1))
    asked = prop if users else replace(prop, fair=FAIR)
    answer = ExplicitEngine(model).decide([asked])[prop.name]
    assert answer.word == word
    if answer.trace is not None:
        assert is_fair(model, answer.trace, FAIR)
        assert not is_fair(model, answer.trace, prop.fair)
        assert shows(model, asked, answer.trace)
        assert not shows(model, prop, answer.trace)
