"""Claims as text: a table of all, or one in full with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from tcpmc.checks.claims.book import Ask, Book, Number, Question
from tcpmc.checks.claims.decide import Answered, Decided
from tcpmc.checks.evidence import evidence
from tcpmc.checks.ladder import wrapped
from tcpmc.checks.run import Result
from tcpmc.checks.scope_options import BOUNDS, option
from tcpmc.model.property import Lemma

TABLE, LADDER = 80, 100
NAME, WORD = 5, 13


def table(decided: Sequence[Decided], width: int | None = None) -> str:
    """One row for each claim, in at most 80 columns, or `width`."""
    width = min(TABLE, width or TABLE)
    lines = [f"  {'claim':<{NAME}} {'as stated':<{WORD}}{'condition':<10} text"]
    for one in decided:
        mark = " " if one.as_expected else "!"
        row = f"{mark} {one.claim.name:<{NAME}} {one.word:<{WORD}}{one.exact_word or '':<10} "
        first, *more = wrapped(one.claim.text, width - len(row))
        lines += [row + first, *(" " * len(row) + line for line in more)]
    lines += ["", *_summary(decided, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _summary(decided: Sequence[Decided], width: int) -> Iterator[str]:
    fine = sum(one.as_expected for one in decided)
    words = [one.word for one in decided]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    yield from wrapped(f"{len(decided)} claims: {counts}; {fine} as expected.", width)
    told = "condition: the exact condition under which it holds, or what it leaves out, proved."
    yield from wrapped(told, width)
    yield from wrapped("tcpmc claims NAME shows a claim in full, with its traces.", width)


def full(one: Decided, book: Book, width: int | None = None) -> str:
    """One claim with its questions, their answers, and the traces of those as stated."""
    table_width, ladder_width = min(TABLE, width or TABLE), min(LADDER, width or LADDER)
    expected = "as expected" if one.as_expected else f"expected {one.claim.expected}"
    lines = [f"{one.claim.name}  {one.word}  ({expected})"]
    lines += _indented(one.claim.text, table_width)
    for source in one.claim.sources:
        lines += _indented(f"{source}: {book.sources.get(source, source)}", table_width)
    lines += ["", "As stated:"]
    for answer in one.stated:
        lines += _indented(told(answer), table_width)
    if one.claim.condition:
        lines += [
            "",
            f"Condition ({one.exact_word}):",
            *_indented(one.claim.condition, table_width),
        ]
        for answer in one.exact:
            lines += _indented(told(answer), table_width)
    for result in with_trace(one):
        lines += ["", *evidence(result, ladder_width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def with_trace(one: Decided) -> list[Result]:
    """The results of the questions, as stated, that have a trace."""
    results = [answer.result for answer in one.stated]
    return [result for result in results if result is not None and result.verdict.trace is not None]


def told(answer: Answered) -> str:
    """A question, its answer, and how it is known."""
    verdict = answer.word if answer.supports else f"{answer.word} (not {answer.question.says})"
    return f"{answer.question}: {verdict}. {because(answer)}"


def because(answer: Answered) -> str:
    """What the question says, how the answer is known, and within what scope."""
    question: Question = answer.question
    if isinstance(question, Number):
        figure = question.figure
        return f"{_sentence(figure.meaning)} {figure.shown()} ({figure.citation})."
    assert isinstance(question, Ask)
    assert answer.result is not None
    job, verdict = answer.result.job, answer.result.verdict
    method = "; ".join(found.method for found in verdict.answers.values())
    rests_on = "".join(f" Assumes: {note}." for note in job.prop.rests_on)
    meaning = _sentence(job.prop.meaning)
    return f"{meaning} {_sentence(method)}{rests_on} {_sentence(scope(answer.result))}"


def scope(result: Result) -> str:
    """The scope in which a question was decided, as options."""
    job = result.job
    if isinstance(job.prop, Lemma):
        return "Scope: one step, for all numbers of 32 bits"
    names = [field.name for field in fields(job.scope) if field.name in BOUNDS]
    changed = [n for n in names if getattr(job.scope, n) != getattr(job.asked, n)]
    words = [word for name in changed for word in option(name, getattr(job.scope, name))]
    return " ".join(["Scope:", job.asked.name, *words])


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _indented(text: str, width: int) -> list[str]:
    return [f"  {line}" for line in wrapped(text, width - 2)]
