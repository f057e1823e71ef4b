"""The command line."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import click
from click.core import ParameterSource

from tcpmc.checks.running.jobs import AUTO, ENGINES, Outcome
from tcpmc.checks.trace import ReplayError
from tcpmc.checks.verdict import (
    EXIT_AS_EXPECTED,
    EXIT_DISAGREE,
    EXIT_INCONCLUSIVE,
    EXIT_INTERNAL,
    EXIT_NOTHING,
    EXIT_USAGE,
)
from tcpmc.cli.audit_command import audit, audits_of
from tcpmc.cli.claims_command import claims
from tcpmc.cli.command_settings import OutputSettings, RunSettings, typed
from tcpmc.cli.conform_command import conform
from tcpmc.cli.diagram_command import diagram
from tcpmc.cli.drive_command import drive
from tcpmc.cli.explain_command import explain
from tcpmc.cli.explore_command import explore
from tcpmc.cli.graph_command import graph
from tcpmc.cli.learn_command import learn
from tcpmc.cli.list_command import KINDS, listing, markdown
from tcpmc.cli.options import (
    BETWEEN,
    EXPLORING,
    FAIR,
    GROUP_HELP,
    LIMITS,
    PROPERTY_NAMES,
    SCOPE,
    VARIANT,
    VARIANT_NAMES,
    all_variants,
    result_options,
    version,
)
from tcpmc.cli.output_files import discard_output
from tcpmc.cli.output_formats import ALL_FORMATS, LIST_FORMATS, RUN_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.pairs_command import pairs
from tcpmc.cli.prove_command import prove
from tcpmc.cli.repair_command import repair
from tcpmc.cli.replay_command import replay
from tcpmc.cli.run_options import annotate, conclude, decide, say, traced
from tcpmc.cli.stack_commands import compare, gallery
from tcpmc.cli.suite_command import suite
from tcpmc.cli.threshold_command import threshold
from tcpmc.cli.trace_command import folders, write_traces
from tcpmc.cli.verify_command import verify
from tcpmc.cli.watching import watch
from tcpmc.errors import BadInput, missing_package, one_line
from tcpmc.reports.terminal import on_github, width
from tcpmc.stacks.stack import Broken, NotHere


@click.group(help=GROUP_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@version
def cli() -> None:
    """The group of all commands."""


@dataclass(frozen=True)
class CheckSettings:
    """What `check` is asked, and what it shows besides the verdicts."""

    properties: tuple[str, ...]
    variants: tuple[str, ...]
    engine: str
    traces: tuple[str, ...]
    table: bool
    coverage: bool
    watch: bool


@cli.command(short_help="Decide properties; all of them by default.")
@click.argument("properties", nargs=-1, metavar="[PROPERTY]...", shell_complete=PROPERTY_NAMES)
@click.option(
    "--variant", "variants", multiple=True, metavar="NAME|FILE", shell_complete=VARIANT_NAMES,
    callback=all_variants,
    help="A variant, or a Python file that defines one; may be repeated. A=NAME and B=NAME name "
    "one for each end.",
)  # fmt: skip
@BETWEEN
@click.option(
    "--engine", type=click.Choice(["auto", *map(str, ENGINES), "all"]),
    default="auto", show_default=True,
    help="auto: explicit and z3 for a named property; for the catalogue, what it prescribes.",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Check every property, not only the catalogue.")
@click.option(
    "--thorough",
    is_flag=True,
    help="Also let Z3 prove the cases with data transfer (takes minutes).",
)
@click.option(
    "--next-capacity",
    is_flag=True,
    help="Repeat with a larger channel capacity where a run reached the capacity.",
)
@click.option(
    "--expect", metavar="VARIANT", shell_complete=VARIANT_NAMES,
    help="For your own variant: expect the verdicts of this one, such as rfc9293.",
)  # fmt: skip
@click.option(
    "--traces", multiple=True, metavar="[FORMAT=]FOLDER",
    help="Write each unexpected trace to a file in FOLDER. [default FORMAT: text and json]",
)  # fmt: skip
@click.option(
    "--table", is_flag=True, help="Print every verdict of the catalogue, not the summary."
)
@click.option("--watch", is_flag=True, help="Run again when a file beside the variant changes.")
@click.option(
    "--coverage", is_flag=True, help="List the rules that were reached, and those that were not."
)
@SCOPE
@FAIR
@LIMITS
@EXPLORING
@result_options(RUN_FORMATS)
@typed
def check(asked: CheckSettings, settings: RunSettings, outputs: OutputSettings) -> int:
    r"""Decide each PROPERTY and print the verdicts; traces too, if properties are named.

    \b
    Without PROPERTY and --variant, the catalogue is decided on rfc9293, and
    each property also on the variants where its verdict differs. With --variant
    alone, the catalogue is decided on that variant; with PROPERTY alone, the
    properties on rfc9293. --all adds the properties of claims and of second
    connections. PROPERTY may be a pattern: 'closing*'.

    \b
    In CI, for your own stack, which is audited as well (tcpmc audit):
      tcpmc check --variant my_stack.py --expect rfc9293 -o text \
          -o junit=junit.xml -o sarif=tcpmc.sarif --traces traces

    \b
    Without --variant, the nearest pyproject.toml can name the variant:
      [tool.tcpmc]
      variant = "my_stack.py"
      expect = "rfc9293"
      expectations = { graceful-close = "REFUTED" }   # also: properties, scope
    """
    asked, settings = _with_project(asked, settings)
    properties, variants = asked.properties, asked.variants
    if asked.watch:
        return watch(variants, [word for word in sys.argv[1:] if word != "--watch"])
    engines = {"auto": AUTO, "all": ENGINES}.get(asked.engine, (asked.engine,))
    if asked.coverage and asked.engine == "z3":
        raise BadInput("--coverage needs the explicit engine: omit --engine z3")
    if asked.coverage:  # the rules are counted while they are explored
        settings = replace(settings, exploring=replace(settings.exploring, no_cache=True))
    files, wanted = requests(outputs), folders(asked.traces)
    with opening(files, outputs.force) as destinations:
        outcome = decide(properties, variants, engines, settings, destinations.follow)
        outcome.table = asked.table
        idle = _without_a_difference(outcome)
        if settings.expect == "rfc9293" and (idle or not properties):
            outcome.audits = audits_of(variants)
        if asked.coverage:
            from tcpmc.checks.rule_labels import coverage as covered

            tried = {r.job.variant.at(end) for r in outcome.results for end in (0, 1)}
            outcome.coverage = covered(tried, outcome.rules)
        destinations.write(outcome)
        count = write_traces(outcome, wanted, outputs.force)
    if wanted and not settings.limits.quiet:
        places = " and ".join(dict.fromkeys(str(folder.path) for folder in wanted))
        say(f"traces in {places}: {count}")
    for told in idle:
        say(told)
    if on_github():
        annotate(outcome)
    if all(request.path for request in files) and not settings.limits.quiet:
        conclude(outcome)
    return outcome.exit_code


def _without_a_difference(outcome: Outcome) -> list[str]:
    """What to say of rules of the user's own that did, in all that the explicit engine explored,
    what the RFC's do: no verdict can be about their difference."""
    from tcpmc.checks.own_rules.compared import never_differed

    stacks = dict.fromkeys(result.job.variant for result in outcome.results)
    variants = dict.fromkeys(stack.at(which) for stack in stacks for which in (0, 1))
    idle = {variant.name: never_differed(variant.rules) for variant in variants if outcome.rules}
    return [
        f"in what was explored, rules of {name} did not differ from the RFC's: {', '.join(rules)}"
        for name, rules in idle.items()
        if rules
    ]


