"""Bounded model checking: a run of at most so many steps, found by Z3 and replayed."""

from __future__ import annotations

import time
from collections.abc import Sequence

import z3

from tcpmc.checks.smt.encode import Encoding
from tcpmc.checks.symbolic.solving import GaveUp, satisfiable
from tcpmc.checks.trace import Trace, events_along, replay


class Unrolling:
    """The first steps of a model as constraints, one more at a time."""

    def __init__(self, encoding: Encoding, patience: float | None = None) -> None:
        """`patience` is in seconds, for each search; None: as long as it takes."""
        self.encoding = encoding
        self.depth = 0
        self.solver = z3.SolverFor("QF_FD")  # all is finite: bits and truths
        self.patience, self._until = patience, float("inf")
        self.solver.add(encoding.at(encoding.initial(), 0))

    def search(self, goals: Sequence[z3.BoolRef], depth: int) -> Trace | None:
        """A shortest run of at most `depth` steps that meets the goals (over frame 0), one after
        the other, and whose last state meets the last; None if there is none. Raises GaveUp."""
        self._begin()
        met = [z3.BoolVal(True)] + [z3.BoolVal(False)] * len(goals)
        for step in range(depth + 1):
            self._extend(step)
            for number, goal in enumerate(goals):
                now = z3.And(met[number], self.encoding.at(goal, step))
                met[number + 1] = now if number + 1 == len(goals) else z3.Or(met[number + 1], now)
            if self._possible(met[-1]):
                return self._trace(self.solver.model(), step)
        return None

    def escapes(self, depth: int) -> bool:
        """Whether a run of that many steps sends a segment that the encoding does not know: then
        a search that found nothing says nothing."""
        self._begin()
        self._extend(depth)
        flag = self.encoding.frame0["escaped"]
        sent = [self.encoding.at(flag, step) for step in range(depth + 1)]
        return self._possible(z3.Or(*sent))

    def _begin(self) -> None:
        if self.patience is not None:
            self._until = time.monotonic() + self.patience

    def _possible(self, condition: z3.BoolRef) -> bool:
        """Whether a run meets the condition. Raises GaveUp."""
        if self.patience is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise GaveUp(f"no run was found in {self.patience:g} s")
            self.solver.set("timeout", max(1, int(1000 * left)))
        return satisfiable(self.solver, condition)

    def _extend(self, depth: int) -> None:
        while self.depth < depth:
            self.solver.add(self.encoding.at(self.encoding.step, self.depth))
            self.depth += 1

    def _trace(self, solution: z3.ModelRef, steps: int) -> Trace:
        """The run of a solution, replayed by the reference semantics."""
        encoding = self.encoding
        states = [encoding.decode(encoding.frame(str(n)), solution) for n in range(steps + 1)]
        return replay(encoding.reference, events_along(encoding.reference, states))
