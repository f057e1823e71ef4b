"""Rows on a terminal while a run goes on: each answer when it is there, in catalogue order."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from tcpmc.checks.running.jobs import Job
from tcpmc.checks.verdict import Answer

ERASED = "\r\x1b[K"
"""Takes the progress line away, which comes again below."""


class RowsAsTheyCome:
    """Tells the first answer to each job as a row, in the order of the jobs; what another engine
    says later, when it says it."""

    def __init__(self, jobs: Sequence[Job], tell: Callable[[str], None]) -> None:
        self._jobs, self._tell = jobs, tell
        self._answers: dict[int, list[tuple[str, Answer]]] = {id(job): [] for job in jobs}
        self._next = 0

    def __call__(self, job: Job, engine: str, answer: Answer) -> None:
        """Take an answer of an engine."""
        self._answers[id(job)].append((engine, answer))
        if any(one is job for one in self._jobs[: self._next]):
            self._tell(f"              and by {engine}: {answer.word} {_name(job)}")
        while self._next < len(self._jobs) and self._answers[id(self._jobs[self._next])]:
            first = self._jobs[self._next]
            for by, found in self._answers[id(first)]:
                self._tell(f"{found.word:13} {_name(first)} ({by})")
            self._next += 1


def _name(job: Job) -> str:
    """The property, and the variant if it is another than the RFC's rules."""
    variant = job.variant.name
    return job.prop.name + f" on {variant}" * (variant != "rfc9293")


def rows_of(jobs: Sequence[Job], quiet: bool) -> Callable[[Job, str, Answer], None]:
    """What tells the answers to several jobs on a terminal; elsewhere nothing does, so that what is
    printed is the same each time."""
    if quiet or len(jobs) < 2 or not sys.stderr.isatty() or os.environ.get("CI"):
        return lambda job, engine, answer: None

    def tell(line: str) -> None:
        sys.stderr.write(f"{ERASED}{line}\n")
        sys.stderr.flush()

    return RowsAsTheyCome(jobs, tell)
