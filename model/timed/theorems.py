"""What is asked of closing in dense time, for all parameters: claims and theorems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import FIN_UNACKNOWLEDGED, State
from tcpmc.model.timed.assumptions import Circumstances, circumstances
from tcpmc.model.timed.timers import (
    FIN_SO_FAR,
    FIN_WAIT_2,
    FIN_WAIT_2_SO_FAR,
    TIME_WAIT,
    VANISHED,
    Timer,
)


@dataclass(frozen=True)
class Claim:
    """When a timer ends at an end, TIME-WAIT's unless said otherwise, none of these segments is
    left and the other end is in none of these states; or, with `over`, it never runs so long.
    `left` is given whether the segment goes away from that end. Resets, with which a closed host
    answers old segments, belong to no connection."""

    left: Callable[[bool, Segment], bool] = lambda outward, segment: False
    waiting: tuple[State, ...] = ()
    timer: Timer = TIME_WAIT
    over: bool = False

    def circumstances(self, names: tuple[str, ...]) -> Circumstances:
        """What is assumed by these names where this is asked. Raises ValueError."""
        return circumstances(names, self.timer)


@dataclass(frozen=True, kw_only=True)
class Theorem:
    """A claim under assumptions.

    `holds` is the exact condition on the parameters for each variant for which one is expected, as
    `tcpmc threshold` has to find it: "never" where no finite T is enough. `against` are assumptions
    by name with which it would be another theorem.
    """

    name: str
    meaning: str
    citation: str
    claim: Claim
    assume: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    holds: Mapping[str, str]

    def under(self, more: tuple[str, ...]) -> tuple[str, ...]:
        """Its assumptions and further ones. Raises ValueError for one that contradicts what it
        says, or is made already."""
        for name in more:
            if name in self.against:
                raise ValueError(f"{self.name} is about runs without {name!r}")
            if name in self.assume or more.count(name) > 1:
                raise ValueError(f"{name!r} is assumed already")
        return (*self.assume, *more)


EVERY_SEGMENT = Claim(left=lambda outward, segment: not segment.RST)
PEER = Claim(waiting=FIN_UNACKNOWLEDGED)
OUTWARD = Claim(left=lambda outward, segment: outward and not segment.RST)
INWARD = Claim(left=lambda outward, segment: not outward and not segment.RST)
FIN_TO_COME = Claim(
    left=lambda outward, segment: not outward and segment.FIN,
    waiting=(State.CLOSE_WAIT, *FIN_UNACKNOWLEDGED),
    timer=FIN_WAIT_2,
)
FIN_WAIT_2_LASTS = Claim(timer=FIN_WAIT_2_SO_FAR, over=True)
PEER_NOT_MISSED = Claim(timer=VANISHED, waiting=(State.ESTABLISHED,))
FIN_STAYS_UNACKNOWLEDGED = Claim(timer=FIN_SO_FAR, over=True)

NOTHING_AND_NOBODY_LEFT = Claim(left=EVERY_SEGMENT.left, waiting=PEER.waiting)

CLOCKED: Mapping[str, tuple[Claim, tuple[str, ...]]] = {
    "2msl-sufficient": (NOTHING_AND_NOBODY_LEFT, ("acks-arrive",)),
    "2msl-tight": (EVERY_SEGMENT, ("acks-arrive",)),
    "2msl-last-ack-lost": (PEER, ()),
    "2msl-ack-lost-segment-left": (EVERY_SEGMENT, ()),
}
"""What properties of the model with the clock on ask in dense time: a claim, of which they ask
whether it holds or, as a goal, whether it is broken; and what is assumed."""

THEOREMS = {
    theorem.name: theorem
    for theorem in (
        Theorem(
            name="old-segments",
            meaning="when TIME-WAIT ends no segment of the connection is left, in either direction",
            citation="RFC 9293, 3.6.1, MUST-13",
            claim=EVERY_SEGMENT,
            assume=("acks-arrive",),
            holds={"rfc9293": "T >= 2 MSL", "no-restart": "T >= 3 MSL", "no-time-wait": "vacuous"},
        ),
        Theorem(
            name="old-segments-giving-up",
            meaning="the same when ACKs are lost and the other end gives up after R",
            citation="RFC 9293, 3.6.1, 3.8.3",
            claim=EVERY_SEGMENT,
            assume=("gives-up",),
            against=("acks-arrive", "fins-arrive"),
            holds={"rfc9293": "T >= MSL + R and T >= 2 MSL"},
        ),
        Theorem(
            name="old-segments-for-ever",
            meaning="the same when ACKs are lost and the other end retransmits for ever",
            citation="RFC 9293, 3.6.1",
            claim=EVERY_SEGMENT,
            against=("acks-arrive", "gives-up", "fins-arrive"),
            holds={"rfc9293": "never"},
        ),
        Theorem(
            name="peer-done",
            meaning="when TIME-WAIT ends the other end has left FIN-WAIT-1, CLOSING and LAST-ACK",
            citation="RFC 9293, 3.6.1",
            claim=PEER,
            assume=("acks-arrive",),
            holds={"rfc9293": "T > MSL"},
        ),
        Theorem(
            name="peer-done-giving-up",
            meaning="the same when ACKs are lost and the other end gives up after R",
            citation="RFC 9293, 3.6.1, 3.8.3",
            claim=PEER,
            assume=("gives-up",),
            against=("acks-arrive", "fins-arrive"),
            holds={"rfc9293": "T > R"},
        ),
        Theorem(
            name="peer-done-for-ever",
            meaning="the same when ACKs are lost and the other end retransmits for ever",
            citation="RFC 9293, 3.6.1",
            claim=PEER,
            against=("acks-arrive", "gives-up", "fins-arrive"),
            holds={"rfc9293": "never"},
        ),
        Theorem(
            name="old-acks",
            meaning="when TIME-WAIT ends no segment is left on the way from it to the other end",
            citation="RFC 9293, 3.6.1",
            claim=OUTWARD,
            assume=("acks-arrive", "one-way-lifetimes"),
            holds={"rfc9293": "T >= IN + OUT"},
        ),
        Theorem(
            name="old-fins",
            meaning="when TIME-WAIT ends no segment is left on the way to it from the other end",
            citation="RFC 9293, 3.6.1",
            claim=INWARD,
            assume=("acks-arrive", "one-way-lifetimes"),
            holds={"rfc9293": "T >= IN + OUT"},
        ),
        Theorem(
            name="old-segments-linux",
            meaning="when a TIME-WAIT of 60 seconds ends no segment of the connection is left",
            citation="Linux, TCP_TIMEWAIT_LEN",
            claim=EVERY_SEGMENT,
            assume=("acks-arrive", "linux"),
            holds={"rfc9293": "MSL <= 30"},
        ),
        Theorem(
            name="old-segments-fin-lives-longer",
            meaning="when TIME-WAIT ends no segment is left, were the life of a FIN 2 MSL",
            citation="what the 2 in 2 MSL is made of",
            claim=EVERY_SEGMENT,
            assume=("acks-arrive", "fin-lives-longer"),
            holds={"rfc9293": "T >= 3 MSL"},
        ),
        Theorem(
            name="old-segments-extra-hop",
            meaning="when TIME-WAIT ends no segment is left, with a relay that holds each for MSL",
            citation="what the MSL in 2 MSL is of",
            claim=EVERY_SEGMENT,
            assume=("acks-arrive", "extra-hop"),
            holds={"rfc9293": "T >= 4 MSL"},
        ),
        Theorem(
            name="fin-wait-2-cuts-off",
            meaning="when a timer ends FIN-WAIT-2 no FIN of the other end can come any more",
            citation="RFC 9293, 3.6, 3.8.3; Linux, tcp_fin_timeout",
            claim=FIN_TO_COME,
            assume=("fin-wait-2-timer", "closes-within", "gives-up"),
            holds={"rfc9293": "F >= C + MSL + R"},
        ),
        Theorem(
            name="fin-wait-2-cuts-off-no-loss",
            meaning="the same when no FIN is lost",
            citation="RFC 9293, 3.6; Linux, tcp_fin_timeout",
            claim=FIN_TO_COME,
            assume=("fin-wait-2-timer", "closes-within", "fins-arrive"),
            holds={"rfc9293": "F > C + MSL"},
        ),
        Theorem(
            name="fin-wait-2-lasts",
            meaning="D after it entered FIN-WAIT-2 an end has left it, even if the other vanished",
            citation="Linux, tcp_fin_timeout",
            claim=FIN_WAIT_2_LASTS,
            assume=("fin-wait-2-timer",),
            holds={"rfc9293": "D > F"},
        ),
        Theorem(
            name="fin-wait-2-lasts-for-ever",
            meaning="the same by the RFC, which has no timer there",
            citation="RFC 9293, 3.10.7.4, 3.10.8",
            claim=FIN_WAIT_2_LASTS,
            against=("fin-wait-2-timer",),
            holds={"rfc9293": "never"},
        ),
        Theorem(
            name="user-timeout-notices",
            meaning="D after it sent its FIN an end no longer waits for the ACK",
            citation="RFC 9293, 3.8.3, MUST-20, 3.9.1.1, 3.10.8; RFC 5482",
            claim=FIN_STAYS_UNACKNOWLEDGED,
            assume=("gives-up",),
            holds={"rfc9293": "D > R"},
        ),
        Theorem(
            name="user-timeout-notices-never",
            meaning="the same without a user timeout, which an application may choose",
            citation="RFC 9293, 3.8.3, MUST-21",
            claim=FIN_STAYS_UNACKNOWLEDGED,
            against=("gives-up",),
            holds={"rfc9293": "never"},
        ),
        Theorem(
            name="keepalive-notices",
            meaning="D after the other end vanished the connection is given up, by nine probes",
            citation="RFC 9293, 3.8.4, MUST-26 to MUST-29; Linux, tcp_keepalive_probes",
            claim=PEER_NOT_MISSED,
            assume=("keepalive-9", "IDLE >= MSL"),
            holds={"rfc9293": "D > IDLE + 9 INTVL + MSL"},
        ),
    )
}
