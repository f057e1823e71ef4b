"""The commands about real stacks: the bug gallery, and two variants compared."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmc.checks.running.jobs import ENGINES, select
from tcpmc.checks.running.loading import find_variant, names_machine
from tcpmc.checks.running.run import run
from tcpmc.checks.verdict import EXIT_AS_EXPECTED
from tcpmc.cli.command_settings import LimitSettings, OutputSettings, ScopeSettings, typed
from tcpmc.cli.options import BUG_NAMES, LIMITS, SMALL_SCOPE, VARIANT_NAMES, result_options
from tcpmc.cli.output_formats import STUDY_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import asked_scope, say, watched
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.catalogue import CATALOGUE
from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.terminal import width

if TYPE_CHECKING:
    from tcpmc.studies.compare_report import StackComparison


@click.command(short_help="Show bugs of real stacks, and the property that catches each.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=BUG_NAMES)
@LIMITS
@result_options(STUDY_FORMATS)
@typed
def gallery(names: tuple[str, ...], limits: LimitSettings, outputs: OutputSettings) -> int:
    r"""For each seeded bug, decide the property that catches it, with the bug and without it.

    \b
    tcpmc gallery                      the table of all
    tcpmc gallery smoltcp-470 inet-92  these, with their traces
    tcpmc gallery -o json=gallery.json

    A bug is caught if the verdict with it is the opposite of the verdict without it. Exit code 1
    means that some bug is not caught.
    """
    wanted = requests(outputs, STUDY_FORMATS)
    with opening(wanted, outputs.force) as destinations:
        from tcpmc.studies import gallery as bugs

        shown = bugs.gallery(names, limits.limits(), limits.progress)
        destinations.write_by(
            {
                "json": lambda: bugs.as_json(shown),
                "text": lambda: bugs.as_text(shown, width(), traces=bool(names)),
            }
        )
    if all(request.path for request in wanted) and not limits.quiet:
        for line in bugs.summary(shown):
            say(line)
    return shown.outcome.exit_code


@dataclass(frozen=True)
class CompareSettings:
    """The scope of a comparison, and its limits."""

    scope: ScopeSettings
    limits: LimitSettings


@click.command(short_help="Show the differences between two variants.")
@click.argument("a", metavar="A", shell_complete=VARIANT_NAMES)
@click.argument("b", metavar="B", shell_complete=VARIANT_NAMES)
@click.option("--traces/--no-traces", default=True, help="Show the traces. [default: --traces]")
@SMALL_SCOPE
@LIMITS
@result_options(STUDY_FORMATS)
@typed
def compare(
    a: str, b: str, traces: bool, settings: CompareSettings, outputs: OutputSettings
) -> int:
    r"""Compare A and B: rules, switches, state changes and the catalogue's verdicts.

    \b
    tcpmc compare rfc9293 freertos-1303
    tcpmc compare smoltcp-470 ./my_stack.py --no-traces
    tcpmc compare rfc9293 ./my_stack.py --scope default --format json

    A and B are names or Python files. Each difference comes with the shortest run that shows it,
    if the scope has one. Differences are not a failure: the exit code is 0.

    \b
    tcpmc compare rfc9293 linux.dot

    A learned machine (tcpmc learn) is compared word by word; where answers differ, the run is held
    against the rules as tcpmc drive does it.
    """
    if names_machine(a) or names_machine(b):
        return _with_machine(a, b, outputs)
    with opening(requests(outputs, STUDY_FORMATS), outputs.force) as destinations:
        from tcpmc.studies.compare_report import as_json, as_text, exit_code

        comparison = _compared(a, b, asked_scope(settings.scope), settings.limits)
        destinations.write_by(
            {
                "json": lambda: as_json(comparison),
                "text": lambda: as_text(comparison, width(), traces),
            }
        )
    return exit_code(comparison)


def _with_machine(a: str, b: str, outputs: OutputSettings) -> int:
    """A variant compared with a learned machine."""
    from tcpmc.checks.conform.stacks import stack_of
    from tcpmc.checks.drive.machine_compare import compared
    from tcpmc.checks.drive.machine_rules import machine_variant
    from tcpmc.reports.drive.machine_text import as_json, as_text

    if names_machine(a) and names_machine(b):
        raise BadInput("two machines: tcpmc learn --on STACK --against FILE.dot compares these")
    machine, other = (a, b) if names_machine(a) else (b, a)
    with opening(requests(outputs, STUDY_FORMATS), outputs.force) as destinations:
        found = compared(stack_of(find_variant(other)), machine_variant(machine))
        destinations.write_by({"json": lambda: as_json(found), "text": lambda: as_text(found)})
    return EXIT_AS_EXPECTED


def _compared(a: str, b: str, scope: Scope, limits: LimitSettings) -> StackComparison:
    """The comparison that the options ask for."""
    from tcpmc.checks.statespace import TooLarge
    from tcpmc.studies.compare import differences, explored, same
    from tcpmc.studies.compare_report import StackComparison

    variants = find_variant(a), find_variant(b)
    if Path(a) == Path(b) or same(*variants):
        return StackComparison(*variants, scope)
    started = time.monotonic()
    lemmas = [name for name, prop in CATALOGUE.items() if isinstance(prop, Lemma)]
    jobs = select([], [a, b], scope, ENGINES[:1]) + select(lemmas, [a, b], scope, ("z3",))
    outcome = run(jobs, limits.limits(), limits.progress)
    if outcome.reason == "interrupted":
        raise KeyboardInterrupt(outcome.reason)
    left = limits.timeout and max(0.001, limits.timeout - (time.monotonic() - started))
    try:
        with watched(replace(limits, timeout=left)) as progress:
            mine, theirs = (explored(variant, scope, progress) for variant in variants)
            differing = differences(mine, theirs, outcome)
    except (TooLarge, ValueError) as error:
        raise BadInput(str(error)) from error
    return StackComparison(*variants, scope, differing, outcome)
