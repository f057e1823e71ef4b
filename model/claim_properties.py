"""The catalogue: what explanations of TCP say of opening and closing, as properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tcpmc.model.property import QUIET, Always, Eventually, Predicate, Property, Reachable
from tcpmc.model.scope import Scope
from tcpmc.model.sequence import Seq
from tcpmc.model.system import End, Model, System
from tcpmc.model.tcb import State

A_CLOSES_FIRST = "from ESTABLISHED, A closes first, no text"

FIRST_FIN = "<SEQ=101><ACK=301><CTL=FIN,ACK>"
FIRST_ACK = "<SEQ=301><ACK=102><CTL=ACK>"
SECOND_FIN = "<SEQ=301><ACK=102><CTL=FIN,ACK>"
LAST_ACK = "<SEQ=102><ACK=302><CTL=ACK>"
"""The four segments of the ordinary close, with ISS 100 and 300."""


def ends(a: State, b: State) -> Predicate:
    """A and B are in these states."""
    return lambda model, system: (system.ends[0].state, system.ends[1].state) == (a, b)


def a_in(state: State) -> Predicate:
    """A is in this state."""
    return lambda model, system: system.ends[0].state == state


def time_waits_alone(which: int) -> Predicate:
    """That end is in TIME-WAIT, and the other did not close actively."""
    return lambda model, system: (
        system.ends[which].state == State.TIME_WAIT and not system.ends[1 - which].history.active
    )


def end_in(*states: State) -> Predicate:
    """An end is in one of the states."""
    return lambda model, system: any(end.state in states for end in system.ends)


def each_in(state: State, claim: Callable[[End, End], bool]) -> Predicate:
    """The claim holds of every end in that state, and of the other end."""
    return lambda model, system: all(
        claim(end, other)
        for end, other in zip(system.ends, system.ends[::-1], strict=True)
        if end.state == state
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


def lost(state: State, other: State, segment: str) -> Predicate:
    """A and B are in these states, in which the segment has been sent, and nothing is in flight."""
    here = ends(state, other)
    return lambda model, system: here(model, system) and not system.in_flight(lambda seg: True)


def closed_in_order(model: Model, system: System) -> bool:
    """Both are CLOSED after both FINs, and no user was told "connection reset"."""
    return all(
        end.state == State.CLOSED
        and end.history.fin_sent
        and end.history.fin_received
        and not end.history.reset
        for end in system.ends
    )


def both_fins(end: End) -> bool:
    """The end has sent its FIN and received the other's."""
    return end.history.fin_sent and end.history.fin_received


def text_in(end: End) -> bool:
    """Some text has been delivered at this end, which has not received a FIN."""
    return not end.history.fin_received and end.tcb.irs + 1 < end.tcb.rcv_nxt


def syn_acks_answer(model: Model, system: System) -> bool:
    """Every SYN,ACK in flight carries no text and acknowledges the number after an ISS."""
    first = [Seq(iss, model.scope.bits) + 1 for iss in model.scope.iss]
    return not system.in_flight(
        lambda seg: seg.SYN and seg.ACK and (seg.length > 0 or seg.ack not in first)
    )


def passive_closer_remains(model: Model, system: System) -> bool:
    """The end that closed first is CLOSED in order, and the other, which closed second, is not."""
    return any(
        end.state == State.CLOSED
        and end.history.active
        and both_fins(end)
        and not other.history.active
        and other.history.fin_received
        and other.state != State.CLOSED
        for end, other in zip(system.ends, system.ends[::-1], strict=True)
    )


def witness(name: str, meaning: str, citation: str, *goals: Predicate, **more: Any) -> Reachable:
    """A run that exists under the RFC's rules."""
    expected = more.pop("expected", {"rfc9293": "WITNESS"})
    return Reachable(
        name=name, meaning=meaning, citation=citation, goals=goals, expected=expected, **more
    )


def invariant(
    name: str, meaning: str, citation: str, premise: Predicate, claim: Predicate, **more: Any
) -> Always:
    """What always holds under the RFC's rules."""
    return Always(
        **{"expected": {"rfc9293": "PROVED"}} | more,
        name=name, meaning=meaning, citation=citation, premise=premise, claim=claim,
    )  # fmt: skip


