"""Two ends and all that they ever sent, as formulas.

A frame has the number of the state that each end is in, a flag for each kind of segment that each
end ever sent, and the ISSs, which are constants. A channel that loses, duplicates and reorders
without bound is exactly that set of kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import z3

from tcpmc.checks.labels import ENDS
from tcpmc.checks.naming import names_of, segment_name
from tcpmc.checks.parametric.symbolic_endpoint import (
    BITS,
    OWN,
    PEER,
    EndMove,
    SymbolicEndpoint,
    for_host,
    scope_of,
    symbolic_model,
)
from tcpmc.checks.symbolic.symbolic import Sym, truth_of
from tcpmc.checks.symbolic.symbolic_system import SymbolicSystem
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.network.channel import Flight
from tcpmc.model.network.product import End
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Always, Predicate, Reachable
from tcpmc.model.variants.variant import Variant


class FixedNumbers(Exception):
    """A property asks for numbers that it writes down itself."""


class AnySegment(Segment):
    """A segment whose numbers are not fixed: it has no spelling that a property could ask for."""

    def __str__(self) -> str:
        raise FixedNumbers("it asks for a segment by its text, which has fixed numbers")


@dataclass(frozen=True)
class ParametricFormulas:
    """The system of a variant whose ends are those of the table."""

    endpoint: SymbolicEndpoint

    @cached_property
    def _broken(self) -> dict[tuple[Predicate, ...], z3.BoolRef]:
        """What `broken` has been asked, by the predicates."""
        return {}

    @cached_property
    def iss(self) -> tuple[z3.BitVecRef, z3.BitVecRef]:
        """The ISSs of A and B."""
        return z3.BitVec("iss.A", BITS), z3.BitVec("iss.B", BITS)

    @cached_property
    def width(self) -> int:
        """The bits of the number of a state of one end."""
        return max(1, (len(self.endpoint.ends) - 1).bit_length())

    @cached_property
    def ends(self) -> tuple[list[End], list[End]]:
        """The states of A and of B, with their ISSs."""
        a, b = self.iss
        symbolic = self.endpoint.ends
        return [for_host(end, a, b) for end in symbolic], [for_host(end, b, a) for end in symbolic]

    @cached_property
    def model(self) -> Model:
        """The model with both ISSs, for predicates."""
        model = self.endpoint.model
        return symbolic_model(model.variant.at(0), model.scope, *self.iss)

    def frame(self, tag: str) -> dict[str, Any]:
        """Constants for one state."""
        states = {who: z3.BitVec(f"{who}@{tag}", self.width) for who in ENDS}
        return states | {name: z3.Bool(f"{name}@{tag}") for name in self.sent_names}

    @cached_property
    def sent_names(self) -> list[str]:
        """The names of the flags, of A and then of B. Raises SameName."""
        flags = [(which, kind) for which in (0, 1) for kind in self.endpoint.kinds]
        return names_of(flags, lambda flag: sent_name(*flag))

    @cached_property
    def left(self) -> list[z3.BoolRef]:
        """What of each kind that was sent is still in flight: anything between nothing and all."""
        return [z3.Bool(f"left.{name}") for name in self.sent_names]

    def sent(self, which: int, kind: int) -> str:
        """The name of the flag that the end has sent the kind."""
        return self.sent_names[which * len(self.endpoint.kinds) + kind]

    def initial(self) -> z3.BoolRef:
        """Frame "0" is the initial state."""
        frame = self.frame("0")
        nothing = [z3.Not(frame[name]) for name in self.sent_names]
        return z3.And(*(frame[who] == 0 for who in ENDS), *nothing)

    @cached_property
    def step(self) -> z3.BoolRef:
        """One end moves between frame "0" and frame "1". (Moves without effect are left out.)"""
        return z3.Or(*(self._moves(which) for which in (0, 1)))

    def guard(self, which: int, move: EndMove) -> z3.BoolRef:
        """The guard of a move, for end A or B."""
        own, peer = self.iss[which], self.iss[1 - which]
        guard = for_host(Sym(move.guard), own, peer)
        return guard.term if isinstance(guard, Sym) else z3.BoolVal(guard)

    def settled(self, end: int) -> bool:
        """Whether an end in that state no longer waits for an ACK."""
        return self.endpoint.model.settled(self.endpoint.ends[end])

    @cached_property
    def sends(self) -> z3.BitVecRef:
        """What a step sends: 0 is nothing, n + 1 the kind n."""
        return z3.BitVec("sends", max(1, len(self.endpoint.kinds).bit_length()))

    def at(self, formula: Any, number: int) -> Any:
        """A formula over frames "0" and "1" as one over frames `number` and `number` + 1."""
        pairs = [(self.sends, z3.BitVec(f"{self.sends}@{number}", self.sends.size()))]
        for tag, new in (("0", str(number)), ("1", str(number + 1))):
            old, fresh = self.frame(tag), self.frame(new)
            pairs += [(old[name], fresh[name]) for name in old]
        return z3.substitute(formula, *pairs)

    def _moves(self, which: int) -> z3.BoolRef:
        """That end moves, and the other stays as it is."""
        now, then = self.frame("0"), self.frame("1")
        me, other = ENDS[which], ENDS[1 - which]
        kinds = range(len(self.endpoint.kinds))
        frame_conditions = [then[other] == now[other]]
        for kind in kinds:
            mine, its = self.sent(which, kind), self.sent(1 - which, kind)
            frame_conditions.append(then[mine] == z3.Or(now[mine], self.sends == kind + 1))
            frame_conditions.append(then[its] == now[its])
        waiting = [end for end in range(len(self.endpoint.ends)) if not self.settled(end)]
        ways = []
        for move in self.endpoint.moves:
            parts = [now[me] == move.source, self.guard(which, move)]
            if move.arriving is not None:
                parts.append(now[self.sent(1 - which, move.arriving)])
            if move.settled:
                parts += [now[other] != end for end in waiting]
            sending = 0 if move.sending is None else move.sending + 1
            ways.append(z3.And(*parts, then[me] == move.target, self.sends == sending))
        return z3.simplify(z3.And(z3.Or(*ways), *frame_conditions))

    def broken(self, prop: Always | Reachable) -> z3.BoolRef:
        """The claim is broken in frame "0"; or the goal is met. Raises FixedNumbers."""
        predicates = prop.goals if isinstance(prop, Reachable) else (prop.premise, prop.claim)
        if predicates not in self._broken:
            self._broken[predicates] = self._broken_in_some(prop)
        return self._broken[predicates]

    def _broken_in_some(self, prop: Always | Reachable) -> z3.BoolRef:
        frame = self.frame("0")
        ways = []
        for a, end_a in enumerate(self.ends[0]):
            for b, end_b in enumerate(self.ends[1]):
                bad = z3.simplify(self._bad(prop, (end_a, end_b)))
                if not z3.is_false(bad):
                    ways.append(z3.And(frame["A"] == a, frame["B"] == b, bad))
        return z3.simplify(z3.Or(*ways))

    def _bad(self, prop: Always | Reachable, ends: tuple[End, End]) -> z3.BoolRef:
        system = SymbolicSystem(ends, self._present)
        if isinstance(prop, Reachable):
            (goal,) = prop.goals
            return truth_of(lambda: goal(self.model, system))
        return truth_of(
            lambda: prop.premise(self.model, system) and not prop.claim(self.model, system)
        )

    @cached_property
    def _present(self) -> list[tuple[Flight, z3.BoolRef]]:
        frame, flights = self.frame("0"), []
        for which in (0, 1):
            own, peer = self.iss[which], self.iss[1 - which]
            for kind in self.endpoint.kinds:
                flights.append(Flight(_any(for_host(kind, own, peer))))
        flags = zip(self.sent_names, self.left, strict=True)
        there = [z3.And(frame[name], left) for name, left in flags]
        return list(zip(flights, there, strict=True))


def formulas_of(
    variant: Variant, data: int, in_time: Callable[[], None] = lambda: None
) -> ParametricFormulas:
    """The system of a variant with so many octets of text each way. `in_time` may raise GaveUp."""
    return ParametricFormulas(SymbolicEndpoint(variant, scope_of(data), in_time))


def sent_name(which: int, kind: Segment) -> str:
    """The flag that this end has sent this kind, as `A.sent.FIN,ACK(1,1)`: how far SEG.SEQ is from
    its ISS, SEG.ACK from the other's, and what else is not zero."""
    return f"{ENDS[which]}.sent.{segment_name(kind, distance)}"


