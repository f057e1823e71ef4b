"""One property of one variant, asked from a test, and what is said where the answer is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tcpmc.api import decided
from tcpmc.checks.running.jobs import AUTO, ENGINES, Result, expecting, select
from tcpmc.checks.running.loading import bounded, find_property
from tcpmc.checks.verdict import DEFINITE, Standing, Word
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import Scope
from tcpmc.reports.evidence import command, evidence
from tcpmc.reports.report import basis
from tcpmc.reports.terminal import no_command, on_github


@dataclass(frozen=True)
class Question:
    """A property, the name or file of a variant, and the scope and engine that are asked for.
    `expect` is the word that is expected, if not the catalogue's; `timeout` is in seconds."""

    prop: str
    variant: str
    scope: Scope
    engine: str | None
    expect: str | None
    timeout: float | None

    @property
    def about(self) -> tuple[object, ...]:
        """What questions have in common that are decided on the same states."""
        return self.variant, self.scope, self.engine, self.timeout


def question(prop: str, variant: str, **settings: Any) -> Question:
    """The question in these words: a scope by its name, expect, engine, timeout, and bounds of the
    scope. Raises BadInput for what cannot be asked."""
    find_property(prop)
    named = settings.pop("scope", "default")
    expect, engine, timeout = (settings.pop(key, None) for key in ("expect", "engine", "timeout"))
    if engine is not None and engine not in ENGINES:
        raise BadInput(f"unknown engine {engine!r}; one of {', '.join(ENGINES)}")
    if expect is not None and expect not in DEFINITE:
        raise BadInput(f"expect={expect!r}: one of {', '.join(DEFINITE)}")
    return Question(prop, variant, bounded(named, settings), engine, expect, timeout)


def answer(first: Question, others: Sequence[Question] = ()) -> dict[Question, Result]:
    """The results of questions about the same states, decided in one run.

    Raises BadInput, ReplayError, and KeyboardInterrupt where the run was interrupted.
    """
    questions = [first, *others]
    engines = (first.engine,) if first.engine else AUTO
    names = [each.prop for each in questions]
    jobs = select(names, [first.variant], first.scope, engines)
    found = decided(expecting(jobs, "rfc9293"), first.timeout)
    results = {result.job.prop.name: result for result in found}
    return {each: _expecting(each.expect, results[each.prop]) for each in questions}


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
    told = f"{verdict.word} {job.prop.name} on {job.variant.name}: {basis(verdict)}"
    lines = [told, f"{job.prop.kind}: {job.prop.meaning} ({job.prop.citation})", ""]
    lines += evidence(result) if verdict.trace is not None else [f"Again: {command(job)}"]
    text = "\n".join(lines)
    return no_command(text) if on_github() else text
