"""Claims as a page in Markdown, with a diagram and a ladder for each trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from tcpmc.reports.evidence import evidence
from tcpmc.reports.formats.mermaid import mermaid
from tcpmc.reports.markdown_text import escaped
from tcpmc.reports.report import letter
from tcpmc.studies.claims.claims_file import Book, TextClaim
from tcpmc.studies.claims.claims_text import assumptions, because, with_trace
from tcpmc.studies.claims.decide import Answered, Decided

HEADING = """\
# What four explanations of TCP claim

Each claim is a paraphrase of what four widely read texts say. It is decided by the properties that
are named with it: PROVED as stated if each is answered as the claim needs it, else REFUTED. Where a
claim fails, or leaves something out, the condition says so, and is proved in turn. This page is
what `tcpmc claims --format markdown` prints; `tcpmc claims C33` shows one claim at a terminal.
"""


def page(decided: Sequence[Decided], book: Book) -> str:
    """The whole page."""
    lines = [HEADING, *_sources(decided, book), *contents(decided)]
    for claim in decided:
        lines += section(claim)
    return "\n".join(lines).rstrip() + "\n"


def _sources(decided: Sequence[Decided], book: Book) -> Iterator[str]:
    used = {source for claim in decided for source in claim.claim.sources}
    for short, name in book.sources.items():
        if short in used:
            yield f"* {escaped(short)}: {escaped(name)}"
    yield ""


def contents(
    decided: Sequence[Decided], page_of: Callable[[TextClaim], str] = lambda claim: ""
) -> Iterator[str]:
    """A row for each claim, with a link to its section on the page that has it."""
    yield "| claim | as stated | condition | |"
    yield "|---|---|---|---|"
    for row in decided:
        name, text = escaped(row.claim.name), escaped(row.claim.text)
        link = f"{page_of(row.claim)}#{name.lower()}"
        yield f"| [{name}]({link}) | {row.word} | {row.exact_word or ''} | {text} |"
    yield ""


def section(decided: Decided, diagrams: bool = True) -> Iterator[str]:
    """A claim with its questions, their answers and traces."""
    claim = decided.claim
    yield f"## {escaped(claim.name)}\n"
    yield f"{escaped(claim.text)} ({', '.join(map(escaped, claim.sources))})\n"
    yield f"**{decided.word}** as stated.\n"
    notes = assumptions(decided)
    yield from (_answer(answer, notes) for answer in decided.stated)
    yield ""
    if claim.condition:
        yield f"Condition, **{decided.exact_word}**: {escaped(claim.condition)}\n"
        yield from (_answer(answer, notes) for answer in decided.exact)
        yield ""
    if notes:
        listed = [f"({letter(number)}) {escaped(note)}" for number, note in enumerate(notes)]
        yield f"Assumptions: {'; '.join(listed)}.\n"
    for result in with_trace(decided):
        heading, *ladder = evidence(result)
        if diagrams:
            yield f"```mermaid\n{mermaid(result).rstrip()}\n```\n"
        yield f"<details><summary>{escape(heading)}</summary>\n"
        yield "```text"
        yield from ladder
        yield "```\n"
        yield "</details>\n"


def _answer(answer: Answered, notes: Sequence[str]) -> str:
    needed = "" if answer.supports else f" (the claim needs {answer.question.says})"
    reason = escaped(" ".join(because(answer, notes)))
    return f"* `{answer.question}` {answer.word}{needed}: {reason}"
