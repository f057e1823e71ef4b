"""Formulas at concrete values, many at once, without a solver.

What a relation says of steps that were explored is asked of the term itself, operation by
operation: neither the code that built it nor the solver that reasons with it has a part in that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_, xor
from typing import Any

import numpy as np
import numpy.typing as npt
import z3

Column = npt.NDArray[Any]
"""The values of one term: truths, numbers modulo 2**bits as uint64, or integers for reals."""


class Unknown(Exception):
    """A term has an operation or a constant of which the value is not known."""


def holds_at(formula: z3.BoolRef, values: Mapping[str, Column], rows: int) -> npt.NDArray[np.bool_]:
    """Where the formula holds, for each of so many rows of values of its constants. Raises
    Unknown."""
    column_of: dict[int, Column] = {}
    todo: list[z3.ExprRef] = [formula]
    while todo:
        term = todo[-1]
        children = term.children()
        open_ = [child for child in children if child.get_id() not in column_of]
        if open_:
            todo += open_
            continue
        todo.pop()
        if term.get_id() not in column_of:
            parts = [column_of[child.get_id()] for child in children]
            column_of[term.get_id()] = _value(term, parts, values, rows)
    truths: npt.NDArray[np.bool_] = column_of[formula.get_id()]
    return truths


def _value(
    term: z3.ExprRef, parts: list[Column], values: Mapping[str, Column], rows: int
) -> Column:
    declared = term.decl()
    kind = declared.kind()
    if kind == z3.Z3_OP_UNINTERPRETED and not parts:
        name = declared.name()
        if name not in values:
            raise Unknown(f"{name} has no value")
        return values[name]
    if kind in CONSTANT:
        return np.full(rows, CONSTANT[kind](term))
    if kind in (z3.Z3_OP_AND, z3.Z3_OP_OR) and not parts:
        return np.full(rows, kind == z3.Z3_OP_AND)
    if kind in REDUCED:
        return reduce(REDUCED[kind], parts)
    if kind in ARITHMETIC:
        value = reduce(ARITHMETIC[kind], parts)
        return value & _mask(term.size()) if isinstance(term, z3.BitVecRef) else value
    if kind in SIGNED:
        left, right = term.children()
        return SIGNED[kind](_with_sign(parts[0], left), _with_sign(parts[1], right))
    if kind in APPLIED:
        return APPLIED[kind](*parts)
    if kind == z3.Z3_OP_ITE:
        return np.where(*parts)
    if kind == z3.Z3_OP_DISTINCT and len(parts) == 2:
        return np.asarray(parts[0] != parts[1])
    if kind == z3.Z3_OP_PB_AT_MOST:
        return np.asarray(np.sum(parts, axis=0) <= declared.params()[0])
    if kind in (z3.Z3_OP_EXTRACT, z3.Z3_OP_CONCAT, z3.Z3_OP_SIGN_EXT):
        return _bits(term, parts)
    raise Unknown(f"{declared.name()} is not evaluated")


def _bits(term: Any, parts: list[Column]) -> Column:
    """Bits cut out, put one after the other, or more of them."""
    match term.decl().kind():
        case z3.Z3_OP_EXTRACT:
            high, low = term.decl().params()
            return (parts[0] >> np.uint64(low)) & _mask(high - low + 1)
        case z3.Z3_OP_CONCAT:
            first, *more = zip(parts, term.children(), strict=True)
            return reduce(lambda a, b: (a << np.uint64(b[1].size())) | b[0], more, first[0])
        case _:
            signed = _with_sign(parts[0], term.arg(0))
            return np.asarray(signed.astype(np.uint64) & _mask(term.size()))


def _mask(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)


def _with_sign(column: Column, term: Any) -> Column:
    """The numbers of so many bits as numbers with a sign."""
    unused = np.uint64(64 - term.size())
    return (column << unused).astype(np.int64) >> np.int64(unused)


def _integer(term: Any) -> np.int64:
    if term.denominator_as_long() != 1:
        raise Unknown(f"{term} is not an integer")
    return np.int64(term.numerator_as_long())


CONSTANT: dict[int, Callable[[Any], Any]] = {
    z3.Z3_OP_TRUE: lambda term: True,
    z3.Z3_OP_FALSE: lambda term: False,
    z3.Z3_OP_BNUM: lambda term: np.uint64(term.as_long()),
    z3.Z3_OP_ANUM: _integer,
}
REDUCED: dict[int, Callable[[Column, Column], Column]] = {
    z3.Z3_OP_AND: and_,
    z3.Z3_OP_OR: or_,
    z3.Z3_OP_XOR: xor,
    z3.Z3_OP_BAND: and_,
    z3.Z3_OP_BOR: or_,
    z3.Z3_OP_BXOR: xor,
}
ARITHMETIC: dict[int, Callable[[Column, Column], Column]] = {
    z3.Z3_OP_BADD: lambda a, b: a + b,
    z3.Z3_OP_BSUB: lambda a, b: a - b,
    z3.Z3_OP_BMUL: lambda a, b: a * b,
    z3.Z3_OP_ADD: lambda a, b: a + b,
    z3.Z3_OP_SUB: lambda a, b: a - b,
    z3.Z3_OP_MUL: lambda a, b: a * b,
}
"""Modulo 2**64, and cut to the bits of the term where it has some."""
SIGNED: dict[int, Callable[[Column, Column], Column]] = {
    z3.Z3_OP_SLEQ: lambda a, b: a <= b,
    z3.Z3_OP_SLT: lambda a, b: a < b,
    z3.Z3_OP_SGEQ: lambda a, b: a >= b,
    z3.Z3_OP_SGT: lambda a, b: a > b,
}
APPLIED: dict[int, Callable[..., Column]] = {
    z3.Z3_OP_NOT: lambda a: ~a,
    z3.Z3_OP_ZERO_EXT: lambda a: a,
    z3.Z3_OP_IMPLIES: lambda a, b: ~a | b,
    z3.Z3_OP_EQ: lambda a, b: a == b,
    z3.Z3_OP_IFF: lambda a, b: a == b,
    z3.Z3_OP_ULEQ: lambda a, b: a <= b,
    z3.Z3_OP_ULT: lambda a, b: a < b,
    z3.Z3_OP_UGEQ: lambda a, b: a >= b,
    z3.Z3_OP_UGT: lambda a, b: a > b,
    z3.Z3_OP_LE: lambda a, b: a <= b,
    z3.Z3_OP_LT: lambda a, b: a < b,
    z3.Z3_OP_GE: lambda a, b: a >= b,
    z3.Z3_OP_GT: lambda a, b: a > b,
}
