"""The condition that a set of violations leaves, as few and short clauses as possible.

A violation is a conjunction of comparisons of the parameters, for which a counterexample exists.
The condition is the conjunction of their negations: a clause for each. What follows from the others
and from the assumptions is left out, which the solver decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import z3

from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.checks.timed.fourier_motzkin import (
    Polyhedron,
    fixed,
    formula,
    negated,
    readable,
    reduced,
    terms,
)
from tcpmc.checks.timed.timed_system import TimedSystem
from tcpmc.model.timed.linear import Comparison, Condition

Violation = frozenset[Comparison]


def remaining_condition(
    system: TimedSystem, violations: Iterable[Polyhedron], length: str
) -> Condition:
    """The condition, each clause solved for the parameter `length` where that is in it."""
    where = system.circumstances.where
    clauses = []
    for violation in _irredundant(system, violations):
        parts = (negated(comparison) for comparison in sorted(violation, key=str))
        clauses.append(tuple(readable(fixed(part, where), length) for part in parts))
    return Condition(tuple(clauses))


def contradiction(system: TimedSystem) -> str:
    """The assumptions on the parameters that contradict each other, as few as the solver finds; ""
    if they do not."""
    values, solver = terms(system.parameters), z3.Solver()
    solver.set("core.minimize", True)
    named = {str(comparison): comparison for comparison in system.known}
    for name, comparison in named.items():
        solver.assert_and_track(formula((comparison,), values), name)
    if satisfiable(solver):
        return ""
    core = {str(flag).strip("|") for flag in solver.unsat_core()}
    return ", ".join(name for name in named if name in core)


def _irredundant(system: TimedSystem, violations: Iterable[Polyhedron]) -> list[Violation]:
    """The violations without what follows: comparisons, then whole violations that the others
    contain."""
    alone = _distinct(frozenset(reduced(violation, system.known)) for violation in violations)
    shortest = _distinct(_shorter(system, violation, alone) for violation in alone)
    values = terms(system.parameters)
    for violation in tuple(shortest):
        others = [other for other in shortest if other != violation]
        solver = z3.SolverFor("QF_LRA")
        solver.add(formula(system.known, values), formula(violation, values))
        solver.add(*(z3.Not(formula(other, values)) for other in others))
        if not satisfiable(solver):
            shortest = others
    return shortest


def _shorter(
    system: TimedSystem, violation: Violation, violations: Sequence[Violation]
) -> Violation:
    """The comparisons of a violation that are needed beside the other violations: a larger set of
    parameters, all of whose further members are in one of the others."""
    values, needed = terms(system.parameters), violation
    others = [z3.Not(formula(other, values)) for other in violations if other != violation]
    for comparison in sorted(violation, key=str):
        solver = z3.SolverFor("QF_LRA")
        solver.add(formula(system.known, values), *others)
        solver.add(formula(needed - {comparison}, values))
        solver.add(z3.Not(formula((comparison,), values)))
        if not satisfiable(solver):
            needed -= {comparison}
    return needed


def _distinct(violations: Iterable[Violation]) -> list[Violation]:
    return list(dict.fromkeys(violations))
