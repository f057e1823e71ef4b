"""Lemmas about one step of SEGMENT ARRIVES, decided by Z3 for every 32-bit number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, cast

import z3

from tcpmc.checks.symbolic.fields import CONTROLS, SEQUENCE_FIELDS, STATE_BITS, plain
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.symbolic.symbolic import Path, Sym, as_bits, paths, truth_of
from tcpmc.checks.trace import Trace, replay
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb, blank
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.product import End, Event, System
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Lemma
from tcpmc.model.variants.variant import Variant

BITS = 32
LONGEST = 65_535
"""Octets of text in the longest segment that fits in a datagram."""

Arrival = tuple[Tcb, Segment, Step]


class OneStep:
    """All paths of SEGMENT ARRIVES of a variant: state and control bits concrete, numbers not."""

    def __init__(self, variant: Variant) -> None:
        self.model = Model(variant, Scope("32 bits", bits=BITS))
        self.host = Host(variant.profile, Seq(_number("host.iss"), BITS))
        self._paths: list[Path[Arrival]] | None = None

    def broken(self, lemma: Lemma) -> Trace | None:
        """One step that breaks the lemma, replayed on ints; None when there is none."""
        for path, bad in self._breaking(lemma):
            solver = z3.Solver()
            solver.add(bad)
            if satisfiable(solver):
                tcb, seg, _ = path.result
                return self._trace(tcb, seg, solver.model())
        return None

    def formula(self, lemma: Lemma) -> z3.BoolRef:
        """That a step breaks the lemma, over `constants`."""
        state, *controls = self.constants()[:5]
        ways = []
        for path, bad in self._breaking(lemma):
            tcb, seg, _ = path.result
            here = state == list(State).index(tcb.state)
            bits = zip(controls, CONTROLS, strict=True)
            carried = [const == getattr(seg, control) for const, control in bits]
            ways.append(z3.And(here, *carried, bad))
        return z3.simplify(z3.Or(*ways))

    def constants(self) -> list[z3.ExprRef]:
        """What a step is about: the state, the control bits and the numbers."""
        names = ("host.iss", *SEQUENCE_FIELDS, "seg.seq", "seg.ack", "seg.length")
        controls = [z3.Bool(control) for control in CONTROLS]
        numbers = [z3.BitVec(name, BITS) for name in names]
        return [z3.BitVec("state", STATE_BITS), *controls, *numbers, z3.Bool("passive")]

    def _breaking(self, lemma: Lemma) -> Iterator[tuple[Path[Arrival], z3.BoolRef]]:
        """The paths on which the lemma may be broken, and when it is."""
        for path in self._arrivals():
            tcb, seg, step = path.result
            bad = truth_of(lambda t=tcb, s=seg, r=step: self._breaks(lemma, t, s, r))  # type: ignore[misc]
            if not z3.is_false(z3.simplify(bad)):
                short = z3.ULE(as_bits(seg.length, BITS), LONGEST)
                yield path, z3.And(path.condition, bad, short)

    def _breaks(self, lemma: Lemma, tcb: Tcb, seg: Segment, step: Step) -> bool:
        return lemma.premise(self.host, tcb, seg) and not lemma.claim(self.host, tcb, seg, step)

    def _arrivals(self) -> list[Path[Arrival]]:
        if self._paths is None:
            self._paths = [
                Path(path.condition, (tcb, seg, path.result))
                for state in State
                for controls in product((False, True), repeat=4)
                for tcb, seg in [(_tcb(state), _segment(controls))]
                for path in paths(lambda t=tcb, s=seg: self._arrive(t, s), prune=False)  # type: ignore[misc]
            ]
        return self._paths

    def _arrive(self, tcb: Tcb, seg: Segment) -> Step:
        return self.model.variant.rules.segment_arrives(self.host, tcb, seg)

    def _trace(self, tcb: Tcb, seg: Segment, solution: z3.ModelRef) -> Trace:
        """The step on the numbers of a solution. The ISS of the host is the solution's, too."""

        def concrete(value: Any) -> Any:
            if isinstance(value, Seq):
                return Seq(concrete(value.value), value.bits)
            if not isinstance(value, Sym):
                return value
            return plain(solution.eval(value.term, model_completion=True))

        fields = {name: concrete(getattr(tcb, name)) for name in Tcb.__dataclass_fields__}
        parts = {name: concrete(getattr(seg, name)) for name in Segment.__dataclass_fields__}
        flight = Flight(Segment(**parts))
        ends = (End(Tcb(**fields)), End(blank(State.CLOSED, BITS)))
        iss = concrete(self.host.iss).value
        model = Model(self.model.variant, self.model.scope.with_(iss=(iss, iss)))
        return replay(model, [Event("deliver", 0, flight)], start=System(ends, ((), (flight,))))


def _number(name: str) -> int:
    return cast(int, Sym(z3.BitVec(name, BITS)))


def _flag(name: str) -> bool:
    return cast(bool, Sym(z3.Bool(name)))


def _tcb(state: State) -> Tcb:
    """A TCB with every number open; in CLOSED and LISTEN there is none."""
    if state in (State.CLOSED, State.LISTEN):
        return blank(state, BITS)
    iss, irs, una, nxt, rcv = (Seq(_number(name), BITS) for name in SEQUENCE_FIELDS)
    return Tcb(state, iss, irs, una, nxt, rcv, passive=_flag("passive"))


def _segment(controls: tuple[bool, ...]) -> Segment:
    seq, ack = (Seq(_number(f"seg.{part}"), BITS) for part in ("seq", "ack"))
    return Segment(seq, ack, _number("seg.length"), *controls)