def _with_project(asked: CheckSettings, settings: RunSettings) -> tuple[CheckSettings, RunSettings]:
    """What is asked, and the project's settings for what the command line leaves open. Another
    variant than the project's is asked for by itself."""
    from tcpmc.cli.project_settings import project_settings, with_project

    found = project_settings(Path.cwd())
    if found is None or asked.variants:
        return asked, settings
    path, project = found
    if not settings.limits.quiet:
        say(f"settings of {path}: {project}")
    given = click.get_current_context().get_parameter_source("scope")
    return (
        replace(
            asked, properties=asked.properties or project.properties, variants=project.variants
        ),
        with_project(project, settings, given is ParameterSource.COMMANDLINE),
    )


@cli.command(short_help="Show the trace of one property.")
@click.argument("name", metavar="PROPERTY", shell_complete=PROPERTY_NAMES)
@VARIANT
@click.option(
    "--engine",
    type=click.Choice([*map(str, ENGINES)]),
    help="[default: the engine that decides the property]",
)
@SCOPE
@FAIR
@LIMITS
@EXPLORING
@result_options(ALL_FORMATS)
@typed
def trace(
    name: str,
    variant: str | None,
    engine: str | None,
    settings: RunSettings,
    outputs: OutputSettings,
) -> int:
    r"""Show the shortest trace that refutes or witnesses PROPERTY.

    Without --variant, the trace is one of rfc9293, or of the first variant that is expected to have
    one.

    \b
      tcpmc trace closing -o text -o svg=closing.svg -o json=closing.json
    """
    asked = requests(outputs, ALL_FORMATS)
    with opening(asked, outputs.force) as destinations:
        outcome = traced(name, variant, engine, settings, destinations.follow)
        destinations.write(outcome)
    verdict = outcome.results[0].verdict
    if verdict.trace is None and any(request.shows_trace for request in asked):
        outcome_line = f"{verdict.word} {name} on {verdict.variant.name}: there is no trace to show"
        say(f"{outcome_line} ({'; '.join(a.method for a in verdict.answers.values())})")
        return outcome.exit_code or EXIT_NOTHING
    return outcome.exit_code


