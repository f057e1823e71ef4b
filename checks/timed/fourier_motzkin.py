"""Sets of parameters as conjunctions of comparisons: elimination of the rest, and what to print.

Fourier and Motzkin's elimination, with Z3 to drop what follows from the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import gcd
from operator import eq, ge, gt, le, lt
from typing import Any

import z3

from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.model.timed.linear import Comparison, Condition, Linear

Polyhedron = tuple[Comparison, ...]
COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def terms(names: Iterable[str]) -> dict[str, Any]:
    """A real constant for each name."""
    return {name: z3.Real(name) for name in names}


def formula(polyhedron: Iterable[Comparison], values: Mapping[str, Any]) -> z3.BoolRef:
    """The conjunction as a term."""
    return z3.And(True, *(_term(comparison, values) for comparison in polyhedron))


def _term(comparison: Comparison, values: Mapping[str, Any]) -> Any:
    zero = z3.RealVal(0)
    left, right = zero + comparison.left.at(values), zero + comparison.right.at(values)
    return COMPARE[comparison.relation](left, right)


def projected(constraints: Iterable[Comparison], keep: Sequence[str]) -> Polyhedron:
    """The values of the names to keep for which the rest has a solution."""
    comparisons = {_normal(comparison) for comparison in constraints}
    names = {name for comparison in comparisons for name in comparison.left.names} - set(keep)
    while names:
        name = min(sorted(names), key=lambda n: _growth(comparisons, n))
        names.remove(name)
        comparisons = reduced(_without(comparisons, name))
    return tuple(sorted(reduced(comparisons), key=str))


def _normal(comparison: Comparison) -> Comparison:
    """As a sum of coprime integers that is < 0 or <= 0, with the names in order."""
    form = comparison.left - comparison.right
    if comparison.relation in (">", ">="):
        form = -form
    divisor = gcd(*(c for _, c in form.terms)) or 1  # gcd() is 0
    ordered = tuple(sorted((name, c // divisor) for name, c in form.terms))
    return Comparison(Linear(ordered), "<" if comparison.relation in ("<", ">") else "<=", Linear())


def _coefficient(comparison: Comparison, name: str) -> int:
    return dict(comparison.left.terms).get(name, 0)


def _growth(constraints: Iterable[Comparison], name: str) -> int:
    signs = [_coefficient(comparison, name) for comparison in constraints]
    return sum(c > 0 for c in signs) * sum(c < 0 for c in signs)


def _without(constraints: Iterable[Comparison], name: str) -> set[Comparison]:
    """Each lower bound of `name` below each upper bound."""
    above: list[tuple[int, Comparison]] = []
    below: list[tuple[int, Comparison]] = []
    rest: set[Comparison] = set()
    for comparison in constraints:
        c = _coefficient(comparison, name)
        (above if c > 0 else below).append((abs(c), comparison)) if c else rest.add(comparison)
    for a, upper in above:
        for b, lower in below:
            form = _times(upper.left, b) + _times(lower.left, a)
            strict = "<" in (upper.relation, lower.relation)
            rest.add(_normal(Comparison(form, "<" if strict else "<=", Linear())))
    return rest


def _times(form: Linear, factor: int) -> Linear:
    return Linear(tuple((name, factor * c) for name, c in form.terms))


def reduced(
    constraints: Iterable[Comparison], assumed: Iterable[Comparison] = ()
) -> set[Comparison]:
    """The constraints that do not follow from the others and from what is assumed; long ones are
    left out first."""
    needed = sorted(set(constraints), key=lambda c: (len(c.left.terms), str(c)), reverse=True)
    sides = (side for c in (*needed, *assumed) for side in (c.left, c.right))
    values = terms(sorted({name for side in sides for name in side.names}))
    solver = z3.SolverFor("QF_LRA")
    solver.add(formula(assumed, values))
    made = {comparison: _term(comparison, values) for comparison in needed}
    for comparison in tuple(needed):
        others = [other for other in needed if other != comparison]
        rest = (made[other] for other in others)
        if not satisfiable(solver, z3.And(*rest, z3.Not(made[comparison]))):
            needed = others
    return set(needed)


def readable(comparison: Comparison, subject: str = "T") -> Comparison:
    """The comparison solved for its subject, if that is in it, else with positive terms only."""
    form = comparison.left - comparison.right
    c = dict(form.terms).get(subject, 0)
    relation = comparison.relation
    if c < 0 or (c == 0 and all(f <= 0 for _, f in form.terms)):
        form, c = -form, -c
        relation = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}[relation]
    left = [(n, k) for n, k in form.terms if (n == subject if c else k > 0 and n)]
    right = [(n, -k) for n, k in form.terms if (n, k) not in left]
    return Comparison(Linear(tuple(left)), relation, Linear(tuple(sorted(right, key=_order))))


def _order(term: tuple[str, int]) -> tuple[bool, bool, str]:
    return term[1] < 0, term[0] == "", term[0]


def negated(comparison: Comparison) -> Comparison:
    """The comparison that holds when this one, no equality, does not."""
    return Comparison(comparison.left, OPPOSITE[comparison.relation], comparison.right)


def fixed(comparison: Comparison, equalities: Iterable[Comparison]) -> Comparison:
    """The comparison with parameters replaced by the numbers that they are said to be."""
    form = comparison.left - comparison.right
    for equality in equalities:
        names, number = equality.left.terms, equality.right
        if equality.relation == "=" and len(names) == 1 and names[0][1] == 1 and not number.names:
            factor = dict(form.terms).get(names[0][0], 0)
            form = form + _times(number - equality.left, factor)
    return _normal(Comparison(form, comparison.relation, Linear()))


def fulfilled(condition: Condition, values: Mapping[str, Any]) -> z3.BoolRef:
    """The condition as a term."""
    clauses = (
        z3.Or(False, *(_term(comparison, values) for comparison in part))
        for part in condition.clauses
    )
    return z3.And(True, *clauses)
