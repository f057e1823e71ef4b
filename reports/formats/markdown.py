"""Markdown for the job summary or a pull request of GitHub: the table of verdicts, and what is not
as expected with its trace as a diagram.

It stays below what GitHub takes: 1 MiB a summary here, and what Mermaid draws in its own writer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.checks.verdict import Standing
from tcpmc.reports.evidence import command, evidence, shown
from tcpmc.reports.formats.mermaid import mermaid
from tcpmc.reports.layout import printable
from tcpmc.reports.markdown_text import block, code, entities
from tcpmc.reports.report import basis, summary

BYTES = 1024 * 1024 - 1024
"""What a job summary may have, with some room for what others write to it."""

MARKS = {
    Standing.UNEXPECTED: "❌",
    Standing.UNSETTLED: "❔",
    Standing.AS_EXPECTED: "✅",
    Standing.NOT_JUDGED: "▫️",
}


def markdown(outcome: Outcome) -> str:
    """The run as Markdown."""
    sections = [_heading(outcome), _table(outcome.results)]
    sections += [
        _section(result)
        for result in outcome.results
        if result.verdict.standing == Standing.UNEXPECTED
    ]
    return "\n\n".join(_that_fit(sections)) + "\n"


def _heading(outcome: Outcome) -> str:
    text = " ".join(entities(line) for line in summary(outcome))
    return f"## tcpmc\n\n{text}"


def _table(results: Sequence[Result]) -> str:
    rows = ["| | verdict | property | variant | how |", "|---|---|---|---|---|"]
    for result in results:
        job, verdict = result.job, result.verdict
        cells = (
            MARKS[verdict.standing],
            entities(verdict.word),
            code(job.prop.name),
            code(job.variant.name),
            entities(basis(verdict)),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _section(result: Result) -> str:
    """What was asked, and the evidence."""
    job, verdict = result.job, result.verdict
    parts = [
        f"### {verdict.word} {code(job.prop.name)} on {code(job.variant.name)}",
        entities(f"{job.prop.kind}: {job.prop.meaning} ({job.prop.citation})"),
    ]
    if verdict.trace is not None:
        ladder = block([printable(line) for line in evidence(result)])
        parts += [
            entities(shown(result, verdict.trace)),
            block(mermaid(result).splitlines(), "mermaid"),
            f"<details><summary>As text</summary>\n\n{ladder}\n\n</details>",
        ]
    return "\n\n".join([*parts, f"Again: {code(command(job))}"])


def _that_fit(sections: Sequence[str]) -> Iterator[str]:
    """The sections up to the limit, and whether any is left out."""
    size = 0
    for section in sections:
        size += len(section.encode()) + 2
        if size > BYTES:
            yield "The rest is left out: a job summary on GitHub has at most 1 MiB."
            return
        yield section
