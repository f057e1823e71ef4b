"""What is asked of the middlebox beside an end: that it drops nothing that counts, takes the
connection for what it is, and does not swallow it."""

from __future__ import annotations

from tcpmc.model.endpoint.tcb import SYNCHRONIZED
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import (
    QUIET,
    Always,
    Eventually,
    Property,
)


def has_dropped(model: Model, system: System) -> bool:
    """A middlebox has just dropped a segment."""
    return any(end.dropped is not None for end in system.ends)


def no_drop_counts(model: Model, system: System) -> bool:
    """What a middlebox has just dropped would have changed nothing at the end that it was for."""
    return not any(
        end.dropped is not None and model.takes(to, system.ends[to], end.dropped.segment)
        for which, end in enumerate(system.ends)
        for to in [which if end.dropped_inward else 1 - which]
    )


def stands(model: Model, system: System) -> bool:
    """A middlebox stands beside an end."""
    return any(stack.middlebox is not None for stack in model.stacks)


def tracked_as_it_is(model: Model, system: System) -> bool:
    """Where a middlebox has an established connection an end has one, and where it has none not
    both ends have. (One end alone has one for a while: in the handshake, and after a reset.)"""
    how_many = sum(end.state in SYNCHRONIZED for end in system.ends)
    boxes = [
        (stack.middlebox, end.entry)
        for stack, end in zip(model.stacks, system.ends, strict=True)
        if stack.middlebox is not None
    ]
    return all(
        (how_many > 0 or not box.established(entry)) and (how_many < 2 or not box.is_empty(entry))
        for box, entry in boxes
    )


def waits_for_ack(model: Model, system: System, which: int) -> bool:
    """That end of two synchronized ends has sent something that is not yet acknowledged, or its FIN
    is not."""
    tcb = system.ends[which].tcb
    return tcb.state in SYNCHRONIZED and tcb.snd_una != tcb.snd_nxt


def is_heard(model: Model, system: System, which: int) -> bool:
    """All that this end has sent is acknowledged, or its connection is gone."""
    return not waits_for_ack(model, system, which)


def from_established(scope: Scope) -> Scope:
    """One connection, which the box has seen open."""
    return scope.with_(start="established", opens=1, clock=False)


MIDDLEBOXES: tuple[Property, ...] = (
    Always(
        name="no-legal-drop",
        meaning="a segment that the rules send and the other end would take passes the middlebox",
        citation="RFC 5382, REQ-1, REQ-2; RFC 9293, 3.10.7",
        expected={},
        assumptions=(QUIET,),
        premise=has_dropped,
        claim=no_drop_counts,
    ),
    Always(
        name="tracker-agrees",
        meaning="what a middlebox takes for established is synchronized at an end, and where it "
        "has no connection not both ends are",
        citation="RFC 5382, REQ-5; RFC 7857, section 2",
        expected={},
        assumptions=(QUIET,),
        premise=stands,
        claim=tracked_as_it_is,
    ),
    Eventually(
        name="no-black-hole",
        meaning="what one of two ends that were ESTABLISHED sends is acknowledged, or the "
        "connection is gone there",
        citation="RFC 9293, 3.8.1, MUST-20; RFC 5382, REQ-5",
        expected={},
        assumptions=(QUIET, "from ESTABLISHED on both sides, by a handshake that the box saw"),
        scope_for=from_established,
        premise=waits_for_ack,
        goal=is_heard,
    ),
)
