"""What properties may know of the past and rules may not: ghost state, written in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tcpmc.model.endpoint.segment_arrives import CONNECTION_CLOSING, CONNECTION_RESET
from tcpmc.model.endpoint.tcb import State, Step, Tcb


@dataclass(frozen=True, slots=True)
class History:
    """What one end and its user have done and seen.

    opens, sent, crashes
        OPEN calls, octets given to SEND, crashes so far (bounded by the scope). The rest is about
        one connection: it starts anew with an OPEN in CLOSED.
    closed, gave_up
        CLOSE was called; it was called in LISTEN or SYN-SENT, where it only deletes the TCB.
    fin_sent, fin_received, active
        A FIN was sent, the other's FIN arrived, and ours was sent before that.
    combined
        One segment brought both the other's FIN and the acknowledgment of ours.
    waited, assassinated
        The end has been in TIME-WAIT; a segment ended that (RFC 1337).
    reset
        The user was told "connection reset".
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
    reset: bool = False


def opens_connection(event: str, before: Tcb, after: Tcb) -> bool:
    """Whether a new connection begins: an OPEN, or a SYN that reopens from TIME-WAIT. (An OPEN in
    LISTEN goes on with the connection that the listener stands for.)"""
    if event in ("active OPEN", "passive OPEN"):
        return before.state != State.LISTEN
    return after.reopened is not None and before.reopened is None


def observe(history: History, event: str, before: Tcb, step: Step) -> History:
    """The history after a step. No branch on a number: the solver follows it without forking."""
    after = step.tcb
    arrived = event == "deliver"
    if opens_connection(event, before, after):
        history = History(history.opens + 1, history.sent, history.crashes)
    fin_sent = any(segment.FIN for segment in step.send)
    fin_received = CONNECTION_CLOSING in step.signals
    direct = arrived and before.state == State.FIN_WAIT_1 and after.state == State.TIME_WAIT
    killed = arrived and before.state == State.TIME_WAIT and after.state == State.CLOSED
    early = event == "CLOSE" and before.state in (State.LISTEN, State.SYN_SENT)
    return replace(
        history,
        sent=history.sent + (event == "SEND"),
        crashes=history.crashes + (event == "crash"),
        closed=history.closed | (event == "CLOSE"),
        gave_up=history.gave_up | early,
        fin_sent=history.fin_sent | fin_sent,
        active=history.active | (fin_sent & ((history.fin_received | fin_received) ^ True)),
        fin_received=history.fin_received | fin_received,
        combined=history.combined | direct,
        waited=history.waited | (after.state == State.TIME_WAIT),
        assassinated=history.assassinated | killed,
        reset=history.reset | (CONNECTION_RESET in step.signals),
    )
