"""The claims as one page in Chinese, for the readers of the four texts; the traces are in the pages
in English, which it links to."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.markdown_text import escaped
from tcpmc.reports.report import letter
from tcpmc.studies.claims.claims_file import Book, FigureQuestion, TextClaim
from tcpmc.studies.claims.claims_text import assumptions, scope, with_trace
from tcpmc.studies.claims.decide import Answered, Decided

TEXTS = Path(__file__).with_name("claims.zh.toml")


@dataclass(frozen=True)
class Chinese:
    """What claims.zh.toml has, by its tables; what it does not have stays as it is."""

    tables: dict[str, dict[str, str]]
    claims: dict[str, dict[str, str]]

    @classmethod
    def load(cls) -> Chinese:
        """The file that is installed."""
        tables = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
        return cls(tables, tables.pop("claims"))

    def named(self, table: str, name: str, otherwise: str) -> str:
        """The Chinese of what has a name."""
        return self.tables[table].get(name, otherwise)

    def rewritten(self, table: str, text: str) -> str:
        """The Chinese of a sentence; of its parts between semicolons where the whole is unknown."""
        for pattern, chinese in self.tables[table].items():
            if found := re.fullmatch(pattern, text):
                return found.expand(chinese)
        parts = text.split("; ")
        return text if len(parts) == 1 else "；".join(self.rewritten(table, p) for p in parts)

    def covers(self, claims: Sequence[TextClaim]) -> bool:
        """Whether these are the claims that it has the Chinese of."""
        return all(claim.name in self.claims for claim in claims)


def page(decided: Sequence[Decided], book: Book, chinese: Chinese) -> str:
    """The page; each claim links to its traces in the page of its first text."""
    lines = [chinese.tables["page"]["heading"]]
    for short, name in book.sources.items():
        lines.append(f"* {short}：{escaped(chinese.named('sources', short, name))}")
    lines += ["", "| 编号 | 原说法 | 成立条件 | 内容 |", "|---|---|---|---|"]
    lines += [_row(claim, chinese) for claim in decided]
    for claim in decided:
        lines += _section(claim, chinese)
    return "\n".join(lines).rstrip() + "\n"


def _row(decided: Decided, chinese: Chinese) -> str:
    name = decided.claim.name
    words = [
        chinese.named("words", word, word) for word in (decided.word, decided.exact_word or "")
    ]
    text = escaped(chinese.claims[name]["text"])
    return f"| [{name}](#{name.lower()}) | {words[0]} | {words[1]} | {text} |"


def _section(decided: Decided, chinese: Chinese) -> Iterator[str]:
    claim, said = decided.claim, chinese.claims[decided.claim.name]
    yield f"\n## {claim.name}\n"
    yield f"{escaped(said['text'])}（{'、'.join(claim.sources)}）\n"
    yield f"**原说法：{chinese.named('words', decided.word, decided.word)}。**\n"
    notes = assumptions(decided)
    yield from (_answer(answer, notes, chinese) for answer in decided.stated)
    if decided.exact_word:
        word = chinese.named("words", decided.exact_word, decided.exact_word)
        yield f"\n**成立条件（{word}）**：{escaped(said['condition'])}\n"
        yield from (_answer(answer, notes, chinese) for answer in decided.exact)
    if notes:
        texts = (chinese.rewritten("assumptions", note) for note in notes)
        listed = [f"（{letter(number)}）{escaped(text)}" for number, text in enumerate(texts)]
        yield f"\n假设：{'；'.join(listed)}。"
    if with_trace(decided):
        yield f"\n[轨迹](claims/{claim.sources[0]}.md#{claim.name.lower()})"


def _answer(answer: Answered, notes: Sequence[str], chinese: Chinese) -> str:
    question = answer.question
    word = chinese.named("words", answer.word, answer.word)
    needed = chinese.named("words", question.says, question.says)
    told = word if answer.supports else f"{word}（说法需要：{needed}）"
    return f"* `{question}` {told}：{_because(answer, notes, chinese)}"


def _because(answer: Answered, notes: Sequence[str], chinese: Chinese) -> str:
    question = answer.question
    if isinstance(question, FigureQuestion):
        figure = question.figure
        meaning = chinese.named("figures", figure.name, figure.meaning)
        shown = chinese.rewritten("methods", figure.shown())
        return f"{escaped(meaning)}。{escaped(shown)}（{escaped(figure.citation)}）。"
    assert answer.result is not None
    prop, verdict = answer.result.job.prop, answer.result.verdict
    meaning = chinese.named("properties", prop.name, prop.meaning)
    methods = [chinese.rewritten("methods", found.method) for found in verdict.answers.values()]
    where = "" if isinstance(prop, Lemma) else f"范围：{scope(answer.result).split(': ')[-1]}。"
    letters = "、".join(letter(notes.index(note)) for note in answer.result.all_assumptions)
    rests = f"假设 {letters}。" if letters else ""
    return f"{escaped(meaning)}。{escaped('；'.join(methods))}。{escaped(where)}{rests}"
