"""Both ends, the network and the clocks as guarded actions, on numbers and on terms alike.

The state holds moments, not ages, so that waiting changes nothing but `now`. For each kind of
segment it holds when the youngest copy was sent (`copies` shows that this is enough), a moment
before the start for one that was never sent; for a kind of which each copy must arrive, when the
first of those was sent that have not arrived. An action happens at a moment `t`, at or after `now`,
that the state lets the clocks reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from tcpmc.checks.labels import ENDS
from tcpmc.checks.naming import segment_name
from tcpmc.checks.timed.phases import NotFinite, Phase, PhaseMove, PhaseTable, table
from tcpmc.checks.timed.provenance import both, either, no
from tcpmc.checks.timed.youngest import deliverable, first_sent, in_time, left
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.timed.assumptions import Circumstances
from tcpmc.model.timed.linear import Comparison, Linear, comparison
from tcpmc.model.timed.theorems import Claim
from tcpmc.model.timed.timers import Timer
from tcpmc.model.variants.variant import Variant

Values = Mapping[str, Any]
"""The state, or the parameters, by name: numbers and truths, or terms of the solver."""

ALWAYS_POSSIBLE = (EventKind.CLOSE, EventKind.RETRANSMISSION_TIMEOUT, EventKind.DELIVER)
"""The events that no timer has to make due."""

WITHOUT_PROBES = (EventKind.SENDS_ACK, EventKind.VANISHES)
"""What only the end that sends no probes does."""


def phase_name(end: int, phase: Phase) -> str:
    """The flag that an end is in a phase."""
    return f"{ENDS[end]}.{phase}"


def sent_name(end: int, segment: Segment) -> str:
    """The moment at which the youngest copy was sent; of a reset, the flag that one was."""
    return f"{ENDS[end]}.sent.{_short(segment)}"


def is_sending(name: str) -> bool:
    """Whether it is the name of the moment at which a segment was sent."""
    return ".sent." in name


def owed_name(end: int, segment: Segment) -> str:
    """The flag that a copy has to arrive yet."""
    return f"{ENDS[end]}.owed.{_short(segment)}"


def first_name(end: int, segment: Segment) -> str:
    """The moment at which the first copy was sent that has to arrive yet."""
    return f"{ENDS[end]}.first.{_short(segment)}"


def started_name(end: int, timer: Timer) -> str:
    """The moment at which a timer of an end was started last."""
    return f"{ENDS[end]}.{timer.name}"


@cache
def other_end(name: str) -> str:
    """The name of the same flag or moment of the other end."""
    end, dot, rest = name.partition(".")
    return f"{ENDS[1 - ENDS.index(end)]}.{rest}" if dot else name


def _short(segment: Segment) -> str:
    """Every field of a segment, with its numbers relative to the ISSs."""
    return segment_name(segment, lambda field, number: str(number))


@dataclass(frozen=True)
class Effects:
    """What an action changes: the moments that are `set_now`, the flags with the value that each is
    `turned` to, and the `first_copies` that must arrive, each by the flag that one is owed and the
    moment at which it was sent."""

    set_now: tuple[str, ...]
    turned: tuple[tuple[str, bool], ...]
    first_copies: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Action:
    """A move of one end: when it can happen, and what it changes (of flags and moments)."""

    end: int
    move: PhaseMove
    timed: tuple[Callable[[Values, Values, Any], Any], ...]
    flags: tuple[str, ...]
    effects: Effects

    def guard(self, state: Values, parameters: Values, t: Any) -> Any:
        """Whether it can happen at the moment `t`, as far as this end and its segment go."""
        return both(
            *(state[flag] for flag in self.flags),
            *(condition(state, parameters, t) for condition in self.timed),
        )

    def changes(self, state: Values, t: Any) -> dict[str, Any]:
        """The new values of what changes. A first copy that has to arrive is only the first while
        none was owed before."""
        effects = self.effects
        values: dict[str, Any] = {"now": t} | dict.fromkeys(effects.set_now, t)
        values |= dict(effects.turned)
        for flag, moment in effects.first_copies:
            owed = state[flag] if self.turned_off != flag else False
            values[moment] = first_sent(owed, state[moment], t)
        return values

    @property
    def turned_off(self) -> str:
        """The flag of the copies that are delivered."""
        if self.move.arriving is None:
            return ""
        return owed_name(1 - self.end, self.move.arriving)


class TimedSystem:
    """The timed system: a variant's table for both ends under the circumstances."""

    def __init__(self, variant: Variant, circumstances: Circumstances) -> None:
        """Raises NotFinite."""
        self.variant, self.circumstances = variant, circumstances
        self.table: PhaseTable = table(variant, circumstances.probes)
        self.parameters = circumstances.parameters
        self.timed_kinds = [s for s in self.table.segments if not s.RST]
        self.owed_kinds = [s for s in self.table.segments if circumstances.must_arrive(s)]
        for named in (self.table.phases, map(_short, self.table.segments)):
            names = [*map(str, named)]
            if len(set(names)) < len(names):
                raise NotFinite("two phases, or two kinds of segments, have the same name")

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """The names of the truths of a state."""
        resets = [s for s in self.table.segments if s.RST]
        return tuple(
            name
            for end in (0, 1)
            for name in (
                *(phase_name(end, phase) for phase in self.table.phases),
                *(sent_name(end, segment) for segment in resets),
                *(owed_name(end, segment) for segment in self.owed_kinds),
            )
        )

    @cached_property
    def moments(self) -> tuple[str, ...]:
        """The names of the moments of a state."""
        return (
            "now",
            *(
                name
                for end in (0, 1)
                for name in (
                    *dict.fromkeys(started_name(end, timer) for timer in self._timers(end)),
                    *[f"{ENDS[end]}.rexmt"] * self.circumstances.spaced,
                    *(sent_name(end, segment) for segment in self.timed_kinds),
                    *(first_name(end, segment) for segment in self.owed_kinds),
                )
            ),
        )

    @cached_property
    def alike(self) -> bool:
        """Whether the ends can be exchanged: neither can do what the other cannot."""
        assumed = self.circumstances
        both_have_it = all(len(timer.ends) == len(ENDS) for timer in assumed.timers)
        return both_have_it and not assumed.one_way and not assumed.probes

    def _timers(self, end: int) -> Iterator[Timer]:
        """Those that an end has."""
        return (timer for timer in self.circumstances.timers if end in timer.ends)

    def lifetime(self, end: int, segment: Segment, parameters: Values) -> Any:
        """How long a segment that this end sends can live."""
        return self.circumstances.lifetime(end, segment).at(parameters)

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Every move of either end."""
        return tuple(
            self._action(end, m) for end in (0, 1) for m in self.table.moves if self._has(end, m)
        )

    def _has(self, end: int, move: PhaseMove) -> bool:
        if move.event in ALWAYS_POSSIBLE:
            return True
        return bool(self._ending(end, move)) or (end == 1 and move.event in WITHOUT_PROBES)

    def _ending(self, end: int, move: PhaseMove) -> list[Timer]:
        """The timers of an end that make a move."""
        return [
            timer
            for timer in self._timers(end)
            if timer.event == move.event and timer.runs(move.before.end) and not timer.early
        ]

    def _action(self, end: int, move: PhaseMove) -> Action:
        me, other, assumed = ENDS[end], 1 - end, self.circumstances
        flags = [phase_name(end, move.before)]
        timed: list[Callable[[Values, Values, Any], Any]] = []
        arriving = move.arriving
        if arriving is not None and arriving.RST:
            flags.append(sent_name(other, arriving))
        elif arriving is not None:
            timed.append(self._alive(other, arriving))
        timed += [self._due(end, timer) for timer in self._ending(end, move)]
        if move.event == EventKind.RETRANSMISSION_TIMEOUT and assumed.spaced:
            timed.append(lambda s, p, t: t >= s[f"{me}.rexmt"] + p["RTO"])
        return Action(end, move, tuple(timed), tuple(flags), self._effects(end, move))

    def _alive(self, sender: int, segment: Segment) -> Callable[[Values, Values, Any], Any]:
        """Whether the youngest copy can still be delivered."""
        name, life = sent_name(sender, segment), self.circumstances.lifetime(sender, segment)
        return lambda s, p, t: deliverable(s[name], life.at(p), t)

    def _due(self, end: int, timer: Timer) -> Callable[[Values, Values, Any], Any]:
        """Whether a timer has run its length."""
        name, length = started_name(end, timer), timer.length
        return lambda s, p, t: t >= s[name] + p[length]

    def _effects(self, end: int, move: PhaseMove) -> Effects:
        resets = [segment for segment in move.sends if segment.RST]
        timed = [segment for segment in move.sends if not segment.RST]
        owed = [segment for segment in timed if segment in self.owed_kinds]
        turned: dict[str, bool] = {}
        if move.after != move.before:
            turned |= {phase_name(end, move.before): False, phase_name(end, move.after): True}
        if move.arriving is not None and move.arriving in self.owed_kinds:
            turned[owed_name(1 - end, move.arriving)] = False
        turned |= {sent_name(end, segment): True for segment in resets}
        turned |= {owed_name(end, segment): True for segment in owed}
        return Effects(
            (*(sent_name(end, segment) for segment in timed), *self._restarted(end, move)),
            tuple(turned.items()),
            tuple((owed_name(end, segment), first_name(end, segment)) for segment in owed),
        )

    def _restarted(self, end: int, move: PhaseMove) -> list[str]:
        """The moments of the timers that the move starts, or starts anew."""
        started = (timer for timer in self._timers(end) if timer.starts(move.change))
        moments = list(dict.fromkeys(started_name(end, timer) for timer in started))
        begins = move.after.waits and not move.before.waits
        again = move.event == EventKind.RETRANSMISSION_TIMEOUT
        if self.circumstances.spaced and (begins or again):
            moments.append(f"{ENDS[end]}.rexmt")
        return moments

    def reaches(self, state: Values, parameters: Values, t: Any) -> Any:
        """Whether the clocks can reach the moment `t` before anything else happens: timers end when
        they are due, and what must arrive does so in time."""
        conditions = [
            either(no(state[flag]), t <= state[started] + parameters[length])
            for flag, started, length in self._ended
            if state[flag] is not False
        ]
        conditions += [
            in_time(state[flag], state[first], life.at(parameters), t)
            for flag, first, life in self._owed
            if state[flag] is not False
        ]
        return both(state["now"] <= t, either(t <= state["now"], both(*conditions)))

    @cached_property
    def _ended(self) -> list[tuple[str, str, str]]:
        """The phases that a timer ends: the flag, when the timer was started, its length."""
        return [
            (phase_name(end, phase), started_name(end, timer), timer.length)
            for end in (0, 1)
            for phase in self.table.phases
            for timer in self._timers(end)
            if timer.event and timer.runs(phase.end)
        ]

    @cached_property
    def _owed(self) -> list[tuple[str, str, Linear]]:
        """What must arrive: the flag that it must, when the first was sent, how long it lives."""
        return [
            (owed_name(end, kind), first_name(end, kind), self.circumstances.lifetime(end, kind))
            for end in (0, 1)
            for kind in self.owed_kinds
        ]

    @cached_property
    def begins(self) -> frozenset[str]:
        """The flags that are set in the beginning: both ends are ESTABLISHED."""
        return frozenset(phase_name(end, self.table.phases[0]) for end in (0, 1))

    def initial(self, state: Values, parameters: Values) -> Any:
        """Both ends ESTABLISHED at the moment zero, and nothing in flight."""
        conditions = [
            state[name] if name in self.begins else no(state[name]) for name in self.flags
        ]
        for end in (0, 1):
            for segment in self.timed_kinds:
                gone = state[sent_name(end, segment)] + self.lifetime(end, segment, parameters)
                conditions.append(gone < 0)
        rest = [name for name in self.moments if not is_sending(name)]
        conditions += [both(state[name] >= 0, state[name] <= 0) for name in rest]
        return both(*conditions)

    @cached_property
    def known(self) -> tuple[Comparison, ...]:
        """What is assumed of the parameters: T and RTO are not negative, the others are positive,
        and what the circumstances say."""
        signs = (f"{name} {'>=' if name in ('T', 'RTO') else '>'} 0" for name in self.parameters)
        return (*map(comparison, signs), *self.circumstances.where)

    def sensible(self, parameters: Values) -> Any:
        """Whether the parameters are as assumed."""
        return both(*(comparison.at(parameters) for comparison in self.known))

    def broken(
        self,
        claim: Claim,
        state: Values,
        parameters: Values,
        t: Any,
        ends: tuple[int, ...] | None = None,
    ) -> Any:
        """Whether the claim's timer ends at the moment `t`, at any of the ends that the
        circumstances are about or at one of those given, and the claim does not hold then."""
        ways = []
        about = (0,) if self.circumstances.one_way else claim.timer.ends
        for end in (end for end in about if ends is None or end in ends):
            ended = self.ends(claim.timer, end, state, parameters, t)
            ways.append(both(ended, either(*self._faults(claim, end, state, parameters, t))))
        return either(*ways)

    def premise(self, claim: Claim, state: Values, parameters: Values, t: Any) -> Any:
        """Whether the claim says something of the moment `t`: its timer ends then, at one of the
        ends that it is about; of a time that is never to be reached, whether that is running."""
        about = (0,) if self.circumstances.one_way else claim.timer.ends
        if not claim.over:
            return either(*(self.ends(claim.timer, end, state, parameters, t) for end in about))
        running = [phase for phase in self.table.phases if claim.timer.runs(phase.end)]
        return either(False, *(state[phase_name(e, phase)] for e in about for phase in running))

    def ends(self, timer: Timer, end: int, state: Values, parameters: Values, t: Any) -> Any:
        """Whether a timer of this end, still running, has run its length at the moment `t`."""
        running = [phase for phase in self.table.phases if timer.runs(phase.end)]
        return both(
            self.reaches(state, parameters, t),
            self._due(end, timer)(state, parameters, t),
            either(False, *(state[phase_name(end, phase)] for phase in running)),
        )

    def _faults(
        self, claim: Claim, end: int, state: Values, parameters: Values, t: Any
    ) -> Iterator[Any]:
        yield claim.over
        for sender in (end, 1 - end):
            for segment in self.timed_kinds:
                if claim.left(sender == end, segment):
                    last = state[sent_name(sender, segment)]
                    yield left(last, self.lifetime(sender, segment, parameters), t)
        for phase in self.table.phases:
            if phase.state in claim.waiting:
                yield state[phase_name(1 - end, phase)]
