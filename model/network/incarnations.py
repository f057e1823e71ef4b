"""Several connections, one after the other, between the same addresses and ports.

An end's OPENs number its incarnations. What a segment is about is a ghost value beside it in the
channel, which no rule can read: the incarnation that sent it, and the one that it was meant for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import TAKES_TEXT, UNSYNCHRONIZED, State, Step, Tcb
from tcpmc.model.network.history import opens_connection, takes_fin
from tcpmc.model.network.scope import Scope

About = tuple[int, int]
"""The incarnation of the sender, and that of the receiver as far as the sender knows it (or 0)."""

FORGED: About = (9, 9)
"""What a segment is about that neither end has sent."""

TAKES_SYN = (State.LISTEN, State.SYN_SENT, State.TIME_WAIT)


@dataclass(frozen=True, slots=True)
class Incarnation:
    """What an end has besides its TCB where there can be several connections.

    offset, remembered
        The host's: how far beyond the scope's ISS this incarnation's begins, and the last
        timestamp seen from the other address (Linux `tcp_tw_recycle`).
    peer
        Ghost, as all that follows: the other end's incarnation whose SYN was taken; 0: none yet.
    old_data
        The user was given an octet that was not sent by that incarnation to this one.
    old_reset, blind_reset
        This connection was ended by a segment about an earlier one, or by a forged one.
    forged
        How many forged segments have arrived.
    taken_over
        This connection began in the TIME-WAIT of the one before.
    holds_old_data
        Of the text that is held out of order, some was not sent by that incarnation to this one.
    """

    offset: int = 0
    remembered: int = 0
    peer: int = 0
    old_data: bool = False
    old_reset: bool = False
    blind_reset: bool = False
    forged: int = 0
    taken_over: bool = False
    holds_old_data: bool = False


FIRST = Incarnation()


def offsets(scope: Scope, profile: Profile, number: int) -> tuple[int, ...]:
    """How far beyond the scope's ISS incarnation `number` (from 1) may begin, by the scope's policy
    (RFC 9293, 3.4.1).

    `clock` and `new`: beyond every number before and the window; `any`: on each number of the
    connection before, or beyond them.
    """
    beyond = scope.data + 2 + profile.window
    if scope.isn == "same" or number == 1:
        return (0,)
    if scope.isn in ("clock", "new"):
        return ((number - 1) * beyond,)
    return (*range(scope.data + 3), (number - 1) * beyond)


def clock(scope: Scope, which: int, opens: int, waited: bool) -> int:
    """The timestamp clock of a host in its connection number `opens`, in ticks.

    It has ticked between two connections, and while the end `waited` in TIME-WAIT (RFC 1337, 3, F2:
    "long enough to guarantee that the timestamp clocks on both ends have ticked"). With a shared
    address the second connection of A is another host's, whose clock is behind.
    """
    if scope.shared_address and which == 0 and opens > 1:
        return 1
    return opens + 1 + waited


def forgeries(profile: Profile, tcb: Tcb) -> Iterator[Segment]:
    """What a blind attacker may send to a synchronized end: RST and SYN anywhere in the window but
    at RCV.NXT itself, which a guess hits once in 2**32 (RFC 5961, 1.2)."""
    if tcb.state in UNSYNCHRONIZED:
        return
    for ahead in range(1, profile.window):
        seq = tcb.rcv_nxt + ahead
        yield Segment(seq, seq + -seq.value, RST=True)
        yield Segment(seq, seq + -seq.value, SYN=True)


def after_step(incarnation: Incarnation, before: Tcb, step: Step, opened: bool) -> Incarnation:
    """The record after a step of the end, whatever led to it; `opened`: a connection began."""
    state, waited = step.tcb.state, before.state == State.TIME_WAIT
    if opened:
        incarnation = Incarnation(
            incarnation.offset, incarnation.remembered, forged=incarnation.forged, taken_over=waited
        )
    if state in (State.CLOSED, State.LISTEN):
        return replace(incarnation, peer=0)
    if state == State.TIME_WAIT:
        return replace(incarnation, remembered=step.tcb.ts_recent)
    return incarnation


def after_arrival(
    was: Incarnation, before: Tcb, step: Step, arrived: tuple[Segment, About], opens: int
) -> Incarnation:
    """The record after a segment arrived, by what it was about; `was` is the record before, and
    `opens` counts the OPENs after the step."""
    (seg, about), after = arrived, step.tcb
    incarnation = after_step(was, before, step, opens_connection(EventKind.DELIVER, before, after))
    killed = _killed(before, after, seg)
    earlier = about[1] < opens if seg.RST else about[0] < was.peer
    foreign = about != (was.peer, opens)
    incarnation = replace(
        incarnation,
        forged=incarnation.forged + (about == FORGED),
        blind_reset=incarnation.blind_reset | (killed and about == FORGED),
        old_reset=incarnation.old_reset | (killed and earlier),
        old_data=incarnation.old_data
        | (_took_text(before, step, seg) and (foreign or (was.holds_old_data and not after.gap))),
        holds_old_data=after.gap != 0 and (was.holds_old_data or (foreign and seg.length != 0)),
    )
    if before.state in TAKES_SYN and after.state in (State.SYN_RECEIVED, State.ESTABLISHED):
        return replace(incarnation, peer=about[0])
    return incarnation


def _killed(before: Tcb, after: Tcb, seg: Segment) -> bool:
    """Whether the segment ended the connection, and not in an orderly way."""
    alive = before.state not in (State.CLOSED, State.LISTEN, State.TIME_WAIT)
    return alive and after.state in (State.CLOSED, State.LISTEN) and (seg.RST or seg.SYN)


def _took_text(before: Tcb, step: Step, seg: Segment) -> bool:
    """Whether the step gave octets of text to the user: all before the FIN, where that was taken
    (and no TCB may be left; a FIN that was held comes after text), or else as far as RCV.NXT
    went."""
    if before.state not in (State.SYN_RECEIVED, *TAKES_TEXT) or step.tcb == before.reopened:
        return False
    if takes_fin(before, step.tcb, seg):
        return not seg.FIN or seg.seq + (seg.len - 1) != before.rcv_nxt
    return step.tcb.irs == before.irs and step.tcb.rcv_nxt != before.rcv_nxt


def about_sent(step: Step, arrived: tuple[Segment, About] | None, opens: int, peer: int) -> About:
    """What the segments that a step sends are about: connection number `opens` with `peer`. A reset
    that answers a segment is about the same connection as that segment, unless that was forged."""
    if arrived is not None and arrived[1] != FORGED and any(seg.RST for seg in step.send):
        sender, receiver = arrived[1]
        return receiver, sender
    return opens, peer
