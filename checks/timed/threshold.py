"""The exact condition on the parameters under which a claim holds, found and then proved.

A counterexample gives a set of parameters: all those for which the same events, at some moments,
break the claim. It is taken out, and the search goes on outside of it. When a search of so many
steps finds no more, an inductive invariant has to prove the claim for all parameters that are left:
then both halves are exact. Where it cannot, the search goes deeper, and in the end the answer is
what was established.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from tcpmc.checks.own_rules.asked_again import ask_again
from tcpmc.checks.statespace import TooLarge
from tcpmc.checks.symbolic.evaluated import Unknown
from tcpmc.checks.symbolic.solving import GaveUp, satisfiable
from tcpmc.checks.timed.conditions import contradiction, remaining_condition
from tcpmc.checks.timed.counterexample import (
    APART,
    TimedRun,
    TimedSearch,
    parameters_of,
    with_plain_numbers,
)
from tcpmc.checks.timed.encoding import TimedFormulas
from tcpmc.checks.timed.fourier_motzkin import Polyhedron, formula, fulfilled, negated
from tcpmc.checks.timed.houdini import Mine
from tcpmc.checks.timed.proof import Slice, Unproved, obligations
from tcpmc.checks.timed.provenance import both, either
from tcpmc.checks.timed.shipped_proofs import DamagedProof, read, shipped
from tcpmc.checks.timed.ticks import Ticks
from tcpmc.checks.timed.timed_system import TimedSystem
from tcpmc.checks.verdict import DISAGREE, INCONCLUSIVE, PROVED, REFUTED, VACUOUS
from tcpmc.model.timed.assumptions import ASSUMPTIONS
from tcpmc.model.timed.linear import Condition, condition
from tcpmc.model.timed.theorems import Claim
from tcpmc.model.variants.variant import Variant

QUICK, DEPTH = 6, 10
"""Steps of the search before the first proof is tried, and at most."""
SHIPPED_PATIENCE = 20.0
"""Seconds for each obligation of a proof that is shipped, which takes a tenth of one."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class ThresholdQuestion:
    """A claim about a variant, under named assumptions and comparisons of the parameters."""

    name: str
    claim: Claim
    variant: Variant
    assume: tuple[str, ...] = ()

    @property
    def assumed(self) -> list[str]:
        """What is assumed, and the scope, each as a line to print."""
        named = [ASSUMPTIONS[n].meaning if n in ASSUMPTIONS else n for n in self.assume]
        if not self.claim.circumstances(self.assume).acks_arrive:
            named.append("any segment may be lost, the last ACK too")
        if self.variant.profile.timestamps:
            named.append("timestamps stand still: no segment is refused for an old one (PAWS)")
        scope = "from ESTABLISHED, nothing in flight, no text, resets aside; every 32-bit ISS"
        return [*named, scope]


@dataclass(frozen=True)
class Threshold:
    """What was found: the claim holds exactly where the condition does.

    word
        PROVED where the proof is complete (outside of the condition `run` refutes the claim),
        REFUTED where the claim fails for all parameters, DISAGREE where the explored runs in ticks
        are none of the system that it is proved of, VACUOUS where the assumptions contradict
        each other, TIME-WAIT is never entered or its timer never ends, else INCONCLUSIVE: then the
        condition is only necessary.
    proof, steps
        The inductive invariant; None where the condition is "never", and nothing is to be proved.
        And the numbers of the steps of a run to where the claim says something, which is under the
        condition unless `how` says that there the timer never ends.
    """

    word: str
    condition: Condition
    how: str
    run: TimedRun | None = None
    proof: Slice | None = None
    steps: tuple[int, ...] = ()

    @property
    def verdict(self) -> str:
        """The word, as a result of `tcpmc.check` has it."""
        return self.word

    def meets(self, expected: str) -> bool:
        """Whether it is what is expected: "vacuous", "never", or a condition, its clauses in any
        order."""
        if self.word == VACUOUS or expected == VACUOUS.lower():
            return self.word == VACUOUS and expected == VACUOUS.lower()
        if expected == "never":
            return self.word == REFUTED
        return set(self.condition.clauses) == set(condition(expected).clauses)


