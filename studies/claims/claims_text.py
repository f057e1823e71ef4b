"""Claims as text: a table of all, or one in full with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from tcpmc.checks.running.jobs import Result
from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.evidence import evidence
from tcpmc.reports.layout import wrapped
from tcpmc.reports.report import letter
from tcpmc.reports.scope_arguments import FLAGS, option
from tcpmc.studies.claims.claims_file import Book, FigureQuestion, Question
from tcpmc.studies.claims.decide import Answered, Decided

TABLE, LADDER = 80, 100
NAME, WORD = 5, 13


def table(decided: Sequence[Decided], width: int | None = None) -> str:
    """One row for each claim, in at most 80 columns, or `width`."""
    width = min(TABLE, width or TABLE)
    lines = [f"  {'claim':<{NAME}} {'as stated':<{WORD}}{'condition':<10} text"]
    for claim in decided:
        mark = " " if claim.as_expected else "!"
        row = f"{mark} {claim.claim.name:<{NAME}} {claim.word:<{WORD}}{claim.exact_word or '':<10} "
        first, *more = wrapped(claim.claim.text, width - len(row))
        lines += [row + first, *(" " * len(row) + line for line in more)]
    lines += ["", *_summary(decided, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _summary(decided: Sequence[Decided], width: int) -> Iterator[str]:
    fine = sum(claim.as_expected for claim in decided)
    words = [claim.word for claim in decided]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    yield from wrapped(f"{len(decided)} claims: {counts}; {fine} as expected.", width)
    note = "condition: the exact condition under which it holds, or what it leaves out, proved."
    yield from wrapped(note, width)
    yield from wrapped("tcpmc claims NAME shows a claim in full, with its traces.", width)


def full(decided: Decided, book: Book, width: int | None = None) -> str:
    """One claim with its questions, their answers, and the traces of those as stated."""
    columns, ladder_columns = min(TABLE, width or TABLE), min(LADDER, width or LADDER)
    expected = "as expected" if decided.as_expected else f"expected {decided.claim.expected}"
    lines = [
        f"{decided.claim.name}  {decided.word}  ({expected})",
        *_indented(decided.claim.text, columns),
    ]
    for source in decided.claim.sources:
        lines += _indented(f"{source}: {book.sources.get(source, source)}", columns)
    lines += ["", "As stated:", *_answers(decided, decided.stated, columns)]
    if decided.claim.condition:
        lines += [
            "",
            f"Condition ({decided.exact_word}):",
            *_indented(decided.claim.condition, columns),
        ]
        lines += _answers(decided, decided.exact, columns)
    notes = assumptions(decided)
    if notes:
        lines += ["", "Assumptions:"]
    for number, note in enumerate(notes):
        first, *more = wrapped(note, columns - 5)
        lines += [f"  {letter(number)}  {first}", *(f"     {line}" for line in more)]
    for result in with_trace(decided):
        lines += ["", *evidence(result, ladder_columns)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _answers(decided: Decided, answers: Sequence[Answered], columns: int) -> Iterator[str]:
    for answer in answers:
        needed = "" if answer.supports else f" (the claim needs {answer.question.says})"
        yield from _indented(f"* {answer.question}: {answer.word}{needed}", columns)
        for line in because(answer, assumptions(decided)):
            yield from (f"  {row}" for row in _indented(line, columns - 2))


def with_trace(decided: Decided) -> list[Result]:
    """The results of the questions, as stated, that have a trace."""
    results = [answer.result for answer in decided.stated]
    return [result for result in results if result is not None and result.verdict.trace is not None]


def assumptions(decided: Decided) -> list[str]:
    """What the answers rest on, each once."""
    results = [answer.result for answer in (*decided.stated, *decided.exact)]
    notes = [note for result in results if result is not None for note in result.all_assumptions]
    return list(dict.fromkeys(notes))


def because(answer: Answered, notes: Sequence[str]) -> list[str]:
    """What the question says; how the answer is known, within what scope, and on what of the
    `notes` it rests, as their letters."""
    question: Question = answer.question
    if isinstance(question, FigureQuestion):
        figure = question.figure
        return [_sentence(figure.meaning), f"{figure.shown()} ({figure.citation})."]
    assert answer.result is not None
    job, verdict = answer.result.job, answer.result.verdict
    method = "; ".join(by_engine.method for by_engine in verdict.answers.values())
    letters = " ".join(letter(notes.index(note)) for note in answer.result.all_assumptions)
    sentences = [_sentence(method), scope(answer.result) + "."]
    sentences += [f"Assumes {letters}."] if letters else []
    return [_sentence(job.prop.meaning), " ".join(sentences)]


def scope(result: Result) -> str:
    """The scope in which a question was decided, as options."""
    job = result.job
    if isinstance(job.prop, Lemma):
        return "Scope: one step, for all numbers of 32 bits"
    names = [field.name for field in fields(job.scope) if field.name in FLAGS]
    changed = [n for n in names if getattr(job.scope, n) != getattr(job.asked, n)]
    words = [word for name in changed for word in option(name, getattr(job.scope, name))]
    return " ".join(["Scope:", job.asked.name, *words])


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _indented(text: str, width: int) -> list[str]:
    return [f"  {line}" for line in wrapped(text, width - 2)]
