"""Linear expressions and comparisons over named parameters: `2 MSL + R`, `T >= 2 MSL`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RELATIONS = (">=", "<=", ">", "<", "=")
TERM = re.compile(r"\s*([+-])?\s*(?:(\d+)\s*\*?\s*([A-Za-z]\w*)?|([A-Za-z]\w*))")


@dataclass(frozen=True)
class Linear:
    """A sum of parameters with integer coefficients; the name "" stands for one."""

    terms: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, coefficients: Mapping[str, int]) -> Linear:
        """The sum with these coefficients; those that are zero are left out."""
        return cls(tuple((name, c) for name, c in coefficients.items() if c))

    def __add__(self, other: Linear) -> Linear:
        coefficients = dict(self.terms)
        for name, coefficient in other.terms:
            coefficients[name] = coefficients.get(name, 0) + coefficient
        return Linear.of(coefficients)

    def __neg__(self) -> Linear:
        return Linear(tuple((name, -c) for name, c in self.terms))

    def __sub__(self, other: Linear) -> Linear:
        return self + -other

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in it."""
        return tuple(name for name, _ in self.terms if name)

    def at(self, values: Mapping[str, Any]) -> Any:
        """The sum for these values, which may be numbers or a solver's terms."""
        total: Any = 0
        for name, coefficient in self.terms:
            term = coefficient * values[name] if name else coefficient
            total = total + term
        return total

    def __str__(self) -> str:
        text = ""
        for name, c in self.terms:
            size = str(abs(c)) if not name or abs(c) != 1 else ""
            sign = (" - " if c < 0 else " + ") if text else ("-" if c < 0 else "")
            text += sign + " ".join(part for part in (size, name) if part)
        return text or "0"


@dataclass(frozen=True)
class Comparison:
    """Two sums and how they compare."""

    left: Linear
    relation: str
    right: Linear

    def at(self, values: Mapping[str, Any]) -> Any:
        """Whether it holds for these values: a truth, or a solver's term."""
        a, b = self.left.at(values), self.right.at(values)
        match self.relation:
            case ">=":
                return a >= b
            case "<=":
                return a <= b
            case ">":
                return a > b
            case "<":
                return a < b
        return a == b

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"


def linear(text: str) -> Linear:
    """Read a sum such as `2 MSL + R - 30`. Raises ValueError."""
    place, total = 0, Linear()
    text = text.strip()
    while place < len(text):
        match = TERM.match(text, place)
        if match is None or (place and not match[1]):
            raise ValueError(f"{text!r}: write a sum such as 2 MSL + R")
        sign = -1 if match[1] == "-" else 1
        name = match[3] or match[4] or ""
        total += Linear.of({name: sign * int(match[2] or 1)})
        place = match.end()
    if not text:
        raise ValueError("a side of the comparison is empty")
    return total


def comparison(text: str) -> Comparison:
    """Read a comparison such as `T >= 2 MSL`. Raises ValueError."""
    for relation in RELATIONS:
        left, separator, right = text.partition(relation)
        if separator:
            return Comparison(linear(left), relation, linear(right))
    raise ValueError(f"{text!r}: write a comparison such as T >= 2 MSL")


@dataclass(frozen=True)
class Condition:
    """Clauses, all of which hold; of the comparisons in a clause one at least holds."""

    clauses: tuple[tuple[Comparison, ...], ...] = ()

    @property
    def names(self) -> set[str]:
        """The parameters in it."""
        sides = (
            side
            for part in self.clauses
            for comparison in part
            for side in (comparison.left, comparison.right)
        )
        return {name for side in sides for name in side.names}

    def __str__(self) -> str:
        if not self.clauses:
            return "always"
        if () in self.clauses:
            return "never"
        alone = len(self.clauses) == 1
        texts = [" or ".join(map(str, clause)) for clause in self.clauses]
        return " and ".join(
            f"({text})" if len(clause) > 1 and not alone else text
            for clause, text in zip(self.clauses, texts, strict=True)
        )


def condition(text: str) -> Condition:
    """Read a condition such as `T >= 2 MSL and (T > R or R < MSL)`. Raises ValueError."""
    if not text.strip() or text == "always":
        return Condition()
    clauses = [clause.strip().removeprefix("(").removesuffix(")") for clause in text.split(" and ")]
    return Condition(
        tuple(tuple(comparison(part) for part in clause.split(" or ")) for clause in clauses)
    )
