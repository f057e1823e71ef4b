"""The catalogue: what explanations of TCP say of closing a connection, as properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import End, System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import (
    PROVED,
    QUIET,
    REFUTED,
    WITNESS,
    Eventually,
    Fairness,
    Predicate,
    Property,
    Reachable,
)
from tcpmc.model.properties.opening import each_in, end_in, ends, invariant, text_in, witness

A_CLOSES_FIRST = "from ESTABLISHED, A closes first, no text"

FIRST_FIN = "<SEQ=101><ACK=301><CTL=FIN,ACK>"
FIRST_ACK = "<SEQ=301><ACK=102><CTL=ACK>"
SECOND_FIN = "<SEQ=301><ACK=102><CTL=FIN,ACK>"
LAST_ACK = "<SEQ=102><ACK=302><CTL=ACK>"
"""The four segments of the ordinary close, with ISS 100 and 300."""


def a_in(state: State) -> Predicate:
    """A is in this state."""
    return lambda model, system: system.ends[0].state == state


def time_waits_alone(which: int) -> Predicate:
    """That end is in TIME-WAIT, and the other did not close actively."""
    return lambda model, system: (
        system.ends[which].state == State.TIME_WAIT and not system.ends[1 - which].history.active
    )


def closing(**changes: Any) -> Callable[[Scope], Scope]:
    """The ordinary close: from ESTABLISHED, A closes first, no text."""

    def setting(scope: Scope) -> Scope:
        bounds = {"start": "established", "closer": "A", "data": 0, "iss": (100, 300), "bits": 10}
        return scope.with_(**{"clock": False, "loss": "any"} | bounds | changes)

    return setting


def carrying(state: State, other: State, segment: str) -> Predicate:
    """A and B are in these states, and the segment is in flight."""
    here = ends(state, other)
    return lambda model, system: (
        here(model, system) and system.in_flight(lambda seg: str(seg) == segment)
    )


def lost(state: State, other: State) -> Predicate:
    """A and B are in these states, in which one has sent a segment, and nothing is in flight."""
    here = ends(state, other)
    return lambda model, system: here(model, system) and not system.in_flight(lambda seg: True)


def closed_in_order(model: Model, system: System) -> bool:
    """Both are CLOSED after both FINs, and neither connection was reset."""
    return all(closed_after_fins(end) and not end.history.reset for end in system.ends)


def closed_after_fins(end: End) -> bool:
    """The end is CLOSED, and has sent its FIN and received the other's."""
    return end.state == State.CLOSED and end.history.fin_sent and end.history.fin_received


def passive_closer_remains(model: Model, system: System) -> bool:
    """The end that closed first is CLOSED in order, and the other, which closed second, is not."""
    return any(
        closed_after_fins(end)
        and end.history.active
        and not other.history.active
        and other.history.fin_received
        and other.state != State.CLOSED
        for end, other in zip(system.ends, system.ends[::-1], strict=True)
    )


def repaired(
    name: str, which: str, segment: str, here: tuple[State, State]
) -> tuple[Property, ...]:
    """That the loss of one segment of the ordinary close, however often, is repaired; and a run
    in which it is lost and repaired."""
    both: dict[str, Any] = {
        "citation": "RFC 9293, 3.6, 3.10.8",
        "assumptions": (QUIET, A_CLOSES_FIRST, f"only {segment} can be lost"),
        "scope_for": closing(loss=segment),
    }
    return (
        Eventually(
            name=f"{name}-repaired",
            meaning=f"both ends close in order, whenever {which} is lost",
            expected={"rfc9293": PROVED},
            premise=lambda model, system, end: all(e.history.closed for e in system.ends),
            goal=lambda model, system, end: closed_in_order(model, system),
            **both,
        ),
        Reachable(
            name=f"{name}-lost",
            meaning=f"{which} is lost, and then both ends close in order",
            expected={"rfc9293": WITNESS},
            goals=(lost(*here), closed_in_order),
            **both,
        ),
    )


