"""Lemmas about one step, decided by Z3 for every 32-bit number: what a segment that arrives, a user
call or a timeout does to any TCB."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any, cast

import z3

from tcpmc.checks.symbolic.fields import CONTROLS, SEQUENCE_FIELDS, STATE_BITS, plain
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.symbolic.symbolic import Path, Sym, as_bits, paths, truth_of
from tcpmc.checks.trace import Trace, replay
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb, empty_tcb
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.history import History
from tcpmc.model.network.incarnations import Incarnation
from tcpmc.model.network.product import NO_SEGMENT, OPENS, OWN_EVENTS, End, EndStep, Event, System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Lemma
from tcpmc.model.variants.variant import RFC9293, Variant

BITS = 32
LONGEST = 65_535
"""Octets of text in the longest segment that fits in a datagram."""

LARGEST_WINDOW = 2**30
"""What window scaling can say (RFC 7323, 2.3): what is held lies within the window."""

CALLS = tuple(event for event in OWN_EVENTS if event != EventKind.CRASH)
EVENTS = (EventKind.DELIVER, *CALLS)
QUEUE_TIMEOUTS = (EventKind.RETRANSMISSION_TIMEOUT, EventKind.USER_TIMEOUT)
HELD = ("gap", "held")
NUMBERS = ("seg.seq", "seg.ack", "seg.length", "seg.stamp", "queued", "ts_recent", *HELD)
FLAGS = ("passive", "close_queued", "may_open", "reopened", "held_fin")


class OneStep:
    """All paths of one step of a variant: event, state and control bits concrete, numbers not.

    What the RFC's rules have no use for with the variant's profile (timestamps, say) stays at its
    default; a rule of the variant's own may have a use for any of it.
    """

    def __init__(self, variant: Variant) -> None:
        self.variant, profile = variant, variant.profile
        self._own = variant.rules != RFC9293
        self.host = Host(
            profile,
            Seq(_number("host.iss"), BITS),
            _number("host.remembered") if profile.tw_recycle else 0,
            _flag("may_open") if self._own or profile.reopening != "no" else False,
        )
        self._paths: list[Path[EndStep]] | None = None

    def broken(self, lemma: Lemma) -> Trace | None:
        """One step that breaks the lemma, replayed on ints; None when there is none."""
        for path, bad in self._breaking(lemma):
            solver = z3.Solver()
            solver.add(bad)
            if satisfiable(solver):
                return self._trace(path.result, solver.model())
        return None

    def formula(self, lemma: Lemma) -> z3.BoolRef:
        """That a step breaks the lemma, over `constants`."""
        event, state, *controls = self.constants()[: 2 + len(CONTROLS)]
        ways = []
        for path, bad in self._breaking(lemma):
            step = path.result
            here = [event == EVENTS.index(step.event), state == list(State).index(step.tcb.state)]
            bits = zip(controls, CONTROLS, strict=True)
            carried = [const == getattr(step.segment, control) for const, control in bits]
            ways.append(z3.And(*here, *carried, bad))
        return z3.simplify(z3.Or(*ways))

    def constants(self) -> list[z3.ExprRef]:
        """What a step is about: the event, the state, the control bits, the numbers, the flags."""
        names = ["host.iss", "host.remembered", *SEQUENCE_FIELDS, *NUMBERS]
        names += map(_before, (*SEQUENCE_FIELDS, "ts_recent"))
        return [
            z3.BitVec("event", STATE_BITS),
            z3.BitVec("state", STATE_BITS),
            *map(z3.Bool, CONTROLS),
            *(z3.BitVec(name, BITS) for name in names),
            *map(z3.Bool, FLAGS),
        ]

    def _breaking(self, lemma: Lemma) -> Iterator[tuple[Path[EndStep], z3.BoolRef]]:
        """The paths on which the lemma may be broken, and when it is."""
        for path in self.paths():
            step = path.result
            bad = z3.simplify(truth_of(lambda s=step: _breaks(lemma, s), prune=False))  # type: ignore[misc]
            if not z3.is_false(bad):
                short = [
                    z3.ULE(as_bits(octets, BITS), LONGEST)
                    for octets in (step.segment.length, step.tcb.queued)
                ]
                yield path, z3.And(path.condition, bad, *short)

    def paths(self) -> list[Path[EndStep]]:
        """Every step of the variant: the disjoint cases of its rules."""
        if self._paths is None:
            self._paths = [
                Path(
                    z3.And(path.condition, *condition),
                    EndStep(self.host, event, tcb, segment, path.result),
                )
                for condition, event, tcb, segment in self._begins()
                for path in paths(partial(self._step, event, tcb, segment), prune=False)
            ]
        return self._paths

    def _begins(self) -> Iterator[tuple[list[z3.BoolRef], EventKind, Tcb, Segment]]:
        """Every event on every TCB: a condition on them, the event, the TCB, and what arrives."""
        for state, controls in product(State, product((False, True), repeat=len(CONTROLS))):
            for condition, tcb in self._tcbs(state):
                yield condition, EventKind.DELIVER, tcb, _segment(controls, self._stamps)
        for state, event in product(State, CALLS):
            for condition, tcb in self._tcbs(state):
                waiting = _truth(tcb.snd_una.value != tcb.snd_nxt.value)
                if event in QUEUE_TIMEOUTS:
                    yield [*condition, waiting], event, tcb, NO_SEGMENT
                elif event != EventKind.TIME_WAIT_TIMEOUT or state == State.TIME_WAIT:
                    yield condition, event, tcb, NO_SEGMENT

    def _step(self, event: EventKind, tcb: Tcb, segment: Segment) -> Step:
        if event == EventKind.DELIVER:
            return self.variant.rules.segment_arrives(self.host, tcb, segment)
        return self.variant.rules.call(event, self.host, tcb)

    @property
    def _stamps(self) -> bool:
        return self._own or self.variant.profile.timestamps

    def _tcbs(self, state: State) -> Iterator[tuple[list[z3.BoolRef], Tcb]]:
        """Every TCB in a state, with a condition on it: every number is open. In CLOSED and LISTEN
        there is none. One in SYN-RECEIVED may have been reopened from TIME-WAIT."""
        if state in (State.CLOSED, State.LISTEN):
            yield [], empty_tcb(state, BITS)
            return
        flags = {"passive": _flag("passive"), "close_queued": _flag("close_queued")}
        fields, known = {"queued": _number("queued")} | flags, list[z3.BoolRef]()
        if self.variant.profile.out_of_order == "hold":
            fields |= {name: _number(name) for name in HELD} | {"held_fin": _flag("held_fin")}
            nothing = z3.And(z3.BitVec("held", BITS) == 0, z3.Not(z3.Bool("held_fin")))
            known.append(z3.Or(z3.BitVec("gap", BITS) != 0, nothing))
            known += [z3.ULE(z3.BitVec(name, BITS), LARGEST_WINDOW) for name in HELD]
        reopens = state == State.SYN_RECEIVED and self.variant.profile.reopening != "no"
        was = z3.Bool("reopened")
        yield [*known, *[z3.Not(was)] * reopens], _tcb(state, self._stamps, str, **fields)
        if reopens:
            before = _tcb(State.TIME_WAIT, self._stamps, _before)
            yield [*known, was], _tcb(state, self._stamps, str, **fields, reopened=before)

    def _trace(self, step: EndStep, solution: z3.ModelRef) -> Trace:
        """The step on the numbers of a solution. The ISS of the host is the solution's, too."""

        def concrete(value: Any) -> Any:
            return at(value, solution)

        opening = step.event in OPENS or concrete(self.host.may_open)
        incarnation = Incarnation(remembered=concrete(self.host.remembered))
        end = End(concrete(step.tcb), History(opens=int(not opening)), incarnation=incarnation)
        iss = concrete(self.host.iss).value
        scope = Scope("32 bits", bits=BITS, iss=(iss, iss), opens=1 + opening, aborts=True)
        limit = 0 if step.event == EventKind.USER_TIMEOUT else None
        model = Model(self.variant, scope.with_(retransmissions=limit))
        flights = (Flight(concrete(step.segment)),) if step.arrives else ()
        event = Event(EventKind.DELIVER, 0, *flights) if step.arrives else Event(step.event)
        start = System((end, End(empty_tcb(State.CLOSED, BITS))), ((), flights))
        return replay(model, [event], start=start)


