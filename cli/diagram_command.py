"""`tcpmc diagram`: pictures of the rules, the graph, traces and timed runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from tcpmc.checks.running.loading import find_variant, text_of
from tcpmc.checks.running.stacks_of_ends import find_stacks
from tcpmc.checks.verdict import EXIT_NOTHING
from tcpmc.cli.command_settings import OutputSettings, RunSettings, typed
from tcpmc.cli.options import (
    DEBUG,
    FAIR,
    LIMITS,
    PROPERTY_NAMES,
    QUIET,
    RFC_OR_VARIANT,
    SCOPE,
    VARIANT,
    VARIANT_NAMES,
    Amount,
    result_options,
)
from tcpmc.cli.output_formats import PICTURE_FORMATS, TIMED_PICTURE_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import asked_scope, say, traced, watched
from tcpmc.cli.threshold_command import ASSUME, THEOREM_NAMES, TimedSettings, counterexample
from tcpmc.errors import BadInput
from tcpmc.model.network.system import Model
from tcpmc.model.timed.theorems import THEOREMS


@click.group(short_help="Draw the model, its states, or a trace.")
def diagram() -> None:
    """Draw a picture: as DOT on standard output, or in a file, whose ending names the format."""


_picture, _timed_picture = result_options(PICTURE_FORMATS), result_options(TIMED_PICTURE_FORMATS)


@contextmanager
def _drawing(outputs: OutputSettings) -> Iterator[Callable[[str], None]]:
    """What draws DOT text wherever it is asked for."""
    requested = requests(outputs, PICTURE_FORMATS, "dot")
    with opening(requested, outputs.force) as destinations:
        yield destinations.write


@contextmanager
def _timed_drawing(outputs: OutputSettings) -> Iterator[Callable[[str], None]]:
    """What writes a timed run, which is drawn as SVG alone."""
    requested = requests(outputs, TIMED_PICTURE_FORMATS, "svg")
    with opening(requested, outputs.force) as destinations:
        yield lambda svg: destinations.write_by({"svg": lambda: svg})


@diagram.command("endpoint")
@RFC_OR_VARIANT
@click.option(
    "--against",
    metavar="NAME|FILE",
    shell_complete=VARIANT_NAMES,
    help="Show the differences from this variant.",
)
@_picture
@typed
def diagram_endpoint(variant: str, against: str | None, outputs: OutputSettings) -> int:
    """Draw the state diagram of one endpoint, computed from its rules."""
    with _drawing(outputs) as draw:
        from tcpmc.diagrams.state_diagram import endpoint_dot

        other = find_variant(against) if against else None
        draw(endpoint_dot(find_variant(variant), other).source)
    return 0


@diagram.command("product")
@click.argument("name", metavar="[PROPERTY]", required=False, shell_complete=PROPERTY_NAMES)
@VARIANT
@click.option("--raw", is_flag=True, help="Draw every state as a node; for small graphs only.")
@SCOPE
@FAIR
@LIMITS
@_picture
@typed
def diagram_product(
    name: str | None,
    variant: str | None,
    raw: bool,
    settings: RunSettings,
    outputs: OutputSettings,
) -> int:
    """Draw the reachable graph by the states of both ends, with the trace of PROPERTY in it."""
    with _drawing(outputs) as draw:
        from tcpmc.checks.statespace import TooLarge
        from tcpmc.diagrams.product_diagram import product_dot

        if name is None:
            model, run = (
                Model(find_stacks(variant or "rfc9293"), asked_scope(settings.scope)),
                None,
            )
        else:
            result = traced(name, variant, "explicit", settings).results[0]
            model, run = Model(result.job.variant, result.job.scope), result.verdict.trace
        try:
            with watched(settings.limits) as progress:
                dot = product_dot(model, run, not raw, progress).source
        except (TooLarge, ValueError) as error:
            raise BadInput(str(error)) from error
        draw(dot)
    return 0


@diagram.command("trace")
@click.argument("name", metavar="PROPERTY", shell_complete=PROPERTY_NAMES)
@VARIANT
@SCOPE
@FAIR
@LIMITS
@_picture
@typed
def diagram_trace(
    name: str, variant: str | None, settings: RunSettings, outputs: OutputSettings
) -> int:
    """Draw the trace of PROPERTY as a message ladder."""
    with _drawing(outputs) as draw:
        from tcpmc.diagrams.trace_pictures import dot

        result = traced(name, variant, None, settings).results[0]
        if result.verdict.trace is None:
            verdict = f"{result.verdict.word} {name} on {result.job.variant.name}"
            say(f"{verdict}: there is no trace to draw")
            return EXIT_NOTHING
        draw(dot(result))
    return 0


@diagram.command("threshold")
@click.argument("name", metavar="THEOREM", shell_complete=THEOREM_NAMES)
@RFC_OR_VARIANT
@ASSUME
@click.option("--timeout", type=Amount(), metavar="SECONDS")
@QUIET
@DEBUG
@_timed_picture
@typed
def diagram_threshold(name: str, settings: TimedSettings, outputs: OutputSettings) -> int:
    """Draw a timed run that violates THEOREM, with time downwards, to scale."""
    with _timed_drawing(outputs) as draw:
        from tcpmc.diagrams.timed_diagrams import timed_svg

        trace = counterexample(name, find_variant(settings.variant), settings)
        if trace is None:
            say(f"no run that violates {name} on {settings.variant} was found: nothing to draw")
            return EXIT_NOTHING
        draw(timed_svg(trace, f"{name} on {settings.variant}", THEOREMS[name].meaning))
    return 0


@diagram.command("run")
@click.argument("file", metavar="FILE")
@DEBUG
@_timed_picture
@typed
def diagram_run(file: str, outputs: OutputSettings) -> int:
    """Draw the timed run recorded in FILE, such as docs/runs/two-msl.toml.

    The run is replayed first; a run that the rules, the network or the assumptions do not allow is
    an error.
    """
    with _timed_drawing(outputs) as draw:
        from tcpmc.diagrams.timed_diagrams import timed_svg
        from tcpmc.reports.timed.recorded import recorded

        text = text_of(file)
        try:
            run = recorded(text)
        except BadInput as error:
            raise BadInput(f"{file}: {error}") from error
        title = f"{run.theorem.name} on {run.variant}"
        draw(timed_svg(run.trace, title, run.theorem.meaning))
    return 0
