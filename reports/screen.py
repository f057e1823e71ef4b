"""The default screen of a run: what is not as expected, the three questions, and the conclusion.

Each sentence follows from the verdicts: another verdict, another sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.checks.verdict import PROVED, REFUTED, UNREACHABLE, VACUOUS, WITNESS
from tcpmc.model.properties.kinds import Word
from tcpmc.reports.evidence import command, steps
from tcpmc.reports.layout import folded, hanging, wrapped
from tcpmc.reports.report import TABLE, basis, summary

MOST = 8
"""So many rows that are not as expected are shown; the table has the others."""

Found = Mapping[tuple[str, str], Result]


@dataclass(frozen=True)
class Facts:
    """The results of a run, asked by property; `stack` is the variant that the questions are about,
    and `other` the one without TIME-WAIT, if the run has it."""

    results: Found
    stack: str

    def word(self, name: str, variant: str | None = None) -> str:
        """The verdict, "" where it was not asked."""
        result = self.results.get((name, variant or self.stack))
        return "" if result is None else result.verdict.word

    def said(
        self, name: str, words: Mapping[Word, str], otherwise: str = "", variant: str | None = None
    ) -> str:
        """What is said of the verdict."""
        word = self.word(name, variant)
        return words[Word(word)] if word in words else otherwise

    def after(self, name: str, variant: str | None = None) -> str:
        """How long the trace is, in words: " after 7 steps"; "" without one."""
        result = self.results.get((name, variant or self.stack))
        trace = None if result is None else result.verdict.trace
        return "" if trace is None else f" after {steps(trace)}"

    def having(self, name: str) -> str | None:
        """The variant that the question about no TIME-WAIT is asked of."""
        without = (name, "no-time-wait")
        return "no-time-wait" if without in self.results else None


def _closing(facts: Facts) -> str:
    after = facts.after("closing")
    words = {
        WITNESS: f"Yes,{after}" if after else "Yes",
        UNREACHABLE: "No: no run comes to it",
    }
    sentence = facts.said("closing", words, "Not decided")
    only = facts.said(
        "closing-only-simultaneous",
        {
            PROVED: ", and only when each end sent its FIN before the other's arrived",
            REFUTED: ", and even when no FINs crossed",
        },
    )
    return f"{sentence}{only}."


def _deadlock(facts: Facts) -> str:
    bare = facts.having("no-deadlock")
    deadlock = facts.said(
        "no-deadlock",
        {
            PROVED: "No: every run that stops has ended properly",
            REFUTED: f"Yes{facts.after('no-deadlock', bare)}",
            VACUOUS: "No run ever stops",
        },
        "Not decided",
        variant=bare,
    )
    graceful = facts.said(
        "graceful-close",
        {
            PROVED: "; no connection is cut short",
            REFUTED: f"; but a connection is cut short{facts.after('graceful-close', bare)}",
        },
        variant=bare,
    )
    silent = ""
    if bare and facts.word("no-deadlock", "no-time-wait-silent") == REFUTED:
        silent = ". If the closed host stays silent, LAST-ACK is stuck"
        silent += facts.after("no-deadlock", "no-time-wait-silent")
    return f"{deadlock}{graceful}{silent}."


def _two_msl(facts: Facts) -> str:
    enough = facts.said(
        "2msl-sufficient",
        {
            PROVED: "Yes, if no bare ACK is lost",
            REFUTED: f"No, not even if no bare ACK is lost:{facts.after('2msl-sufficient')}"
            " an old segment is there when TIME-WAIT ends",
            VACUOUS: "Nothing is in TIME-WAIT",
        },
        "Not decided",
    )
    tight = facts.said(
        "2msl-tight",
        {
            WITNESS: "; less than 2 MSL is not",
            UNREACHABLE: "; less would do",
        },
    )
    lost = facts.said(
        "2msl-last-ack-lost",
        {
            WITNESS: ". If the last ACK can be lost, no",
            UNREACHABLE: ". Also if the last ACK is lost",
        },
    )
    return f"{enough}{tight}{lost}."


@dataclass(frozen=True)
class ScreenQuestion:
    """A question, the properties whose verdicts answer it, and the sentence that they give."""

    text: str
    without_time_wait: bool
    properties: tuple[str, ...]
    answer: Callable[[Facts], str]


QUESTIONS = (
    ScreenQuestion(
        "Can an end come to CLOSING?", False, ("closing", "closing-only-simultaneous"), _closing
    ),
    ScreenQuestion(
        "Does a connection deadlock?", True, ("no-deadlock", "graceful-close"), _deadlock
    ),
    ScreenQuestion(
        "Are 2 MSL of TIME-WAIT enough?",
        False,
        ("2msl-sufficient", "2msl-tight", "2msl-last-ack-lost"),
        _two_msl,
    ),
)


def screen(outcome: Outcome, width: int | None = None, extra: Sequence[str] = ()) -> str:
    """The default screen, in at most 80 columns or `width`. `extra` lines come before the end."""
    narrow = min(TABLE, width or TABLE)
    lines = [*_unexpected(outcome.results, narrow), *_answers(outcome.results, narrow)]
    if extra:
        lines += [*extra, ""]
    lines += folded(summary(outcome), narrow)
    lines += wrapped("All verdicts, and what they assume: tcpmc check --table", narrow)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _unexpected(results: Sequence[Result], width: int) -> Iterator[str]:
    """What is not as expected, each with the command that shows it."""
    odd = [result for result in results if not result.verdict.as_expected]
    for result in odd[:MOST]:
        verdict = result.verdict
        row = f"! {verdict.word}  {verdict.prop.name} on {verdict.variant.name}: {basis(verdict)}"
        yield from hanging(row, width, hang=4)
        if verdict.trace is not None:
            yield from (f"    {line}" for line in wrapped(f"$ {command(result.job)}", width - 4))
    if len(odd) > MOST:
        yield f"! and {len(odd) - MOST} more: tcpmc check --table"
    if odd:
        yield ""


def _answers(results: Sequence[Result], width: int) -> Iterator[str]:
    """The questions that the run answers, each with its sentence and where to look."""
    variants = {result.job.variant.name for result in results}
    stack = "rfc9293" if "rfc9293" in variants or not variants else min(variants)
    facts = Facts({(r.job.prop.name, r.job.variant.name): r for r in results}, stack)
    for question in QUESTIONS:
        bare = facts.having(question.properties[0]) if question.without_time_wait else None
        about = bare or stack
        if not facts.word(question.properties[0], about):
            continue
        title = question.text
        if bare:
            title = title.replace("?", " without TIME-WAIT?")
        elif stack != "rfc9293":
            title += f" ({stack})"
        yield title
        yield from (f"  {line}" for line in wrapped(question.answer(facts), width - 2))
        for text in _see(facts, question, about):
            yield from (f"  {line}" for line in wrapped(text, width - 2))
        yield ""


def _see(facts: Facts, question: ScreenQuestion, about: str) -> Iterator[str]:
    """The verdicts that the answer follows from, and the command that shows its evidence."""
    results = [facts.results.get((name, about)) for name in question.properties]
    there = [result for result in results if result is not None]
    yield "; ".join(f"{result.verdict.word} {result.job.prop.name}" for result in there)
    shown = [result for result in there if result.verdict.trace is not None]
    if shown:
        job = shown[0].job
        yield f"$ tcpmc trace {job.prop.name}" + f" --variant {job.source}" * (about != "rfc9293")
