"""The model with ticks, explored in a small scope, against the timed relation that is proved about.

The relation is built from a table of symbolic paths and from the clocks in `timed_system`; what is
explored is what the rules did on numbers, with the clocks of `model/network`. Each step that was
explored has to be one of the relation, and each tick a moment that the clocks reach. What is not is
a fault of either, and then nothing that is proved of the relation counts.

Ticks have no user timeout, no timer of FIN-WAIT-2 and no keepalive: the parameters of such timers
are so long here that they never end. Where an assumption makes FINs arrive, here they may be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import z3

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.labels import ENDS
from tcpmc.checks.statespace import (
    END_BITS,
    PAIR_MASK,
    Edges,
    chunks,
    contains,
    distinct,
    explore,
    successors,
    unpack,
)
from tcpmc.checks.statespace.tables import Ints
from tcpmc.checks.symbolic.evaluated import Column, holds_at
from tcpmc.checks.timed.encoding import TimedFormulas
from tcpmc.checks.timed.phases import BITS, NUMBERS
from tcpmc.checks.timed.timed_system import (
    TimedSystem,
    first_name,
    owed_name,
    phase_name,
    sent_name,
    started_name,
)
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Tcb
from tcpmc.model.network.product import End, Move
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.timed.assumptions import Circumstances
from tcpmc.model.timed.timers import TIME_WAIT
from tcpmc.model.variants.variant import Variant

SHORT, LONG = {"MSL": 1, "IN": 1, "OUT": 1, "T": 2, "RTO": 1}, 1_000_000
"""The parameters in ticks, and the length of a timer that never ends."""
LONG_AGO, STALE = -1_000, -7
"""A moment before any of a run; and the one at which a timer was started that does not run."""
ROWS, SOME = 50_000, 4_000
"""Steps that are looked at together, and about how many ticks a quick look is at."""
MOST = 500_000
"""States that are explored; the steps of these are looked at where there are more."""
IN_A_CHANNEL = ("lose", "duplicate", "expire")
"""What happens to a copy: the relation remembers each until it is too old."""
UNKNOWN = -1
TICK = 0
"""The number of that event."""
END_MASK = (1 << END_BITS) - 1
Parts = tuple[Ints, Ints, Ints, Ints]
"""The numbers of both ends and of the contents of both channels."""
Values = dict[str, Column]


class WithoutTimestamps(Model):
    """A model in which the clocks that stamp segments stand still, as in dense time."""

    def _stamped(self, which: int, end: End, move: Move) -> Move:
        return move


class Ticks:
    """The explored runs of the close in ticks, beside the formulas of the same variant."""

    def __init__(
        self, variant: Variant, circumstances: Circumstances, made: TimedFormulas | None = None
    ) -> None:
        """`made` are the formulas under these circumstances, where they are there already. Raises
        NotFinite."""
        if made is None or circumstances.fins_arrive:
            made = TimedFormulas(TimedSystem(variant, replace(circumstances, fins_arrive=False)))
        self.formulas, self.system = made, made.system
        self.scope = Scope(
            "ticks", bits=BITS, start="established", data=0, channel="sent-set", clock=True,
            loss="not-acks" if circumstances.acks_arrive else "any",
            msl=SHORT["MSL"], time_wait=SHORT["T"], rto=SHORT["RTO"],
        )  # fmt: skip
        self.table = TabulatedModel(WithoutTimestamps(variant, self.scope))
        phases = self.system.table.phases
        self._place = {phase: number for number, phase in enumerate(phases)}
        # Of the phases that are CLOSED the first stands for all, for they do the same.
        self._phases = {phase.tcb: phase for phase in reversed(phases)}
        self.numbers = {
            (action.end, action.move.before, action.move.event, action.move.arriving): number
            for number, action in enumerate(self.system.actions)
        }

    def unmatched(self, every: bool = False) -> Iterator[str]:
        """The explored steps and ticks that the relation does not have, in words: each step once
        for each pair of ends, and some of the ticks, unless `every` is wanted. Raises Unknown."""
        graph = explore(self.table, visit=lambda graph: graph.states > MOST)
        stride = 1 if every else 1 + graph.states // SOME
        seen = np.empty(0, np.int64)
        for states in chunks(np.concatenate([*graph.levels])):
            edges = successors(self.table, states)
            if not every:
                keys = edges.event << 2 * END_BITS + 1 | (states[edges.source] & PAIR_MASK) << 1
                keys, first = np.unique(keys | edges.end, return_index=True)
                ticks = np.flatnonzero((edges.event == TICK) & (edges.source % stride == 0))
                edges = edges.at(np.concatenate((first[~contains(seen, keys)], ticks)))
                seen = distinct(np.concatenate((seen, keys)))
            for start in range(0, len(edges.source), ROWS):
                part = edges.at(slice(start, start + ROWS))
                yield from self._wrong(states[part.source], part)

    def _wrong(self, before: Ints, edges: Edges) -> Iterator[str]:
        kinds = [kind for kind, _, _ in self.table.events.values]
        tick = edges.event == TICK
        local = ~tick & ~np.array([kind in IN_A_CHANNEL for kind in kinds])[edges.event]
        for which in (0, 1):
            mine = np.flatnonzero(local & (edges.end == which))
            events, target = edges.event[mine], edges.target[mine]
            wrong = ~self._are_steps(which, before[mine], events, target)
            for index in np.flatnonzero(wrong).tolist():
                yield self._told(int(before[mine][index]), int(events[index]), which)
        wrong = ~self._are_reached(before[tick])
        for state in before[tick][wrong].tolist():
            yield self._told(state, TICK, 0)

    def _told(self, state: int, code: int, which: int) -> str:
        event = self.table.event(code, which)
        a, b = (end.state for end in self.table.system(state).ends)
        what = f" {event.flight.segment}" if event.flight is not None else ""
        where = "" if event.kind == "tick" else f" at {ENDS[which]}"
        return f"{event.kind}{what}{where} in {a}/{b}"

    def _are_reached(self, states: Ints) -> npt.NDArray[np.bool_]:
        """Whether the clocks reach the moment of a tick from these states."""
        if not len(states):
            return np.zeros(0, bool)
        parts = unpack(states)
        values = self._frame(parts, self._phases_of(parts))
        values = _tagged(values, "0") | self._parameters(len(states))
        values["t@0"] = np.ones(len(states), np.int64)
        return holds_at(z3.And(True, self.formulas.reaches("0")), values, len(states))

    def _are_steps(
        self, which: int, states: Ints, events: Ints, targets: Ints
    ) -> npt.NDArray[np.bool_]:
        """Whether the relation leads from each state to the other by that event at that end."""
        if not len(states):
            return np.zeros(0, bool)
        old, new = unpack(states), unpack(targets)
        keys = (events << END_BITS | old[which]) << END_BITS | new[which]
        answers = _by_id(keys, partial(self._action, which))
        action, phase = answers[:, 0], answers[:, 1]
        phases = self._phases_of(old)
        then = [*phases]
        then[which] = phase
        frame = self._frame(old, phases)
        after = self._frame(new, (then[0], then[1]))
        self._carry(frame, after, action, (then[0], then[1]))
        values = _tagged(frame, "0") | _tagged(after, "1") | self._parameters(len(states))
        values["t@0"] = np.zeros(len(states), np.int64)
        for place in range(self.formulas.width):
            values[f"action.{place}@0"] = (action >> place & 1).astype(bool)
        modelled = self._known(old, phases) & self._known(new, (then[0], then[1])) & (action >= 0)
        return modelled & holds_at(self.formulas.step, values, len(states))

    def _action(self, which: int, key: int) -> tuple[int, int]:
        """The number of the action that is taken at an end, and that of the phase after it; the key
        is of the event and the end before and after it."""
        before, after = key >> END_BITS & END_MASK, key & END_MASK
        kind, flight, _ = self.table.events[key >> 2 * END_BITS]
        arriving = None if flight is None else self._segment(1 - which, flight.segment)
        phase = self._phases.get(self._tcb(which, self.table.ends[before]))
        number = None if phase is None else self.numbers.get((which, phase, kind, arriving))
        if number is None:
            return UNKNOWN, UNKNOWN
        then = self.system.actions[number].move.after
        same = then.tcb == self._tcb(which, self.table.ends[after])
        return (number, self._place[then]) if same else (UNKNOWN, UNKNOWN)

    def _phases_of(self, parts: Parts) -> tuple[Ints, Ints]:
        """The numbers of the phases that both ends are in."""

        def place(which: int, end: int) -> tuple[int]:
            phase = self._phases.get(self._tcb(which, self.table.ends[end]))
            return (UNKNOWN if phase is None else self._place[phase],)

        a, b = (_by_id(parts[which], partial(place, which))[:, 0] for which in (0, 1))
        return a, b

    def _known(self, parts: Parts, phases: tuple[Ints, Ints]) -> npt.NDArray[np.bool_]:
        """Whether the relation knows the phases, and all that is in flight."""
        kinds = set(self.system.table.segments)

        def known(which: int, contents: int) -> tuple[int]:
            flights = self.table.contents[contents]
            return (all(self._segment(which, flight.segment) in kinds for flight in flights),)

        modelled = (phases[0] >= 0) & (phases[1] >= 0)
        for which in (0, 1):
            modelled &= _by_id(parts[2 + which], partial(known, which))[:, 0].astype(bool)
        return modelled

    def _frame(self, parts: Parts, phases: tuple[Ints, Ints]) -> Values:
        """The flags and moments of states at the moment zero."""
        values: Values = {"now": np.zeros(len(parts[0]), np.int64)}
        for which in (0, 1):
            for phase, number in self._place.items():
                values[phase_name(which, phase)] = phases[which] == number
            clocks = _by_id(parts[which], lambda end: _clocks(self.table.ends[end]))
            for timer in self.system.circumstances.timers:
                started = clocks[:, 0] if timer == TIME_WAIT else np.full(len(clocks), STALE)
                values[started_name(which, timer)] = started
            values[f"{ENDS[which]}.rexmt"] = clocks[:, 1]
            names = self._channel_names(which)
            flights = _by_id(parts[2 + which], partial(self._flights, which))
            for column, name in enumerate(names):
                value = flights[:, column]
                values[name] = value.astype(bool) if name in self.system.flags else value
        return values

    def _channel_names(self, which: int) -> list[str]:
        system = self.system
        return [
            *(sent_name(which, kind) for kind in system.table.segments),
            *(owed_name(which, kind) for kind in system.owed_kinds),
            *(first_name(which, kind) for kind in system.owed_kinds),
        ]

    def _flights(self, which: int, contents: int) -> tuple[int, ...]:
        """What is in flight from an end, in the order of these names: when the youngest copy was
        sent, of a reset whether one was; whether a copy has to arrive; when the first was sent."""
        system = self.system
        flights = {
            self._segment(which, flight.segment): flight for flight in self.table.contents[contents]
        }
        sent = []
        for kind in system.table.segments:
            age = flights[kind].age if kind in flights else None
            sent.append(int(age is not None) if kind.RST else LONG_AGO if age is None else -age)
        owed = [flights[kind].owed if kind in flights else None for kind in system.owed_kinds]
        first = [STALE if age is None else -age for age in owed]
        return (*sent, *(int(age is not None) for age in owed), *first)

    def _carry(self, frame: Values, after: Values, action: Ints, phases: tuple[Ints, Ints]) -> None:
        """Give what is of no account after the steps the value that the action leaves it: a timer
        that does not run, or that ticks do not have; the first copy where none is owed."""
        system = self.system
        sets = {
            name: np.array([name in possible.effects.set_now for possible in system.actions])
            for name in frame
        }
        free: dict[str, npt.NDArray[np.bool_]] = {}
        for which in (0, 1):
            for timer in system.circumstances.timers:
                runs = [timer == TIME_WAIT and timer.runs(phase.end) for phase in self._place]
                free[started_name(which, timer)] = ~np.array(runs)[phases[which]]
            waits = np.array([phase.waits for phase in self._place])
            free[f"{ENDS[which]}.rexmt"] = ~waits[phases[which]]
            for kind in system.owed_kinds:
                free[first_name(which, kind)] = ~after[owed_name(which, kind)]
        for name, where in free.items():
            left = np.where(sets[name][action], 0, frame[name])
            after[name] = np.where(where, left, after[name])

    def _parameters(self, rows: int) -> Values:
        return {
            name: np.full(rows, SHORT.get(name, LONG), np.int64) for name in self.system.parameters
        }

    def _tcb(self, which: int, end: End) -> Tcb:
        """The TCB of an end as that of a phase: relative to both ISSs."""
        if end.state in (State.CLOSED, State.LISTEN):
            return end.tcb
        bases = {"iss": self.scope.iss[which], "irs": self.scope.iss[1 - which]}
        numbers: dict[str, Any] = {
            n: _less(getattr(end.tcb, n), bases[base]) for n, base in NUMBERS.items()
        }
        return replace(end.tcb, **numbers)

    def _segment(self, sender: int, segment: Segment) -> Segment:
        """A segment relative to both ISSs."""
        own, peer = self.scope.iss[sender], self.scope.iss[1 - sender]
        number = _less(segment.ack, peer) if segment.ACK else segment.ack
        return replace(segment, seq=_less(segment.seq, own), ack=number)


def _less(number: Seq, base: int) -> Seq:
    return Seq((number.value - base) % 2**BITS, BITS)


def _clocks(end: End) -> tuple[int, int]:
    """When TIME-WAIT was started, and when a transmission was last made."""
    outstanding = end.tcb.snd_una != end.tcb.snd_nxt
    time_wait = -end.time_wait if end.state == State.TIME_WAIT else STALE
    return time_wait, -end.rexmt if outstanding else STALE


def _by_id(ids: Ints, value: Callable[[int], tuple[int, ...]]) -> Ints:
    """A function of an int, evaluated once for each that is distinct."""
    each, place = np.unique(ids, return_inverse=True)
    return np.array([value(identifier) for identifier in each.tolist()], np.int64)[place]


def _tagged(values: Values, tag: str) -> Values:
    return {f"{name}@{tag}": column for name, column in values.items()}
