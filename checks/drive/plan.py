"""How each state is reached, by the rules, and what is tried in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from tcpmc.checks.drive.moves import (
    FIELDS,
    INSIDE,
    KINDS,
    PLACES,
    Arrival,
    Move,
    Stamp,
    Timeout,
    UserCall,
    has_ack,
)
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, State, Step, Tcb, empty_tcb
from tcpmc.model.variants.variant import Variant
from tcpmc.stacks.stack import CALLS

BITS = 32
ISS, PEER = 100, 300
MOST_WAYS, LONGEST_WAY = 4, 6

STAMPS: tuple[Stamp, ...] = ("old", "new")
GAP = INSIDE
UNACKNOWLEDGED = (State.SYN_SENT, State.SYN_RECEIVED, *FIN_UNACKNOWLEDGED)
"""The states in which something is always on its way that is sent again."""

Way = tuple[tuple[Move, ...], tuple[State, ...]]
"""Moves, and the states on the way."""

OPENINGS: tuple[Move, ...] = (
    UserCall("passive OPEN"),
    UserCall("active OPEN"),
    UserCall("CLOSE"),
)
SEGMENTS: tuple[Arrival, ...] = (
    Arrival("SYN"),
    Arrival("SYN,ACK", ack="good"),
    Arrival("ACK", ack="good"),
    Arrival("FIN,ACK", ack="good"),
    Arrival("FIN,ACK", ack="again"),
)


@dataclass(frozen=True)
class StateReached:
    """A state, and how it came about where that makes a difference: SYN-RECEIVED after a passive
    OPEN has no user yet on some stacks."""

    state: State
    passive: bool = False

    def __str__(self) -> str:
        return f"{self.state} (passive)" if self.passive else str(self.state)


def situations() -> list[StateReached]:
    """The eleven states, in the RFC's order."""
    found = []
    for state in State:
        found += [StateReached(state)]
        found += [StateReached(state, True)] if state == State.SYN_RECEIVED else []
    return found


def ways(variant: Variant) -> dict[StateReached, list[tuple[Move, ...]]]:
    """The shortest runs that lead to each state, by the variant's rules, with a peer that behaves:
    of those as long, the ones through ESTABLISHED, in which both SYNs are acknowledged."""
    start = empty_tcb(State.CLOSED, BITS)
    found: dict[StateReached, list[Way]] = {StateReached(State.CLOSED): [((), ())]}
    todo: deque[tuple[Tcb, tuple[Move, ...], tuple[State, ...]]] = deque(
        [(start, (), (start.state,))]
    )
    while todo:
        tcb, way, seen = todo.popleft()
        if len(way) == LONGEST_WAY:
            continue
        for move in (*OPENINGS, *SEGMENTS):
            after = _after(variant, tcb, move)
            if after.state in seen:
                continue
            to = StateReached(after.state, after.passive)
            found.setdefault(to, []).append(((*way, move), seen))
            todo.append((after, (*way, move), (*seen, after.state)))
    return {
        place: [way for way, _ in sorted(known, key=_length)[:MOST_WAYS]]
        for place, known in found.items()
    }


def _length(way: Way) -> tuple[int, bool]:
    return len(way[0]), State.ESTABLISHED not in way[1]


def _after(variant: Variant, tcb: Tcb, move: Move) -> Tcb:
    host = Host(variant.profile, Seq(ISS, BITS))
    step: Step
    if isinstance(move, UserCall):
        step = variant.rules.call(EventKind(move.call), host, tcb)
    else:
        assert isinstance(move, Arrival)
        if move.ack and tcb.state in (State.CLOSED, State.LISTEN):
            return tcb
        step = variant.rules.segment_arrives(host, tcb, _segment(tcb, move))
    return step.tcb


def _segment(tcb: Tcb, move: Arrival) -> Segment:
    """The segment of a peer that behaves."""
    unknown = tcb.state in (State.CLOSED, State.LISTEN, State.SYN_SENT)
    seq = Seq(PEER, BITS) if unknown else tcb.rcv_nxt
    ack = {"": Seq(0, BITS), "good": tcb.snd_nxt, "again": tcb.snd_una}[move.ack]
    bits = move.controls.split(",")
    return Segment(
        seq, ack, SYN="SYN" in bits, ACK="ACK" in bits, FIN="FIN" in bits, RST="RST" in bits
    )


def tried(place: StateReached, stamps: bool, virtual: bool) -> Iterator[tuple[Move, ...]]:
    """What is tried in a state. With timestamps, each kind at the left edge, old and new; timers
    that are not running cost real time, and are not waited for."""
    if stamps:
        for kind in KINDS:
            for stamp in STAMPS:
                yield (Arrival(kind, ack="good" if has_ack(kind) else "", stamp=stamp),)
        return
    for kind in KINDS:
        for where in PLACES:
            for field in FIELDS if has_ack(kind) else ("",):
                yield (Arrival(kind, where, field),)
    for call in CALLS:
        yield (UserCall(call),)
    yield from sequels(place.state)
    if place.state == State.TIME_WAIT:
        yield (Timeout("TIME-WAIT timeout"),)
    if virtual or place.state in UNACKNOWLEDGED:
        yield (Timeout("retransmission timeout"),)


def sequels(state: State) -> Iterator[tuple[Move, ...]]:
    """What takes more than one move: text that is sent again, held, or waits for ESTABLISHED."""
    send, close = UserCall("SEND", 1), UserCall("CLOSE")
    if state in (State.ESTABLISHED, State.CLOSE_WAIT):
        yield send, Timeout("retransmission timeout")
        yield send, Arrival("ACK", ack="good")
        yield send, close
    if state in (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2):
        late = Arrival("text", "inside", "again")
        yield late, Arrival("text", "left edge", "again", octets=GAP)
        yield Arrival("FIN,ACK", "inside", "again"), Arrival("text", ack="again", octets=GAP)
    if state == State.SYN_SENT:
        yield send, Arrival("SYN,ACK", ack="good")
    if state == State.SYN_RECEIVED:
        yield send, Arrival("ACK", ack="good")
        yield send, close, Arrival("ACK", ack="good")
        yield close, Arrival("ACK", ack="good")
