"""Numbers that stand for every value that they can have, and compute as Python's do.

A 32-bit number is a term of 40 bits, signed: so sums and differences that a rule leaves without a
mask are what they are on ints, and a path that is found here is one that the rule has.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import z3

from tcpmc.checks.symbolic.symbolic import Sym, as_bits, lifted, simplified
from tcpmc.model.endpoint.sequence import Seq

BITS = 32
ROOM = 8
"""Bits above those of a number: for 256 additions, and the sign."""


FARTHEST = 1 << (BITS + ROOM - 1)
"""No number is as far from 0: it would not fit, with its sign."""


class NeedsNumber(TypeError):
    """A rule does with a symbol what it can do with a number only."""


wanted: list[str] = []
"""What rules have done of that kind. Some would go on: a rule may catch what is raised here."""


def all_known() -> None:
    """Raise NeedsNumber if a rule that was run wanted a number."""
    if wanted:
        what = wanted[0]
        wanted.clear()
        raise NeedsNumber(what)


class Number(Sym):
    """A number or truth of which nothing is known, compared with its sign.

    It takes itself for an int or a bool. What it does not compute it refuses, and that is kept in
    `wanted`. `reach` is a bound of how far it is from 0.
    """

    __slots__ = ("reach",)

    def __init__(self, term: Any, reach: int = 1 << BITS) -> None:
        super().__init__(term)
        self.reach = reach

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """A rule that asks has to be told what it is told of a number."""
        return bool if z3.is_bool(self.term) else int

    def __add__(self, other: Any) -> Sym:
        return self._sum(Sym.__add__, other)

    def __sub__(self, other: Any) -> Sym:
        return self._sum(Sym.__sub__, other)

    def __rsub__(self, other: Any) -> Sym:
        return self._sum(Sym.__rsub__, other)

    def __neg__(self) -> Sym:
        return self.__rsub__(0)

    def __pos__(self) -> Sym:
        return self._number()

    def __and__(self, other: Any) -> Sym:
        if z3.is_bv(self.term) and type(other) is int and 0 <= other < 1 << BITS:
            return lifted(_masked, self, other)
        return self._bits(Sym.__and__, other)

    def __or__(self, other: Any) -> Sym:
        return self._bits(Sym.__or__, other)

    def __xor__(self, other: Any) -> Sym:
        return self._bits(Sym.__xor__, other)

    __rxor__ = __xor__

    def __eq__(self, other: object) -> Any:
        return self._compared(Sym.__eq__, other)

    def __ne__(self, other: object) -> Any:
        return self._compared(Sym.__ne__, other)

    def __lt__(self, other: Any) -> Any:
        return self._compared(_less, other)

    def __le__(self, other: Any) -> Any:
        return self._compared(_at_most, other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(_more, other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(_at_least, other)

    def _sum(self, operation: Callable[[Sym, Any], Sym], other: Any) -> Sym:
        if not _is_number(other):
            return cast(Sym, self._foreign(other))
        found = operation(self._number(), other)
        assert isinstance(found, Number)
        found.reach = self.reach + _reach(other)
        return found if found.reach < FARTHEST else _beyond()

    def _bits(self, operation: Callable[[Sym, Any], Sym], other: Any) -> Sym:
        if not _is_number(other):
            return cast(Sym, self._foreign(other))
        truths = z3.is_bool(self.term) and (type(other) is bool or _is_truth(other))
        found = operation(self if truths else self._number(), other)
        assert isinstance(found, Number)
        found.reach = 2 * max(self.reach, _reach(other))
        return found if found.reach < FARTHEST else _beyond()

    def _compared(self, operation: Callable[[Sym, Any], Any], other: Any) -> Any:
        if not _is_number(other):
            return self._foreign(other)
        if _reach(other) >= FARTHEST:
            return _beyond()
        truths = z3.is_bool(self.term) and (type(other) is bool or _is_truth(other))
        equality = operation in (Sym.__eq__, Sym.__ne__)
        return operation(self if truths and equality else self._number(), other)

    def _number(self) -> Number:
        """A truth as the number that it is."""
        return Number(as_bits(self.term, BITS + ROOM), 1) if z3.is_bool(self.term) else self

    @staticmethod
    def _foreign(other: Any) -> Any:
        """What Python makes of it; of a fraction a number would be made."""
        return _refused("a fraction") if type(other) in (float, complex) else NotImplemented

    def __getattr__(self, name: str) -> Any:
        if hasattr(int, name):
            _refused(f".{name} of a number")
        raise AttributeError(f"a number has no {name}")

    def __hash__(self) -> int:  # type: ignore[override]
        found: int = _refused("the hash of a number: the key of a dict, or a set")
        return found

    def __repr__(self) -> str:
        return self._text()

    def __str__(self) -> str:
        return self._text()

    def __format__(self, spec: str) -> str:
        return self._text()

    def _text(self) -> str:
        return _refused("a number as text") if Sym.decide is not None else str(self.term)


def _refused(what: str) -> Any:
    wanted.append(what)
    raise NeedsNumber(what)


def _beyond() -> Sym:
    found: Sym = _refused("a number beyond 2**39")
    return found


def _refusal(what: str) -> Callable[..., Any]:
    return lambda *_: _refused(what)


REFUSED = {
    "a number to count or to choose by": ("index",),
    "a library's number": ("int", "float", "complex", "round", "trunc", "floor", "ceil"),
    "the size of a number": ("abs",),
    "a product": ("mul", "rmul", "pow", "rpow"),
    "a quotient": ("floordiv", "rfloordiv", "truediv", "rtruediv", "mod", "rmod"),
    "both of a quotient": ("divmod", "rdivmod"),
    "shifted bits": ("lshift", "rlshift", "rshift", "rrshift", "invert"),
}
"""What an int can do besides, by what a rule wants of it."""
for _what, _names in REFUSED.items():
    for _name in _names:
        setattr(Number, f"__{_name}__", _refusal(_what))


def _is_number(value: Any) -> bool:
    return type(value) in (int, bool) or isinstance(value, Sym)


def _is_truth(value: Any) -> bool:
    return type(value) is Number and z3.is_bool(value.term)


def _reach(value: Any) -> int:
    return int(value.reach) if type(value) is Number else abs(int(value))


def _less(left: Sym, right: Any) -> Sym:
    return lifted(lambda a, b: a < b, left, right)


def _at_most(left: Sym, right: Any) -> Sym:
    return lifted(lambda a, b: a <= b, left, right)


def _more(left: Sym, right: Any) -> Sym:
    return lifted(lambda a, b: a > b, left, right)


def _at_least(left: Sym, right: Any) -> Sym:
    return lifted(lambda a, b: a >= b, left, right)


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
    if z3.is_bool(left) and (z3.is_bool(right) or type(right) is bool):
        term = left == right
    elif z3.is_bool(right) and type(left) is bool:
        term = right == left
    else:
        term = as_bits(a, BITS + ROOM) == as_bits(b, BITS + ROOM)
    simple, settled = simplified(term)
    return simple if settled is None else settled


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Seq) else value
