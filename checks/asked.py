"""From the options of a command to a run, and from its outcome to what is printed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcpmc.checks.exploring import Exploring
from tcpmc.checks.guard import BadInput
from tcpmc.checks.loading import find_property, find_scope
from tcpmc.checks.monitor import GIGABYTE, Limits, Monitor, default_memory
from tcpmc.checks.run import ENGINES, Job, Outcome, decides, run, select, watcher
from tcpmc.checks.scope_options import BOUNDS, overridden, scope_with
from tcpmc.model.properties import PROPERTIES
from tcpmc.model.scope import SCOPES, Scope

if TYPE_CHECKING:
    from tcpmc.checks.explore import Graph

Options = Mapping[str, Any]


def say(line: str) -> None:
    """One line about the run itself, on stderr."""
    sys.stderr.write(f"tcpmc: {line}\n")


def width() -> int | None:
    """The columns to fill: COLUMNS, or those of the terminal; None where neither is known."""
    if os.environ.get("COLUMNS", "").isdecimal() or sys.stdout.isatty():
        return max(20, shutil.get_terminal_size().columns)
    return None


def asked_scope(options: Options) -> Scope:
    """The scope that the options ask for."""
    return scope_with(find_scope(options["scope"]), {name: options[name] for name in BOUNDS})


def traced(name: str, variant: str | None, engine: str | None, options: Options) -> Outcome:
    """The outcome for the one property, decided by the engine that gives its canonical trace."""
    prop = find_property(name)
    if variant is None:
        words = prop.expected.items()
        having = [source for source, word in words if word in ("REFUTED", "WITNESS")]
        variant = having[0] if having else "rfc9293"
    able = [one for one in ENGINES if decides(one, prop, SCOPES["default"])]
    return decide([name], [variant], [engine or able[0]], options)[1]


def decide(
    properties: Sequence[str],
    variants: Sequence[str],
    engines: Sequence[str],
    options: Options,
) -> tuple[list[Job], Outcome]:
    """Run what the options ask for."""
    asked = asked_scope(options)
    jobs = select(properties, variants, asked, engines)
    if not jobs:
        raise BadInput("nothing is selected")
    if not options["quiet"]:
        _note_overridden(jobs, options)
        _note_left_out(jobs, properties)
    progress = None if options["quiet"] else sys.stderr
    return jobs, run(
        jobs, asked_limits(options), progress, options.get("thorough", False),
        asked_exploring(options),
    )  # fmt: skip


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
        (lambda text: None) if options["quiet"] else say,
        options.get("cluster"),
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
        given = {name: options[name] for name in BOUNDS}
        for bound in overridden(job.asked, job.scope, given):
            names = found.setdefault(bound, [])
            names += [job.prop.name] * (job.prop.name not in names)
    for bound, names in found.items():
        say(f"note: {bound} does not apply to {', '.join(names)}: set by the property")


def _note_left_out(jobs: Sequence[Job], properties: Sequence[str]) -> None:
    """Say how many properties the engine that was asked for does not decide."""
    missing = len(PROPERTIES) - len({job.prop.name for job in jobs})
    if missing and not properties:
        say(f"note: {missing} properties are left out, which the other engine decides")


def rendered(
    outcome: Outcome,
    form: str,
    traces: bool = False,
    coverage: dict[str, list[str]] | None = None,
) -> str:
    """The outcome as text or JSON."""
    if form == "json":
        from tcpmc.checks.as_json import as_json

        return as_json(outcome, coverage)
    from tcpmc.checks.coverage import as_text
    from tcpmc.checks.report import report

    extra = as_text(coverage) if coverage is not None else ()
    return report(outcome, width(), traces, extra)


def conclude(outcome: Outcome) -> None:
    """Say on stderr how the run went, where its result went to a file."""
    from tcpmc.checks.report import summary

    for line in summary(outcome):
        say(line)
