"""The catalogue: what explanations of TCP say of opening a connection, as properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import End, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import (
    PROVED,
    REFUTED,
    WITNESS,
    Always,
    Predicate,
    Property,
    Reachable,
)

NOT_YET_ESTABLISHED = (State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED)


def ends(a: State, b: State) -> Predicate:
    """A and B are in these states."""
    return lambda model, system: (system.ends[0].state, system.ends[1].state) == (a, b)


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


def text_in(end: End) -> bool:
    """Some text has been delivered at this end, which has not received a FIN."""
    return not end.history.fin_received and end.tcb.irs + 1 < end.tcb.rcv_nxt


def syn_acks_answer(model: Model, system: System) -> bool:
    """Every SYN,ACK in flight carries no text and acknowledges the number after an ISS."""
    first = [host.iss + 1 for host in model.hosts]
    return not system.in_flight(
        lambda seg: seg.SYN and seg.ACK and (seg.length > 0 or seg.ack not in first)
    )


def witness(name: str, meaning: str, citation: str, *goals: Predicate, **more: Any) -> Reachable:
    """A run that exists under the RFC's rules."""
    expected = more.pop("expected", {"rfc9293": WITNESS})
    return Reachable(
        name=name, meaning=meaning, citation=citation, goals=goals, expected=expected, **more
    )


def invariant(
    name: str, meaning: str, citation: str, premise: Predicate, claim: Predicate, **more: Any
) -> Always:
    """What always holds under the RFC's rules."""
    return Always(
        **{"expected": {"rfc9293": PROVED}} | more,
        name=name, meaning=meaning, citation=citation, premise=premise, claim=claim,
    )  # fmt: skip


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
    invariant(
        "no-text-before-both-established",
        "no text is on its way while an end is not yet ESTABLISHED",
        "RFC 9293, 3.5, 3.10.7.4 fifth",
        end_in(State.ESTABLISHED),
        lambda model, system: (
            not (
                end_in(*NOT_YET_ESTABLISHED)(model, system)
                and system.in_flight(lambda seg: seg.length > 0)
            )
        ),
        expected={"rfc9293": REFUTED},
        scope_for=lambda scope: scope.with_(data=max(1, scope.data)),
    ),
    invariant(
        "text-taken-when-both-open",
        "an end that has taken text is past SYN-RECEIVED, and so is the other end",
        "RFC 9293, 3.5, 3.10.7.4 fifth",
        lambda model, system: any(map(text_in, system.ends)),
        lambda model, system: (
            not any(
                text_in(end)
                and (end.state in NOT_YET_ESTABLISHED or other.state in NOT_YET_ESTABLISHED)
                for end, other in zip(system.ends, system.ends[::-1], strict=True)
            )
        ),
        scope_for=lambda scope: scope.with_(data=max(1, scope.data)),
    ),
    witness(
        "refused",
        "an end in SYN-SENT whose peer is CLOSED is told so, and is CLOSED",
        "RFC 9293, 3.10.7.1, 3.10.7.3 second",
        ends(State.SYN_SENT, State.CLOSED),
        lambda model, system: (
            ends(State.CLOSED, State.CLOSED)(model, system) and system.ends[0].history.told
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
        scope_for=lambda scope: scope.with_(data=max(1, scope.data)),
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
