"""From the options of a command to a run, and from its outcome to what is printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.running.jobs import (
    Job,
    Outcome,
    Result,
    preferred_engine,
    select,
    with_expectations,
    with_expectations_of,
    with_fairness,
)
from tcpmc.checks.running.loading import find_property, find_scope
from tcpmc.checks.running.monitor import Monitor
from tcpmc.checks.running.run import run, watcher
from tcpmc.cli.command_settings import (
    ExploringSettings,
    LimitSettings,
    RunSettings,
    ScopeBounds,
    ScopeSettings,
)
from tcpmc.cli.rows_as_they_come import rows_of
from tcpmc.cli.scope_options import scope_with
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.catalogue import CATALOGUE, PROPERTIES
from tcpmc.reports.layout import printable
from tcpmc.reports.scope_arguments import overridden
from tcpmc.reports.terminal import no_command, on_github

if TYPE_CHECKING:
    from tcpmc.checks.running.answer_cache import AnswerCache
    from tcpmc.checks.statespace import Graph


def say(line: str) -> None:
    """One line about the run itself, on stderr, if anybody reads that."""
    message = f"tcpmc: {printable(line)}\n"
    with suppress(OSError):
        sys.stderr.write(no_command(message) if on_github() else message)
        sys.stderr.flush()


def progress_of(quiet: bool) -> Callable[[str], None]:
    """What tells of long work: `say` on a terminal, if nobody asked for quiet."""
    return say if not quiet and sys.stderr.isatty() else lambda line: None


def asked_scope(settings: ScopeSettings) -> Scope:
    """The scope that is asked for. Raises BadInput."""
    return scope_with(find_scope(settings.scope), settings.bounds)


def traced(
    name: str,
    variant: str | None,
    engine: str | None,
    settings: RunSettings,
    follow: Callable[[Result], None] = lambda result: None,
) -> Outcome:
    """The outcome for the one property, decided by the engine that gives its canonical trace."""
    prop = find_property(name)
    if variant is None:
        words = prop.expected.items()
        having = [source for source, word in words if word in ("REFUTED", "WITNESS")]
        variant = having[0] if having else "rfc9293"
    return decide([name], [variant], [engine or preferred_engine(prop)], settings, follow)


def decide(
    properties: Sequence[str],
    variants: Sequence[str],
    engines: Sequence[str],
    settings: RunSettings,
    follow: Callable[[Result], None],
) -> Outcome:
    """Run what is asked for; `follow` is called with each result when it is there."""
    jobs = select(properties, variants, asked_scope(settings.scope), engines, settings.every)
    if not jobs:
        raise BadInput("nothing is selected")
    if settings.expect:
        jobs = with_expectations_of(jobs, settings.expect)
    if settings.expectations:
        jobs = with_expectations(jobs, dict(settings.expectations))
    if settings.fairness:
        jobs = with_fairness(jobs, settings.fairness)
    if not settings.limits.quiet:
        _note_overridden(jobs, settings.scope.bounds)
        _note_left_out(jobs, properties, settings.every)
    from tcpmc.checks.running.answer_cache import decided

    limits, exploring = settings.limits, asked_exploring(settings)
    outcome = decided(
        jobs,
        _cache(settings, exploring),
        lambda rest: run(
            rest,
            limits.limits(),
            limits.progress,
            replace(exploring, each=rows_of(rest, limits.quiet)),
            follow,
        ),
        follow,
    )
    outcome.named = bool(properties)
    return outcome


def _cache(settings: RunSettings, exploring: Exploring) -> AnswerCache | None:
    """Where answers are kept. None where another backend or a limit is asked for, for then it is
    asked what that comes to; and where nobody wants it."""
    asked, limits = settings.exploring, settings.limits
    limited = (limits.max_states, limits.max_memory, limits.timeout) != (None, None, None)
    if limited or replace(asked, no_cache=False) != ExploringSettings() or asked.no_cache:
        return None
    from tcpmc.checks.running.answer_cache import AnswerCache, default_folder

    folder = default_folder()
    return None if folder is None else AnswerCache(folder, exploring)


def asked_exploring(settings: RunSettings) -> Exploring:
    """How the explicit engine is asked to explore. Raises BadInput."""
    exploring = settings.exploring
    if exploring.checkpoint and exploring.resume:
        raise BadInput("--resume DIR continues to save to DIR: omit --checkpoint")
    folder = exploring.checkpoint or exploring.resume
    return Exploring(
        backend=exploring.backend,
        threads=exploring.threads,
        folder=Path(folder) if folder else None,
        resume=bool(exploring.resume),
        note=say,
        cluster=exploring.cluster,
        thorough=settings.thorough,
        next_capacity=settings.next_capacity,
    )


@contextmanager
def watched(limits: LimitSettings) -> Iterator[Callable[[Graph], None]]:
    """For an exploration outside of `run`: what it calls after each level. Raises Stopped."""
    monitor = Monitor(limits.limits(), limits.progress)
    with monitor.running(), monitor.interruptible():
        yield watcher(monitor, "exploring")


def _note_overridden(jobs: Sequence[Job], bounds: ScopeBounds) -> None:
    """Say which bounds that were asked for a property sets itself."""
    properties_of: dict[str, list[str]] = {}
    for job in jobs:
        for bound in overridden(job.asked, job.scope, bounds.given()):
            names = properties_of.setdefault(bound, [])
            names += [job.prop.name] * (job.prop.name not in names)
    for bound, names in properties_of.items():
        say(f"note: {bound} does not apply to {', '.join(names)}: set by the property")


def _note_left_out(jobs: Sequence[Job], properties: Sequence[str], every: bool) -> None:
    """Say how many properties the engine that was asked for does not decide."""
    catalogue = PROPERTIES if every else CATALOGUE
    missing = len(catalogue) - len({job.prop.name for job in jobs})
    if missing and not properties:
        say(f"note: {missing} properties are left out, which the other engine decides")


def conclude(outcome: Outcome) -> None:
    """Say on stderr how the run went, where its result went to a file."""
    from tcpmc.reports.report import summary

    for line in summary(outcome):
        say(line)


def annotate(outcome: Outcome) -> None:
    """Have GitHub Actions show what is not as expected. It reads stderr as well as stdout, which
    is the result's."""
    from tcpmc.reports.github import annotated

    for line in annotated(outcome):
        sys.stderr.write(f"{line}\n")
