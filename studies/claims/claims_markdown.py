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
    for one in decided:
        lines += section(one)
    return "\n".join(lines).rstrip() + "\n"


def _sources(decided: Sequence[Decided], book: Book) -> Iterator[str]:
    used = {source for one in decided for source in one.claim.sources}
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
    for one in decided:
        name, text = escaped(one.claim.name), escaped(one.claim.text)
        link = f"{page_of(one.claim)}#{name.lower()}"
        yield f"| [{name}]({link}) | {one.word} | {one.exact_word or ''} | {text} |"
    yield ""


def section(one: Decided, diagrams: bool = True) -> Iterator[str]:
    """A claim with its questions, their answers and traces."""
    claim = one.claim
    yield f"## {escaped(claim.name)}\n"
    yield f"{escaped(claim.text)} ({', '.join(map(escaped, claim.sources))})\n"
    yield f"**{one.word}** as stated.\n"
    notes = assumptions(one)
    yield from (_answer(answer, notes) for answer in one.stated)
    yield ""
    if claim.condition:
        yield f"Condition, **{one.exact_word}**: {escaped(claim.condition)}\n"
        yield from (_answer(answer, notes) for answer in one.exact)
        yield ""
    if notes:
        listed = [f"({letter(number)}) {escaped(note)}" for number, note in enumerate(notes)]
        yield f"Assumptions: {'; '.join(listed)}.\n"
    for result in with_trace(one):
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
    told = escaped(" ".join(because(answer, notes)))
    return f"* `{answer.question}` {answer.word}{needed}: {told}"
