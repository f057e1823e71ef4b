"""Why an event cannot happen now: what would have to be different, by the model's own judgement.

An event that a rule refuses is explained by that rule. For any other, bounds of the scope or parts
of the state are changed, as few as will do, until the model says that the event can happen: what
was changed is the reason. So no reason outlives the guard that it explains. A change leaves alone
what is already so: its words would be false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from tcpmc.errors import BadInput
from tcpmc.model.endpoint.event_kinds import NETWORK_EVENTS, EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State, Step
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.product import OPENS, OWN_EVENTS, End, Event, System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.pair import Stacks
from tcpmc.reports.scope_arguments import option

SEGMENT_EVENTS = (EventKind.DELIVER, *NETWORK_EVENTS)
MOST_CHANGES = 3


@dataclass(frozen=True)
class Situation:
    """An event that is wanted, in a state, within a scope."""

    scope: Scope
    system: System
    event: Event

    @property
    def end(self) -> End:
        """The end at which the event is."""
        return self.system.ends[self.event.end]

    @property
    def sender(self) -> int:
        """The end from which the channel leads that the event takes from."""
        return 1 - self.event.end if self.event.kind == EventKind.DELIVER else self.event.end

    def bound(self, **changes: Any) -> Situation:
        """With other bounds."""
        return replace(self, scope=self.scope.with_(**changes))

    def at_end(self, which: int, **changes: Any) -> Situation:
        """With something else at one end: in its own fields, its TCB or its history."""
        end = self.system.ends[which]
        for name, value in changes.items():
            if name in End.__dataclass_fields__:
                end = replace(end, **{name: value})
            elif name in end.tcb.__dataclass_fields__:
                end = replace(end, tcb=replace(end.tcb, **{name: value}))
            else:
                end = replace(end, history=replace(end.history, **{name: value}))
        ends = (end, self.system.ends[1]) if which == 0 else (self.system.ends[0], end)
        return replace(self, system=replace(self.system, ends=ends))

    def here(self, **changes: Any) -> Situation:
        """With something else at the end of the event."""
        return self.at_end(self.event.end, **changes)

    def carrying(self, which: int, *flights: Flight) -> Situation:
        """With other contents of the channel from one end."""
        ab, ba = self.system.channels
        channels = (flights, ba) if which == 0 else (ab, flights)
        return replace(self, system=replace(self.system, channels=channels))

    def only(self, flight: Flight) -> Situation:
        """With an event about this flight, and nothing else in its channel."""
        return replace(self.carrying(self.sender, flight), event=replace(self.event, flight=flight))


@dataclass(frozen=True)
class Reason:
    """Words for what prevents some kinds of event, and the change without which it would not. A
    reason that lies in a bound of the scope names it, as the option of the command line."""

    kinds: tuple[str, ...]
    words: str
    change: Callable[[Situation], Situation]
    bound: str = ""

    def told(self, situation: Situation) -> str:
        """The reason in words, for the situation that it is about."""
        words = self.words.format(end="AB"[situation.event.end])
        if not self.bound:
            return words
        value = getattr(situation.scope, self.bound)
        return f"{words} ({' '.join(option(self.bound, value))})"


def _outstanding(now: Situation) -> Situation:
    """Something is unacknowledged, and everything else is as its timeout needs it."""
    if now.end.tcb.snd_una != now.end.tcb.snd_nxt:
        return now
    limit = None if now.event.kind == EventKind.RETRANSMISSION_TIMEOUT else 0
    there = now.bound(retransmissions=limit).carrying(now.event.end)
    return there.here(snd_nxt=now.end.tcb.snd_una + 1, rexmt=now.scope.rto)


def _in_time_wait(now: Situation) -> Situation:
    """In TIME-WAIT, and nothing is left to wait for."""
    if now.end.state == State.TIME_WAIT:
        return now
    there = now.here(state=State.TIME_WAIT, time_wait=now.scope.time_wait)
    return _nothing_in_flight(there.at_end(1 - now.event.end, state=State.CLOSED))


def _nothing_in_flight(now: Situation) -> Situation:
    return now.carrying(0).carrying(1)


def _something(now: Situation) -> Situation:
    """Something is in flight that anything can happen to which the network does."""
    if now.event.flight is not None:
        return now
    some = Flight(Segment(*(now.end.tcb.iss,) * 2, RST=True))
    there = now.bound(channel="bag", loss="any", duplication=True, capacity=8).only(some)
    return _old(there) if now.event.kind == EventKind.EXPIRE else there


def _aged(now: Situation, age: int) -> Situation:
    return now.only(replace(now.event.flight, age=age)) if now.event.flight else now


def _old(now: Situation) -> Situation:
    return _aged(now, now.scope.msl)


def _room(now: Situation) -> Situation:
    """Nothing else is in flight on the way of what is sent."""
    if now.event.kind == EventKind.DUPLICATE and now.event.flight is not None:
        return now.bound(capacity=8).only(now.event.flight)
    return now.carrying(now.event.end)


def _timed(now: Situation) -> Situation:
    """Time passes; for what ends a lifetime, one is over."""
    if now.scope.clock:
        return now
    there = now.bound(clock=True)
    return _old(_something(there)) if now.event.kind == EventKind.EXPIRE else there


def _with_data(now: Situation) -> Situation:
    return now.bound(data=max(1, now.scope.data)).here(sent=0)


def _with_crashes(now: Situation) -> Situation:
    return now.bound(crashes=max(1, now.scope.crashes)).here(crashes=0)


def _connected(now: Situation) -> Situation:
    """A connection that may crash."""
    gone = now.end.state == State.CLOSED
    return _with_crashes(now.here(state=State.ESTABLISHED)) if gone else now


def _timer_of(which: int) -> Callable[[Situation], Situation]:
    return lambda now: now.at_end(which, time_wait=0, rexmt=0)


LOSE, DUPLICATE, EXPIRE = (EventKind.LOSE,), (EventKind.DUPLICATE,), (EventKind.EXPIRE,)
AGAIN, GIVE_UP = (EventKind.RETRANSMISSION_TIMEOUT,), (EventKind.USER_TIMEOUT,)
TIME_WAIT = (EventKind.TIME_WAIT_TIMEOUT,)
NOT_DUE = "the timer is not due yet"
REASONS = (
    Reason(OPENS, "no OPEN is left", lambda now: now.here(opens=0), "opens"),
    Reason(OPENS, "old segments are in flight (quiet time after a crash)", _nothing_in_flight),
    Reason((EventKind.SEND,), "no text is left", _with_data, "data"),
    Reason((EventKind.SEND,), "not at this end", lambda now: now.bound(sender="both"), "sender"),
    Reason(
        (EventKind.CLOSE,),
        "the other end closes first",
        lambda now: now.bound(closer="both"),
        "closer",
    ),
    Reason((EventKind.ABORT,), "not in this scope", lambda now: now.bound(aborts=True), "aborts"),
    Reason((EventKind.CRASH,), "there is no connection", _connected),
    Reason((EventKind.CRASH,), "no crash is left", _with_crashes, "crashes"),
    Reason((*AGAIN, *GIVE_UP), "nothing is unacknowledged", _outstanding),
    Reason((*AGAIN, *GIVE_UP), NOT_DUE, lambda now: now.here(rexmt=now.scope.rto)),
    Reason(
        AGAIN,
        "no retransmission is left",
        lambda now: now.bound(retransmissions=None),
        "retransmissions",
    ),
    Reason(
        GIVE_UP,
        "retransmissions are left",
        lambda now: now.bound(retransmissions=0),
        "retransmissions",
    ),
    Reason(TIME_WAIT, NOT_DUE, lambda now: now.here(time_wait=now.scope.time_wait)),
    Reason(TIME_WAIT, "segments are in flight (TIME-WAIT is quiet)", _nothing_in_flight),
    Reason(
        TIME_WAIT,
        "the other end waits for an ACK (TIME-WAIT is quiet)",
        lambda now: now.at_end(1 - now.event.end, state=State.CLOSED),
    ),
    Reason(TIME_WAIT, "{end} is not in TIME-WAIT", _in_time_wait),
    Reason(SEGMENT_EVENTS, "nothing is in flight", _something),
    Reason((EventKind.DELIVER,), "its lifetime, MSL, is over", lambda now: _aged(now, 0)),
    Reason(
        (EventKind.DELIVER, *LOSE, *DUPLICATE),
        "not in this channel",
        lambda now: now.bound(channel="bag"),
        "channel",
    ),
    Reason(LOSE, "never lost in this scope", lambda now: now.bound(loss="any"), "loss"),
    Reason(DUPLICATE, "not in this scope", lambda now: now.bound(duplication=True), "duplication"),
    Reason((*OWN_EVENTS, EventKind.DELIVER, *DUPLICATE), "no room in flight", _room, "capacity"),
    Reason(EXPIRE, "it is younger than MSL", _old),
    Reason(EXPIRE, "it has to arrive first", lambda now: now.bound(loss="any"), "loss"),
    Reason((*EXPIRE, EventKind.TICK), "time is off", _timed, "clock"),
    Reason((EventKind.TICK,), "a timer of A has to fire first", _timer_of(0)),
    Reason((EventKind.TICK,), "a timer of B has to fire first", _timer_of(1)),
    Reason(
        (EventKind.TICK,),
        "what is in flight has to arrive, or to be gone, first",
        _nothing_in_flight,
    ),
)


def not_possible(model: Model, system: System) -> Iterator[tuple[Event, str]]:
    """Every event of the model that cannot happen in this state, and why."""
    possible = {_asked(event) for event, _, _ in model.successors(system)}
    for event in _events(system):
        if _asked(event) not in possible:
            yield event, why_not(model, system, event)


def why_not(model: Model, system: System, event: Event) -> str:
    """Why that event is not possible in this state: the rule that refuses it, or the least that
    would have to be different; "" where neither is found."""
    now = Situation(model.scope, system, event)
    refused = _refusal(model.variant, now)
    if refused:
        return refused
    reasons = [reason for reason in REASONS if event.kind in reason.kinds]
    for number in range(1, MOST_CHANGES + 1):
        for some in combinations(reasons, number):
            there = now
            for reason in some:
                there = reason.change(there)
            if _possible(model.variant, there):
                return " and ".join(dict.fromkeys(reason.told(now) for reason in some))
            refused = refused or _refusal(model.variant, there)
    return refused


def _events(system: System) -> Iterator[Event]:
    """Every event that can be thought of, in the model's order; one about nothing in particular
    for a channel that is empty."""
    for which in (0, 1):
        for kind in OWN_EVENTS:
            yield Event(kind, which)
        for kind in SEGMENT_EVENTS:
            contents = system.channels[1 - which if kind == EventKind.DELIVER else which]
            for flight in dict.fromkeys(contents) or [None]:
                yield Event(kind, which, flight)
    yield Event(EventKind.TICK)


def _asked(event: Event) -> tuple[str, int, Flight | None]:
    """What is asked about, however the event then goes."""
    return event.kind, event.end, event.flight


def _possible(variant: Stacks, now: Situation) -> bool:
    successors = Model(variant, now.scope).successors(now.system)
    try:
        return any(_asked(event) == _asked(now.event) for event, _, _ in successors)
    except BadInput:  # a user's rule need not bear what is only supposed
        return False


def _refusal(variant: Stacks, now: Situation) -> str:
    """The label of the rule for a user call or timeout, and its error, where it does nothing."""
    step: Step | None = None
    if now.event.kind in OWN_EVENTS:
        step = Model(variant, now.scope).own_step(now.event.kind, now.event.end, now.end)
    if step is None or step.send or step.tcb != now.end.tcb:
        return ""
    return ", ".join((step.rule, *map(str, step.signals)))
