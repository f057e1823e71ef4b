"""Markdown, rendered by an independent reader of CommonMark and GitHub's tables."""

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from results import LOST, found, hostile, unexpected
from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.reports.formats import markdown as module
from tcpmc.reports.formats.markdown import markdown
from tcpmc.reports.markdown_text import block, entities

READER = MarkdownIt("commonmark", {"html": True}).enable("table")


class Page(HTMLParser):
    """What a browser makes of it: the elements, and the text of those of a kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.cells: list[str] = []
        self.code: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(READER.render(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self._open:
            self.cells[-1] += data
        if "pre" in self._open:
            self.code.append(data)


def page(*results: Result) -> Page:
    return Page(markdown(Outcome([*results])))


def test_the_table_of_verdicts() -> None:
    told = page(found("closing"), LOST)
    assert told.cells == [
        *("✅", "WITNESS", "closing", "rfc9293", "shortest trace, 9 steps"),
        *("✅", "REFUTED", "graceful-close", "no-time-wait", "shortest trace, 14 steps"),
    ]
    assert "2 of 2 verdicts as expected." in told.text
    assert told.code == []


def test_what_is_not_as_expected_has_its_trace_as_a_diagram_and_as_text() -> None:
    told = page(unexpected(LOST), found("closing"))
    diagram, ladder = told.code
    assert diagram.startswith("sequenceDiagram\n")
    assert ladder.startswith("REFUTED  graceful-close on no-time-wait  (expected VACUOUS, ")
    assert "```mermaid\nsequenceDiagram" in markdown(Outcome([unexpected(LOST)]))
    assert told.elements.count("details") == 1
    assert "Again: tcpmc trace graceful-close --variant no-time-wait" in told.text


def test_hostile_text_is_text() -> None:
    told = page(unexpected(hostile()))
    known = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "details"}
    assert set(told.elements) <= known | {"summary"}
    assert len(told.cells) == 5
    assert told.cells[3].startswith("</text><script>alert(1)</script>")
    assert len(told.code) == 2


@pytest.mark.parametrize(
    "text",
    ["a|b", "`code`", "<b>", "*a*_b_", "[x](y)", "&lt;", "#1", "@user", "~~x~~", r"\|", "a\n- b"],
)
def test_each_character_that_means_something_is_text(text: str) -> None:
    assert READER.renderInline(entities(text)).count("<") == 0
    read = Page(entities(text))
    assert read.text.strip() == text.replace("\n", "�")
    assert read.elements == ["p"]


def test_a_block_is_fenced_by_more_than_is_in_it() -> None:
    assert block(["a", "````", "b"]).startswith("`````text\n")
    assert Page(block(["a", "````", "b"])).code == ["a\n````\nb\n"]


def test_it_stays_below_the_limit_of_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    results = [unexpected(LOST)] * 300
    text = markdown(Outcome(results))
    assert len(text.encode()) < 1024 * 1024
    assert text.endswith("The rest is left out: a job summary on GitHub has at most 1 MiB.\n")
    assert 50 < text.count("```mermaid") < 300
    monkeypatch.setattr(module, "BYTES", 10)
    assert markdown(Outcome(results)).startswith("The rest is left out")


def test_no_diagram_is_larger_than_github_draws() -> None:
    for diagram in re.findall("```mermaid\n(.*?)```", markdown(Outcome([unexpected(LOST)])), re.S):
        assert len(diagram) < 50_000
