"""All states of one end, and all segments that it sends, for every ISS.

Numbers are terms over `own` and `peer`, the ISSs of this end and of the other, in the solver's
normal form: `own`, `own + 1`, `peer + 2`, or the zero of a blank TCB. Both ends follow the same
rules, so that one table is about either.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import Any, cast

import z3

from tcpmc.checks.symbolic.symbolic import Sym, paths
from tcpmc.checks.symbolic.symbolic_system import check_encodable
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.network.product import OWN_EVENTS, End, Move
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.variant import Variant

BITS = 32
MOST = 2_000
"""States of one end, beyond which there is no hope of an end."""
OWN, PEER = z3.BitVecs("own peer", BITS)


class Unending(Exception):
    """The table has no end: numbers grow without a bound."""


def scope_of(data: int) -> Scope:
    """The scope of the proofs: an unbounded channel, 32 bits, one OPEN each, `data` octets of text
    each way. The ISSs are those of a counterexample that needs no others."""
    return Scope("unbounded", bits=BITS, channel="sent-set", data=data)


def symbolic_model(variant: Variant, scope: Scope, *iss: z3.BitVecRef) -> Model:
    """The model whose hosts choose these ISSs."""
    a, b = (Host(variant.profile, Seq(cast(int, Sym(term)), BITS)) for term in iss)
    return Model(variant, scope, (a, b))


def each_term(value: Any, change: Callable[[Any], Any]) -> Any:
    """A TCB, a segment or whatever holds them, with every term in it changed, and simplified."""
    if isinstance(value, Sym):
        term = z3.simplify(change(value.term))
        if z3.is_bv_value(term):
            return term.as_long()
        return z3.is_true(term) if z3.is_true(term) or z3.is_false(term) else Sym(term)
    if isinstance(value, Seq):
        return Seq(each_term(value.value, change), value.bits)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: each_term(getattr(value, f.name), change) for f in fields(value)}
        return type(value)(**parts)
    return value


def normal(value: Any) -> Any:
    """The value with its terms in normal form."""
    return each_term(value, lambda term: term)


def for_host(value: Any, own: z3.BitVecRef, peer: z3.BitVecRef) -> Any:
    """The value with these ISSs in the place of `OWN` and `PEER`."""
    return each_term(value, lambda term: z3.substitute(term, (OWN, own), (PEER, peer)))


def key(value: Any) -> Hashable:
    """What tells two values in normal form apart: each field of them, a term by its text."""
    if isinstance(value, Sym):
        return "term", value.term.sexpr()
    if isinstance(value, Seq):
        return value.bits, key(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value), *(key(getattr(value, field.name)) for field in fields(value))
    return cast(Hashable, value)


@dataclass(frozen=True)
class EndMove:
    """From one state of an end to another, by their numbers: on the arrival of a kind of segment,
    or None; a kind that is sent, or None; `guard` is about the ISSs."""

    source: int
    target: int
    arriving: int | None
    sending: int | None
    guard: z3.BoolRef
    settled: bool

    @property
    def idle(self) -> bool:
        """Whether nothing changes."""
        return self.source == self.target and self.sending is None


class SymbolicEndpoint:
    """The states of an end (0 is the initial one), the kinds that it sends, and its moves."""

    def __init__(
        self, variant: Variant, scope: Scope, in_time: Callable[[], None] = lambda: None
    ) -> None:
        """Raises Unending; NotImplementedError for a rule that sends two segments at a time, and
        beside a middlebox; and what `in_time` raises, which is called from time to time."""
        check_encodable(variant)
        self.model = symbolic_model(variant, scope, OWN, OWN)
        self.ends: list[End] = []
        self.kinds: list[Segment] = []
        self.moves: list[EndMove] = []
        self._ids: tuple[dict[Hashable, int], dict[Hashable, int]] = ({}, {})
        self._number(normal(self.model.initial().ends[0]), self.ends)
        done_ends = done_kinds = 0
        while done_ends < len(self.ends) or done_kinds < len(self.kinds):
            if done_ends < len(self.ends):
                self._own(done_ends)
                pairs = [(done_ends, kind) for kind in range(done_kinds)]
                done_ends += 1
            else:
                pairs = [(end, done_kinds) for end in range(done_ends)]
                done_kinds += 1
            for end, kind in pairs:
                in_time()
                self._arrives(end, kind)

    def _own(self, source: int) -> None:
        for event in OWN_EVENTS:
            run = partial(self.model.own_move, event, 0, self.ends[source])
            self.moves += self._found(source, None, run)

    def _arrives(self, source: int, kind: int) -> None:
        segment = for_host(self.kinds[kind], PEER, OWN)
        run = partial(self.model.receive, 0, self.ends[source], segment)
        self.moves += self._found(source, kind, run)

    def _found(
        self, source: int, arriving: int | None, run: Callable[[], Move | None]
    ) -> Iterator[EndMove]:
        for path in paths(run):
            move = path.result
            if move is None:
                continue
            if len(move.step.send) > 1:
                raise NotImplementedError("a rule that sends more than one segment at a time")
            target = self._number(normal(move.end), self.ends)
            sent = [self._number(normal(segment), self.kinds) for segment in move.step.send]
            guard = z3.simplify(path.condition)
            sending = sent[0] if sent else None
            end_move = EndMove(source, target, arriving, sending, guard, move.settled)
            if not end_move.idle:
                yield end_move

    def _number(self, value: Any, values: list[Any]) -> int:
        ids, name = self._ids[values is self.kinds], key(value)
        if name not in ids:
            ids[name] = len(values)
            values.append(value)
            if len(values) > MOST:
                raise Unending(f"more than {MOST:,} states of one end")
        return ids[name]
