"""What is assumed of the timers and of the network in dense time, by name.

The parameters are real numbers: MSL > 0, the longest lifetime of a segment; T, how long TIME-WAIT
lasts; R, after which an unacknowledged FIN is given up; F, how long FIN-WAIT-2 lasts where a timer
ends it; C, within which a user closes after the other; D, a time that is asked about; RTO, the
shortest time between two retransmissions (without the assumption `spaced` a retransmission may come
at any moment); IDLE and INTVL of keepalive. T and RTO may be zero, the others not.

Both ends start in ESTABLISHED, nothing is in flight, and nobody sends text or aborts. A segment can
be delivered until its age is its lifetime, and is left while its age is below that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce

from tcpmc.model.endpoint.segment import Segment, is_pure_ack
from tcpmc.model.timed.figures import LINUX_KEEPALIVE
from tcpmc.model.timed.linear import Comparison, Linear, comparison, linear
from tcpmc.model.timed.timers import CLOSE_WAIT, FIN_WAIT_2, TIME_WAIT, USER, Timer, keepalive

Lifetime = Callable[[int, Segment], Linear]
"""The longest life of a segment that end 0 or 1 sends."""

MSL = linear("MSL")


@dataclass(frozen=True)
class Circumstances:
    """What the assumptions make of the network and of the timers.

    acks_arrive
        Each copy of a bare ACK is delivered within its lifetime.
    fins_arrive
        Each copy of a FIN is.
    timers
        Those that the ends have. With the user timeout no retransmission comes later than that.
    probes
        How many of keepalive an end sends. Where it sends some, the connection stays open: nobody
        closes, and end 1 may send ACKs, and vanish without a word.
    spaced
        Two transmissions of the same FIN are RTO or more apart.
    lifetime, one_way
        How long a segment can live; with `one_way` it depends on the direction, and the question is
        about the TIME-WAIT of end 0 alone.
    where
        Comparisons of the parameters.
    """

    acks_arrive: bool = False
    fins_arrive: bool = False
    timers: tuple[Timer, ...] = (TIME_WAIT,)
    probes: int = 0
    spaced: bool = False
    lifetime: Lifetime = lambda sender, segment: MSL
    one_way: bool = False
    where: tuple[Comparison, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters that these circumstances have."""
        lives = ("OUT", "IN") if self.one_way else ("MSL",)
        lengths = dict.fromkeys(timer.length for timer in self.timers)
        return (*lives, *lengths, *("RTO",) * self.spaced)

    def must_arrive(self, segment: Segment) -> bool:
        """Whether each copy of this segment is delivered."""
        return (self.acks_arrive and is_pure_ack(segment)) or (self.fins_arrive and segment.FIN)


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


def _probes(number: int) -> Assumption:
    return Assumption(
        f"keepalive-{number}",
        f"IDLE after the last segment A probes the other end, {number} times, INTVL apart",
        lambda now: replace(now, probes=number, timers=(*now.timers, *keepalive(number))),
    )


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
            lambda now: replace(now, timers=(*now.timers, USER)),
        ),
        Assumption(
            "fins-arrive",
            "no FIN is lost: each copy is delivered within its lifetime",
            lambda now: replace(now, fins_arrive=True),
        ),
        Assumption(
            "fin-wait-2-timer",
            "an end leaves FIN-WAIT-2 for CLOSED F after it entered it (Linux, tcp_fin_timeout)",
            lambda now: replace(now, timers=(*now.timers, FIN_WAIT_2)),
        ),
        Assumption(
            "closes-within",
            "in CLOSE-WAIT the user closes within C",
            lambda now: replace(now, timers=(*now.timers, CLOSE_WAIT)),
        ),
        *(_probes(number) for number in (1, 2, 3, LINUX_KEEPALIVE[2])),
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


def spelled(name: str) -> str:
    """An assumption as it is printed: a name, or a comparison in the usual spelling. Raises
    ValueError."""
    return name if name in ASSUMPTIONS else str(comparison(name))


def circumstances(names: tuple[str, ...], timer: Timer = TIME_WAIT) -> Circumstances:
    """The network and the timers under the named assumptions and comparisons. The claim is about
    the moment at which `timer`, or a time that is only watched, ends.

    Raises ValueError for an unknown name or parameter.
    """

    def assumed(now: Circumstances, name: str) -> Circumstances:
        if name in ASSUMPTIONS:
            return ASSUMPTIONS[name].change(now)
        if not any(relation in name for relation in "<>="):
            listed = ", ".join(ASSUMPTIONS)
            raise ValueError(
                f"unknown assumption {name!r}: choose one of {listed}, or write a comparison such "
                "as T < 2 MSL"
            )
        return replace(now, where=(*now.where, comparison(name)))

    watched = (timer,) if timer.event is None else ()
    assumptions = reduce(assumed, names, Circumstances(timers=(TIME_WAIT, *watched)))
    for compared in assumptions.where:
        for name in (*compared.left.names, *compared.right.names):
            if name not in assumptions.parameters:
                listed = ", ".join(assumptions.parameters)
                raise ValueError(f"{compared}: unknown parameter {name}; choose one of {listed}")
    return assumptions
