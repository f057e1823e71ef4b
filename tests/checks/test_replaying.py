"""Traces of the model on two stacks: the example everywhere, the kernel where there is one."""

from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from stacks_under_test import example, opened
from tcpmc.checks.drive.replaying import Replaying, ReplayOutcome
from tcpmc.checks.trace import replay
from tcpmc.model import SCOPES, VARIANTS, Model
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.product import Event

A, B = 0, 1
HANDSHAKE = [(EventKind.PASSIVE_OPEN, B), (EventKind.ACTIVE_OPEN, A)] + [
    (EventKind.DELIVER, end) for end in (B, A, B)
]
CLOSE_A = [(EventKind.CLOSE, A), (EventKind.DELIVER, B), (EventKind.DELIVER, A)]
CLOSE_B = [(EventKind.CLOSE, B), (EventKind.DELIVER, A), (EventKind.DELIVER, B)]
GRACEFUL = [*HANDSHAKE, *CLOSE_A, *CLOSE_B]
SIMULTANEOUS = [
    *HANDSHAKE, (EventKind.CLOSE, A), (EventKind.CLOSE, B),
    *((EventKind.DELIVER, end) for end in (B, A, B, A)),
]  # fmt: skip


def on(
    name: str, moves: Sequence[tuple[EventKind, int]], variant: str = "rfc9293"
) -> ReplayOutcome:
    """The run of the model with these moves (the first segment in flight is delivered), replayed
    on two of these stacks."""
    model = Model(VARIANTS[variant], SCOPES["small"])
    state, events = model.initial(), list[Event]()
    for kind, end in moves:
        event, state = next(
            (event, after)
            for event, _, after in model.successors(state)
            if (event.kind, event.end) == (kind, end)
        )
        events.append(event)
    with ExitStack() as stack:
        both = [stack.enter_context(opened(name, end)) for end in (A, B)]
        return Replaying.on(both, model, replay(model, events)).run()


@pytest.mark.parametrize("stack", ["linux", example()])
def test_a_graceful_close(stack: str) -> None:
    found = on(stack, GRACEFUL)
    assert (found.verdict, found.why) == ("reproduced", "")
    assert found.steps[-1].states == ("TIME-WAIT", "CLOSED")


@pytest.mark.parametrize("stack", ["linux", example()])
def test_a_simultaneous_close(stack: str) -> None:
    found = on(stack, SIMULTANEOUS)
    assert (found.verdict, found.why) == ("reproduced", "")
    assert found.steps[-1].states == ("TIME-WAIT", "TIME-WAIT")


@pytest.mark.parametrize("stack", ["linux", example()])
def test_a_lost_fin_is_sent_again(stack: str) -> None:
    lost = [*HANDSHAKE, (EventKind.CLOSE, A), (EventKind.LOSE, A)]
    again = [(EventKind.RETRANSMISSION_TIMEOUT, A), (EventKind.DELIVER, B)]
    found = on(stack, [*lost, *again])
    assert (found.verdict, found.why) == ("reproduced", "")
    assert found.steps[-2].stood_in == "the wire delivers the earlier copy again"
    assert found.steps[-1].states == ("FIN-WAIT-1", "CLOSE-WAIT")


def test_a_bug_shows_at_its_step() -> None:
    found = on(example("fin-to-close-wait"), SIMULTANEOUS)
    assert found.verdict == "differs"
    assert len(found.steps) == len(HANDSHAKE) + 3
    assert "in the model in CLOSING" in found.why
