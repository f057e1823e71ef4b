"""The arrows of the state diagram, in the words of RFC 9293, Figure 5."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from tcpmc.checks.symbolic.causes import (
    ACK_OF_FIN,
    ACK_OF_SYN,
    AFTER_PASSIVE_OPEN,
    CLOSE_QUEUED,
    CONTROLS,
    CREATE,
    DELETE,
    FIN_HELD,
    REOPENED,
    Cause,
    causes,
)
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.variants.variant import Variant

STATES = list(State)
ACTIONS = (CREATE, "snd SYN", "snd SYN,ACK", "snd FIN", "snd ACK", "snd RST", DELETE)
NOTE_1 = " (note 1)"
CONDITIONS = (CLOSE_QUEUED, REOPENED, FIN_HELD)


@dataclass(frozen=True)
class Arrow:
    """One arrow: the event, and the action in as many lines as it has parts ("x" for none)."""

    source: State
    event: str
    action: str
    target: State

    @property
    def aborts(self) -> bool:
        """Whether the connection is cut off: an arrow from nearly every state, which Figure 5
        leaves out (note 3). The way back to LISTEN is not one of them."""
        cut = self.event in ("rcv RST", "rcv SYN", "ABORT", "user timeout")
        return cut and self.target in (State.CLOSED, State.TIME_WAIT)


def state_changes(variant: Variant) -> tuple[Arrow, ...]:
    """The state changes of a variant in the states that can be reached from CLOSED, in order.

    Each is shown with what it needs and no more: the least control bits that bring it about, and
    the least action. That an ACK field comes with a FIN, or that text which was queued is sent as
    well, is not shown.
    """
    changes = {_change(cause) for cause in _least_causes(variant)}
    return tuple(sorted(changes, key=in_order))


def changes_by(variant: Variant, cause: Cause) -> set[Arrow]:
    """The state changes of the variant that the cause brings about, at least."""
    covering = (least for least in _least_causes(variant) if least == cause or least.covers(cause))
    return {_change(least) for least in covering}


@cache
def _least_causes(variant: Variant) -> tuple[Cause, ...]:
    """The causes that nothing can be left out of, in the states that can be reached."""
    all_causes = {cause for state in State for cause in causes(variant, state)}
    least = [cause for cause in all_causes if not any(other.covers(cause) for other in all_causes)]
    reached = {State.CLOSED}
    while more := {cause.target for cause in least if cause.source in reached} - reached:
        reached |= more
    return tuple(cause for cause in least if cause.source in reached)


def in_order(change: Arrow) -> tuple[int, int, str, str]:
    """Sorts changes by the RFC's order of states."""
    ends = STATES.index(change.source), STATES.index(change.target)
    return (*ends, change.event, change.action)


def _change(cause: Cause) -> Arrow:
    action = "\n".join(part for part in ACTIONS if part in cause.does) or "x"
    return Arrow(cause.source, _event(cause.needs), action, cause.target)


def _event(needs: Collection[str]) -> str:
    """ "rcv SYN,ACK", "rcv ACK of FIN", "CLOSE"; a condition on the TCB in brackets behind it."""
    condition = NOTE_1 if AFTER_PASSIVE_OPEN in needs else ""
    condition += "".join(f" ({remark})" for remark in CONDITIONS if remark in needs)
    rest = set(needs) - {AFTER_PASSIVE_OPEN, *CONDITIONS}
    if rest and not rest & CONTROLS:
        return "".join(rest) + condition
    if FIN_HELD in needs:  # then text fills the gap before it
        rest.add("text")
    return f"rcv {_received(rest)}{condition}"


def _received(needs: set[str]) -> str:
    if "RST" in needs:
        return "RST"
    if "SYN" in needs:
        return ",".join(bit for bit in ("SYN", "FIN", "ACK") if bit in needs)
    parts = [part for part in ("FIN", "text", ACK_OF_SYN, ACK_OF_FIN) if part in needs]
    return " and ".join(parts) or ("ACK" if "ACK" in needs else "text")
