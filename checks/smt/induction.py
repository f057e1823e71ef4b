"""Inductive invariants over an unbounded channel: the explicit graph proposes, the solver proves.

States sampled from the sent-set system propose every clause "never this value of one variable with
that value of another" that none of them breaks. Clauses that one step can break are dropped until
the rest is inductive (Houdini; Flanagan and Leino 2001). The union of two inductive subsets is
inductive, so there is a largest one, and the order in which clauses are dropped does not matter.
The sample need not be complete, nor even right: what is left is proved by Z3 from the symbolic
rules alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import z3

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.smt.clauses import Clauses
from tcpmc.checks.smt.encode import Encoding
from tcpmc.checks.statespace import contains, distinct, pack, successors, unpack
from tcpmc.checks.statespace.tables import Ints
from tcpmc.checks.symbolic.solving import satisfiable
from tcpmc.model.endpoint.segment import Segment

SAMPLE_WIDTH = 20_000
SAMPLE_SEED = 9293


def sample(table: TabulatedModel) -> Ints:
    """Packed reachable states: breadth-first, at most 20,000 of each level, chosen at random with
    a fixed seed."""
    choose = np.random.default_rng(SAMPLE_SEED)
    level = pack(*(np.array([part], np.int64) for part in table.initial))
    sampled = level
    while len(level):
        after = distinct(successors(table, level).target)
        level = after[~contains(sampled, after)]
        if len(level) > SAMPLE_WIDTH:
            level = np.sort(choose.choice(level, SAMPLE_WIDTH, replace=False))
        sampled = np.sort(np.concatenate((sampled, level)), kind="stable")
    return sampled


def segments_sent(table: TabulatedModel, states: Ints) -> tuple[list[Segment], list[Segment]]:
    """The segments in flight in the states, for each channel."""
    _, _, ab, ba = unpack(states)
    segments = [
        {f.segment for c in np.unique(ids).tolist() for f in table.contents[c]} for ids in (ab, ba)
    ]
    return sorted(segments[0], key=str), sorted(segments[1], key=str)


class Escaped(Exception):
    """The invariant could not rule out a segment that no sampled state had in flight."""


def inductive(encoding: Encoding, clauses: Clauses, progress: Callable[[str], None]) -> Clauses:
    """The largest inductive subset of the clauses (Houdini). Raises Escaped."""
    clauses = clauses.without(_broken_initially(encoding, clauses))
    while True:
        progress(f"induction: {len(clauses):,} clauses")
        broken = _broken_by_a_step(encoding, clauses)
        if not broken.any():
            return clauses
        clauses = clauses.without(broken)


def _broken_initially(encoding: Encoding, clauses: Clauses) -> npt.NDArray[np.bool_]:
    solver = z3.Solver()
    solver.add(encoding.initial())
    satisfiable(solver)
    truths = clauses.vocabulary.truths(encoding.frame0, solver.model())
    return clauses.excluded & np.outer(truths, truths)


def _broken_by_a_step(encoding: Encoding, clauses: Clauses) -> npt.NDArray[np.bool_]:
    """The clauses that some step from a state of all clauses breaks, for each pair of literals.

    One round of Houdini: each clause has a selector, which implies that the clause is broken after
    the step; each solution breaks some, whose selectors are then ruled out, until none is left. The
    selectors let one solver keep what it learned about the step, which is most of the formula. (The
    fields are finite, hence QF_FD, Z3's solver for finite domains.)
    """
    solver = z3.SolverFor("QF_FD")
    solver.add(encoding.step, *clauses.as_formula(encoding.frame0))
    if satisfiable(solver, encoding.frame1["escaped"]):
        raise Escaped(str(encoding.sent_in(solver.model())))
    after = clauses.vocabulary.terms(encoding.frame1)
    selectors = {(i, j): z3.Bool(f"breaks:{i}:{j}") for i, j in clauses.irredundant()}
    for (i, j), selector in selectors.items():
        solver.add(z3.Implies(selector, z3.And(after[i], after[j])))
    solver.add(z3.Or(*selectors.values()))
    broken = np.zeros_like(clauses.excluded)
    while satisfiable(solver):
        truths = clauses.vocabulary.truths(encoding.frame1, solver.model())
        fresh = clauses.excluded & np.outer(truths, truths) & ~broken
        for i, j in np.argwhere(np.triu(fresh)).tolist():
            if (i, j) in selectors:
                solver.add(z3.Not(selectors[i, j]))
        broken |= fresh
    return broken
