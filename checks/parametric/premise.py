"""A run to where the premise of a property holds: without one its proof would say nothing."""

from __future__ import annotations

import z3

from tcpmc.checks.labels import ENDS
from tcpmc.checks.parametric.formulas import ParametricFormulas
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.model.properties.kinds import Always, Reachable

LONGEST = 24
"""Steps, more than any premise of the catalogue needs."""


def premise_of(prop: Always | Reachable) -> Reachable:
    """That the premise holds at some time; a goal has none, and so it is true at once."""
    holds = prop.premise if isinstance(prop, Always) else lambda model, system: True
    return Reachable(name=prop.name, meaning="", citation="", expected={}, goals=(holds,))


def guide(formulas: ParametricFormulas, number: int) -> z3.BoolRef:
    """The states of the ends in frame "1" are those with this number: A's and B's in one."""
    a, b = divmod(number, len(formulas.endpoint.ends))
    frame = formulas.frame("1")
    if a >= len(formulas.endpoint.ends):
        return z3.BoolVal(False)
    return z3.And(frame["A"] == a, frame["B"] == b)


def run_to_premise(
    formulas: ParametricFormulas, prop: Always | Reachable, where: z3.BoolRef
) -> list[int] | None:
    """The numbers of the states after each step of a shortest run, or None."""
    solver = z3.SolverFor("QF_BV")
    goal = formulas.broken(premise_of(prop))
    solver.add(where, formulas.initial())
    for steps in range(LONGEST + 1):
        solver.push()
        solver.add(formulas.at(goal, steps))
        if satisfiable(solver):
            return [_number(formulas, solver.model(), step + 1) for step in range(steps)]
        solver.pop()
        solver.add(formulas.at(formulas.step, steps))
    return None


def _number(formulas: ParametricFormulas, model: z3.ModelRef, tag: int) -> int:
    frame = formulas.frame(str(tag))
    a, b = (model.eval(frame[who], model_completion=True).as_long() for who in ENDS)
    return int(a * len(formulas.endpoint.ends) + b)
