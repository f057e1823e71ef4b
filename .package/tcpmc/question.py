"""One property of one variant, asked from a test, and what is said where the answer is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tcpmc.api import decided
from tcpmc.checks.running.jobs import (
    CROSS_CHECK,
    ENGINES,
    Result,
    preferred_engine,
    select,
    with_expectations_of,
)
from tcpmc.checks.running.loading import bounded, find_property, find_variant
from tcpmc.checks.verdict import DEFINITE, Standing, Word
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.kinds import Property
from tcpmc.reports.evidence import command, evidence
from tcpmc.reports.report import basis
from tcpmc.reports.terminal import no_command, on_github


@dataclass(frozen=True)
class Question:
    """A property, the name or file of a variant, and the scope and engines that are asked for.
    `expect` is the variant whose verdicts are expected, where the catalogue expects nothing of this
    one, and `verdict` the word, if not the catalogue's; `timeout` is in seconds."""

    prop: str
    variant: str
    scope: Scope
    engines: tuple[str, ...]
    expect: str
    verdict: str | None
    timeout: float | None

    @property
    def about(self) -> tuple[object, ...]:
        """What questions have in common that are decided on the same states."""
        return self.variant, self.scope, self.engines, self.expect, self.timeout


def question(prop: str, variant: str, **settings: Any) -> Question:
    """The question in these words: a scope by its name, expect, verdict, engine, timeout, and
    bounds of the scope. Raises BadInput for what cannot be asked."""
    named, expect = settings.pop("scope", "default"), settings.pop("expect", "rfc9293")
    verdict, engine, timeout = (settings.pop(key, None) for key in ("verdict", "engine", "timeout"))
    engines = _engines(find_property(prop), engine)
    if expect in DEFINITE:
        raise BadInput(
            f"expect={expect!r}: expect is a variant, as --expect; a verdict is verdict={expect!r}"
        )
    find_variant(expect)
    if verdict is not None and verdict not in DEFINITE:
        raise BadInput(f"verdict={verdict!r}: one of {', '.join(DEFINITE)}")
    scope = bounded(named, settings)
    return Question(prop, variant, scope, engines, expect, verdict, timeout)


def _engines(prop: Property, engine: str | None) -> tuple[str, ...]:
    """The engines that are asked: by default the one that decides the property best, the explicit
    one for all but lemmas; "auto" as on the command line, for a cross-check by both."""
    if engine is None:
        return (preferred_engine(prop),)
    if engine == "auto":
        return CROSS_CHECK
    if engine not in ENGINES:
        raise BadInput(f"unknown engine {engine!r}; one of auto, {', '.join(ENGINES)}")
    return (engine,)


def answer(first: Question, others: Sequence[Question] = ()) -> dict[Question, Result]:
    """The results of questions about the same states, decided in one run.

    Raises BadInput, ReplayError, and KeyboardInterrupt where the run was interrupted.
    """
    questions = [first, *others]
    names = [each.prop for each in questions]
    jobs = select(names, [first.variant], first.scope, first.engines)
    decided_results = decided(with_expectations_of(jobs, first.expect), first.timeout)
    results = {result.job.prop.name: result for result in decided_results}
    return {each: _expecting(each.verdict, results[each.prop]) for each in questions}


def _expecting(word: str | None, result: Result) -> Result:
    """The result, where another word than the catalogue's is expected."""
    if word is None:
        return result
    job, verdict = result.job, result.verdict
    prop = replace(job.prop, expected={**job.prop.expected, job.variant.name: Word(word)})
    return Result(replace(job, prop=prop), replace(verdict, prop=prop))


def failure(result: Result) -> str:
    """What to say of a verdict that is not the expected one; "" where it is."""
    job, verdict = result.job, result.verdict
    if verdict.standing not in (Standing.UNEXPECTED, Standing.UNSETTLED):
        return ""
    heading = f"{verdict.word} {job.prop.name} on {job.variant.name}: {basis(verdict)}"
    lines = [heading, f"{job.prop.kind}: {job.prop.meaning} ({job.prop.citation})", ""]
    lines += evidence(result) if verdict.trace is not None else [f"Again: {command(job)}"]
    text = "\n".join(lines)
    return no_command(text) if on_github() else text
