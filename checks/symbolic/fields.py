"""The fields of ends and segments by name, flat, as numbers or as terms of the solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import z3

from tcpmc.checks.naming import names_of
from tcpmc.checks.symbolic.symbolic import Sym, as_bits, as_truth
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import End

SEQUENCE_FIELDS = ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt")
STATE_BITS = 4
CONTROLS = ("SYN", "ACK", "FIN", "RST")


def end_terms(end: End) -> dict[str, Any]:
    """Every field of an end by name, flat. Raises SameName where two have the same."""
    held = [
        (field.name, getattr(part, field.name))
        for part in (end.tcb, end.history, end)
        for field in fields(part)
        if field.name not in ("tcb", "history")
    ]
    names_of(held, lambda pair: pair[0])
    return {name: value.value if isinstance(value, Seq) else value for name, value in held}


def rebuilt(end: End, value: Callable[[str], Any]) -> End:
    """The end with each symbolic field replaced by `value(name)`."""

    def field_of(name: str, old: Any) -> Any:
        if isinstance(old, Seq):
            return Seq(field_of(name, old.value), old.bits)
        if not isinstance(old, Sym):
            return old
        new = value(name)
        return list(State)[new] if name == "state" and isinstance(new, int) else new

    def part(old: Any) -> Any:
        return type(old)(**{f.name: field_of(f.name, getattr(old, f.name)) for f in fields(old)})

    more = {
        field.name: field_of(field.name, getattr(end, field.name))
        for field in fields(end)
        if field.name not in ("tcb", "history")
    }
    return End(part(end.tcb), part(end.history), **more)


def segment_terms(segment: Segment) -> dict[str, Any]:
    """Every field of a segment by name."""
    values = {field.name: getattr(segment, field.name) for field in fields(segment)}
    return {
        name: value.value if isinstance(value, Seq) else value for name, value in values.items()
    }


def controls(segment: Segment) -> tuple[bool, ...]:
    """The control bits of a segment."""
    return tuple(bool(getattr(segment, control)) for control in CONTROLS)


def equal(left: Any, right: Any) -> z3.BoolRef:
    """That two values are the same, field by field: the solver's own reading of `==`."""
    if isinstance(left, Seq) and isinstance(right, Seq):
        return equal(left.value, right.value)
    if isinstance(left, Sym) or isinstance(right, Sym):
        return as_truth(left == right)
    if is_dataclass(left) and is_dataclass(right):
        return z3.And(*(equal(getattr(left, f.name), getattr(right, f.name)) for f in fields(left)))
    return z3.BoolVal(left == right)


def like(value: Any, const: Any) -> Any:
    """A value or Sym as a term of the same sort as a constant."""
    if z3.is_bool(const):
        return as_truth(bool(value) if isinstance(value, int) else value)
    return as_bits(value, const.size())


def plain(term: z3.ExprRef) -> Any:
    """A literal term as a bool or an int."""
    if z3.is_bool(term):
        return z3.is_true(term)
    assert isinstance(term, z3.BitVecNumRef)
    return term.as_long()
