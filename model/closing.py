"""What is asked of TIME-WAIT in dense time, for all parameters: claims, assumptions, theorems.

The parameters are real numbers: MSL > 0, the longest lifetime of a segment; T, how long TIME-WAIT
lasts; R, after which an unacknowledged FIN is given up; RTO, the shortest time between two
retransmissions (without the assumption `spaced` a retransmission may come at any moment). T and RTO
may be zero, R not.

Both ends start in ESTABLISHED, nothing is in flight, and nobody sends text or aborts. A segment can
be delivered while its age is below its lifetime, and is left until its age exceeds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from tcpmc.model.linear import Comparison, Linear, comparison, linear
from tcpmc.model.segment import Segment, is_pure_ack
from tcpmc.model.system import WAITS_FOR_ACK
from tcpmc.model.tcb import State

Lifetime = Callable[[int, Segment], Linear]
"""The longest life of a segment that end 0 or 1 sends."""

MSL = linear("MSL")


@dataclass(frozen=True)
class Circumstances:
    """What the assumptions make of the network and of the timers.

    acks_arrive
        Each copy of a bare ACK is delivered within its lifetime.
    gives_up
        The user timeout ends a connection whose FIN is unacknowledged R after it was first sent,
        and no retransmission comes later than that.
    spaced
        Two transmissions of the same FIN are RTO or more apart.
    lifetime, one_way
        How long a segment can live; with `one_way` it depends on the direction, and the question is
        about the TIME-WAIT of end 0 alone.
    where
        Comparisons of the parameters.
    """

    acks_arrive: bool = False
    gives_up: bool = False
    spaced: bool = False
    lifetime: Lifetime = lambda sender, segment: MSL
    one_way: bool = False
    where: tuple[Comparison, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters that these circumstances have."""
        lives = ("OUT", "IN") if self.one_way else ("MSL",)
        return (*lives, "T", *("R",) * self.gives_up, *("RTO",) * self.spaced)

    def must_arrive(self, segment: Segment) -> bool:
        """Whether each copy of this segment is delivered."""
        return self.acks_arrive and is_pure_ack(segment)


@dataclass(frozen=True)
class Assumption:
    """A named assumption: what it means, and what it changes."""

    name: str
    meaning: str
    change: Callable[[Circumstances], Circumstances]


def _fin_lives_longer(sender: int, segment: Segment) -> Linear:
    return MSL + MSL if segment.FIN else MSL


def _way(sender: int, segment: Segment) -> Linear:
    return linear("IN") if sender else linear("OUT")


ASSUMPTIONS = {
    assumption.name: assumption
    for assumption in (
        Assumption(
            "acks-arrive",
            "no bare ACK is lost: each copy is delivered within its lifetime",
            lambda now: replace(now, acks_arrive=True),
        ),
        Assumption(
            "gives-up",
            "an end gives up when its FIN is unacknowledged R after it was first sent",
            lambda now: replace(now, gives_up=True),
        ),
        Assumption(
            "spaced",
            "two transmissions of the same FIN are RTO or more apart",
            lambda now: replace(now, spaced=True),
        ),
        Assumption(
            "one-way-lifetimes",
            "a segment lives at most OUT away from the end in TIME-WAIT, and at most IN towards it",
            lambda now: replace(now, one_way=True, lifetime=_way),
        ),
        Assumption(
            "fin-lives-longer",
            "a FIN lives at most 2 MSL, any other segment MSL",
            lambda now: replace(now, lifetime=_fin_lives_longer),
        ),
        Assumption(
            "extra-hop",
            "each segment is relayed once, and lives at most MSL before that and MSL after it",
            lambda now: replace(now, lifetime=lambda sender, segment: MSL + MSL),
        ),
        Assumption(
            "linux",
            "TIME-WAIT lasts 60 seconds (TCP_TIMEWAIT_LEN), whatever MSL is",
            lambda now: replace(now, where=(*now.where, comparison("T = 60"))),
        ),
    )
}


@dataclass(frozen=True)
class Claim:
    """When TIME-WAIT ends, none of these segments is left and the other end is in none of these
    states. `left` is given whether the segment goes away from the end in TIME-WAIT. Resets, with
    which a closed host answers old segments, belong to no connection."""

    left: Callable[[bool, Segment], bool] = lambda outward, segment: False
    waiting: tuple[State, ...] = ()


