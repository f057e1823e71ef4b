"""The pages: each link leads somewhere, and each page is on the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checkout import ROOT

PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "bench").glob("*.md"),
]
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)|\]: (?!https?:)(\S+)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.M | re.S)


def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", CODE.sub(lambda code: code[0].strip("`"), text(page)), re.M)
    plain = [re.sub(r"[^\w\s-]", "", title.lower()) for title in titles]
    return {title.strip().replace(" ", "-") for title in plain}


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_of_a_page_leads_to_a_file_or_heading(page: Path) -> None:
    for path, anchor, reference in LINK.findall(CODE.sub("", text(page))):
        target = (page.parent / (path or reference)).resolve() if path or reference else page
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in headings(target), f"{path}#{anchor}"


def test_the_home_page_lists_only_pages_that_are_there() -> None:
    blocks = re.findall(r"^```{toctree}\n(.*?)^```", text(ROOT / "docs/index.md"), re.M | re.S)
    listed = re.findall(r"^[\w./-]+$", "".join(blocks), re.M)
    assert len(listed) > 30
    assert [page for page in listed if not (ROOT / f"docs/{page}.md").exists()] == []


QUESTIONS = {
    "why are my sockets in CLOSE-WAIT": "close-wait",
    "is a TIME-WAIT of 60 s enough": "time-wait",
    "does my stack pass": "own-stack",
    "show CLOSING in a lecture": "show-closing",
    "what is a simultaneous open": "simultaneous-open",
    "the graph in Gephi": "gephi",
    "a trace in Wireshark": "wireshark",
    "in pytest": "ci",
    "in a notebook": "notebook",
    "what is assumed": "limits",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_that_users_bring_is_one_click_from_the_readme(question: str) -> None:
    page = f"docs/{QUESTIONS[question]}.md"
    assert f"]({page})" in text(ROOT / "README.md")
    words = [word for word in re.findall(r"[A-Za-z-]{5,}|60", question) if word != "sockets"]
    assert any(word.lower() in text(ROOT / page)[:1500].lower() for word in words)


def test_the_readme_is_short() -> None:
    assert len(text(ROOT / "README.md").splitlines()) <= 150
