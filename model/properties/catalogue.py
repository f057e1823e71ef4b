"""The catalogue: what is asked of the untimed model; and all properties by name."""

from __future__ import annotations

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import End, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.calling_again import CALLING_AGAIN
from tcpmc.model.properties.clocked import TIMED
from tcpmc.model.properties.closing import CLOSING, closed_in_order
from tcpmc.model.properties.kinds import (
    PROVED,
    QUIET,
    REFUTED,
    WITNESS,
    Always,
    AtBothEnds,
    DeadlockFree,
    Eventually,
    Predicate,
    Property,
    Reachable,
)
from tcpmc.model.properties.lemmas import LEMMAS
from tcpmc.model.properties.middleboxes import MIDDLEBOXES
from tcpmc.model.properties.opening import OPENING
from tcpmc.model.properties.recovery import RECOVERY
from tcpmc.model.properties.second_connection import REOPENED
from tcpmc.model.properties.step import STEPS

IGNORED_IS_NO_STEP = "a retransmission that the other end ignores is no next step"
CUT_BY_RESET = (
    "a reset in CLOSING or LAST-ACK cuts the connection short (MUST-12, 3.5.3), whether or not the "
    "user is told: 3.10.7.4 second names no signal there (profile rst_while_closing)"
)
NOBODY_GIVES_UP = "nobody aborts or crashes, and nobody closes in LISTEN or SYN-SENT"


def both(state: State) -> Predicate:
    """Both ends are in `state`."""
    return lambda model, system: all(end.state == state for end in system.ends)


def some(state: State) -> Predicate:
    """An end is in `state`."""
    return lambda model, system: any(end.state == state for end in system.ends)


def idle(model: Model, system: System, which: int) -> bool:
    """Nothing that this end does by itself changes an end any more, were all that is in flight
    lost: no user call and no timeout, and what it would retransmit the other end ignores."""
    end, other = system.ends[which], system.ends[1 - which]
    for move in model.own_moves(which, end):
        if move.event == EventKind.RETRANSMISSION_TIMEOUT:
            sent = move.step.send
            if not sent or not all(model.ignores(1 - which, other, seg) for seg in sent):
                return False
        elif not move.settled or model.settled(other):
            return False
    return True


def idle_without_giving_up(model: Model, system: System, which: int) -> bool:
    """As `idle`, at an end whose user did not close in LISTEN or SYN-SENT."""
    return not system.ends[which].history.gave_up and idle(model, system, which)


def proper_end(model: Model, system: System) -> bool:
    """Both connections are gone. (A listener is never stuck: its user can CLOSE.)"""
    return both(State.CLOSED)(model, system)


def ended_or_in_flight(model: Model, system: System) -> bool:
    """A proper end, or something is still in flight."""
    return proper_end(model, system) or system.in_flight(lambda segment: True)


def both_closed_in_order(model: Model, system: System) -> bool:
    """Both users called CLOSE on a connection that had begun to synchronize."""
    return all(end.history.closed and not end.history.gave_up for end in system.ends)


def nobody_reset(model: Model, system: System) -> bool:
    """No connection was cut short, and no user was told "connection reset"."""
    return not any(end.history.reset for end in system.ends)


def text_delivered(end: End) -> bool:
    """Some octet of text has been delivered at this end, which has not yet received a FIN."""
    return end.tcb.irs + 1 < end.tcb.rcv_nxt


def waiting_half_closed(delivered: bool) -> Predicate:
    """An end is in FIN-WAIT-2, with or without text delivered so far."""
    return lambda model, system: any(
        end.state == State.FIN_WAIT_2 and text_delivered(end) == delivered for end in system.ends
    )


def each_numbers_agree(model: Model, system: System) -> bool:
    """Each end's IRS is the other's ISS."""
    a, b = system.ends
    return a.tcb.irs == b.tcb.iss and b.tcb.irs == a.tcb.iss


def in_last_ack(model: Model, system: System, which: int) -> bool:
    """That end is in LAST-ACK."""
    return system.ends[which].state == State.LAST_ACK


def has_left_last_ack(model: Model, system: System, which: int) -> bool:
    """That end is no longer in LAST-ACK."""
    return system.ends[which].state != State.LAST_ACK


def closed_by_both(model: Model, system: System, which: int) -> bool:
    """Both users called CLOSE on a connection that had begun to synchronize."""
    return both_closed_in_order(model, system)


