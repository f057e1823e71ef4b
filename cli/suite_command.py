"""`tcpmc suite`: packetdrill scripts against the rules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, VARIANT_NAMES, Amount, result_options
from tcpmc.cli.output_files import Output, opened
from tcpmc.cli.output_formats import SUITE_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import say
from tcpmc.errors import BadInput

if TYPE_CHECKING:
    from tcpmc.checks.suite.suite import SuiteReport

SECONDS = 10.0
"""For each script."""


@dataclass(frozen=True)
class SuiteSettings:
    """Whose rules, for how long each script (seconds), and where scripts for what is missing go."""

    stack: str
    generate: str | None
    timeout: float | None
    quiet: bool


@click.command(short_help="Hold packetdrill scripts against the rules: what does a suite test?")
@click.argument("files", nargs=-1, required=True, metavar="DIR|FILE...")
@click.option("--stack", default="rfc9293", show_default=True, metavar="NAME|FILE",
              shell_complete=VARIANT_NAMES, help="Whose rules.")  # fmt: skip
@click.option("--generate", metavar="DIR",
              help="Write a script for each cell that no script is about.")  # fmt: skip
@click.option("--timeout", type=Amount(), metavar="SECONDS",
              help=f"For each script.  [default: {SECONDS:.0f}]")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="No progress on the terminal.")
@DEBUG
@result_options(SUITE_FORMATS)
@typed
def suite(files: tuple[str, ...], settings: SuiteSettings, outputs: OutputSettings) -> int:
    r"""Say of each packetdrill script whether a stack that conforms passes it, what it asks for
    that the RFC forbids or leaves open, and whether it reaches what it says that it tests; and of
    all together which states, rules, and cells of states against segments they reach.

    \b
      tcpmc suite tests/packetdrill
      tcpmc suite tests/packetdrill --generate missing -o junit=junit.xml
      tcpmc suite close.pkt --stack linux

    Of a folder, the files whose names end in .pkt. The dialects are those of google/packetdrill and
    nplab/packetdrill (FreeBSD).

    \b
    Exit codes: 0 no script is forbidden or vacuous; 1 one is; 2 usage;
    3 nothing could be judged, or a script was not read or not decided.
    """
    from tcpmc.checks.conform.stacks import stack_of
    from tcpmc.checks.suite.suite import SuiteReport, results, scripts_in

    asked = requests(outputs, SUITE_FORMATS)
    report = SuiteReport(stack_of(find_variant(settings.stack)))
    paths = scripts_in(files)
    with opening(asked, outputs.force) as destinations:
        seconds = SECONDS if settings.timeout is None else settings.timeout
        for number, result in enumerate(results(paths, report.stack, seconds), 1):
            report.scripts.append(result)
            if sys.stderr.isatty() and not settings.quiet and number % 100 == 0:
                say(f"{number:,} of {len(paths):,} scripts")
        if settings.generate is not None:
            _generate(report, Path(settings.generate), outputs.force)
        destinations.write(report)
    return exit_code(report)


def _generate(report: SuiteReport, folder: Path, force: bool) -> None:
    """Write a script for each cell that no script covers, or is about."""
    from tcpmc.checks.suite.missing import runs_for
    from tcpmc.reports.suite.missing_scripts import name_of, script_of

    cells = dict.fromkeys([*report.empty(), *(cell for cell, _ in report.without_script())])
    runs = runs_for(cells, report.stack.variant)
    scripts = {folder / name_of(run): script_of(run, report.stack.name) for run in runs}
    with _written(folder, [*scripts], force) as files:
        for (path, script), file in zip(scripts.items(), files, strict=True):
            file.write(script)
            report.written.append(str(path))


@contextmanager
def _written(folder: Path, paths: list[Path], force: bool) -> Iterator[list[Output]]:
    """The files, open; none of them is there already, unless they may be replaced."""
    there = next((path for path in paths if path.exists()), None)
    if there is not None and not force:
        raise BadInput(f"{there} exists: choose another folder, or --force")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot write {folder}: {error.strerror}") from error
    with ExitStack() as stack:
        yield [stack.enter_context(opened(str(path), path.suffix, force)) for path in paths]


def exit_code(report: SuiteReport) -> int:
    """1 if a script is forbidden or vacuous, 3 if some question has no answer."""
    if report.of("forbidden") or report.vacuous:
        return EXIT_UNEXPECTED
    unsettled = report.of("not read") or report.of("not decided") or not report.judged
    return EXIT_INCONCLUSIVE if unsettled else EXIT_AS_EXPECTED
