"""The state changes that the rules are said to make are those that they make in runs, too."""

from __future__ import annotations

import pytest

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import explore
from tcpmc.checks.symbolic.transitions import Arrow, state_changes
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.incarnations import About
from tcpmc.model.network.product import End, Move
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant

OFTEN = Scope("often", capacity=1, data=0, aborts=True, opens=2, isn="clock")
"""Bounds within which a second connection is opened, also out of TIME-WAIT."""

DIFFERENT = (
    "rfc9293",
    "two-way-handshake",
    "fin-wait-2-timer",
    "linux",
    "may-2",
    "tw-reuse-always",
)
"""Variants that differ in what leads to a new state."""


class Noted(Model):
    """The model, with each change of state noted."""

    def __init__(self, variant: Variant, scope: Scope) -> None:
        super().__init__(variant, scope)
        self.seen: set[tuple[State, State]] = set()

    def own_move(self, event: EventKind, which: int, end: End, offset: int = 0) -> Move | None:
        """As `Model.own_move`."""
        move = super().own_move(event, which, end, offset)
        return move and self._note(end, move)

    def receive(self, which: int, end: End, segment: Segment, about: About = (0, 0)) -> Move:
        """As `Model.receive`."""
        return self._note(end, super().receive(which, end, segment, about))

    def _note(self, end: End, move: Move) -> Move:
        self.seen.add((end.state, move.end.state))
        return move


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", DIFFERENT)
def test_a_change_of_state_in_a_run_is_among_those_that_are_shown(name: str) -> None:
    model = Noted(VARIANTS[name], OFTEN)
    explore(TabulatedModel(model))
    shown = {(change.source, change.target) for change in state_changes(VARIANTS[name])}
    assert {(before, after) for before, after in model.seen if before != after} <= shown


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["linux", "may-2"])
def test_a_syn_leads_out_of_time_wait_and_its_reset_back(name: str) -> None:
    changes = state_changes(VARIANTS[name])
    assert Arrow(State.TIME_WAIT, "rcv SYN", "snd SYN,ACK", State.SYN_RECEIVED) in changes
    assert Arrow(State.SYN_RECEIVED, "rcv RST (reopened)", "x", State.TIME_WAIT) in changes
