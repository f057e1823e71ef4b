"""The catalogue: a client that calls again while the server is in a state of the old connection.

A serves, and a listener stands behind it; B calls again from the same address and port. B's first
connection is over, or forgotten in a crash; A may have closed first (TIME-WAIT), or be in any other
state that the old connection leaves it in. Nothing is lost and nothing is late: what fails here is
the fault of neither network. The end of TIME-WAIT counts for nothing, as it may be minutes away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpmc.model.endpoint.tcb import SYNCHRONIZED, State
from tcpmc.model.network.product import EndStep, System
from tcpmc.model.network.scope import IssPolicy, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import (
    PROVED,
    REFUTED,
    Always,
    EveryStep,
    Property,
    Word,
)
from tcpmc.model.properties.second_connection import (
    ONE_SENDER,
    belong_together,
    none_has,
    reopened,
)

SYNS = 3
"""How many SYNs a call is given: the first, and its retransmissions."""
SERVER, CLIENT = 0, 1

PROMPT = "nothing is lost or duplicated, and the RTO is above the round trip"
LISTENS = "A listens whenever it has no connection, and does not crash"
TRIES = (
    f"B sends {SYNS} SYNs, and gives up then (--retransmissions N: N + 1 SYNs); the end of "
    "TIME-WAIT is not waited for"
)
ISNS: dict[IssPolicy, str] = {
    "new": "the new ISS is beyond every number before (RFC 9293, 3.4.1)",
    "any": "the new ISS is any number of the old connection, or beyond",
    "same": "the new ISS is the old one",
}


def calls_again(isn: IssPolicy, **changes: Any) -> Any:
    """The scope: from ESTABLISHED, one OPEN more for each, B may crash, and A has a listener."""

    def setting(scope: Scope) -> Scope:
        tries = SYNS - 1 if scope.retransmissions is None else scope.retransmissions
        bounds: dict[str, Any] = {
            "data": 0,
            "sender": "both",
            "closer": "both",
            "crashes": int(isn == "new"),
            "isn": isn,
            "listener": "A",
            "loss": "none",
            "duplication": False,
            "prompt": True,
            "retransmissions": tries,
        }
        return reopened(**bounds | changes)(scope)

    return setting


def called_again(model: Model, system: System) -> bool:
    """B has called a second time, and A has not crashed."""
    a, b = system.ends
    return b.history.opens > 1 and a.history.crashes == 0


def succeeds(model: Model, system: System) -> bool:
    """Something is on its way still, or a SYN is left to be sent; or both are in the new
    connection, or have been and it is over."""
    return _goes_on(model, system) or _connected(system) or not _failed(model, system)


def _goes_on(model: Model, system: System) -> bool:
    return system.in_flight(lambda segment: True)


def _connected(system: System) -> bool:
    synchronized = all(end.state in SYNCHRONIZED for end in system.ends)
    return synchronized and belong_together(system)


def _failed(model: Model, system: System) -> bool:
    """B was refused or reset, before either closed the new connection; its SYNs are used up; or it
    is alone in a connection that A knows nothing of, and neither has anything to send."""
    a, b = system.ends
    if b.state == State.CLOSED:
        return b.history.told and not (b.history.closed or b.history.fin_received)
    if b.state in (State.SYN_SENT, State.SYN_RECEIVED):
        return b.retries == model.scope.retransmissions
    nothing_due = all(end.tcb.snd_una == end.tcb.snd_nxt for end in (a, b))
    return b.state == State.ESTABLISHED and nothing_due


def is_syn(taken: EndStep) -> bool:
    """A SYN arrives that calls for a connection, at an end that has one or listens."""
    seg = taken.segment
    there = taken.tcb.state != State.CLOSED
    return taken.arrives and there and seg.SYN and not (seg.ACK or seg.RST)


def is_answered(taken: EndStep) -> bool:
    """Something is sent."""
    return len(taken.step.send) > 0


def reopening(isn: IssPolicy, suffix: str, expected: Mapping[str, Word]) -> Always:
    """The property for one choice of the new ISS."""
    return Always(
        name=f"reopening-succeeds{suffix}",
        meaning="B calls again on the addresses and ports of its last connection with A, and both "
        f"come into the new one, within {SYNS} SYNs and before TIME-WAIT is over",
        citation="RFC 9293, 3.6.1 (MAY-2), 3.10.7.4; RFC 1337; RFC 6191",
        expected=expected,
        assumptions=(ISNS[isn], PROMPT, LISTENS, TRIES),
        scope_for=calls_again(isn),
        premise=called_again,
        claim=succeeds,
    )


CALLING_AGAIN: tuple[Property, ...] = (
    reopening(
        "new",
        "",
        {
            "rfc9293": PROVED,
            "rfc1337": REFUTED,
            "lwip": REFUTED,
            "may-2": PROVED,
            "freebsd": PROVED,
            "linux": PROVED,
        },
    ),
    reopening(
        "any",
        "-any-isn",
        {
            "rfc9293": REFUTED,
            "rfc1337": REFUTED,
            "lwip": REFUTED,
            "may-2": REFUTED,
            "freebsd": REFUTED,
            "linux": PROVED,
        },
    ),
    reopening(
        "same",
        "-same-isn",
        {
            "rfc9293": PROVED,
            "rfc1337": REFUTED,
            "lwip": REFUTED,
            "may-2": REFUTED,
            "freebsd": REFUTED,
            "linux": PROVED,
        },
    ),
    EveryStep(
        name="reopening-answered",
        meaning="a SYN is answered, whatever is left of the connection before",
        citation="RFC 9293, 3.10.7.4 first and fourth",
        expected={"rfc9293": PROVED},
        assumptions=(ISNS["new"], PROMPT, LISTENS),
        scope_for=calls_again("new"),
        premise=is_syn,
        claim=is_answered,
    ),
    Always(
        name="reopening-not-mistaken",
        meaning="in the connection that B has called for again, no user is given an old octet, and "
        "no old reset ends it",
        citation="RFC 1337; RFC 9293, 3.6.1",
        expected={"rfc9293": PROVED},
        assumptions=(ISNS["new"], LISTENS, ONE_SENDER),
        scope_for=reopened(isn="new", crashes=1, listener="A"),
        premise=called_again,
        claim=lambda model, system: (
            none_has("old_data")(model, system) and none_has("old_reset")(model, system)
        ),
    ),
)
