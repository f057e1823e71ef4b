"""What properties may know of the past and rules may not: ghost state, written in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import (
    CONNECTION_RESET,
    FIN_TAKEN,
    TAKES_TEXT,
    UNCONNECTED,
    State,
    Step,
    Tcb,
)

OPEN = (*TAKES_TEXT, *FIN_TAKEN)
"""The states of a connection that is established and not over."""


@dataclass(frozen=True, slots=True)
class History:
    """What one end and its user have done and seen.

    It follows from states and segments: what a rule signals cannot hide what it does.

    opens, sent, crashes
        OPEN calls, octets given to SEND, crashes so far (bounded by the scope). The rest is about
        one connection: it starts anew with an OPEN in CLOSED.
    closed, gave_up
        CLOSE was called; it was called in LISTEN or SYN-SENT, where it only deletes the TCB.
    fin_sent, fin_received, active
        A FIN was sent, the other's FIN was taken (`takes_fin`), and ours was sent before that.
    combined
        One segment brought both the other's FIN and the acknowledgment of ours.
    waited, assassinated
        The end has been in TIME-WAIT; a segment ended that (RFC 1337).
    told, reset
        The user was told "connection reset"; that, or the connection ended before it was over
        (`cut_short`), whatever the user was told.
    """

    opens: int = 0
    sent: int = 0
    crashes: int = 0
    closed: bool = False
    gave_up: bool = False
    fin_sent: bool = False
    fin_received: bool = False
    active: bool = False
    combined: bool = False
    waited: bool = False
    assassinated: bool = False
    told: bool = False
    reset: bool = False


def opens_connection(event: EventKind, before: Tcb, after: Tcb) -> bool:
    """Whether a new connection begins: an OPEN where there is none or in TIME-WAIT, or a SYN that
    reopens from TIME-WAIT. (An OPEN in LISTEN goes on with the connection that the listener stands
    for. What a stack makes of an OPEN in any other state it does to the connection that is open.)
    """
    if event in (EventKind.ACTIVE_OPEN, EventKind.PASSIVE_OPEN):
        reused = (before.state == State.TIME_WAIT) & (after.state != State.CLOSED)
        return (before.state == State.CLOSED) | reused
    return after.reopened is not None and before.reopened is None


def takes_fin(before: Tcb, after: Tcb, seg: Segment | None) -> bool:
    """Whether the end takes a FIN when a segment arrives: that of the segment, or one that was held
    out of order and whose turn has come with the text of the segment."""
    if seg is None:
        return False
    begun, end = seg.seq <= before.rcv_nxt, seg.seq + seg.len
    gap_end = before.rcv_nxt + before.gap
    arrived = seg.FIN and goes_over(before, after, end, begun & (before.rcv_nxt < end))
    held_end = gap_end + (before.held + 1)
    return arrived | (
        before.held_fin & goes_over(before, after, held_end, begun & (gap_end <= end))
    )


def goes_over(before: Tcb, after: Tcb, end: Seq, in_order: bool) -> bool:
    """Whether RCV.NXT goes over a FIN, to `end`, or the state says so; or it is next in order, and
    TIME-WAIT is entered or the TCB deleted because of it."""
    over = (before.rcv_nxt != after.rcv_nxt) & (after.rcv_nxt == end)
    entered = one_of(after.state, FIN_TAKEN) & (one_of(before.state, FIN_TAKEN) ^ True)
    last = one_of(after.state, (State.TIME_WAIT, *UNCONNECTED)) & one_of(before.state, OPEN)
    return over | entered | (last & in_order)


def acknowledges_all(before: Tcb, seg: Segment | None) -> bool:
    """Whether the segment that arrived acknowledges all that was sent, and something of it anew."""
    if seg is None or not seg.ACK:
        return False
    return (before.snd_una != before.snd_nxt) & (seg.ack == before.snd_nxt)


def cut_short(
    history: History, event: EventKind, before: Tcb, step: Step, seg: Segment | None
) -> bool:
    """Whether an established connection is ended by a reset, or before both FINs were sent and ours
    is acknowledged. (A user who aborts or gives up, or a crash, may end it.)"""
    if event in (EventKind.ABORT, EventKind.CRASH, EventKind.USER_TIMEOUT):
        return False
    begun_anew = (*UNCONNECTED, State.SYN_SENT, State.SYN_RECEIVED)
    over = one_of(step.tcb.state, begun_anew)
    open_ = one_of(before.state, OPEN)
    acknowledged = (before.snd_una == before.snd_nxt) | acknowledges_all(before, seg)
    complete = history.fin_sent & history.fin_received & acknowledged
    early = (open_ | (before.state == State.TIME_WAIT)) & (complete ^ True)
    return over & ((open_ & (seg is not None and seg.RST)) | early)


def one_of(state: State, states: tuple[State, ...]) -> bool:
    """Whether it is one of the states, without a branch on each."""
    return reduce(or_, [state == member for member in states])


def observe(
    history: History, event: EventKind, before: Tcb, step: Step, seg: Segment | None = None
) -> History:
    """The history after a step, on a segment if one arrived. No branch on a number or a state: the
    solver follows it without forking."""
    after = step.tcb
    opened = opens_connection(event, before, after)
    if opened:
        history = History(history.opens + 1, history.sent, history.crashes)
    fin_sent = any(segment.FIN for segment in step.send)
    fin_received = takes_fin(before, after, seg)
    both_fins = (before.state == State.FIN_WAIT_1) & acknowledges_all(before, seg)
    waits = before.state == State.TIME_WAIT
    killed = seg is not None and not opened and waits & (after.state != State.TIME_WAIT)
    early = event == EventKind.CLOSE and before.state in (State.LISTEN, State.SYN_SENT)
    history = replace(
        history,
        sent=history.sent + (event == EventKind.SEND),
        crashes=history.crashes + (event == EventKind.CRASH),
        closed=history.closed | (event == EventKind.CLOSE),
        gave_up=history.gave_up | early,
        fin_sent=history.fin_sent | fin_sent,
        active=history.active | (fin_sent & ((history.fin_received | fin_received) ^ True)),
        fin_received=history.fin_received | fin_received,
        combined=history.combined | (fin_received & both_fins),
        waited=history.waited | (after.state == State.TIME_WAIT),
        assassinated=history.assassinated | killed,
    )
    told = history.told | (CONNECTION_RESET in step.signals)
    cut = cut_short(history, event, before, step, seg) & (opened ^ True)
    return replace(history, told=told, reset=history.reset | told | cut)
