"""A stack with one bug at a time, driven: each is found, and without one nothing is."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from stacks_under_test import example, judged, opened
from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.drive.moves import Arrival, Timeout, UserCall
from tcpmc.checks.drive.oracle import Oracle
from tcpmc.checks.drive.plan import StateReached, situations, tried, ways
from tcpmc.checks.drive.random_runs import LENGTH, RandomRun, run, schedule_of, shrunk_run
from tcpmc.checks.drive.shrink import shortest, shrunk
from tcpmc.checks.drive.state_event_table import DriveTable, cell, experiments, groups, reach
from tcpmc.model.endpoint.tcb import State
from tcpmc.stacks.examples.endpoint import BUGS
from tcpmc.stacks.stack import StackUnderTest

OPEN, CLOSE = UserCall("active OPEN"), UserCall("CLOSE")
SYN_ACK, ACK = Arrival("SYN,ACK", ack="good"), Arrival("ACK", ack="good")
RULES = STACKS["rfc9293"]

# Where each bug shows, and what it breaks: one state, and the kind of event.
SHOWN = {
    "any-ack-closes": (State.LAST_ACK, "ACK"),
    "fin-not-sent": (State.ESTABLISHED, "CLOSE"),
    "bare-syn-dropped": (State.SYN_SENT, "SYN"),
    "fin-to-close-wait": (State.FIN_WAIT_2, "FIN,ACK"),
    "repeated-fin-ignored": (State.TIME_WAIT, "FIN,ACK"),
    "close-drops": (State.ESTABLISHED, "CLOSE"),
    "close-ends-time-wait": (State.TIME_WAIT, "CLOSE"),
    "closing-repeats-ack": (State.CLOSING, "retransmission timeout"),
    "close-wait-silent": (State.CLOSE_WAIT, "retransmission timeout"),
    "fin-sent-once": (State.LAST_ACK, "retransmission timeout"),
    "syn-ack-refused": (State.SYN_RECEIVED, "SYN,ACK"),
    "close-wait-to-closing": (State.CLOSE_WAIT, "CLOSE"),
    "closed-resets": (State.CLOSED, "ABORT"),
    "blind-reset": (State.ESTABLISHED, "RST"),
    "unsent-acknowledged": (State.ESTABLISHED, "ACK"),
    "reset-unnumbered": (State.CLOSED, "ACK"),
    "fin-out-of-order": (State.ESTABLISHED, "FIN,ACK"),
    "short-time-wait": (State.TIME_WAIT, "TIME-WAIT timeout"),
}


@pytest.fixture(scope="module")
def sound() -> Iterator[StackUnderTest]:
    with opened(example()) as stack:
        yield stack


def of(stack: StackUnderTest, state: State) -> DriveTable:
    """The cells of one state, without timestamps."""
    oracle = Oracle.for_stack(RULES, stack)
    place = StateReached(state)
    reached = reach(stack, oracle, place, ways(RULES.variant)[place], False)
    found = DriveTable(stack.name, RULES)
    for moves in tried(place, False, stack.virtual):
        found.cells.append(cell(stack, oracle, reached, moves)[0])
    return found


def test_every_bug_has_its_place() -> None:
    assert set(SHOWN) == set(BUGS)
    assert len(BUGS) >= 15


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_found(bug: str) -> None:
    state, kind = SHOWN[bug]
    with opened(example(bug)) as stack:
        oracle = Oracle.for_stack(RULES, stack)
        place = StateReached(state)
        reached = reach(stack, oracle, place, ways(RULES.variant)[place], False)
        assert not reached.why
        for moves in tried(place, False, stack.virtual):
            one, _ = cell(stack, oracle, reached, moves)
            if one.kind == kind and one.difference is not None:
                break
        else:
            pytest.fail(f"{bug}: nothing differs in {state} on {kind}")
        short = shrunk(stack, oracle, one)
    assert short.difference is not None and short.difference.requirement
    assert len(short.events) <= len(one.events)


@pytest.mark.parametrize("state", [State.CLOSED, State.SYN_SENT, State.LAST_ACK])
def test_a_sound_stack_agrees(sound: StackUnderTest, state: State) -> None:
    found = of(sound, state)
    assert found.agrees, [g.first.difference for g in groups(found.cells)]
    assert len(found.of("agrees")) > 150


@pytest.mark.exhaustive
def test_a_sound_stack_agrees_everywhere(sound: StackUnderTest) -> None:
    found = DriveTable(sound.name, RULES)
    for one in islice(experiments(sound, RULES, found), 2000):
        assert one.difference is None, one


def test_every_state_is_reached_by_the_rules() -> None:
    assert set(ways(RULES.variant)) == set(situations())


def test_a_call_that_nobody_made_explains_nothing(sound: StackUnderTest) -> None:
    """The same packets, of which conform would say that the user has called CLOSE."""
    events, verdict = judged(sound, "rfc9293", OPEN, SYN_ACK, CLOSE)
    assert verdict.difference is None
    uncalled = [*events[:2], replace(events[2], move=Timeout("retransmission timeout"))]
    found = Oracle.for_stack(RULES, sound).judged(uncalled).difference
    assert found is not None and found.move == 2


def test_a_passive_open_is_not_forgotten(sound: StackUnderTest) -> None:
    """Silence of a listener to a RST is right, that of a closed port to a SYN is not."""
    events, _ = judged(sound, "rfc9293", UserCall("passive OPEN"), Arrival("SYN"))
    silent = [events[0], replace(events[1], packets=events[1].packets[:1])]
    found = Oracle.for_stack(RULES, sound).judged(silent).difference
    assert found is not None and "SYN,ACK" in found.expected


def test_a_state_that_the_segments_do_not_allow(sound: StackUnderTest) -> None:
    events, _ = judged(sound, "rfc9293", OPEN, SYN_ACK)
    lied = [events[0], replace(events[1], state="CLOSE-WAIT")]
    found = Oracle.for_stack(RULES, sound).judged(lied).difference
    assert found is not None
    assert (found.observed, found.expected) == ("CLOSE-WAIT", "ESTABLISHED")


def test_a_reply_that_never_comes(sound: StackUnderTest) -> None:
    events, _ = judged(sound, "rfc9293", OPEN, SYN_ACK, Arrival("FIN,ACK", ack="good"))
    silent = [*events[:2], replace(events[2], packets=events[2].packets[:1])]
    found = Oracle.for_stack(RULES, sound).judged(silent).difference
    assert found is not None and found.requirement == "MUST-40"


def test_a_stack_without_states_is_judged_by_its_segments() -> None:
    with opened(example("repeated-fin-ignored")) as stack:
        stack.reports = False
        _, verdict = judged(
            stack, "rfc9293", OPEN, SYN_ACK, CLOSE, ACK, Arrival("FIN,ACK", ack="good"),
            Arrival("FIN,ACK", "left outside", "good"),
        )  # fmt: skip
    assert verdict.difference is not None


def test_shortest_keeps_what_is_needed() -> None:
    assert shortest(range(20), lambda kept: {3, 17} <= set(kept)) == (3, 17)


def test_random_runs_of_a_sound_stack_agree() -> None:
    assert at_random("", 40) == []


def test_random_runs_find_a_bug_and_shrink_it() -> None:
    found = at_random("fin-to-close-wait", 20)
    assert found
    assert min(len(one.schedule) for one in found) < LENGTH


def at_random(bug: str, count: int) -> list[RandomRun]:
    """The random runs that differ, of two stacks with that bug, shrunk."""
    with opened(example(bug), 0) as a, opened(example(bug), 1) as b:
        oracles = Oracle.for_stack(RULES, a), Oracle.for_stack(RULES, b)
        runs = (run((a, b), oracles, schedule_of(seed), seed) for seed in range(count))
        wrong = [one for one in runs if one.difference is not None]
        return [shrunk_run((a, b), oracles, one) for one in wrong[:1]]


def test_a_seed_is_one_schedule() -> None:
    assert schedule_of(7) == schedule_of(7) != schedule_of(8)