def at(value: Any, solution: z3.ModelRef) -> Any:
    """A TCB, a segment, a step or a number on the numbers of a solution."""
    if isinstance(value, Seq):
        return Seq(at(value.value, solution), value.bits)
    if isinstance(value, tuple):
        return tuple(at(part, solution) for part in value)
    if isinstance(value, Tcb | Segment | Step | Host):
        fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
        return type(value)(**{name: at(field, solution) for name, field in fields.items()})
    if not isinstance(value, Sym):
        return value
    return plain(solution.eval(value.term, model_completion=True))


def _breaks(lemma: Lemma, step: EndStep) -> bool:
    return lemma.premise(step) and not lemma.claim(step)


def _truth(value: Any) -> z3.BoolRef:
    return value.term if isinstance(value, Sym) else z3.BoolVal(value)


def _number(name: str) -> int:
    return cast(int, Sym(z3.BitVec(name, BITS)))


def _flag(name: str) -> bool:
    return cast(bool, Sym(z3.Bool(name)))


def _before(name: str) -> str:
    """A number of the TIME-WAIT that a TCB was reopened from."""
    return f"before.{name}"


def _tcb(state: State, stamps: bool, named: Any, **fields: Any) -> Tcb:
    iss, irs, una, nxt, rcv = (Seq(_number(named(name)), BITS) for name in SEQUENCE_FIELDS)
    recent = _number(named("ts_recent")) if stamps else 0
    return Tcb(state, iss, irs, una, nxt, rcv, ts_recent=recent, **fields)


def _segment(controls: tuple[bool, ...], stamps: bool) -> Segment:
    seq, ack = (Seq(_number(f"seg.{part}"), BITS) for part in ("seq", "ack"))
    stamp = _number("seg.stamp") if stamps else 0
    bits = dict(zip(CONTROLS, controls, strict=True))
    return Segment(seq, ack, _number("seg.length"), stamp=stamp, **bits)
