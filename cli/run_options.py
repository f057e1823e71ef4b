"""From the options of a command to a run, and from its outcome to what is printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.running.jobs import Job, Outcome, Result, canonical, expecting, fairly, select
from tcpmc.checks.running.loading import find_property, find_scope
from tcpmc.checks.running.monitor import GIGABYTE, Limits, Monitor, default_memory
from tcpmc.checks.running.run import run, watcher
from tcpmc.cli.scope_options import scope_with
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.catalogue import CATALOGUE, PROPERTIES
from tcpmc.reports.scope_arguments import FLAGS, overridden
from tcpmc.reports.story import printable
from tcpmc.reports.terminal import no_command, on_github

if TYPE_CHECKING:
    from tcpmc.checks.statespace import Graph

Options = Mapping[str, Any]


def say(line: str) -> None:
    """One line about the run itself, on stderr."""
    told = f"tcpmc: {printable(line)}\n"
    sys.stderr.write(no_command(told) if on_github() else told)


def progress_of(options: Options) -> Callable[[str], None]:
    """What tells of long work: `say` on a terminal, if nobody asked for quiet."""
    loud = not options["quiet"] and sys.stderr.isatty()
    return say if loud else lambda line: None


def asked_scope(options: Options) -> Scope:
    """The scope that the options ask for."""
    return scope_with(find_scope(options["scope"]), {name: options[name] for name in FLAGS})


def traced(
    name: str,
    variant: str | None,
    engine: str | None,
    options: Options,
    follow: Callable[[Result], None] = lambda result: None,
) -> Outcome:
    """The outcome for the one property, decided by the engine that gives its canonical trace."""
    prop = find_property(name)
    if variant is None:
        words = prop.expected.items()
        having = [source for source, word in words if word in ("REFUTED", "WITNESS")]
        variant = having[0] if having else "rfc9293"
    return decide([name], [variant], [engine or canonical(prop)], options, follow)


def decide(
    properties: Sequence[str],
    variants: Sequence[str],
    engines: Sequence[str],
    options: Options,
    follow: Callable[[Result], None],
) -> Outcome:
    """Run what the options ask for; `follow` is called with each result when it is there."""
    asked = asked_scope(options)
    every = options.get("every", False)
    jobs = select(properties, variants, asked, engines, every)
    if not jobs:
        raise BadInput("nothing is selected")
    if options.get("expect"):
        jobs = expecting(jobs, options["expect"])
    if options["fairness"]:
        jobs = fairly(jobs, options["fairness"])
    if not options["quiet"]:
        _note_overridden(jobs, options)
        _note_left_out(jobs, properties, every)
    progress = None if options["quiet"] else sys.stderr
    exploring = asked_exploring(options)
    outcome = run(jobs, asked_limits(options), progress, exploring, follow)
    outcome.named = bool(properties)
    return outcome


def asked_limits(options: Options) -> Limits:
    """The limits that the options set."""
    memory = options["max_memory"]
    memory = default_memory() if memory is None else int(memory * GIGABYTE)
    return Limits(options["max_states"], memory, options["timeout"])


def asked_exploring(options: Options) -> Exploring:
    """How the options have the explicit engine explore. Raises BadInput."""
    fresh, resumed = options.get("checkpoint"), options.get("resume")
    if fresh and resumed:
        raise BadInput("--resume DIR goes on saving to DIR: leave --checkpoint out")
    folder = fresh or resumed
    return Exploring(
        options.get("backend", "auto"),
        options.get("threads"),
        Path(folder) if folder else None,
        bool(resumed),
        say,
        options.get("cluster"),
        options.get("thorough", False),
        options.get("next_capacity", False),
    )


@contextmanager
def watched(options: Options) -> Iterator[Callable[[Graph], None]]:
    """For an exploration outside of `run`: what it calls after each level. Raises Stopped."""
    monitor = Monitor(asked_limits(options), None if options["quiet"] else sys.stderr)
    with monitor.running(), monitor.interruptible():
        yield watcher(monitor, "exploring")


def _note_overridden(jobs: Sequence[Job], options: Options) -> None:
    """Say which bounds that were asked for a property sets itself."""
    found: dict[str, list[str]] = {}
    for job in jobs:
        given = {name: options[name] for name in FLAGS}
        for bound in overridden(job.asked, job.scope, given):
            names = found.setdefault(bound, [])
            names += [job.prop.name] * (job.prop.name not in names)
    for bound, names in found.items():
        say(f"note: {bound} does not apply to {', '.join(names)}: set by the property")


def _note_left_out(jobs: Sequence[Job], properties: Sequence[str], every: bool) -> None:
    """Say how many properties the engine that was asked for does not decide."""
    known = PROPERTIES if every else CATALOGUE
    missing = len(known) - len({job.prop.name for job in jobs})
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