@cli.command("list")
@click.argument("kinds", nargs=-1, type=click.Choice(KINDS))
@result_options(LIST_FORMATS)
@typed
def list_(kinds: tuple[str, ...], outputs: OutputSettings) -> int:
    """List properties, variants, scopes, output formats, rules, switches and exit codes."""
    with opening(requests(outputs, LIST_FORMATS), outputs.force) as destinations:
        destinations.write_by(
            {
                "markdown": lambda: markdown(kinds),
                "text": lambda: listing(kinds, min(80, width() or 80)),
            }
        )
    return 0


cli.add_command(audit)
cli.add_command(claims)
cli.add_command(prove)
cli.add_command(threshold)
cli.add_command(conform)
cli.add_command(drive)
cli.add_command(suite)
cli.add_command(learn)
cli.add_command(replay)
cli.add_command(verify)
cli.add_command(gallery)
cli.add_command(compare)
cli.add_command(pairs)
cli.add_command(repair)
cli.add_command(explain)
cli.add_command(diagram)
cli.add_command(graph)
cli.add_command(explore)


def main() -> None:
    """Run the command line in a process that is set up already; it ends with the exit code."""
    sys.exit(exit_code())


def exit_code() -> int:
    """Run the command, and return its exit code; an error is one line on stderr."""
    sys.unraisablehook = _unraisable
    # numpy's linear algebra, which nothing here uses, would start threads of its own
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = _run()
    except OSError as error:
        code = _cannot_go_on(error)
    try:
        sys.stdout.flush()
    except OSError as error:
        code = code or _cannot_go_on(error)
        discard_output()
    return code


def _unraisable(error: sys.UnraisableHookArgs) -> None:
    """An interrupt can leave a z3 term partly constructed; ignore the error of its destructor."""
    if not str(getattr(error.object, "__module__", "")).startswith("z3."):
        sys.__unraisablehook__(error)


def _cannot_go_on(error: OSError) -> int:
    """What the system refuses is no fault of tcpmc; a reader who has left is nobody's."""
    discard_output()
    if isinstance(error, BrokenPipeError):
        return EXIT_AS_EXPECTED
    place = f"{error.filename}: " if isinstance(error.filename, str) else "cannot write: "
    say(f"{place}{error.strerror or error}")
    return EXIT_USAGE


def _run() -> int:
    """Run the command. Raises OSError."""
    try:
        code = cli.main(prog_name="tcpmc", standalone_mode=False)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        code = error.exit_code
    except BadInput as error:
        say(str(error))
        code = EXIT_USAGE
    except (NotHere, Broken) as error:
        say(str(error))
        code = EXIT_INCONCLUSIVE
    except ReplayError as error:
        say(f"a trace failed its replay, which is a bug in tcpmc: {error}")
        code = EXIT_DISAGREE
    except (KeyboardInterrupt, click.Abort) as stop:
        say(str(stop.__cause__ or stop) or "interrupted")
        code = EXIT_INCONCLUSIVE
    except SystemExit as stop:
        say(f"ended by SystemExit({stop.code!r}), without all verdicts")
        code = EXIT_INTERNAL
    except OSError:
        raise
    except MemoryError:
        say("out of memory: choose a smaller scope")
        code = EXIT_INCONCLUSIVE
    except Exception as error:
        if missing := missing_package(error):
            say(missing)
            return EXIT_USAGE
        if "--debug" in sys.argv:
            traceback.print_exc()
        say(f"internal error, please report it (--debug shows more): {one_line(error)}")
        code = EXIT_INTERNAL
    return code or EXIT_AS_EXPECTED