COUNTS_FROM = {"seq": OWN, "ack": PEER, "snd_una": OWN, "snd_nxt": OWN, "rcv_nxt": PEER}
"""The ISS that a number usually counts from."""


def distance(field: str, number: Seq) -> str:
    """How far the number of a field is from the ISS that it counts from: `1`; `own+1` or `peer+1`
    where it counts from the other one. The number zero is `zero`."""
    if not isinstance(number.value, Sym):
        return "zero" if number.value == 0 else f"zero+{number.value}"
    for name, iss in (("own", OWN), ("peer", PEER)):
        far = z3.simplify(number.value.term - iss)
        if z3.is_bv_value(far):
            usual = bool(iss == COUNTS_FROM.get(field))
            return str(far.as_long()) if usual else f"{name}+{far.as_long()}"
    return str(number.value.term.sexpr())


def told(end: End) -> str:
    """The state of an end on one line, its numbers as distances from the ISSs."""
    tcb, history = end.tcb, end.history
    numbers = [
        f"{name.upper().replace('_', '.')} {distance(name, getattr(tcb, name))}"
        for name in ("snd_una", "snd_nxt", "rcv_nxt")
    ]
    flags = [f.name for f in fields(history) if getattr(history, f.name)]
    return f"{end.state}, {', '.join(numbers)}: {', '.join(flags) or 'no history'}"


def _any(segment: Segment) -> Segment:
    return AnySegment(**{field.name: getattr(segment, field.name) for field in fields(segment)})
