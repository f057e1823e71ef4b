"""Numbers that stand for every value that they can have, and compute as Python's do.

A 32-bit number is a term of 40 bits, signed: so sums and differences that a rule leaves without a
mask are what they are on ints, and a path that is found here is one that the rule has.
"""

from __future__ import annotations

from typing import Any, cast

import z3

from tcpmc.checks.solver.symbolic import Sym, as_bits, lifted, simplified
from tcpmc.model.sequence import Seq

BITS = 32
ROOM = 8
"""Bits above those of a number: for 256 additions, and the sign."""


class Number(Sym):
    """A number or truth of which nothing is known, compared with its sign."""

    __slots__ = ()

    def __lt__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a < b, self, other)

    def __le__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a <= b, self, other)

    def __gt__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a > b, self, other)

    def __ge__(self, other: Any) -> Sym:
        return lifted(lambda a, b: a >= b, self, other)


def number(name: str) -> int:
    """Any number of 32 bits."""
    return cast(int, Number(z3.ZeroExt(ROOM, z3.BitVec(name, BITS))))


def sequence(name: str) -> Seq:
    """Any sequence number."""
    return Seq(number(name), BITS)


def flag(name: str) -> bool:
    """Either truth."""
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
