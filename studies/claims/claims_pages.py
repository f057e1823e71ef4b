"""Claims as pages: an index, a page for each text with the traces, and one in Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcpmc.reports.markdown_text import escaped
from tcpmc.studies.claims import chinese
from tcpmc.studies.claims.claims_file import Book
from tcpmc.studies.claims.claims_markdown import contents, section
from tcpmc.studies.claims.decide import Decided

HEADING = """\
# What four explanations of TCP claim

Each claim is a paraphrase of what four widely read texts say. It is decided by the properties that
are named with it: PROVED as stated if each is answered as the claim needs it, else REFUTED. Where a
claim fails, or leaves something out, the condition says so, and is proved in turn. A claim stands
on the page of the first text that makes it; `tcpmc claims C33` shows one claim at a terminal. These
pages are what `tcpmc claims --pages docs` writes.
"""
IN_CHINESE = "The same [in Chinese](claims.zh.md) ([中文](claims.zh.md)).\n"


def pages(decided: Sequence[Decided], book: Book) -> dict[str, str]:
    """The pages by their paths within a folder. The one in Chinese is there if all claims are."""
    by_source: dict[str, list[Decided]] = {}
    for row in decided:
        by_source.setdefault(row.claim.sources[0], []).append(row)
    words = chinese.Chinese.load()
    translated = words.covers([row.claim for row in decided])
    made = {"claims.md": "\n".join(_index(decided, book, by_source, translated))}
    for source, claims in by_source.items():
        made[f"claims/{source}.md"] = "\n".join(_page(source, claims, book))
    if translated:
        made["claims.zh.md"] = chinese.page(decided, book, words)
    return {path: text.rstrip() + "\n" for path, text in made.items()}


def _index(
    decided: Sequence[Decided], book: Book, by_source: dict[str, list[Decided]], translated: bool
) -> Iterator[str]:
    yield HEADING
    if translated:
        yield IN_CHINESE
    for source in sorted(by_source):
        title = escaped(book.sources.get(source, source))
        yield f"* [{source}](claims/{source}.md): {title}"
    yield ""
    yield from contents(decided, lambda claim: f"claims/{claim.sources[0]}.md")


def _page(source: str, claims: Sequence[Decided], book: Book) -> Iterator[str]:
    yield f"# {escaped(source)}: {escaped(book.sources.get(source, source))}\n"
    yield "[All claims](../claims.md). The letters after a claim name the texts that make it.\n"
    yield from contents(claims)
    for claim in claims:
        yield from section(claim, diagrams=False)
