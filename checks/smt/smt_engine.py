"""The Z3 engine: invariants by induction over an unbounded channel, witnesses by bounded search.

A proof is made for the sent-set channel, which has every run of every other channel in it; a
witness is searched in the scope's own channel. So both kinds of answer hold in the scope, and the
proof for an unbounded channel.

With text in the scope a proof takes minutes. Unless the engine is `thorough`, it proves the runs in
which nobody sends text, and says so: such an answer is narrower than the question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import z3

from tcpmc.checks.explicit.local_steps import local_steps
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.in_flight import Unsettled
from tcpmc.checks.smt.bmc import Unrolling
from tcpmc.checks.smt.clauses import proposed
from tcpmc.checks.smt.encode import Encoding
from tcpmc.checks.smt.induction import Escaped, inductive, sample, segments_sent
from tcpmc.checks.smt.pairs import Pairs, varying
from tcpmc.checks.smt.unmatched import unmatched
from tcpmc.checks.statespace import explore
from tcpmc.checks.statespace.tables import Ints
from tcpmc.checks.symbolic.evaluated import Unknown
from tcpmc.checks.symbolic.onestep import OneStep
from tcpmc.checks.symbolic.solving import GaveUp, satisfiable
from tcpmc.checks.symbolic.symbolic import PathLimit
from tcpmc.checks.symbolic.with_numbers import unproved
from tcpmc.checks.trace import ReplayError, Trace, shows
from tcpmc.checks.verdict import (
    DISAGREE,
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    UNREACHABLE,
    WITNESS,
    Answer,
    holds_up_to,
)
from tcpmc.model.network.product import System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Always, Lemma, Property, Reachable
from tcpmc.model.variants.pair import StackPair

DEPTH = 16
PATIENCE = 60.0
"""Seconds for a bounded search, unless the engine is thorough."""
PROOF_PATIENCE = 120.0
"""Seconds for the induction of the untimed channel, unless the engine is thorough."""
SOME = 20_000
"""As many of the states with a clock are looked at for steps that are left out."""


@dataclass(frozen=True)
class Inductive:
    """An inductive invariant as formulas over frame 0, and the number of its clauses."""

    formulas: list[z3.BoolRef]
    clauses: int


class SolverEngine:
    """Decides invariants, reachability and lemmas of one model. What it has built for one
    property serves the next. `progress` is given a line on what is done now."""

    def __init__(
        self,
        model: Model,
        progress: Callable[[str], None] = lambda line: None,
        thorough: bool = False,
    ) -> None:
        self.model, self.progress, self.thorough = model, progress, thorough
        self._unrollings: dict[Model, Unrolling] = {}

    @cached_property
    def _one_step(self) -> OneStep:
        if isinstance(self.model.variant, StackPair):
            raise NotImplementedError("a lemma is about one step of one stack, not of a pair")
        return OneStep(self.model.variant)

    @cached_property
    def _without_text(self) -> Model:
        return Model(self.model.variant, self.model.scope.with_(data=0))

    @cached_property
    def _unbounded(self) -> tuple[Encoding, TabulatedModel, Ints]:
        """The unbounded channel: its encoding, and a sample of its states."""
        model = self.model if self.thorough else self._without_text
        unbounded = Model(model.variant, model.scope.with_(channel="sent-set"))
        table = TabulatedModel(unbounded)
        states = sample(table)
        encoding = Encoding(unbounded, segments_sent(table, states), varying(table))
        return encoding, table, states

    @cached_property
    def _glimpse(self) -> list[System]:
        """A few states of the scope's own channel, without text."""
        table = TabulatedModel(self._without_text)
        states = sample(table)
        return [table.system(s) for s in states[:: 1 + len(states) // 20_000].tolist()]

    @cached_property
    def _invariant(self) -> Inductive:
        """What is known of every state of the unbounded channel. Raises Escaped and GaveUp."""
        encoding, table, states = self._unbounded
        if self.model.scope.clock:
            clauses = inductive(encoding, proposed(encoding, table, states), self.progress)
            return Inductive(clauses.as_formula(encoding.frame0), len(clauses))
        pairs = Pairs(encoding, table)
        pairs.check(None if self.thorough else PROOF_PATIENCE)
        return Inductive([pairs.formula(encoding.frame0)], len(pairs))

    @cached_property
    def _left_out(self) -> str:
        """A step that was explored and that the relation which is proved about does not have."""
        encoding, table, states = self._unbounded
        levels: Iterable[Ints] = [states[:: 1 + len(states) // SOME]]
        if not self.model.scope.clock:
            scope = encoding.scope.with_(channel="bag", capacity=2)
            table = TabulatedModel(Model(self.model.variant, scope))
            levels = explore(table).levels
        return next((str(s) for s in unmatched(encoding, local_steps(table, levels))), "")

    def _unrolling(self, model: Model) -> Unrolling:
        if model not in self._unrollings:
            table = TabulatedModel(model)
            encoding = Encoding(model, segments_sent(table, sample(table)), varying(table))
            self._unrollings[model] = Unrolling(encoding, None if self.thorough else PATIENCE)
        return self._unrollings[model]

    def decide(self, props: Sequence[Property]) -> dict[str, Answer]:
        """An answer for each property that this engine decides, by name."""
        answers: dict[str, Answer] = {}
        for prop in props:
            try:
                if isinstance(prop, Lemma):
                    answers[prop.name] = self._lemma(prop)
                elif isinstance(prop, Always | Reachable) and self.model.scope.channel != "fifo":
                    answers[prop.name] = self._graph_property(prop)
            except (PathLimit, Escaped, GaveUp, Unsettled, Unknown, NotImplementedError) as limit:
                answers[prop.name] = Answer(INCONCLUSIVE, str(limit))
        return answers

    def _lemma(self, prop: Lemma) -> Answer:
        trace = self._one_step.broken(prop)
        if trace is None:
            apart = unproved(self._one_step)
            if apart:
                return Answer(INCONCLUSIVE, apart)
            return Answer(PROVED, "one step, all 32-bit numbers")
        model = Model(self.model.variant, self.model.scope.with_(bits=32))
        if not shows(model, prop, trace):
            raise ReplayError(f"the step does not show {prop.name}")
        return Answer(REFUTED, "one step, 32-bit numbers", trace)

    def _graph_property(self, prop: Always | Reachable) -> Answer:
        """Search where a sampled state suggests a witness, else prove; then the other way."""
        ways = [self._proof, self._search]
        if self._suggested(prop):
            ways.reverse()
        stopped: GaveUp | None = None
        for way in ways:
            try:
                answer = way(prop)
            except GaveUp as reason:
                stopped = reason
                continue
            if answer is not None:
                return answer
        if stopped is not None:
            raise stopped
        return Answer(holds_up_to(DEPTH), f"no run of {DEPTH} steps, and no inductive proof")

    def _search(self, prop: Always | Reachable) -> Answer | None:
        """Bounded search; first among the runs in which nobody sends text."""
        for model in (self._without_text, self.model) if self.model.scope.data else (self.model,):
            unrolling = self._unrolling(model)
            trace = unrolling.search(self._goals(prop, unrolling.encoding), DEPTH)
            if trace is None and unrolling.escapes(DEPTH):
                raise Escaped("a segment that no sampled state had in flight")
            if trace is not None:
                word = WITNESS if isinstance(prop, Reachable) else REFUTED
                return Answer(
                    word, f"bounded search, {len(trace)} steps", self._checked(prop, trace)
                )
        return None

    def _proof(self, prop: Always | Reachable) -> Answer | None:
        """Whether an inductive invariant of the unbounded channel rules the bad states out."""
        try:
            invariant = self._invariant
        except Escaped:
            return None
        encoding = self._unbounded[0]
        for goal in self._goals(prop, encoding):
            solver = z3.SolverFor("QF_FD")
            solver.add(*invariant.formulas, goal)
            if not satisfiable(solver):
                if self._left_out:
                    how = f"the relation leaves out a step that the rules take: {self._left_out}"
                    return Answer(DISAGREE, how)
                word = UNREACHABLE if isinstance(prop, Reachable) else PROVED
                whole = self.thorough or self.model.scope.data == 0
                how = f"inductive, {invariant.clauses:,} clauses, unbounded channel"
                return Answer(word, how, narrower="" if whole else "no text is sent")
        return None

    def _goals(self, prop: Always | Reachable, encoding: Encoding) -> list[z3.BoolRef]:
        """What a witness has to meet, in this order: the goals, or a broken claim."""
        if isinstance(prop, Reachable):
            return [encoding.predicate(goal) for goal in prop.goals]
        bad = z3.And(encoding.predicate(prop.premise), z3.Not(encoding.predicate(prop.claim)))
        return [bad]

    def _suggested(self, prop: Always | Reachable) -> bool:
        """Whether a sampled state is one to search for. Only a guess at which way is shorter:
        neither way relies on it."""
        model = self._without_text
        if isinstance(prop, Reachable):
            return any(prop.goals[-1](model, system) for system in self._glimpse)
        return any(prop.premise(model, s) and not prop.claim(model, s) for s in self._glimpse)

    def _checked(self, prop: Property, trace: Trace) -> Trace:
        if not shows(self.model, prop, trace):
            raise ReplayError(f"the trace does not show {prop.name}")
        return trace
