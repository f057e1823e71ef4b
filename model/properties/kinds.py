"""What can be asked of the model: the kinds of property, and what each means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.product import EndStep, System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model


class Word(StrEnum):
    """What a verdict is in one word. A bounded answer has a word of its own: `HOLDS<=k`."""

    PROVED = "PROVED"
    REFUTED = "REFUTED"
    WITNESS = "WITNESS"
    UNREACHABLE = "UNREACHABLE"
    VACUOUS = "VACUOUS"
    INCONCLUSIVE = "INCONCLUSIVE"
    DISAGREE = "DISAGREE"


PROVED, REFUTED, WITNESS, UNREACHABLE, VACUOUS, INCONCLUSIVE, DISAGREE = Word

Predicate = Callable[[Model, System], bool]
"""A condition on one state. It may read ends, histories, clocks and `System.in_flight`."""


EndPredicate = Callable[[Model, System, int], bool]
"""A condition on one end of a state."""


@dataclass(frozen=True)
class AtBothEnds:
    """The condition holds at both ends; kept apart, so that a solver need not multiply them."""

    condition: EndPredicate

    def __call__(self, model: Model, system: System) -> bool:
        """The condition at both ends."""
        return all(self.condition(model, system, which) for which in (0, 1))


@dataclass(frozen=True, kw_only=True)
class Property:
    """A named question.

    expected
        The verdict word for each variant that the property is meant for.
    assumptions
        What the verdict rests on besides the scope; printed with it.
    cross_check_on
        The variants on which a run of the whole catalogue asks both engines; elsewhere it asks the
        faster one, and both are asked when the property is named.
    scope_for
        Turns the scope asked for into the one that the question needs (the clock on, T = 2 MSL).
    """

    kind: ClassVar[str]
    name: str
    meaning: str
    citation: str
    expected: Mapping[str, Word]
    assumptions: tuple[str, ...] = ()
    cross_check_on: tuple[str, ...] = ()
    scope_for: Callable[[Scope], Scope] = field(default=lambda scope: scope)

    @property
    def all_assumptions(self) -> tuple[str, ...]:
        """All assumptions, each as a line to print."""
        return self.assumptions


@dataclass(frozen=True, kw_only=True)
class Reachable(Property):
    """Some run meets the goals, one after the other. WITNESS or UNREACHABLE."""

    kind: ClassVar[str] = "reachable"
    goals: tuple[Predicate, ...]


@dataclass(frozen=True, kw_only=True)
class Always(Property):
    """In every reachable state in which the premise holds, the claim holds. PROVED or REFUTED;
    VACUOUS where the premise never holds. The premise reads the ends only."""

    kind: ClassVar[str] = "always"
    premise: Predicate
    claim: Predicate


@dataclass(frozen=True, kw_only=True)
class DeadlockFree(Always):
    """Every state without a next step is a proper end."""

    kind: ClassVar[str] = "deadlock-free"


QUIET = (
    "quiet TIME-WAIT: it ends only when nothing of the connection is left in the network and the "
    "other end no longer waits for an ACK (2msl-sufficient says when that is justified; where ACKs "
    "can be lost no finite T does it: old-segments-for-ever, peer-done-for-ever)"
)
"""An assumption of many: how TIME-WAIT ends where time is off."""


class Fairness(StrEnum):
    """A kind of event for which a fair run is strongly fair: what is possible infinitely often
    happens infinitely often."""

    DELIVERY = "delivery"
    TIMERS = "timers"
    USERS = "users"


FAIRNESS = {
    Fairness.DELIVERY: "a segment in flight infinitely often is delivered infinitely often",
    Fairness.TIMERS: "a timer enabled infinitely often fires infinitely often",
    Fairness.USERS: "a user who can CLOSE infinitely often does so",
}
"""Strong fairness (compassion): what is possible infinitely often happens infinitely often. No
segment is duplicated infinitely often."""

FAIR_EVENTS = {
    Fairness.DELIVERY: (EventKind.DELIVER,),
    Fairness.TIMERS: (
        EventKind.RETRANSMISSION_TIMEOUT,
        EventKind.TIME_WAIT_TIMEOUT,
        EventKind.USER_TIMEOUT,
        EventKind.TICK,
    ),
    Fairness.USERS: (EventKind.CLOSE,),
}
"""The events that each kind of fairness is about."""


@dataclass(frozen=True, kw_only=True)
class Eventually(Property):
    """From every state in which the premise holds at end i the run comes to the goal, if it is
    fair (`FAIRNESS`). PROVED, or REFUTED by a lasso. Both read the ends only, and the premise stays
    true until the goal."""

    kind: ClassVar[str] = "eventually"
    fair: tuple[Fairness, ...] = (Fairness.DELIVERY, Fairness.TIMERS)
    premise: EndPredicate
    goal: EndPredicate

    @property
    def all_assumptions(self) -> tuple[str, ...]:
        """The assumptions, with the fairness."""
        kinds = [FAIRNESS[kind] for kind in self.fair]
        return (*self.assumptions, "; ".join((*kinds, "nothing is duplicated for ever")))


@dataclass(frozen=True, kw_only=True)
class LivelockFree(Property):
    """No run in which segments that arrive are answered by segments for ever, while no user calls,
    no timer fires and nothing is lost. PROVED, or REFUTED by a lasso; VACUOUS where no segment is
    ever answered. Only runs count that stay where `where` holds; it reads the ends only."""

    kind: ClassVar[str] = "livelock-free"
    where: Predicate = field(default=lambda model, system: True)


StepPredicate = Callable[[EndStep], bool]
"""A condition on one step of an end. For a solver it asks about numbers with `&` and `|`, or takes
each side."""


@dataclass(frozen=True, kw_only=True)
class EveryStep(Property):
    """In every step that an end takes in some run, if the premise holds, the claim holds. PROVED or
    REFUTED; VACUOUS where the premise never holds."""

    kind: ClassVar[str] = "every-step"
    premise: StepPredicate
    claim: StepPredicate


@dataclass(frozen=True, kw_only=True)
class Lemma(Property):
    """One step, whether a run comes to it or not: on any segment that arrives, any user call and
    any timeout, from any TCB. Decided at the real 32 bits. PROVED or REFUTED."""

    kind: ClassVar[str] = "lemma"
    premise: StepPredicate
    claim: StepPredicate
