"""The invariant of a certificate, read by a grammar of its own and written anew.

Nothing of a file reaches a solver as it stands. An invariant is one formula over the state and the
parameters: the operators below, numbers, and `let` with names as z3 makes them. Each has the sorts
that it needs, and what is written is what was read, token by token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tcpmc.checks.certificates.reader import Expression, Malformed, read

DEEPEST = 300
"""Expressions within each other, more than any invariant of ours needs."""
LOCAL = re.compile(r"a![1-9]\d{0,6}")
DECIMAL = re.compile(r"(0|[1-9]\d{0,30})\.\d{1,30}")
BITS = re.compile(r"#b([01]{1,64})")
BOOL, REAL = "Bool", "Real"

Scope = Mapping[str, str]
"""Names and their sorts."""


def formula(text: str, names: Scope) -> str:
    """The one formula in the text, over these names with their sorts. Raises Malformed."""
    expressions = read(text)
    if len(expressions) != 1:
        raise Malformed(f"expected one expression as the invariant, not {len(expressions)}")
    sort, written = _term(expressions[0], names, 0)
    if sort != BOOL:
        raise Malformed("the invariant is not a formula")
    return written


def _term(one: Expression, names: Scope, depth: int) -> tuple[str, str]:
    """The sort of an expression, and its text."""
    if depth > DEEPEST:
        raise Malformed("the invariant is nested too deeply")
    if isinstance(one, str):
        return _word(one, names), one
    match one:
        case ["let", list(bindings), body] if bindings:
            return _let(bindings, body, names, depth)
        case ["-", str(number)] if DECIMAL.fullmatch(number):
            return REAL, f"(- {number})"
        case [str(operator), *operands] if operands:
            found = [_term(operand, names, depth + 1) for operand in operands]
            sort = _applied(operator, [sort for sort, _ in found], operands)
            return sort, f"({operator} {' '.join(text for _, text in found)})"
    raise Malformed("an invariant cannot have an expression of this form")


def _word(word: str, names: Scope) -> str:
    if word in ("true", "false"):
        return BOOL
    if word in names:
        return names[word]
    if DECIMAL.fullmatch(word):
        return REAL
    bits = BITS.fullmatch(word)
    if bits is not None:
        return f"(_ BitVec {len(bits[1])})"
    raise Malformed(f"{word:.60} is neither a number nor a name of the state or the parameters")


def _applied(operator: str, sorts: Sequence[str], operands: Sequence[Expression]) -> str:
    """The sort of an operator's result."""
    alike = len(set(sorts)) == 1
    match operator, len(sorts):
        case ("and" | "or", _) if alike and sorts[0] == BOOL:
            return BOOL
        case ("not", 1) if sorts[0] == BOOL:
            return BOOL
        case ("=>", 2) if alike and sorts[0] == BOOL:
            return BOOL
        case ("=", 2) if alike:
            return BOOL
        case ("ite", 3) if sorts[0] == BOOL and sorts[1] == sorts[2]:
            return sorts[1]
        case ("<=" | "<" | ">=" | ">", 2) if alike and sorts[0] == REAL:
            return BOOL
        case ("+" | "-", count) if alike and sorts[0] == REAL and (count > 1 or operator == "-"):
            return REAL
        case ("*", 2) if alike and sorts[0] == REAL and _constant(operands[0]):
            return REAL
    raise Malformed(f"an invariant cannot apply {operator:.20} to {', '.join(sorts):.100}")


def _constant(one: Expression) -> bool:
    """Whether it is a number, and so a product with it linear."""
    if isinstance(one, list):
        return len(one) == 2 and one[0] == "-" and isinstance(one[1], str) and _constant(one[1])
    return DECIMAL.fullmatch(one) is not None


def _let(bindings: list[Expression], body: Expression, names: Scope, depth: int) -> tuple[str, str]:
    """A `let`, which gives new names to terms, and hides none."""
    bound, texts = dict[str, str](), []
    for binding in bindings:
        match binding:
            case [str(name), value] if LOCAL.fullmatch(name) and name not in (*names, *bound):
                bound[name], text = _term(value, names, depth + 1)
                texts.append(f"({name} {text})")
            case _:
                raise Malformed("a let binds a name that cannot be bound")
    sort, text = _term(body, {**names, **bound}, depth + 1)
    return sort, f"(let ({' '.join(texts)}) {text})"
