"""The catalogue: what a connection of two ends brings over, what it withstands, and how an end
finds out that the other has forgotten it (RFC 9293, 3.5.1, Figures 9 to 11)."""

from __future__ import annotations

from typing import Any

from tcpmc.model.endpoint.tcb import SYNCHRONIZED, State
from tcpmc.model.network.product import End, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.closing import closed_after_fins
from tcpmc.model.properties.kinds import (
    PROVED,
    QUIET,
    REFUTED,
    Eventually,
    Predicate,
    Property,
)
from tcpmc.model.properties.opening import ends, invariant, witness
from tcpmc.model.properties.second_connection import reopened

UNPROVOKED = "nobody aborts, crashes or gives up; from ESTABLISHED on both sides"
NEW_ISS = "each ISS is beyond every number before, after a crash too"
FORGOTTEN = (State.CLOSED, State.LISTEN, State.SYN_SENT)


def both_synchronized(model: Model, system: System) -> bool:
    """Both ends are in a synchronized state."""
    return all(end.state in SYNCHRONIZED for end in system.ends)


def has_what_was_sent(end: End, other: End) -> bool:
    """RCV.NXT is a number that the other end has sent, or the next one; behind its FIN, where that
    was received; and the other end's SND.UNA is no further than that."""
    sent = end.tcb.rcv_nxt <= other.tcb.snd_nxt and other.tcb.iss < end.tcb.rcv_nxt
    whole = end.tcb.rcv_nxt == other.tcb.snd_nxt or not end.history.fin_received
    return sent and whole and other.tcb.snd_una <= end.tcb.rcv_nxt


def each_has_what_was_sent(model: Model, system: System) -> bool:
    """So it is at both ends."""
    a, b = system.ends
    return has_what_was_sent(a, b) and has_what_was_sent(b, a)


def goes_on_or_is_closed(model: Model, system: System) -> bool:
    """No user was told "connection reset", and an end is CLOSED only after both FINs."""
    return all(
        not end.history.reset and (end.state != State.CLOSED or closed_after_fins(end))
        for end in system.ends
    )


def half_open(model: Model, system: System, which: int) -> bool:
    """That end is synchronized with a connection that the other has lost in a crash; and it has
    something to send, or the other calls for a new connection."""
    end, other = system.ends[which], system.ends[1 - which]
    alone = end.state in SYNCHRONIZED and end.incarnation.peer == 1
    lost = other.history.crashes > 0 and other.state in FORGOTTEN
    speaks = end.tcb.snd_una != end.tcb.snd_nxt or other.state == State.SYN_SENT
    return alone and lost and speaks


def discovered(model: Model, system: System, which: int) -> bool:
    """That end has no connection any more, or the other end has."""
    return not half_open(model, system, which)


def forgotten(a: State, b: State, crashed: int = 0) -> Predicate:
    """The ends are in these states, and that one has crashed."""
    here = ends(a, b)
    return lambda model, system: here(model, system) and system.ends[crashed].history.crashes > 0


def told_of_reset(which: int) -> Predicate:
    """The user of that end was told "connection reset"."""
    return lambda model, system: system.ends[which].history.told


def one_crash(**changes: Any) -> Any:
    """From ESTABLISHED, one crash each, and new ISSs."""
    bounds = {"crashes": 1, "isn": "new", "data": 0, "sender": "both", "closer": "both"}
    return reopened(**bounds | changes)


RECOVERY: tuple[Property, ...] = (
    invariant(
        "data-complete",
        "what an end has received is what the other sent, from the first octet on, and all of it "
        "when the FIN is received; and nothing is acknowledged that was not received",
        "RFC 9293, 3.4, 3.8",
        both_synchronized,
        each_has_what_was_sent,
        assumptions=("no crash and no old incarnation",),
        scope_for=lambda scope: scope.with_(data=max(1, scope.data), opens=1, crashes=0, attacks=0),
    ),
    invariant(
        "established-not-reset",
        'between two ends that were ESTABLISHED no user is told "connection reset", and none is '
        "CLOSED before both FINs",
        "RFC 9293, 3.5.2, 3.6, MUST-12",
        lambda model, system: any(end.state != State.ESTABLISHED for end in system.ends),
        goes_on_or_is_closed,
        assumptions=(QUIET, UNPROVOKED),
        scope_for=lambda scope: scope.with_(start="established", opens=1, clock=False),
        expected={"rfc9293": PROVED, "no-time-wait": REFUTED},
    ),
    Eventually(
        name="half-open-discovered",
        meaning="who sends to a host that has crashed finds out, and so does whom that host calls "
        "for a new connection",
        citation="RFC 9293, 3.5.1, Figures 9 and 10",
        expected={"rfc9293": PROVED, "no-time-wait-silent": REFUTED},
        assumptions=(NEW_ISS,),
        scope_for=one_crash(capacity=1, data=1),
        premise=half_open,
        goal=discovered,
    ),
    witness(
        "half-open-old-syn",
        "A has crashed and calls again; B, still ESTABLISHED, is reset, and then both are "
        "ESTABLISHED",
        "RFC 9293, 3.5.1, Figure 9",
        forgotten(State.SYN_SENT, State.ESTABLISHED),
        told_of_reset(1),
        forgotten(State.SYN_SENT, State.LISTEN),
        forgotten(State.ESTABLISHED, State.ESTABLISHED),
        scope_for=one_crash(capacity=1),
    ),
    witness(
        "half-open-active-side",
        "A has crashed; B, still ESTABLISHED, sends text, and is reset",
        "RFC 9293, 3.5.1, Figure 10",
        forgotten(State.CLOSED, State.ESTABLISHED),
        lambda model, system: (
            forgotten(State.CLOSED, State.ESTABLISHED)(model, system)
            and system.ends[1].history.sent > 0
        ),
        told_of_reset(1),
        scope_for=one_crash(capacity=1, data=1),
    ),
    witness(
        "old-syn-meets-listeners",
        "an old SYN brings B from LISTEN to SYN-RECEIVED, and the reset of A, which listens too, "
        "brings it back",
        "RFC 9293, 3.5.1, Figure 11",
        ends(State.LISTEN, State.LISTEN),
        ends(State.LISTEN, State.SYN_RECEIVED),
        ends(State.LISTEN, State.LISTEN),
        scope_for=one_crash(capacity=1, crashes=0, start="closed"),
    ),
)
