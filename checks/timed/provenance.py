"""Conditions on numbers, on the solver's terms, and on traced numbers that remember the reason.

A traced number is a value together with the sum that it came from. Comparing two gives a `Truth`:
whether it holds, and comparisons of sums that suffice for that. So the guards of a run, evaluated
once more on traced numbers, say for which moments and parameters the same run is possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

from tcpmc.model.timed.linear import Comparison, Linear

OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
HOLDS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Truth:
    """Whether something holds, and comparisons that suffice for the answer."""

    value: bool
    why: frozenset[Comparison] = frozenset()


class Traced:
    """A number and the sum of variables that it stands for."""

    __slots__ = ("form", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Fraction, form: Linear) -> None:
        self.value, self.form = value, form

    def __add__(self, other: Any) -> Traced:
        other = _traced(other)
        return Traced(self.value + other.value, self.form + other.form)

    __radd__ = __add__

    def __mul__(self, factor: int) -> Traced:
        terms = {name: factor * c for name, c in self.form.terms}
        return Traced(factor * self.value, Linear.of(terms))

    __rmul__ = __mul__

    def __lt__(self, other: Any) -> Truth:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Truth:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Truth:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Truth:
        return self._compare(">=", other)

    def __eq__(self, other: object) -> Any:
        return both(self <= other, self >= other)

    def _compare(self, relation: str, other: Any) -> Truth:
        other = _traced(other)
        holds = HOLDS[relation](self.value, other.value)
        relation = relation if holds else OPPOSITE[relation]
        return Truth(holds, frozenset({Comparison(self.form - other.form, relation, Linear())}))


def _traced(number: Any) -> Traced:
    if isinstance(number, Traced):
        return number
    return Traced(Fraction(number), Linear.of({"": number}))


def both(*conditions: Any) -> Any:
    """All conditions, as a truth or a term."""
    if all(isinstance(condition, bool) for condition in conditions):
        return all(conditions)
    if any(isinstance(condition, z3.ExprRef) for condition in conditions):
        return z3.And(*conditions)
    truths = [_truth(condition) for condition in conditions]
    false = [condition for condition in truths if not condition.value]
    if false:
        return _plain(min(false, key=lambda condition: len(condition.why)))
    return _plain(Truth(True, frozenset().union(*(condition.why for condition in truths))))


def either(*conditions: Any) -> Any:
    """Some condition, as a truth or a term."""
    if all(isinstance(condition, bool) for condition in conditions):
        return any(conditions)
    if any(isinstance(condition, z3.ExprRef) for condition in conditions):
        return z3.Or(*conditions)
    return no(both(*map(no, conditions)))


def no(condition: Any) -> Any:
    """Not the condition, as a truth or a term."""
    if isinstance(condition, z3.ExprRef):
        return z3.Not(condition)
    truth = _truth(condition)
    return _plain(Truth(not truth.value, truth.why))


def _truth(condition: Any) -> Truth:
    return condition if isinstance(condition, Truth) else Truth(condition)


def _plain(truth: Truth) -> Any:
    """A truth that needs no reason is a plain one."""
    return truth if truth.why else truth.value