def circumstances(names: tuple[str, ...]) -> Circumstances:
    """What the named assumptions and comparisons make of the network and the timers.

    Raises ValueError for a name that is none, or a comparison of what is no parameter.
    """

    def assumed(now: Circumstances, name: str) -> Circumstances:
        if name in ASSUMPTIONS:
            return ASSUMPTIONS[name].change(now)
        if not any(relation in name for relation in "<>="):
            known = ", ".join(ASSUMPTIONS)
            raise ValueError(f"unknown assumption {name!r}: choose of {known}, or write T < 2 MSL")
        return replace(now, where=(*now.where, comparison(name)))

    found = reduce(assumed, names, Circumstances())
    for one in found.where:
        for name in (*one.left.names, *one.right.names):
            if name not in found.parameters:
                known = ", ".join(found.parameters)
                raise ValueError(f"{one}: {name} is no parameter here; there are {known}")
    return found


@dataclass(frozen=True, kw_only=True)
class Theorem:
    """A claim under assumptions.

    `holds` is the exact condition on the parameters for each variant for which one is expected, as
    `tcpmc threshold` has to find it: "never" where no finite T is enough.
    """

    name: str
    meaning: str
    citation: str
    claim: Claim
    assume: tuple[str, ...] = ()
    holds: Mapping[str, str]


EVERY_SEGMENT = Claim(left=lambda outward, segment: not segment.RST)
PEER = Claim(waiting=WAITS_FOR_ACK)
OUTWARD = Claim(left=lambda outward, segment: outward and not segment.RST)
INWARD = Claim(left=lambda outward, segment: not outward and not segment.RST)

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
            holds={},
        ),
        Theorem(
            name="old-segments-for-ever",
            meaning="the same when ACKs are lost and the other end retransmits for ever",
            citation="RFC 9293, 3.6.1",
            claim=EVERY_SEGMENT,
            holds={"rfc9293": "never"},
        ),
        Theorem(
            name="peer-done",
            meaning="when TIME-WAIT ends the other end has left FIN-WAIT-1, CLOSING and LAST-ACK",
            citation="RFC 9293, 3.6.1",
            claim=PEER,
            assume=("acks-arrive",),
            holds={"rfc9293": "T >= MSL"},
        ),
        Theorem(
            name="peer-done-giving-up",
            meaning="the same when ACKs are lost and the other end gives up after R",
            citation="RFC 9293, 3.6.1, 3.8.3",
            claim=PEER,
            assume=("gives-up",),
            holds={"rfc9293": "T > R"},
        ),
        Theorem(
            name="peer-done-for-ever",
            meaning="the same when ACKs are lost and the other end retransmits for ever",
            citation="RFC 9293, 3.6.1",
            claim=PEER,
            holds={"rfc9293": "never"},
        ),
        Theorem(
            name="old-acks",
            meaning="when TIME-WAIT ends no segment is left on the way from it to the other end",
            citation="RFC 9293, 3.6.1",
            claim=OUTWARD,
            assume=("acks-arrive", "one-way-lifetimes"),
            holds={},
        ),
        Theorem(
            name="old-fins",
            meaning="when TIME-WAIT ends no segment is left on the way to it from the other end",
            citation="RFC 9293, 3.6.1",
            claim=INWARD,
            assume=("acks-arrive", "one-way-lifetimes"),
            holds={},
        ),
        Theorem(
            name="old-segments-linux",
            meaning="when a TIME-WAIT of 60 seconds ends no segment of the connection is left",
            citation="Linux, TCP_TIMEWAIT_LEN",
            claim=EVERY_SEGMENT,
            assume=("acks-arrive", "linux"),
            holds={},
        ),
        Theorem(
            name="old-segments-fin-lives-longer",
            meaning="when TIME-WAIT ends no segment is left, were the life of a FIN 2 MSL",
            citation="what the 2 in 2 MSL is made of",
            claim=EVERY_SEGMENT,
            assume=("acks-arrive", "fin-lives-longer"),
            holds={},
        ),
        Theorem(
            name="old-segments-extra-hop",
            meaning="when TIME-WAIT ends no segment is left, with a relay that holds each for MSL",
            citation="what the MSL in 2 MSL is of",
            claim=EVERY_SEGMENT,
            assume=("acks-arrive", "extra-hop"),
            holds={},
        ),
    )
}
