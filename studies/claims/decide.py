"""Claims decided: their questions are asked once each, and the answers become a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from tcpmc.checks.running.jobs import CROSS_CHECK, Job, Outcome, Result, decides
from tcpmc.checks.running.loading import find_property, find_variant
from tcpmc.checks.running.monitor import Limits
from tcpmc.checks.running.run import run
from tcpmc.checks.verdict import (
    DEFINITE,
    DISAGREE,
    EXIT_AS_EXPECTED,
    EXIT_DISAGREE,
    EXIT_INCONCLUSIVE,
    EXIT_UNEXPECTED,
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    VACUOUS,
)
from tcpmc.model.network.scope import SCOPES
from tcpmc.studies.claims.claims_file import FAILS, HOLDS, Ask, FigureQuestion, Question, TextClaim


@dataclass(frozen=True)
class Answered:
    """A question, the word that answers it, and the result that it comes from (a property's)."""

    question: Question
    word: str
    result: Result | None = None

    @property
    def supports(self) -> bool:
        """Whether the answer is the one that the claim needs."""
        return self.word == self.question.says


@dataclass(frozen=True)
class Decided:
    """A claim with its answers."""

    claim: TextClaim
    stated: tuple[Answered, ...]
    exact: tuple[Answered, ...]

    @property
    def word(self) -> str:
        """The verdict on the claim as stated."""
        return _word(self.stated)

    @property
    def exact_word(self) -> str | None:
        """The verdict on its condition; None where it has none."""
        return _word(self.exact) if self.exact else None

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the expected one, and the condition is proved."""
        return self.word == self.claim.expected and self.exact_word in (PROVED, None)


def _word(answers: Sequence[Answered]) -> str:
    """PROVED if every answer supports the claim, else REFUTED, if all are settled and none is so
    for want of a case."""
    words = [answer.word for answer in answers]
    unexpected = {a.word for a in answers if not a.supports}
    for word in (DISAGREE, VACUOUS):
        if word in unexpected:
            return word
    if any(word not in (*DEFINITE, HOLDS, FAILS) for word in words):
        return INCONCLUSIVE
    return REFUTED if unexpected else PROVED


def decide_claims(
    claims: Sequence[TextClaim], limits: Limits | None = None, progress: TextIO | None = None
) -> tuple[list[Decided], Outcome]:
    """The claims with their answers, and the run that they come from. Raises as `run` does."""
    asks = dict.fromkeys(
        (question.property, question.variant)
        for claim in claims
        for question in (*claim.stated, *claim.exact)
        if isinstance(question, Ask)
    )
    outcome = run([_job(*ask) for ask in asks], limits, progress)
    results = dict(zip(asks, outcome.results, strict=True))

    def answered(question: Question) -> Answered:
        if isinstance(question, FigureQuestion):
            return Answered(question, HOLDS if question.figure.holds() else FAILS)
        result = results[question.property, question.variant]
        return Answered(question, result.verdict.word, result)

    decided = [
        Decided(claim, tuple(map(answered, claim.stated)), tuple(map(answered, claim.exact)))
        for claim in claims
    ]
    return decided, outcome


def _job(name: str, source: str) -> Job:
    """A property on a variant, for the first engine that decides it."""
    prop, scope = find_property(name), SCOPES["default"]
    able = [engine for engine in CROSS_CHECK if decides(engine, prop, prop.scope_for(scope))]
    return Job(prop, find_variant(source), source, scope, able[:1])


def exit_code(decided: Sequence[Decided]) -> int:
    """The exit code of a run; the worst claim decides. A vacuous claim is never as expected."""
    words = {word for claim in decided for word in (claim.word, claim.exact_word)}
    if DISAGREE in words:
        return EXIT_DISAGREE
    if any(map(_unexpected, decided)):
        return EXIT_UNEXPECTED
    return EXIT_INCONCLUSIVE if INCONCLUSIVE in words else EXIT_AS_EXPECTED


def _unexpected(decided: Decided) -> bool:
    """Whether the verdict, or that on the condition, is settled, and not as it should be."""
    stated = decided.word not in (decided.claim.expected, INCONCLUSIVE)
    return stated or decided.exact_word not in (PROVED, INCONCLUSIVE, None)
