"""What one end may be in: a TCB, and what it still owes and may still send."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Tcb, empty_tcb

BITS = 32
MOST_CREDITS = 64

Kind = Literal["rule", "silent", "crash", "crossing", "unseen", "lost", "deviation"]


class Cost(NamedTuple):
    """What an explanation takes for granted, the worst first: costs are compared in this order.

    Deviations from the RFC; assumptions (crossing, packets that are not in the capture, a crash);
    steps that no packet shows.
    """

    deviations: int = 0
    assumptions: int = 0
    silent: int = 0

    def plus(self, other: Cost) -> Cost:
        """The sum, each count by itself."""
        return Cost(self[0] + other[0], self[1] + other[1], self[2] + other[2])


FREE = Cost()
SILENT = Cost(silent=1)
ASSUMPTION = Cost(assumptions=1)
DEVIATION = Cost(deviations=1)


class Note(NamedTuple):
    """Why an end went on as it did: the label of a rule, or what was taken for granted.

    A deviation has the requirement that it breaks (`MUST-13`, or the section), what the RFC would
    have done, and `packet`, the place in the view of the packet that it is about, where that is
    not the packet at which it shows.
    """

    text: str
    kind: Kind = "rule"
    requirement: str = ""
    expected: str = ""
    packet: int | None = None


class Owed(NamedTuple):
    """An exact reply that has to come: a reset or SYN,ACK. `since` is the place in the view of the
    packet that it answers, and `rule` the label of the rule that sends it."""

    segment: Segment
    since: int
    rule: str


class Block(NamedTuple):
    """Text, or text and FIN, that is held until what lies before it arrives (SHLD-31)."""

    seq: Seq
    length: int
    fin: bool

    @property
    def end(self) -> Seq:
        """The number behind it."""
        return self.seq + (self.length + self.fin)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One explanation of all packets so far, as far as later packets can depend on it.

    `numbered` is False while the ISS is not known: it is the number of the SYN that comes next.
    `credits` are the ACKs that the rules have sent and the end has not: each permits one, which
    may be late or stand for several. `due` is the place in the view of the oldest packet whose ACK
    has to come, and `acked` the last SEG.ACK that was sent. `since` is the time at which TIME-WAIT
    began, in seconds; `resent` says that the front of the queue was retransmitted. `pending` are
    the places of packets that were seen on their way to this end and have not been processed.
    `mute` is an end that sends nothing any more, and `unshown` one that has crashed and has sent
    nothing since.
    """

    tcb: Tcb
    numbered: bool = True
    owed: tuple[Owed, ...] = ()
    credits: int = 0
    due: int | None = None
    acked: Seq | None = None
    held: tuple[Block, ...] = ()
    since: float | None = None
    resent: bool = False
    pending: tuple[int, ...] = ()
    mute: bool = False
    unshown: bool = False

    @property
    def state(self) -> State:
        """The state of the connection."""
        return self.tcb.state

    def gone(self, state: State = State.CLOSED) -> Hypothesis:
        """The connection is deleted; resets that are owed are still owed."""
        return Hypothesis(
            empty_tcb(state, BITS),
            owed=self.owed,
            pending=self.pending,
            mute=self.mute,
            unshown=self.unshown,
        )

    def with_credit(self, due: int | None) -> Hypothesis:
        """One more ACK may be sent; it has to come if `due` is a place in the view."""
        return replace(
            self,
            credits=min(self.credits + 1, MOST_CREDITS),
            due=self.due if self.due is not None else due,
        )


def renumbered(hypothesis: Hypothesis, iss: Seq) -> Hypothesis:
    """The hypothesis with `iss` in place of an ISS that was not known."""
    tcb = hypothesis.tcb
    shift = iss - tcb.iss
    tcb = replace(tcb, iss=iss, snd_una=tcb.snd_una + shift, snd_nxt=tcb.snd_nxt + shift)
    owed = tuple(
        o._replace(segment=replace(o.segment, seq=iss)) if o.segment.SYN else o
        for o in hypothesis.owed
    )
    return replace(hypothesis, tcb=tcb, owed=owed)
