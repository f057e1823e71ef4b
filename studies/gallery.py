"""The bug gallery: each seeded bug and the property that tells it from a sound variant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from tcpmc import __version__
from tcpmc.checks.running.jobs import Job, Outcome, Result, preferred_engine
from tcpmc.checks.running.loading import find_bug
from tcpmc.checks.running.monitor import Limits
from tcpmc.checks.running.run import run
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.bugs import BUGS, Bug
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.reports.evidence import command, evidence
from tcpmc.reports.layout import folded, hanging
from tcpmc.reports.report import TABLE, WORD, outcome_notes
from tcpmc.reports.verdict_json import dumped, result_json

SCHEMA = "tcpmc/gallery/1"


@dataclass(frozen=True)
class Caught:
    """One bug, and what the property that catches it says with and without the bug."""

    bug: Bug
    sound: Result
    seeded: Result

    @property
    def caught(self) -> bool:
        """Whether the property tells the two apart, each verdict being the expected one."""
        return self.sound.verdict.as_expected and self.seeded.verdict.as_expected


@dataclass(frozen=True)
class Gallery:
    """The rows in the order of the gallery, and the run that they come from."""

    rows: list[Caught]
    outcome: Outcome


def gallery(
    names: Sequence[str] = (), limits: Limits | None = None, progress: TextIO | None = None
) -> Gallery:
    """Decide the bugs of these names, or all. Raises BadInput for a name that is unknown."""
    wanted = [find_bug(name) for name in names] or list(BUGS.values())
    bugs = [bug for bug in BUGS.values() if bug in wanted]
    pairs = [(_job(bug, bug.sound), _job(bug, bug.variant.name)) for bug in bugs]
    jobs = [job for pair in pairs for job in pair]
    different = [job for number, job in enumerate(jobs) if job not in jobs[:number]]
    outcome = run(different, limits, progress)
    results = dict(zip(map(different.index, different), outcome.results, strict=True))
    rows = [
        Caught(bug, *(results[different.index(job)] for job in pair))
        for bug, pair in zip(bugs, pairs, strict=True)
    ]
    return Gallery(rows, outcome)


def _job(bug: Bug, variant: str) -> Job:
    prop = PROPERTIES[bug.caught_by]
    return Job(prop, VARIANTS[variant], variant, bug.scope, (preferred_engine(prop),))


def shown_by(row: Caught) -> str:
    """The command that shows how the bug is caught: its trace, or the verdict if it has none."""
    line = command(row.seeded.job)
    return line if row.seeded.verdict.trace else line.replace(" trace ", " check ", 1)


def as_text(shown: Gallery, width: int | None = None, traces: bool = False) -> str:
    """The table in at most 80 columns, or `width`; with `traces`, each trace after it."""
    narrow = min(TABLE, width or TABLE)
    lines = [f"  {'verdict':<{WORD}}{'steps':>5}  variant, and what catches it"]
    for row in shown.rows:
        lines += _entry(row, narrow)
    if traces:
        for row in shown.rows:
            if row.seeded.verdict.trace is not None:
                lines += ["", *evidence(row.seeded, width)]
    lines += ["", *folded(summary(shown), narrow)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _entry(row: Caught, width: int) -> Iterator[str]:
    verdict, bug = row.seeded.verdict, row.bug
    steps = "-" if verdict.trace is None else str(len(verdict.trace))
    mark = " " if row.caught else "!"
    yield f"{mark} {verdict.word:<{WORD}}{steps:>5}  {bug.variant.name}"
    sound = f"{row.sound.verdict.word} on {bug.sound}"
    for text in (
        f"{bug.stack}: {bug.variant.title} ({bug.report})",
        f"{bug.caught_by}: {row.sound.job.prop.meaning} ({sound})",
        shown_by(row),
        *_unexpected(row),
    ):
        yield from hanging(text, width, 6)


def _unexpected(row: Caught) -> Iterator[str]:
    for result in (row.sound, row.seeded):
        verdict = result.verdict
        if not verdict.as_expected:
            problem = (
                f"{verdict.word} on {verdict.variant.name} where {verdict.expected} is expected"
            )
            yield f"not caught: {problem}"


def summary(shown: Gallery) -> list[str]:
    """How many were caught, and how the run went."""
    caught = sum(row.caught for row in shown.rows)
    notes = outcome_notes(shown.outcome, shown.outcome.exit_code)
    return [f"{caught} of {len(shown.rows)} bugs caught.", *notes]


def as_json(shown: Gallery) -> str:
    """The gallery as one JSON object, with a line feed at the end: for each bug what it is, and
    both results as in docs/verdicts.schema.json."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "exit_code": shown.outcome.exit_code,
        "stopped": shown.outcome.reason,
        "bugs": [_row_as_json(row) for row in shown.rows],
    }
    return dumped(document, indent=2)


def _row_as_json(row: Caught) -> dict[str, Any]:
    trace = row.seeded.verdict.trace
    return {
        "variant": row.bug.variant.name,
        "bug": row.bug.variant.title,
        "stack": row.bug.stack,
        "report": row.bug.report,
        "caught_by": row.bug.caught_by,
        "caught": row.caught,
        "steps": None if trace is None else len(trace),
        "command": shown_by(row),
        "sound": result_json(row.sound),
        "seeded": result_json(row.seeded),
    }
