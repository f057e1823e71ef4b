"""Z3's answers, none of which may be taken for another."""

from __future__ import annotations

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
