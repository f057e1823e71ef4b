"""The catalogue: what is asked of the model with the clock on.

The unit is a tick, and ticks decide what dense time does (`checks/timed`). A segment can be
delivered while its age is at most MSL, and is gone before the next tick; TIME-WAIT ends at age T
exactly; a retransmission comes RTO or more after the one before; what happens at one moment happens
in any order. All these constraints are closed (none is strict) and their bounds are whole numbers,
so that each run in dense time has runs in ticks beside it: every moment rounded down where its
fraction is at most e, and up elsewhere, for some e (Henzinger, Manna and Pnueli 1992, "What good
are digital clocks?": such a system is closed under digitization). And what is asked is closed under
inverse digitization: that an end is in a state needs no clock, and that the age of a segment is at
least MSL when TIME-WAIT ends is a single constraint that is not strict; where it fails in dense
time, one of the roundings keeps the difference below MSL. So a property holds in ticks, for whole
numbers MSL, T and RTO, exactly if it holds in dense time.

A segment is therefore said to be left while its age is *below* MSL: at MSL nothing of its lifetime
is left, though it may arrive at that very moment. With "at most" here as well T = 2 MSL would not
be enough; with "below" in both places ticks would not decide: each of n hops in turn would lose a
tick, and a bound of k MSL would show in ticks only where MSL is large enough.

The channel is the unbounded one, but where text is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, State
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import (
    PROVED,
    REFUTED,
    UNREACHABLE,
    WITNESS,
    Always,
    Property,
    Reachable,
)

ESTABLISHED_FIRST = "from ESTABLISHED on both sides, nothing of the opening in flight"
ACKS_ARRIVE = "no bare ACK is lost: each copy is delivered within MSL"
ACKS_LOST = "any segment may be lost, the last ACK too"
NO_TEXT = "no text is outstanding when FIN is sent"
RESETS_ASIDE = "resets aside, with which a closed host answers old segments"


def timed(
    wait: Callable[[Scope], int] = lambda scope: 2 * scope.msl, **changes: Any
) -> Callable[[Scope], Scope]:
    """The scope with the clock on, from ESTABLISHED, and TIME-WAIT lasting `wait` ticks."""

    def setting(scope: Scope) -> Scope:
        bounds = {"clock": True, "start": "established", "data": 0, "loss": "not-acks"}
        unbounded = {} if changes.get("data") else {"channel": "sent-set", "duplication": True}
        scope = scope.with_(**bounds | unbounded | changes)
        scope = scope.with_(msl=max(3, scope.msl)) if scope.data else scope
        return scope.with_(time_wait=wait(scope))

    return setting


def expiring(model: Model, system: System) -> bool:
    """TIME-WAIT expires now, at one end at least."""
    return any(_expires(model, system, which) for which in (0, 1))


def _expires(model: Model, system: System, which: int) -> bool:
    end = system.ends[which]
    return end.state == State.TIME_WAIT and end.time_wait >= model.scope.time_wait


def connection_is_over(model: Model, system: System) -> bool:
    """No segment is left in either direction, and the other end no longer waits for an ACK."""
    return nothing_but_resets(model, system) and not peer_waits(model, system)


def nothing_but_resets(model: Model, system: System) -> bool:
    """No segment of the connection is left; a reset from a closed host belongs to none."""
    return not system.in_flight(lambda segment: not segment.RST, younger=model.scope.msl)


def peer_waits(model: Model, system: System) -> bool:
    """TIME-WAIT expires at one end, and the other still waits for the ACK of its FIN."""
    return any(
        _expires(model, system, which) and system.ends[1 - which].state in FIN_UNACKNOWLEDGED
        for which in (0, 1)
    )


def segment_left(model: Model, system: System) -> bool:
    """TIME-WAIT expires and a segment of the connection, no reset, is left."""
    return expiring(model, system) and not nothing_but_resets(model, system)


def reset_left(model: Model, system: System) -> bool:
    """TIME-WAIT expires and a reset is left."""
    left = system.in_flight(lambda segment: segment.RST, younger=model.scope.msl)
    return expiring(model, system) and left


TIMED: tuple[Property, ...] = (
    Always(
        name="2msl-sufficient",
        meaning="with T = 2 MSL, when TIME-WAIT expires no segment of the connection is left in "
        "either direction, and the other end has left LAST-ACK and CLOSING",
        citation="RFC 9293, 3.6.1, MUST-13",
        expected={"rfc9293": PROVED, "drop-out-of-order": REFUTED},
        assumptions=(ACKS_ARRIVE, NO_TEXT, RESETS_ASIDE, ESTABLISHED_FIRST),
        cross_check_on=("rfc9293",),
        scope_for=timed(),
        premise=expiring,
        claim=connection_is_over,
    ),
    Reachable(
        name="2msl-tight",
        meaning="with T = 2 MSL - 1 tick, TIME-WAIT expires and a segment of the connection is "
        "left",
        citation="RFC 9293, 3.6.1, MUST-13",
        expected={"rfc9293": WITNESS},
        assumptions=(ACKS_ARRIVE, NO_TEXT, RESETS_ASIDE, ESTABLISHED_FIRST),
        cross_check_on=("rfc9293",),
        scope_for=timed(lambda scope: 2 * scope.msl - 1),
        goals=(segment_left,),
    ),
    Reachable(
        name="2msl-last-ack-lost",
        meaning="with T = 2 MSL and the last ACK lost, TIME-WAIT expires and the other end is "
        "still in LAST-ACK or CLOSING",
        citation="RFC 9293, 3.6.1",
        expected={"rfc9293": WITNESS},
        assumptions=(ACKS_LOST, ESTABLISHED_FIRST),
        scope_for=timed(loss="any"),
        goals=(peer_waits,),
    ),
    Reachable(
        name="2msl-late-fin-reset",
        meaning="with T = 2 MSL and the last ACK lost, the other end is in LAST-ACK or CLOSING "
        "when TIME-WAIT expires, and is then reset",
        citation="RFC 9293, 3.6.1, 3.10.7.1",
        expected={"rfc9293": WITNESS},
        assumptions=(ACKS_LOST, ESTABLISHED_FIRST),
        scope_for=timed(loss="any"),
        goals=(
            peer_waits,
            lambda model, system: any(end.history.reset for end in system.ends),
        ),
    ),
    Reachable(
        name="2msl-ack-lost-segment-left",
        meaning="with T = 2 MSL and ACKs lost, TIME-WAIT expires and a segment of the connection "
        "is left",
        citation="RFC 9293, 3.6.1",
        expected={"rfc9293": WITNESS},
        assumptions=(ACKS_LOST, ESTABLISHED_FIRST),
        scope_for=timed(loss="any"),
        goals=(segment_left,),
    ),
    Reachable(
        name="2msl-text-outstanding",
        meaning="with T = 2 MSL and text still retransmitted in LAST-ACK, an ACK is left when "
        "TIME-WAIT expires: text, unlike FIN, does not restart the timer",
        citation="RFC 9293, 3.10.7.4 first and fifth",
        expected={"rfc9293": WITNESS, "time-wait-restart-any": UNREACHABLE},
        assumptions=(ACKS_ARRIVE, ESTABLISHED_FIRST),
        scope_for=timed(data=1),
        goals=(segment_left,),
    ),
    Reachable(
        name="2msl-reset-left",
        meaning="with T = 2 MSL, a reset with which the closed host answered an old ACK is left "
        "when TIME-WAIT expires",
        citation="RFC 9293, 3.10.7.1; RFC 1337",
        expected={"rfc9293": WITNESS},
        assumptions=(ACKS_ARRIVE, NO_TEXT, ESTABLISHED_FIRST),
        scope_for=timed(),
        goals=(reset_left,),
    ),
)
