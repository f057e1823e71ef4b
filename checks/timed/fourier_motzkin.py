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
    return z3.And(True, *(_term(one, values) for one in polyhedron))


def _term(one: Comparison, values: Mapping[str, Any]) -> Any:
    zero = z3.RealVal(0)
    left, right = zero + one.left.at(values), zero + one.right.at(values)
    return COMPARE[one.relation](left, right)


def projected(constraints: Iterable[Comparison], keep: Sequence[str]) -> Polyhedron:
    """The values of the names to keep for which the rest has a solution."""
    found = {_normal(one) for one in constraints}
    names = {name for one in found for name in one.left.names} - set(keep)
    while names:
        name = min(sorted(names), key=lambda n: _growth(found, n))
        names.remove(name)
        found = reduced(_without(found, name))
    return tuple(sorted(reduced(found), key=str))


def _normal(one: Comparison) -> Comparison:
    """As a sum of coprime integers that is < 0 or <= 0, with the names in order."""
    form = one.left - one.right
    if one.relation in (">", ">="):
        form = -form
    divisor = gcd(*(c for _, c in form.terms)) or 1  # gcd() is 0
    ordered = tuple(sorted((name, c // divisor) for name, c in form.terms))
    return Comparison(Linear(ordered), "<" if one.relation in ("<", ">") else "<=", Linear())


def _coefficient(one: Comparison, name: str) -> int:
    return dict(one.left.terms).get(name, 0)


def _growth(constraints: Iterable[Comparison], name: str) -> int:
    signs = [_coefficient(one, name) for one in constraints]
    return sum(c > 0 for c in signs) * sum(c < 0 for c in signs)


def _without(constraints: Iterable[Comparison], name: str) -> set[Comparison]:
    """Each lower bound of `name` below each upper bound."""
    above: list[tuple[int, Comparison]] = []
    below: list[tuple[int, Comparison]] = []
    rest: set[Comparison] = set()
    for one in constraints:
        c = _coefficient(one, name)
        (above if c > 0 else below).append((abs(c), one)) if c else rest.add(one)
    for a, upper in above:
        for b, lower in below:
            form = _times(upper.left, b) + _times(lower.left, a)
            strict = "<" in (upper.relation, lower.relation)
            rest.add(_normal(Comparison(form, "<" if strict else "<=", Linear())))
    return rest


def _times(form: Linear, factor: int) -> Linear:
    return Linear(tuple((name, factor * c) for name, c in form.terms))


def reduced(constraints: Iterable[Comparison], known: Iterable[Comparison] = ()) -> set[Comparison]:
    """What does not follow from the rest and from what is known."""
    kept = sorted(set(constraints), key=lambda one: (len(one.left.terms), str(one)), reverse=True)
    everything = [*kept, *known]
    values = terms(sorted({n for one in everything for n in (*one.left.names, *one.right.names)}))
    solver = z3.SolverFor("QF_LRA")
    solver.add(formula(known, values))
    made = {one: _term(one, values) for one in kept}
    for one in tuple(kept):
        others = [other for other in kept if other != one]
        if not satisfiable(solver, z3.And(*(made[other] for other in others), z3.Not(made[one]))):
            kept = others
    return set(kept)


def readable(one: Comparison, subject: str = "T") -> Comparison:
    """The comparison solved for its subject, if that is in it, else with positive terms only."""
    form = one.left - one.right
    c = dict(form.terms).get(subject, 0)
    relation = one.relation
    if c < 0 or (c == 0 and all(f <= 0 for _, f in form.terms)):
        form, c = -form, -c
        relation = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}[relation]
    left = [(n, k) for n, k in form.terms if (n == subject if c else k > 0 and n)]
    right = [(n, -k) for n, k in form.terms if (n, k) not in left]
    return Comparison(Linear(tuple(left)), relation, Linear(tuple(sorted(right, key=_order))))


def _order(term: tuple[str, int]) -> tuple[bool, bool, str]:
    return term[1] < 0, term[0] == "", term[0]


def negated(one: Comparison) -> Comparison:
    """The comparison that holds when this one, no equality, does not."""
    return Comparison(one.left, OPPOSITE[one.relation], one.right)


def fixed(one: Comparison, equalities: Iterable[Comparison]) -> Comparison:
    """The comparison with parameters replaced by the numbers that they are said to be."""
    form = one.left - one.right
    for equality in equalities:
        names, number = equality.left.terms, equality.right
        if equality.relation == "=" and len(names) == 1 and names[0][1] == 1 and not number.names:
            factor = dict(form.terms).get(names[0][0], 0)
            form = form + _times(number - equality.left, factor)
    return _normal(Comparison(form, one.relation, Linear()))


def fulfilled(condition: Condition, values: Mapping[str, Any]) -> z3.BoolRef:
    """The condition as a term."""
    clauses = (z3.Or(False, *(_term(one, values) for one in part)) for part in condition.clauses)
    return z3.And(True, *clauses)