class Finder:
    """Finds the condition for one question."""

    def __init__(
        self,
        question: ThresholdQuestion,
        progress: Progress = lambda line: None,
        seconds: float | None = None,
        anew: bool = False,
    ) -> None:
        """`anew`: without a look at the proofs that are shipped. Raises ValueError for an unknown
        assumption, NotFinite for rules that do not fit."""
        self.question, self._say, self.seconds = question, progress, seconds
        self._anew = anew
        self._started = time.monotonic()
        self.system = TimedSystem(question.variant, question.claim.circumstances(question.assume))
        self.formulas = TimedFormulas(self.system)
        self.violations: list[Polyhedron] = []
        self.runs: list[TimedRun] = []

    def find(self) -> Threshold:
        """The answer. Raises BadInput for a user's rule that goes wrong."""
        found = self._decided()
        ask_again(self.question.variant)
        return found

    def _decided(self) -> Threshold:
        core = contradiction(self.system)
        if core:
            return Threshold(VACUOUS, Condition(), f"the assumptions contradict each other: {core}")
        timer = self.question.claim.timer
        if not any(timer.runs(phase.end) for phase in self.system.table.phases):
            return Threshold(VACUOUS, Condition(), f"{timer.what} is never entered")
        try:
            return self._find()
        except GaveUp as reason:
            return self._unfinished(str(reason))

    def counterexample(self) -> TimedRun | None:
        """The last that a quick search finds, with time between its events; nothing is proved."""
        if contradiction(self.system):
            return None
        for apart in APART:
            run = self._spaced(apart)
            if run is not None:
                return with_plain_numbers(self.system, self.question.claim, run, apart)
        return None

    def _spaced(self, apart: int) -> TimedRun | None:
        """The counterexample found last among those whose events are so far apart."""
        claim, last = self.question.claim, None
        quick = QUICK + self.system.circumstances.probes
        search = TimedSearch(self.formulas, claim, self.seconds, apart)
        while run := search.shortest(len(last.actions) if last else 0, quick):
            self.progress(f"{len(run.actions)} steps break it")
            broken = parameters_of(self.system, claim, run)
            search.exclude(formula(broken, self.formulas.parameters))
            last = run
        return last

    def progress(self, line: str) -> None:
        """Say what is done. Raises GaveUp when the time is over."""
        if self.seconds is not None and time.monotonic() - self._started > self.seconds:
            raise GaveUp(f"the time limit of {self.seconds:g} s")
        self._say(line)

    def _find(self) -> Threshold:
        search = TimedSearch(self.formulas, self.question.claim, self.seconds)
        probes = self.system.circumstances.probes  # a step each
        first, depth, last = 0, QUICK + probes, DEPTH + probes
        while True:
            steps = self._searched(search, first, depth)
            if steps is not None:
                first = steps
                continue
            first = depth + 1
            if not self._some_left():
                never = Condition(((),))
                return Threshold(REFUTED, never, "refuted for all parameters", self.last())
            proof = self._proof()
            if proof is not None:
                return self._proved(proof, last)
            depth += 1
            if depth > last:
                return self._unfinished(f"no proof, and no counterexample of {last} steps")

    def _proved(self, proof: Slice, longest: int) -> Threshold:
        """The answer with that proof, which says something only if the claim does in some run:
        under the condition, or outside of it, where the claim is broken. A condition may be just
        what keeps the timer from ending."""
        where, timer = self.condition(), self.question.claim.timer
        how = f"inductive, {len(proof):,} facts, all parameters, unbounded channel"
        never = self._never_says_anything(proof, where)
        steps = (
            None if never else self._premise(fulfilled(where, self.formulas.parameters), longest)
        )
        if steps is None:
            ever = "never ends" if never else f"ends in no run of {longest} steps"
            how = f"where it holds {timer.what} {ever}; {how}"
            steps = self._premise(z3.BoolVal(True), longest) if self.violations else None
        if steps is not None:
            wrong = self._left_out()
            if wrong:
                reason = f"the relation leaves out a step that the rules take: {wrong}"
                return Threshold(DISAGREE, where, reason, self.last())
            return Threshold(PROVED, where, how, self.last(), proof, tuple(steps))
        if never:
            return Threshold(VACUOUS, Condition(), f"{timer.what} never ends")
        return self._unfinished(f"{timer.what} ends in no run of {longest} steps")

    def _left_out(self) -> str:
        """A step that was explored in ticks and that the relation does not have; "" if none is, or
        where keepalive keeps the connection open, which has no ticks. Raises GaveUp."""
        assumed = self.system.circumstances
        if assumed.probes:
            return ""
        self.progress("looking up the explored steps")
        try:
            ticks = Ticks(self.question.variant, assumed, self.formulas)
            return next(ticks.unmatched(), "")
        except (TooLarge, Unknown) as reason:
            raise GaveUp(f"the explored steps: {reason}") from reason

    def _premise(self, where: z3.BoolRef, longest: int) -> list[int] | None:
        """The steps of a run to where the claim says something, with such parameters."""
        return TimedSearch(self.formulas, self.question.claim, self.seconds).premise(where, longest)

    def _never_says_anything(self, proof: Slice, where: Condition) -> bool:
        """Whether the invariant shows that under the condition the claim never says anything."""
        formulas = self.formulas
        return not satisfiable(
            z3.Solver(),
            formulas.sensible(),
            fulfilled(where, formulas.parameters),
            proof.invariant(formulas.frame("0")),
            formulas.premise(self.question.claim),
        )

    def _searched(self, search: TimedSearch, first: int, last: int) -> int | None:
        """The steps of a counterexample, whose parameters are taken out; None if there is none."""
        self.progress(f"searching a counterexample of at most {last} steps")
        run = search.shortest(first, last)
        if run is None:
            return None
        self._violated(search, run)
        return len(run.actions)

    def _some_left(self) -> bool:
        """Whether there are parameters for which no violation was found."""
        return satisfiable(z3.Solver(), self.region(self.formulas.parameters))

    def _unfinished(self, reason: str) -> Threshold:
        note = f"{reason}; necessary so far"
        return Threshold(INCONCLUSIVE, self.condition(), note, self.last())

    def last(self) -> TimedRun | None:
        """The counterexample found last, which is just outside the condition."""
        return (
            with_plain_numbers(self.system, self.question.claim, self.runs[-1])
            if self.runs
            else None
        )

    def _violated(self, search: TimedSearch, run: TimedRun) -> None:
        polyhedron = parameters_of(self.system, self.question.claim, run)
        self.violations.append(polyhedron)
        self.runs.append(run)
        search.exclude(formula(polyhedron, self.formulas.parameters))
        self.progress(f"{len(run.actions)} steps break it")

    def region(self, parameters: Mapping[str, Any]) -> Any:
        """The parameters for which no violation was found, as a truth or a term."""
        outside = [
            either(False, *(negated(comparison).at(parameters) for comparison in violation))
            for violation in self.violations
        ]
        return both(self.system.sensible(parameters), *outside)

    def _proof(self) -> Slice | None:
        mine = Mine(self.formulas, self.region, self.progress)
        proof = None if self._anew else self._shipped(mine)
        if proof is not None:
            return proof
        mine.inductive()
        try:
            proof = Slice(mine).for_claim(self.question.claim)
        except Unproved:
            return None
        failed = self._failing(proof)
        if failed:
            raise AssertionError(f"the mined invariant fails its {failed}")
        return proof

    def _shipped(self, mine: Mine) -> Slice | None:
        """The proof that is shipped for the question, if it is one for these rules: each of its
        obligations is put to the solver here, as for a proof that was just found."""
        text = shipped(self.question)
        if text is None:
            return None
        self.progress("checking the shipped proof")
        try:
            proof = read(mine, text)
            return None if self._failing(proof, SHIPPED_PATIENCE) else proof
        except (DamagedProof, GaveUp):
            return None

    def _failing(self, proof: Slice, patience: float | None = None) -> str:
        """The first obligation of a proof that is not met, by name; "" if all are. Raises GaveUp
        where the solver needs more than so many seconds for one."""
        for name, parts in obligations(self.formulas, self.question.claim, proof).items():
            solver = z3.Solver()
            if patience is not None:
                solver.set("timeout", int(1000 * patience))
            solver.add(*parts)
            if satisfiable(solver):
                return name
        return ""

    def condition(self) -> Condition:
        """The condition that the violations leave."""
        length = self.question.claim.timer.length
        return remaining_condition(self.system, self.violations, length)
