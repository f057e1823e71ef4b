"""Formulas with the operands of `and`, `or`, sums and equations in an order of their own.

The order that z3 leaves them in depends on which terms the process made before. The text of a
statement must not: so each term gets a name that says what it is, and operands are put in the order
of theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, cast

import z3

COMMUTATIVE = (
    z3.Z3_OP_AND, z3.Z3_OP_OR, z3.Z3_OP_EQ, z3.Z3_OP_DISTINCT, z3.Z3_OP_IFF, z3.Z3_OP_XOR,
    z3.Z3_OP_ADD, z3.Z3_OP_MUL, z3.Z3_OP_BADD, z3.Z3_OP_BMUL,
    z3.Z3_OP_BAND, z3.Z3_OP_BOR, z3.Z3_OP_BXOR,
)  # fmt: skip


def canonical(formula: Any) -> Any:
    """The same formula in this order."""
    done: dict[int, tuple[bytes, Any]] = {}
    todo = [formula]
    while todo:
        term = todo[-1]
        operands = term.children()
        missing = [one for one in operands if one.get_id() not in done]
        if missing:
            todo += missing
            continue
        todo.pop()
        if term.get_id() not in done:
            done[term.get_id()] = _ordered(term, [done[one.get_id()] for one in operands])
    return done[formula.get_id()][1]


def _ordered(term: Any, operands: list[tuple[bytes, Any]]) -> tuple[bytes, Any]:
    """The name of a term, and the term with its operands in order."""
    if not operands:
        return _name(term.sexpr().encode(), []), term
    decl = term.decl()
    if decl.kind() in COMMUTATIVE:
        operands = sorted(operands, key=lambda one: one[0])
    names, terms = [name for name, _ in operands], [one for _, one in operands]
    made = cast(Callable[..., Any], _MANY.get(decl.kind(), decl))(*terms)
    return _name(f"{decl.name()} {decl.params()}".encode(), names), made


_MANY = {z3.Z3_OP_AND: z3.And, z3.Z3_OP_OR: z3.Or}
"""What takes any number of operands, though its declaration says two."""


def _name(operator: bytes, names: list[bytes]) -> bytes:
    return sha256(b" ".join([operator, *names])).digest()
