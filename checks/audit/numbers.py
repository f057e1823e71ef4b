"""Numbers that stand for every value that they can have, and compute as Python's do.

A 32-bit number is a term of 40 bits, signed: so sums and differences that a rule leaves without a
mask are what they are on ints, and a path that is found here is one that the rule has.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import z3

from tcpmc.checks.symbolic.symbolic import Sym, as_bits, lifted, simplified
from tcpmc.model.endpoint.sequence import Seq

BITS = 32
ROOM = 8
"""Bits above those of a number: for 256 additions, and the sign."""


class Number(Sym):
    """A number or truth of which nothing is known, compared with its sign."""

    __slots__ = ()

    def __and__(self, other: Any) -> Sym:
        if z3.is_bv(self.term) and type(other) is int and 0 <= other < 1 << BITS:
            return lifted(_masked, self, other)
        return super().__and__(other)

    def __lt__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a < b, self, other)

    def __le__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a <= b, self, other)

    def __gt__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a > b, self, other)

    def __ge__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a >= b, self, other)


def _masked(a: z3.BitVecRef, mask: z3.BitVecRef) -> z3.BitVecRef:
    """`a & mask`, computed on the low bits, which are all that it hangs on: a solver finds 32 bits
    much easier than 40."""
    return z3.ZeroExt(ROOM, _low(a) & _low(mask))


def _low(a: Any) -> z3.BitVecRef:
    """The lowest 32 bits, as a sum of those of what it is made of."""
    match a.decl().kind():
        case z3.Z3_OP_ZERO_EXT if a.arg(0).size() == BITS:
            return a.arg(0)
        case z3.Z3_OP_BADD:
            return _low(a.arg(0)) + _low(a.arg(1))
        case z3.Z3_OP_BSUB:
            return _low(a.arg(0)) - _low(a.arg(1))
        case z3.Z3_OP_BNUM:
            return z3.BitVecVal(a.as_long(), BITS)
        case _:
            return z3.Extract(BITS - 1, 0, a)


@cache
def number(name: str) -> int:
    """Any number of 32 bits. The same one each time, so that what is computed of it is kept."""
    return cast(int, Number(z3.ZeroExt(ROOM, z3.BitVec(name, BITS))))


def sequence(name: str, beyond: Seq | None = None) -> Seq:
    """Any sequence number. It is written as any distance `beyond` another, from which it is mostly
    told apart: then a solver need not find out that only the distance matters."""
    distance = number(name)
    if beyond is None or not isinstance(beyond.value, Sym):
        return Seq(distance, BITS)
    return Seq(cast(int, lifted(_further, beyond.value, distance)), BITS)


def _further(a: z3.BitVecRef, b: z3.BitVecRef) -> z3.BitVecRef:
    return z3.ZeroExt(ROOM, _low(a) + _low(b))


@cache
def flag(name: str) -> bool:
    """Either truth. The same one each time."""
    return cast(bool, Number(z3.Bool(name)))


def same(a: Any, b: Any) -> z3.BoolRef | bool:
    """Whether two values are equal: a truth, or a term where it hangs on the numbers."""
    a, b = _plain(a), _plain(b)
    if not isinstance(a, Sym) and not isinstance(b, Sym):
        return bool(a == b)
    if a is b:
        return True
    left, right = (one.term if isinstance(one, Sym) else one for one in (a, b))
    if z3.is_bool(left) and (z3.is_bool(right) or isinstance(right, bool)):
        term = left == right
    elif z3.is_bool(right) and isinstance(left, bool):
        term = right == left
    else:
        term = as_bits(a, BITS + ROOM) == as_bits(b, BITS + ROOM)
    simple, settled = simplified(term)
    return simple if settled is None else settled


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Seq) else value