def both_gone(model: Model, system: System, which: int) -> bool:
    """Both ends are in CLOSED or LISTEN."""
    return all(end.state in (State.CLOSED, State.LISTEN) for end in system.ends)


def outstanding(model: Model, system: System, which: int) -> bool:
    """That end has sent something that is not yet acknowledged."""
    tcb = system.ends[which].tcb
    return tcb.snd_una != tcb.snd_nxt


def nothing_outstanding(model: Model, system: System, which: int) -> bool:
    """All that this end has sent is acknowledged, or its connection is gone."""
    return not outstanding(model, system, which)


def closed_and_peer_crashed(model: Model, system: System, which: int) -> bool:
    """The user of this end has closed, and the other end has forgotten the connection."""
    mine, other = system.ends[which], system.ends[1 - which]
    closing = mine.history.closed and not mine.history.gave_up
    return closing and other.history.crashes > 0 and other.state == State.CLOSED


def gone(model: Model, system: System, which: int) -> bool:
    """That end is in CLOSED or LISTEN."""
    return system.ends[which].state in (State.CLOSED, State.LISTEN)


UNTIMED: tuple[Property, ...] = (
    Reachable(
        name="established",
        meaning="both ends are ESTABLISHED",
        citation="RFC 9293, 3.5, Figure 6",
        expected={"rfc9293": WITNESS},
        goals=(both(State.ESTABLISHED),),
    ),
    Reachable(
        name="simultaneous-open",
        meaning="both ends are in SYN-RECEIVED, and then both are ESTABLISHED",
        citation="RFC 9293, 3.5, Figure 7, MUST-10",
        expected={"rfc9293": WITNESS, "figure-7": WITNESS},
        goals=(both(State.SYN_RECEIVED), both(State.ESTABLISHED)),
    ),
    Reachable(
        name="closing",
        meaning="an end is in CLOSING",
        citation="RFC 9293, 3.10.7.4 eighth, Figure 5",
        expected={"rfc9293": WITNESS},
        cross_check_on=("rfc9293",),
        goals=(some(State.CLOSING),),
    ),
    Reachable(
        name="closing-both",
        meaning="both ends are in CLOSING",
        citation="RFC 9293, 3.6, Figure 13",
        expected={"rfc9293": WITNESS},
        goals=(both(State.CLOSING),),
    ),
    Always(
        name="closing-only-simultaneous",
        meaning="in CLOSING only if each end sent its FIN before the other's arrived",
        citation="RFC 9293, 3.6, case 3",
        expected={"rfc9293": PROVED},
        cross_check_on=("rfc9293",),
        premise=some(State.CLOSING),
        claim=lambda model, system: all(end.history.active for end in system.ends),
    ),
    Reachable(
        name="three-segment-close",
        meaning="an orderly close in which the second FIN brought the ACK of the first",
        citation="RFC 9293, 3.3.2, note 2",
        expected={"rfc9293": WITNESS},
        goals=(
            lambda model, system: any(end.history.combined for end in system.ends),
            closed_in_order,
        ),
    ),
    Reachable(
        name="half-close-data",
        meaning="text is delivered in FIN-WAIT-2",
        citation="RFC 9293, 3.6.1",
        expected={"rfc9293": WITNESS},
        scope_for=lambda scope: scope.with_(data=max(1, scope.data)),
        goals=(waiting_half_closed(False), waiting_half_closed(True)),
    ),
    Always(
        name="synchronized",
        meaning="both ESTABLISHED implies that each end's IRS is the other's ISS",
        citation="RFC 9293, 3.5; Murphy and Shankar",
        expected={"rfc9293": PROVED},
        assumptions=("no crash and no old incarnation",),
        premise=both(State.ESTABLISHED),
        claim=each_numbers_agree,
    ),
    Always(
        name="no-phantom-connection",
        meaning="no end is ESTABLISHED after the other gave up before it was",
        citation="RFC 9293, 3.5",
        expected={"rfc9293": PROVED, "two-way-handshake": REFUTED},
        premise=lambda model, system: any(end.history.gave_up for end in system.ends),
        claim=lambda model, system: not any(end.state == State.ESTABLISHED for end in system.ends),
    ),
    Always(
        name="time-wait-active-closer",
        meaning="in TIME-WAIT only an end that sent its FIN before the other's arrived",
        citation="RFC 9293, 3.6.1, MUST-13",
        expected={"rfc9293": PROVED},
        premise=some(State.TIME_WAIT),
        claim=lambda model, system: all(
            end.history.active for end in system.ends if end.state == State.TIME_WAIT
        ),
    ),
    Always(
        name="time-wait-not-assassinated",
        meaning="TIME-WAIT ends by its timeout, never by a reset",
        citation="RFC 1337; RFC 9293, 3.10.7.4 second",
        expected={
            "rfc9293": REFUTED,
            "rfc1337": PROVED,
            "linux": REFUTED,
            "freebsd": PROVED,
            "lwip": PROVED,
        },
        premise=lambda model, system: any(end.history.fin_received for end in system.ends),
        claim=lambda model, system: not any(end.history.assassinated for end in system.ends),
    ),
    DeadlockFree(
        name="no-deadlock",
        meaning="every state without a next step is a proper end",
        citation="RFC 9293, 3.10",
        expected={
            "rfc9293": PROVED,
            "no-time-wait": PROVED,
            "no-time-wait-silent": REFUTED,
        },
        assumptions=(QUIET, IGNORED_IS_NO_STEP, NOBODY_GIVES_UP),
        cross_check_on=("rfc9293",),
        premise=AtBothEnds(idle_without_giving_up),
        claim=ended_or_in_flight,
    ),
    DeadlockFree(
        name="no-deadlock-giving-up",
        meaning="every state without a next step is a proper end, whoever closes whenever",
        citation="RFC 9293, 3.10.4, 3.10.7.1",
        expected={"rfc9293": PROVED, "no-time-wait-silent": REFUTED},
        assumptions=(QUIET, IGNORED_IS_NO_STEP),
        premise=AtBothEnds(idle),
        claim=ended_or_in_flight,
    ),
    Always(
        name="graceful-close",
        meaning="when both users close, no connection is cut short, and no user is told "
        '"connection reset"',
        citation="RFC 9293, 3.6, MUST-12, MUST-13",
        expected={"rfc9293": PROVED, "no-time-wait": REFUTED, "hasty-time-wait": REFUTED},
        assumptions=(QUIET, NOBODY_GIVES_UP, CUT_BY_RESET),
        cross_check_on=("rfc9293",),
        premise=both_closed_in_order,
        claim=nobody_reset,
    ),
    Eventually(
        name="peer-leaves-last-ack",
        meaning="LAST-ACK is left",
        citation="RFC 9293, 3.6, 3.10.8",
        expected={
            "rfc9293": PROVED,
            "no-time-wait": PROVED,
            "no-time-wait-silent": REFUTED,
        },
        assumptions=(QUIET,),
        premise=in_last_ack,
        goal=has_left_last_ack,
    ),
    Eventually(
        name="close-completes",
        meaning="after both users close, both ends reach CLOSED (or LISTEN)",
        citation="RFC 9293, 3.6",
        expected={"rfc9293": PROVED, "no-time-wait-silent": REFUTED},
        assumptions=(QUIET,),
        premise=closed_by_both,
        goal=both_gone,
    ),
    Eventually(
        name="sent-is-acknowledged",
        meaning="SYN, text and FIN that were sent are acknowledged, or the connection is gone",
        citation="RFC 9293, 3.8.1, 3.6 case 1",
        expected={"rfc9293": PROVED, "no-time-wait-silent": REFUTED},
        assumptions=(QUIET,),
        premise=outstanding,
        goal=nothing_outstanding,
    ),
    Eventually(
        name="close-survives-crash",
        meaning="after CLOSE the connection comes to its end, though the other host crashes",
        citation="robur-coop/utcp issue 28; RFC 9293 has no such timeout",
        expected={"rfc9293": REFUTED, "fin-wait-2-timer": PROVED},
        assumptions=(QUIET,),
        scope_for=lambda scope: scope.with_(crashes=max(1, scope.crashes), data=0),
        premise=closed_and_peer_crashed,
        goal=gone,
    ),
)

CATALOGUE: dict[str, Property] = {
    prop.name: prop for prop in (*UNTIMED, *RECOVERY, *STEPS, *TIMED, *LEMMAS)
}
"""What is asked where nothing is named."""

PROPERTIES: dict[str, Property] = CATALOGUE | {
    prop.name: prop for prop in (*OPENING, *CLOSING, *REOPENED, *CALLING_AGAIN, *MIDDLEBOXES)
}
"""All that can be asked, by name: also what claims rest on, what a second connection brings, and
what a middlebox does."""
