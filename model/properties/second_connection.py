"""The catalogue: what is asked of a second connection between the same addresses and ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tcpmc.model.endpoint.tcb import UNSYNCHRONIZED, State
from tcpmc.model.network.product import End, System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.closing import closed_after_fins
from tcpmc.model.properties.kinds import (
    PROVED,
    QUIET,
    REFUTED,
    UNREACHABLE,
    WITNESS,
    Always,
    Eventually,
    LivelockFree,
    Predicate,
    Property,
    Reachable,
)

SAME_ISS = "the second connection begins on the same ISSs as the first"
CLOCK_ISS = "each ISS is beyond every number of the connection before (RFC 9293, 3.4.1)"
ONE_SENDER = "A closes first, B sends; nobody aborts"
TICKED = "the timestamp clocks tick between two connections, and in TIME-WAIT (RFC 1337, F2)"
BLIND = "the attacker guesses numbers in the window, but not RCV.NXT itself"


def reopened(**changes: Any) -> Callable[[Scope], Scope]:
    """The scope in which both ends, ESTABLISHED, may close and open once more. A sent-set never
    forgets: over it no TIME-WAIT could be long enough."""

    def setting(scope: Scope) -> Scope:
        bounds: dict[str, Any] = {"start": "established", "opens": 2, "data": 1}
        bounds |= {"sender": "B", "closer": "A"}
        bounds["channel"] = "bag" if scope.channel == "sent-set" else scope.channel
        return scope.with_(**{"loss": "any", "clock": False} | bounds | changes)

    return setting


def again(end: End) -> bool:
    """The end is in its second connection, and synchronized."""
    return end.history.opens > 1 and end.state not in UNSYNCHRONIZED


def some_again(model: Model, system: System) -> bool:
    """An end is synchronized in its second connection."""
    return any(again(end) for end in system.ends)


def some_opened_again(model: Model, system: System) -> bool:
    """An end has opened a second connection."""
    return any(end.history.opens > 1 for end in system.ends)


def none_has(flag: str) -> Predicate:
    """At no end is this flag of its incarnation set."""
    return lambda model, system: not any(getattr(e.incarnation, flag) for e in system.ends)


def belong_together(system: System) -> bool:
    """Each end is in a connection with the incarnation that the other is in."""
    a, b = system.ends
    return a.incarnation.peer == b.history.opens and b.incarnation.peer == a.history.opens


def acknowledged_was_received(model: Model, system: System) -> bool:
    """In one connection, nothing is acknowledged that the other end has not received."""
    if not belong_together(system) or any(end.state in UNSYNCHRONIZED for end in system.ends):
        return True
    a, b = system.ends
    return a.tcb.snd_una <= b.tcb.rcv_nxt and b.tcb.snd_una <= a.tcb.rcv_nxt


def both_established_again(model: Model, system: System) -> bool:
    """Both ends are ESTABLISHED, one at least for the second time."""
    return some_again(model, system) and all(e.state == State.ESTABLISHED for e in system.ends)


def opens_out_of_time_wait(model: Model, system: System) -> bool:
    """An end is in a second connection that began in the first one's TIME-WAIT."""
    return any(end.incarnation.taken_over for end in system.ends)


def knocks(model: Model, system: System, which: int) -> bool:
    """That end calls for a second connection, and the other listens."""
    me, other = system.ends[which], system.ends[1 - which]
    return me.state == State.SYN_SENT and me.history.opens > 1 and other.state == State.LISTEN


def is_answered(model: Model, system: System, which: int) -> bool:
    """That end is out of SYN-SENT, or the other end listens no more."""
    return not knocks(model, system, which)


def crashed_peer(model: Model, system: System, which: int) -> bool:
    """That end is ESTABLISHED, and the other has crashed and is gone."""
    me, other = system.ends[which], system.ends[1 - which]
    return (
        me.state == State.ESTABLISHED and other.history.crashes > 0 and other.state == State.CLOSED
    )


def has_noticed(model: Model, system: System, which: int) -> bool:
    """That end is no longer ESTABLISHED, or the other is back."""
    return not crashed_peer(model, system, which)


def hazard(name: str, meaning: str, claim: Predicate, **more: Any) -> Always:
    """A property of the second connection, in the scope of RFC 1337's hazards."""
    settings: dict[str, Any] = {
        "citation": "RFC 1337; RFC 9293, 3.6.1",
        "assumptions": (SAME_ISS, ONE_SENDER, QUIET, TICKED),
        "scope_for": reopened(),
        "premise": some_again,
    }
    return Always(name=name, meaning=meaning, claim=claim, **settings | more)


