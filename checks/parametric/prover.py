"""A safety property for an unbounded channel and every 32-bit ISS: proved, refuted, or neither.

Counterexamples come from the explicit engine, which replays them, in a small scope with 32-bit
numbers: with ordinary ISSs, and with each ISS that a guard singles out. The ISSs that have one are
taken out, and the invariant has to prove the property for all that are left.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import z3

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.local_steps import local_steps, states_by_pair
from tcpmc.checks.in_flight import Unsettled
from tcpmc.checks.labels import ENDS
from tcpmc.checks.own_rules.asked_again import ask_again
from tcpmc.checks.parametric.explored import Explored
from tcpmc.checks.parametric.formulas import FixedNumbers, ParametricFormulas, formulas_of
from tcpmc.checks.parametric.iss_conditions import Excluded
from tcpmc.checks.parametric.locations import Invariant, least_invariant
from tcpmc.checks.parametric.premise import premise_of
from tcpmc.checks.parametric.short_invariant import Shortening, ShortInvariant
from tcpmc.checks.parametric.symbolic_endpoint import BITS, Unending, scope_of
from tcpmc.checks.statespace import Graph, TooLarge
from tcpmc.checks.symbolic.evaluated import Unknown
from tcpmc.checks.symbolic.onestep import OneStep
from tcpmc.checks.symbolic.solving import GaveUp, satisfiable
from tcpmc.checks.symbolic.symbolic import PathLimit
from tcpmc.checks.symbolic.with_numbers import unproved
from tcpmc.checks.trace import Trace
from tcpmc.checks.verdict import (
    DISAGREE,
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    UNREACHABLE,
    VACUOUS,
    Answer,
)
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import CATALOGUE
from tcpmc.model.properties.kinds import Always, Lemma, Property, Reachable
from tcpmc.model.variants.variant import Variant

Safety = Always | Reachable
LIMITS = (*(GaveUp, PathLimit, Unending, Unsettled, FixedNumbers, NotImplementedError, Unknown),)
"""What a proof may meet that leaves the question open."""
FEW = 16
"""As many ISSs as a guard may be about for each of them to be tried."""
LARGER, ENOUGH = 3, 4_000_000
"""What is in flight each way where a proof did not come off and a run is looked for, and how many
states that may take."""


@dataclass(frozen=True)
class Outside:
    """A run that breaks the claim with these ISSs of A and B."""

    iss: tuple[int, int]
    trace: Trace


@dataclass(frozen=True)
class Proof:
    """What was found of one property.

    word, how
        The verdict, and how it is known; for INCONCLUSIVE, what was established.
    where, outside
        The ISSs that are left out, and of the runs that break the claim with one a shortest.
    trace
        The run that refutes the property, or is the witness, with ordinary ISSs.
    """

    word: str
    how: str
    where: Excluded = Excluded()
    outside: Outside | None = None
    trace: Trace | None = None
    invariant: Invariant | ShortInvariant | None = None

    @property
    def verdict(self) -> str:
        """The word, as a result of `tcpmc.check` has it."""
        return self.word

    @property
    def proved(self) -> bool:
        """Whether there is a proof, and so a certificate."""
        return self.word in (PROVED, UNREACHABLE)

    @property
    def clauses(self) -> int:
        """The clauses of the invariant; 1 of a lemma, which is one obligation."""
        return 1 if self.invariant is None else len(self.invariant)


def provable(prop: Property) -> bool:
    """Whether it is a safety property of the untimed model in the scope of these proofs: about one
    connection that begins CLOSED, or about one step."""
    if isinstance(prop, Reachable) and len(prop.goals) > 1:
        return False
    if not isinstance(prop, Safety | Lemma):
        return False
    return any(prop.scope_for(scope_of(data)) == scope_of(data) for data in (0, 1))


def assumed(prop: Property, variant: Variant, data: int) -> list[str]:
    """What a proof with so many octets of text rests on, and its scope, each as a line to print."""
    if isinstance(prop, Lemma):
        return [*prop.all_assumptions, "one step, from any TCB, on any segment, call or timeout"]
    text = "no text" if data == 0 else f"{data} octet(s) of text each way"
    scope = (
        f"from CLOSED, one OPEN each, {text}, a window of {variant.profile.window} octets, "
        "retransmission for ever, no ABORT, no crash, and an end that is back in LISTEN selects "
        "the same ISS again"
    )
    return [*prop.all_assumptions, scope]


def catalogue() -> Iterator[Property]:
    """What of the catalogue is proved where nothing is named: safety, no witnesses."""
    for prop in CATALOGUE.values():
        if provable(prop) and not isinstance(prop, Reachable):
            yield prop


@dataclass
class Prover:
    """Proves the properties of one variant, with so many octets of text each way. What it has
    computed for one property serves the next. `seconds` is the time for each property."""

    variant: Variant
    data: int = 0
    seconds: float | None = None
    _invariants: dict[Excluded, Invariant] = field(default_factory=dict)
    _explored: dict[Scope, ExplicitEngine] = field(default_factory=dict)
    _matched: bool = False
    _until: float | None = None

    @cached_property
    def formulas(self) -> ParametricFormulas:
        """The system. Raises Unending and GaveUp."""
        return formulas_of(self.variant, self.data, self._in_time)

    @cached_property
    def rules(self) -> OneStep:
        """The paths of one step."""
        return OneStep(self.variant)

    def begin(self) -> None:
        """The time for a property begins."""
        self._until = None if self.seconds is None else time.monotonic() + self.seconds

    def _in_time(self) -> None:
        if self._until is not None and time.monotonic() > self._until:
            raise GaveUp(f"{self.seconds:g} s are over")

    def prove(self, prop: Property) -> Proof:
        """The verdict on a property that is `provable`. Raises BadInput for a user's rule that goes
        wrong."""
        found = self._decided(prop)
        ask_again(self.variant)
        return found

    def _decided(self, prop: Property) -> Proof:
        self.begin()
        established = ""
        try:
            if isinstance(prop, Lemma):
                return self._lemma(prop)
            assert isinstance(prop, Safety)
            if prop.scope_for(scope_of(self.data)) != scope_of(self.data):
                return Proof(INCONCLUSIVE, "it needs text: --data 1")
            ordinary = self._explicit(prop, Scope("").iss)
            if ordinary.trace is not None:
                return Proof(ordinary.word, ordinary.method, trace=ordinary.trace)
            established = f"no counterexample in the small scope ({ordinary.method})"
            proof = self.proof_alone(prop, vacuous=ordinary.word == VACUOUS)
            if proof.word == INCONCLUSIVE:
                return self._refuted(prop) or proof
            wrong = self._unfaithful(prop)
            return Proof(DISAGREE, wrong) if wrong else proof
        except LIMITS as limit:
            return Proof(INCONCLUSIVE, "; ".join(filter(None, (str(limit), established))))

    def _lemma(self, prop: Lemma) -> Proof:
        trace = self.rules.broken(prop)
        if trace is not None:
            return Proof(REFUTED, "one step, 32-bit numbers", trace=trace)
        apart = unproved(self.rules)
        if apart:
            return Proof(INCONCLUSIVE, apart)
        return Proof(PROVED, "one step, all 32-bit numbers")

    def proof_alone(self, prop: Safety, vacuous: bool = False) -> Proof:
        """The proof for all ISSs, or for those for which there is no counterexample: without a
        look at the small scope, and without its check of the formulas. Raises one of LIMITS."""
        word = PROVED if isinstance(prop, Always) else UNREACHABLE
        proof, outside = Proof(word, ""), None
        if not self._holds(prop, proof.where):
            where, outside = self.refuting(prop)
            proof = replace(proof, where=where, outside=outside)
            if outside is None or not self._holds(prop, where):
                clauses = len(self.invariant(where))
                how = f"{clauses:,} clauses are inductive, and do not imply it"
                return replace(proof, word=INCONCLUSIVE, how=how)
        if vacuous and isinstance(prop, Always) and self._holds(premise_of(prop), proof.where):
            return replace(proof, word=VACUOUS, how="the premise never holds")
        invariant = self.invariant(proof.where)
        how = f"inductive, {len(invariant):,} clauses, unbounded channel"
        return replace(proof, how=how, invariant=invariant)

    def shortened(self, prop: Safety, proof: Proof) -> Proof:
        """The same proof by as few statements as are found; by the invariant that it has, where
        these do not imply the property. Raises GaveUp."""
        if not isinstance(proof.invariant, Invariant):
            return proof
        assumed = proof.where.formula(self.formulas.iss)
        try:
            short = Shortening(proof.invariant, self.formulas.broken(prop), assumed).shortest()
        except ValueError:
            return proof
        how = f"inductive, {len(short):,} statements, unbounded channel"
        return replace(proof, invariant=short, how=how)

    def _refuted(self, prop: Safety) -> Proof | None:
        """A counterexample, or a witness, that needs more in flight than the small scope has."""
        answer = self._explicit(prop, Scope("").iss, LARGER)
        how = f"{answer.method}, with {LARGER} in flight each way"
        return None if answer.trace is None else Proof(answer.word, how, trace=answer.trace)

    def _unfaithful(self, prop: Safety) -> str:
        """What in the small scope is not as the formulas have it; "" where all is."""
        iss = Scope("").iss
        engine, explored = self._engine(iss), Explored(self.formulas, iss)
        assert engine.graph is not None
        levels = engine.graph.levels
        if not self._matched:
            for step in explored.unmatched(local_steps(engine.table, levels)):
                return f"the formulas leave out a step that the rules take: {step}"
            self._matched = True
        claims: list[Safety] = [prop] if isinstance(prop, Reachable) else [prop, premise_of(prop)]
        states = list(states_by_pair(engine.table, levels))
        for system in (state for claim in claims for state in explored.misjudged(claim, states)):
            a, b = (end.state for end in system.ends)
            return f"the formulas and the predicate differ on a state that is reached: {a}/{b}"
        return ""

    def _holds(self, prop: Safety, where: Excluded) -> bool:
        """Whether the invariant for these ISSs implies it."""
        invariant = self.invariant(where)
        bad = self.formulas.broken(prop)
        return not self._possible(where, invariant.formula("0"), bad)

    def invariant(self, where: Excluded) -> Invariant:
        """The invariant for these ISSs, which Z3 has checked to be inductive."""
        if where not in self._invariants:
            invariant = least_invariant(self.formulas, lambda guard: self._possible(where, guard))
            now, then = invariant.formula("0"), invariant.formula("1")
            begins = self._possible(where, self.formulas.initial(), z3.Not(now))
            if begins or self._possible(where, now, self.formulas.step, z3.Not(then)):
                raise RuntimeError("what was computed is no invariant")
            self._invariants[where] = invariant
        return self._invariants[where]

    def _possible(self, where: Excluded, *conditions: z3.BoolRef) -> bool:
        """Whether the conditions have a solution with these ISSs. Raises GaveUp."""
        self._in_time()
        solver = z3.SolverFor("QF_BV")
        if self._until is not None:
            solver.set("timeout", max(1, int(1000 * (self._until - time.monotonic()))))
        solver.add(where.formula(self.formulas.iss), *conditions)
        return satisfiable(solver)

    def refuting(self, prop: Safety) -> tuple[Excluded, Outside | None]:
        """The ISSs of A and of B with which there is a counterexample, and a shortest one."""
        ordinary, runs = Scope("").iss, list[Outside]()
        refuted: dict[str, list[int]] = {who: [] for who in ENDS}
        for which, iss in self._singled_out():
            pair = (iss, ordinary[1]) if which == 0 else (ordinary[0], iss)
            answer = self._explicit(prop, pair)
            if answer.trace is not None:
                refuted[ENDS[which]].append(iss)
                runs.append(Outside(pair, answer.trace))
        where = Excluded(tuple(sorted(refuted["A"])), tuple(sorted(refuted["B"])))
        return where, min(runs, key=lambda run: len(run.trace), default=None)

    def _singled_out(self) -> Iterator[tuple[int, int]]:
        """For A and B, each ISS that meets a guard which few others meet."""
        for which in (0, 1):
            iss, moves = self.formulas.iss[which], self.formulas.endpoint.moves
            guards = {self.formulas.guard(1 - which, move) for move in moves}
            numbers = {number for guard in guards for number in _few(iss, guard)}
            yield from ((which, number) for number in sorted(numbers))

    def _explicit(self, prop: Safety, iss: tuple[int, int], capacity: int = 2) -> Answer:
        """What the explicit engine says of a small scope with these ISSs."""
        self._in_time()
        return self._engine(iss, capacity).decide([prop])[prop.name]

    def _engine(self, iss: tuple[int, int], capacity: int = 2) -> ExplicitEngine:
        """The explicit engine on a small scope with these ISSs."""
        scope = Scope("small", bits=BITS, iss=iss, data=self.data, capacity=capacity)
        if scope not in self._explored:
            model = Model(self.variant, scope)
            self._explored[scope] = ExplicitEngine(model, _no_more_than_enough)
        return self._explored[scope]


def _no_more_than_enough(graph: Graph) -> None:
    if graph.states > ENOUGH:
        raise TooLarge(f"more than {ENOUGH:,} states")


def _few(iss: z3.BitVecRef, guard: z3.BoolRef) -> list[int]:
    """The numbers that meet a guard about an ISS; none where there are many."""
    solver, numbers = z3.Solver(), list[int]()
    solver.add(guard)
    while satisfiable(solver):
        number = solver.model().eval(iss, model_completion=True)
        assert isinstance(number, z3.BitVecNumRef)
        numbers.append(number.as_long())
        if len(numbers) > FEW:
            return []
        solver.add(iss != number)
    return numbers