CLOSING: tuple[Property, ...] = (
    witness(
        "orderly-close",
        "the states and the four segments of the ordinary close, one after the other",
        "RFC 9293, 3.6, Figure 12",
        carrying(State.FIN_WAIT_1, State.ESTABLISHED, FIRST_FIN),
        carrying(State.FIN_WAIT_1, State.CLOSE_WAIT, FIRST_ACK),
        ends(State.FIN_WAIT_2, State.CLOSE_WAIT),
        carrying(State.FIN_WAIT_2, State.LAST_ACK, SECOND_FIN),
        carrying(State.TIME_WAIT, State.LAST_ACK, LAST_ACK),
        ends(State.TIME_WAIT, State.CLOSED),
        ends(State.CLOSED, State.CLOSED),
        scope_for=closing(),
    ),
    invariant(
        "fin-consumes-one",
        "an end whose FIN is acknowledged, and that sent no text, stands at ISS + 2",
        "RFC 9293, 3.4",
        end_in(State.FIN_WAIT_2),
        each_in(
            State.FIN_WAIT_2,
            lambda end, other: end.history.sent > 0 or end.tcb.snd_una == end.tcb.iss + 2,
        ),
    ),
    *(
        witness(
            f"{name}-closes-first",
            f"{name.upper()} closes first, and comes to TIME-WAIT alone",
            "RFC 9293, 3.6, Figure 12",
            time_waits_alone(which),
        )
        for which, name in enumerate("ab")
    ),
    invariant(
        "close-takes-four",
        "no close in order has the second FIN bring the ACK of the first",
        "RFC 9293, 3.3.2, note 2",
        closed_in_order,
        lambda model, system: not any(end.history.combined for end in system.ends),
        expected={"rfc9293": REFUTED},
    ),
    invariant(
        "half-close-takes-four",
        "text delivered in FIN-WAIT-2 came after the ACK of the FIN, and before the other FIN",
        "RFC 9293, 3.6.1",
        lambda model, system: any(e.state == State.FIN_WAIT_2 and text_in(e) for e in system.ends),
        each_in(
            State.FIN_WAIT_2,
            lambda end, other: not end.history.combined and end.tcb.snd_una == end.tcb.snd_nxt,
        ),
        scope_for=lambda scope: scope.with_(data=max(1, scope.data)),
    ),
    invariant(
        "closing-awaits-ack",
        "in CLOSING the other's FIN has arrived, and the own one is not acknowledged",
        "RFC 9293, 3.3.2",
        end_in(State.CLOSING),
        each_in(
            State.CLOSING,
            lambda end, other: end.history.fin_received and end.tcb.snd_una != end.tcb.snd_nxt,
        ),
    ),
    *(
        witness(
            f"time-wait-from-{state.value.lower()}",
            f"an end goes from {state} to TIME-WAIT",
            "RFC 9293, 3.3.2, Figure 5",
            a_in(state),
            a_in(State.TIME_WAIT),
        )
        for state in (State.FIN_WAIT_2, State.CLOSING)
    ),
    invariant(
        "close-passes-time-wait",
        "when both are CLOSED after both FINs, one at least has been in TIME-WAIT",
        "RFC 9293, 3.6",
        lambda model, system: all(map(closed_after_fins, system.ends)),
        lambda model, system: any(end.history.waited for end in system.ends),
    ),
    invariant(
        "close-passes-time-wait-aborts",
        "when both are CLOSED after both FINs, one at least has been in TIME-WAIT, also where "
        "users abort",
        "RFC 9293, 3.6, 3.10.5",
        lambda model, system: all(map(closed_after_fins, system.ends)),
        lambda model, system: any(end.history.waited for end in system.ends),
        expected={"rfc9293": REFUTED},
        scope_for=lambda scope: scope.with_(aborts=True),
    ),
    witness(
        "time-wait-both",
        "both ends are in TIME-WAIT",
        "RFC 9293, 3.6, Figure 13",
        ends(State.TIME_WAIT, State.TIME_WAIT),
    ),
    witness(
        "active-opener-in-last-ack",
        "the end that opened actively is in LAST-ACK",
        "RFC 9293, 3.3.2",
        ends(State.SYN_SENT, State.LISTEN),
        ends(State.LAST_ACK, State.FIN_WAIT_2),
    ),
    invariant(
        "last-ack-passive-closer",
        "in LAST-ACK only an end that sent its FIN after the other's arrived",
        "RFC 9293, 3.3.2",
        end_in(State.LAST_ACK),
        each_in(State.LAST_ACK, lambda end, other: not end.history.active),
    ),
    invariant(
        "last-ack-from-active-closer",
        "who is in LAST-ACK waits for the ACK of an end that closed actively",
        "RFC 9293, 3.6",
        end_in(State.LAST_ACK),
        each_in(State.LAST_ACK, lambda end, other: other.history.active),
    ),
    invariant(
        "passive-closer-first",
        "the end that closes second is CLOSED before the one that closed first",
        "RFC 9293, 3.6",
        lambda model, system: any(map(closed_after_fins, system.ends)),
        lambda model, system: not passive_closer_remains(model, system),
        assumptions=(QUIET, "nothing but quiet TIME-WAIT gives it: hasty-time-wait has none"),
        expected={"rfc9293": PROVED, "hasty-time-wait": REFUTED},
    ),
    invariant(
        "time-wait-sends-nothing-again",
        "in TIME-WAIT nothing is left to retransmit",
        "RFC 9293, 3.6",
        end_in(State.TIME_WAIT),
        each_in(State.TIME_WAIT, lambda end, other: end.tcb.snd_una == end.tcb.snd_nxt),
    ),
    Eventually(
        name="close-wait-left",
        meaning="CLOSE-WAIT is left, if the user closes",
        citation="RFC 9293, 3.3.2",
        expected={"rfc9293": PROVED},
        fair=(Fairness.DELIVERY, Fairness.TIMERS, Fairness.USERS),
        premise=lambda model, system, which: system.ends[which].state == State.CLOSE_WAIT,
        goal=lambda model, system, which: system.ends[which].state != State.CLOSE_WAIT,
    ),
    *repaired("first-fin", "the first FIN", FIRST_FIN, (State.FIN_WAIT_1, State.ESTABLISHED)),
    *repaired(
        "first-ack", "the ACK of the first FIN", FIRST_ACK, (State.FIN_WAIT_1, State.CLOSE_WAIT)
    ),
    *repaired("second-fin", "the second FIN", SECOND_FIN, (State.FIN_WAIT_2, State.LAST_ACK)),
    *repaired("last-ack", "the last ACK", LAST_ACK, (State.TIME_WAIT, State.LAST_ACK)),
)
