"""The commands about real stacks: the bug gallery, and two variants compared."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tcpmc.checks.running.jobs import ENGINES, select
from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.running.run import run
from tcpmc.cli.options import BUG_NAMES, LIMITS, RESULT, SMALL_SCOPE, SUFFIXES, VARIANT_NAMES
from tcpmc.cli.output_files import opened
from tcpmc.cli.run_options import asked_limits, asked_scope, say, watched
from tcpmc.errors import BadInput
from tcpmc.model.properties.catalogue import CATALOGUE
from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.terminal import width

if TYPE_CHECKING:
    from tcpmc.studies.compare_report import StackComparison


@click.command(short_help="Bugs of real stacks, and what catches each.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=BUG_NAMES)
@LIMITS
@RESULT
def gallery(names: tuple[str, ...], **rest: Any) -> int:
    r"""Decide for each seeded bug the property that catches it, with the bug and without.

    \b
    tcpmc gallery                      the table of all
    tcpmc gallery smoltcp-470 inet-92  these, with their traces
    tcpmc gallery --format json -o gallery.json

    A bug is caught if its verdict is the opposite of the one without it. Exit code 1: one is not.
    """
    with opened(rest["output"], suffix=SUFFIXES[rest["format"]]) as output:
        from tcpmc.studies import gallery as bugs

        progress = None if rest["quiet"] else sys.stderr
        found = bugs.gallery(names, asked_limits(rest), progress)
        if rest["format"] == "json":
            output.write(bugs.as_json(found))
        else:
            output.write(bugs.as_text(found, width(), traces=bool(names)))
    if rest["output"] and not rest["quiet"]:
        for line in bugs.summary(found):
            say(line)
    return found.outcome.exit_code


@click.command(short_help="What differs between two variants.")
@click.argument("a", metavar="A", shell_complete=VARIANT_NAMES)
@click.argument("b", metavar="B", shell_complete=VARIANT_NAMES)
@click.option("--traces/--no-traces", default=True, help="Show them. [default: --traces]")
@SMALL_SCOPE
@LIMITS
@RESULT
def compare(a: str, b: str, traces: bool, **rest: Any) -> int:
    r"""Compare A and B: rules, switches, state changes and the catalogue's verdicts.

    \b
    tcpmc compare rfc9293 freertos-1303
    tcpmc compare smoltcp-470 ./my_stack.py --no-traces
    tcpmc compare rfc9293 ./my_stack.py --scope default --format json

    A and B are names or Python files. Each difference comes with the shortest run that shows it,
    if the scope has one. Differences are no failure: the exit code is 0.
    """
    with opened(rest["output"], suffix=SUFFIXES[rest["format"]]) as output:
        from tcpmc.studies.compare_report import as_json, as_text, exit_code

        found = _compared(a, b, rest)
        shown = as_json(found) if rest["format"] == "json" else as_text(found, width(), traces)
        output.write(shown)
    return exit_code(found)


def _compared(a: str, b: str, options: Mapping[str, Any]) -> StackComparison:
    """The comparison that the options ask for."""
    from tcpmc.checks.statespace import TooLarge
    from tcpmc.studies.compare import differences, explored, same
    from tcpmc.studies.compare_report import StackComparison

    variants, scope = (find_variant(a), find_variant(b)), asked_scope(options)
    if Path(a) == Path(b) or same(*variants):
        return StackComparison(*variants, scope)
    started = time.monotonic()
    lemmas = [name for name, prop in CATALOGUE.items() if isinstance(prop, Lemma)]
    jobs = select([], [a, b], scope, ENGINES[:1]) + select(lemmas, [a, b], scope, ("z3",))
    limits = asked_limits(options)
    outcome = run(jobs, limits, None if options["quiet"] else sys.stderr)
    left = limits.seconds and max(0.001, limits.seconds - (time.monotonic() - started))
    try:
        with watched({**options, "timeout": left}) as progress:
            mine, theirs = (explored(variant, scope, progress) for variant in variants)
            found = differences(mine, theirs, outcome)
    except (TooLarge, ValueError) as error:
        raise BadInput(str(error)) from error
    return StackComparison(*variants, scope, found, outcome)