REOPENED: tuple[Property, ...] = (
    hazard(
        "no-old-data",
        "no user is given an octet that was sent in another connection",
        none_has("old_data"),
        expected={
            "rfc9293": REFUTED,
            "no-time-wait": REFUTED,
            "hasty-time-wait": REFUTED,
            "rfc1337": PROVED,
            "rfc1337-f2": PROVED,
            "tw-reuse": PROVED,
            "tw-reuse-always": REFUTED,
            "rfc793": REFUTED,
            "linux": PROVED,
            "freebsd": PROVED,
            "lwip": PROVED,
        },
    ),
    hazard(
        "no-old-data-clock-isn",
        "no user is given an octet that was sent in another connection",
        none_has("old_data"),
        citation="RFC 9293, 3.4.1",
        expected={"rfc9293": PROVED, "no-time-wait": PROVED},
        assumptions=(CLOCK_ISS, ONE_SENDER),
        scope_for=reopened(isn="clock"),
    ),
    hazard(
        "no-old-reset",
        "no connection is ended by a segment of an earlier one",
        none_has("old_reset"),
        premise=some_opened_again,
        expected={
            "rfc9293": REFUTED,
            "rfc1337": PROVED,
            "rfc1337-f2": REFUTED,
            "linux": REFUTED,
            "freebsd": PROVED,
            "lwip": PROVED,
        },
    ),
    hazard(
        "no-desynchronization",
        "nothing is acknowledged in a second connection that the other end has not received",
        acknowledged_was_received,
        expected={"rfc9293": REFUTED, "rfc1337": PROVED, "rfc1337-f2": REFUTED},
    ),
    LivelockFree(
        name="no-livelock",
        meaning="no segments answer each other for ever",
        citation="RFC 1337, 2.3",
        expected={"rfc9293": REFUTED, "rfc1337": PROVED, "rfc1337-f2": PROVED},
        assumptions=(SAME_ISS, ONE_SENDER, QUIET),
        scope_for=reopened(),
    ),
    LivelockFree(
        name="no-livelock-old-opening",
        meaning="no segments answer each other for ever in a second connection that both ends have "
        "opened, though segments of the first one's opening may be left",
        citation="RFC 1337, 2.3, 3 (F2)",
        expected={"rfc9293": REFUTED, "rfc1337": REFUTED, "rfc1337-f2": REFUTED},
        assumptions=(SAME_ISS, "nobody sends text", QUIET),
        scope_for=reopened(start="closed", data=0, closer="both", duplication=False),
        where=lambda model, system: all(map(again, system.ends)),
    ),
    hazard(
        "same-incarnation",
        "both ESTABLISHED implies that each end's peer is the incarnation that the other is in",
        lambda model, system: belong_together(system),
        citation="Murphy and Shankar; RFC 9293, 3.5",
        premise=both_established_again,
        expected={"rfc9293": PROVED},
        assumptions=(CLOCK_ISS, "A closes first; nobody aborts", QUIET),
        scope_for=reopened(isn="clock", data=0, start="closed"),
    ),
    Always(
        name="no-old-connection",
        meaning="no end is ESTABLISHED with a connection that the other has closed in order",
        citation="RFC 9293, 3.5, Figure 8",
        expected={"rfc9293": PROVED, "two-way-handshake": REFUTED},
        assumptions=(CLOCK_ISS, "A closes first; nobody aborts", QUIET),
        scope_for=reopened(isn="clock", data=0, start="closed"),
        premise=lambda model, system: any(map(closed_after_fins, system.ends)),
        claim=lambda model, system: (
            not any(
                closed_after_fins(end)
                and other.state == State.ESTABLISHED
                and other.incarnation.peer == end.history.opens
                for end, other in zip(system.ends, system.ends[::-1], strict=True)
            )
        ),
    ),
    Reachable(
        name="time-wait-reopened",
        meaning="a connection is opened out of TIME-WAIT",
        citation="RFC 9293, 3.6.1, MAY-2, SHLD-4; RFC 6191",
        expected={
            "rfc9293": UNREACHABLE,
            "may-2": WITNESS,
            "rfc6191": WITNESS,
            "tw-reuse": WITNESS,
            "linux": WITNESS,
            "freebsd": WITNESS,
        },
        assumptions=(CLOCK_ISS,),
        scope_for=reopened(isn="clock"),
        goals=(opens_out_of_time_wait,),
    ),
    hazard(
        "no-old-data-reopening",
        "no user is given an octet that was sent in another connection",
        none_has("old_data"),
        citation="RFC 9293, 3.6.1, MAY-2, SHLD-4; RFC 6191",
        expected={"may-2": PROVED, "rfc6191": PROVED},
        assumptions=(CLOCK_ISS, ONE_SENDER, QUIET, TICKED),
        scope_for=reopened(isn="clock"),
    ),
    hazard(
        "quiet-time-protects",
        "after a crash no user is given an octet that was sent before it",
        none_has("old_data"),
        citation="RFC 9293, 3.4.3",
        expected={"rfc1337": PROVED, "no-quiet-time": REFUTED},
        assumptions=(CLOCK_ISS, "after a crash an end begins on its first ISS again; B sends"),
        scope_for=reopened(crashes=1, isn="clock"),
    ),
    Always(
        name="no-blind-reset",
        meaning="no forged segment ends a synchronized connection",
        citation="RFC 5961, 3 and 4; RFC 9293, 3.10.7.4 second and fourth",
        expected={
            "rfc9293": PROVED,
            "rfc793": REFUTED,
            "linux": PROVED,
            "freebsd": PROVED,
            "lwip": PROVED,
        },
        assumptions=(BLIND,),
        scope_for=reopened(opens=1, attacks=1, data=0, closer="both"),
        premise=lambda model, system: any(end.incarnation.forged for end in system.ends),
        claim=none_has("blind_reset"),
    ),
    Eventually(
        name="recycle-admits-both",
        meaning="a SYN of a second host behind the same address is answered by a listener",
        citation="Linux tcp_tw_recycle, removed in 4.12",
        expected={"tw-recycle": REFUTED, "rfc1337-f2": PROVED},
        assumptions=("the second host's timestamp clock is behind the first one's",),
        scope_for=reopened(shared_address=True, data=0, closer="B"),
        premise=knocks,
        goal=is_answered,
    ),
    Eventually(
        name="vanished-peer-noticed",
        meaning="an idle ESTABLISHED end whose peer has crashed notices",
        citation="RFC 9293, 3.5.1, 3.8.4",
        expected={"rfc9293": REFUTED},
        assumptions=("one crash each; no keepalive",),
        scope_for=reopened(opens=1, crashes=1, data=0, closer="both"),
        premise=crashed_peer,
        goal=has_noticed,
    ),
)