def repaired(
    name: str, which: str, segment: str, here: tuple[State, State]
) -> tuple[Property, ...]:
    """That the loss of one segment of the ordinary close, however often, is repaired; and a run
    in which it is lost and repaired."""
    both: dict[str, Any] = {
        "citation": "RFC 9293, 3.6, 3.10.8",
        "assumptions": (QUIET, A_CLOSES_FIRST, f"only {segment} can be lost"),
        "setting": closing(loss=segment),
    }
    return (
        Eventually(
            name=f"{name}-repaired",
            meaning=f"both ends close in order, whenever {which} is lost",
            expected={"rfc9293": "PROVED"},
            premise=lambda model, system, end: all(e.history.closed for e in system.ends),
            goal=lambda model, system, end: closed_in_order(model, system),
            **both,
        ),
        Reachable(
            name=f"{name}-lost",
            meaning=f"{which} is lost, and then both ends close in order",
            expected={"rfc9293": "WITNESS"},
            goals=(lost(*here, segment), closed_in_order),
            **both,
        ),
    )


OPENING: tuple[Property, ...] = (
    witness(
        "handshake",
        "LISTEN, SYN-SENT, SYN-RECEIVED and ESTABLISHED follow each other as in Figure 6",
        "RFC 9293, 3.5, Figure 6",
        ends(State.CLOSED, State.CLOSED),
        ends(State.CLOSED, State.LISTEN),
        ends(State.SYN_SENT, State.LISTEN),
        ends(State.SYN_SENT, State.SYN_RECEIVED),
        ends(State.ESTABLISHED, State.SYN_RECEIVED),
        ends(State.ESTABLISHED, State.ESTABLISHED),
    ),
    invariant(
        "syn-consumes-one",
        "a SYN carries no text, and consumes one sequence number",
        "RFC 9293, 3.4",
        end_in(State.SYN_SENT),
        lambda model, system: (
            each_in(State.SYN_SENT, lambda end, other: end.tcb.snd_nxt == end.tcb.iss + 1)(
                model, system
            )
            and not system.in_flight(lambda seg: seg.SYN and seg.length > 0)
        ),
    ),
    invariant(
        "syn-ack-acknowledges-syn",
        "a SYN,ACK acknowledges the number after the other's ISS, and consumes one itself",
        "RFC 9293, 3.5, Figure 6",
        end_in(State.SYN_RECEIVED),
        lambda model, system: (
            each_in(State.SYN_RECEIVED, lambda end, other: end.tcb.snd_nxt == end.tcb.iss + 1)(
                model, system
            )
            and syn_acks_answer(model, system)
        ),
    ),
    invariant(
        "ack-consumes-nothing",
        "who is ESTABLISHED and has sent no text stands at ISS + 1, whatever was acknowledged",
        "RFC 9293, 3.4",
        end_in(State.ESTABLISHED),
        each_in(
            State.ESTABLISHED,
            lambda end, other: end.history.sent > 0 or end.tcb.snd_nxt == end.tcb.iss + 1,
        ),
    ),
    witness(
        "refused",
        "an end in SYN-SENT whose peer is CLOSED is told so, and is CLOSED",
        "RFC 9293, 3.10.7.1, 3.10.7.3 second",
        ends(State.SYN_SENT, State.CLOSED),
        lambda model, system: (
            ends(State.CLOSED, State.CLOSED)(model, system) and system.ends[0].history.reset
        ),
    ),
    witness(
        "established-alone",
        "an end is ESTABLISHED while the other is still in SYN-RECEIVED",
        "RFC 9293, 3.5, Figure 6",
        ends(State.ESTABLISHED, State.SYN_RECEIVED),
    ),
    witness(
        "text-both-ways",
        "from ESTABLISHED on both sides, text is delivered at both",
        "RFC 9293, 3.7",
        ends(State.ESTABLISHED, State.ESTABLISHED),
        lambda model, system: all(map(text_in, system.ends)),
        setting=lambda scope: scope.with_(data=max(1, scope.data)),
    ),
    witness(
        "close-in-syn-received",
        "an end leaves SYN-RECEIVED for FIN-WAIT-1 before its SYN is acknowledged",
        "RFC 9293, 3.10.4",
        end_in(State.SYN_RECEIVED),
        lambda model, system: any(
            end.state == State.FIN_WAIT_1 and end.tcb.snd_una == end.tcb.iss for end in system.ends
        ),
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
        setting=closing(),
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
        expected={"rfc9293": "REFUTED"},
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
        setting=lambda scope: scope.with_(data=max(1, scope.data)),
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
        lambda model, system: all(e.state == State.CLOSED and both_fins(e) for e in system.ends),
        lambda model, system: any(end.history.waited for end in system.ends),
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
        lambda model, system: any(e.state == State.CLOSED and both_fins(e) for e in system.ends),
        lambda model, system: not passive_closer_remains(model, system),
        assumptions=(QUIET,),
        expected={"rfc9293": "PROVED", "hasty-time-wait": "REFUTED"},
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
        expected={"rfc9293": "PROVED"},
        fair=("delivery", "timers", "users"),
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
