"""Z3's answers: sat, unsat and unknown are kept distinct."""

from __future__ import annotations

from collections.abc import Iterable

import z3


class GaveUp(Exception):
    """The solver answered "unknown"; says why."""


def satisfiable(solver: z3.Solver, *assuming: z3.BoolRef) -> bool:
    """Whether the constraints have a solution under the assumptions. Raises GaveUp: "unknown" is
    neither yes nor no."""
    answer = solver.check(*assuming)
    if answer == z3.unknown:
        raise GaveUp(f"z3 gave up: {solver.reason_unknown()}")
    return bool(answer == z3.sat)


def some(truths: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """Some of these terms, as z3.Or would say, which takes most of its time to look at each."""
    terms = [truth.as_ast() for truth in truths]
    context = z3.main_ctx()
    array = (z3.Ast * len(terms))(*terms)
    return z3.BoolRef(z3.Z3_mk_or(context.ref(), len(terms), array), context)
