"""`tcpmc diagram`: pictures of the rules, the graph, traces and timed runs."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any

import click

from tcpmc.checks.running.loading import find_variant, text_of
from tcpmc.checks.verdict import EXIT_NOTHING
from tcpmc.cli.options import FAIR, FORCE, LIMITS, PROPERTY_NAMES, SCOPE, VARIANT_NAMES
from tcpmc.cli.output_files import Output, opened
from tcpmc.cli.run_options import asked_scope, say, traced, watched
from tcpmc.cli.threshold_command import ASSUME, THEOREM_NAMES, counterexample
from tcpmc.errors import BadInput
from tcpmc.model.network.system import Model
from tcpmc.model.timed.theorems import THEOREMS

PICTURES = ("svg", "png", "pdf", "dot")


@click.group(short_help="Draw the model, its states, or a trace.")
def diagram() -> None:
    """Draw a picture: DOT on standard output, or a file whose ending is its format."""


def _picture(command: Any) -> Any:
    command = click.option("-o", "--output", metavar="FILE", help="svg, png, pdf or dot.")(command)
    command = FORCE(command)
    return click.option("--format", type=click.Choice(PICTURES), help="[default: as FILE, or dot]")(
        command
    )


@diagram.command("endpoint")
@click.option("--variant", default="rfc9293", metavar="NAME|FILE", shell_complete=VARIANT_NAMES)
@click.option(
    "--against", metavar="NAME|FILE", shell_complete=VARIANT_NAMES, help="Show what differs."
)
@_picture
def diagram_endpoint(
    variant: str, against: str | None, format: str | None, output: str | None, force: bool
) -> int:
    """Draw the state diagram of one endpoint, as its rules make it."""
    form = _form(format, output)
    with opened(output, suffix=f".{form}") as out:
        from tcpmc.diagrams.state_diagram import endpoint_dot

        other = find_variant(against) if against else None
        out.write(_drawn(endpoint_dot(find_variant(variant), other), form))
    return 0


@diagram.command("product")
@click.argument("name", metavar="[PROPERTY]", required=False, shell_complete=PROPERTY_NAMES)
@click.option("--variant", metavar="NAME|FILE", shell_complete=VARIANT_NAMES)
@click.option("--raw", is_flag=True, help="Every state by itself; only for small graphs.")
@SCOPE
@FAIR
@LIMITS
@_picture
def diagram_product(name: str | None, variant: str | None, raw: bool, **rest: Any) -> int:
    """Draw the reachable graph by the states of both ends, with the trace of PROPERTY in it."""
    form = _form(rest["format"], rest["output"])
    with opened(rest["output"], suffix=f".{form}") as out:
        from tcpmc.checks.statespace import TooLarge
        from tcpmc.diagrams.product_diagram import product_dot

        if name is None:
            model, run = Model(find_variant(variant or "rfc9293"), asked_scope(rest)), None
        else:
            result = traced(name, variant, "explicit", rest).results[0]
            model, run = Model(result.job.variant, result.job.scope), result.verdict.trace
        try:
            with watched(rest) as progress:
                dot = product_dot(model, run, not raw, progress)
        except (TooLarge, ValueError) as error:
            raise BadInput(str(error)) from error
        out.write(_drawn(dot, form))
    return 0


@diagram.command("trace")
@click.argument("name", metavar="PROPERTY", shell_complete=PROPERTY_NAMES)
@click.option("--variant", metavar="NAME|FILE", shell_complete=VARIANT_NAMES)
@SCOPE
@FAIR
@LIMITS
@_picture
def diagram_trace(name: str, variant: str | None, **rest: Any) -> int:
    """Draw the trace of PROPERTY as a message ladder."""
    form = _form(rest["format"], rest["output"])
    with opened(rest["output"], suffix=f".{form}") as out:
        from tcpmc.diagrams.trace_pictures import dot

        result = traced(name, variant, None, rest).results[0]
        if result.verdict.trace is None:
            told = f"{result.verdict.word} {name} on {result.job.variant.name}"
            say(f"{told}: there is no trace to draw")
            return EXIT_NOTHING
        out.write(_drawn(dot(result), form))
    return 0


@diagram.command("threshold")
@click.argument("name", metavar="THEOREM", shell_complete=THEOREM_NAMES)
@click.option("--variant", default="rfc9293", metavar="NAME|FILE", shell_complete=VARIANT_NAMES)
@ASSUME
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS")
@click.option("-o", "--output", metavar="FILE", help="An SVG. [default: standard output]")
@FORCE
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@click.option("--debug", is_flag=True, help="Traceback for an internal error.")
def diagram_threshold(name: str, variant: str, output: str | None, **rest: Any) -> int:
    """Draw a timed run that breaks THEOREM, time downwards to scale."""
    with _svg(output) as out:
        from tcpmc.diagrams.timed_diagrams import timed_svg

        trace = counterexample(name, find_variant(variant), rest)
        if trace is None:
            say(f"no run of {name} on {variant} was found that breaks it: nothing to draw")
            return EXIT_NOTHING
        out.write(timed_svg(trace, f"{name} on {variant}", THEOREMS[name].meaning))
    return 0


@diagram.command("run")
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", metavar="FILE", help="An SVG. [default: standard output]")
@FORCE
@click.option("--debug", is_flag=True, help="Traceback for an internal error.")
def diagram_run(file: str, output: str | None, force: bool, debug: bool) -> int:
    """Draw the timed run that is written down in FILE, such as docs/runs/two-msl.toml.

    The rules replay it first: what they, the network or the assumptions do not allow is refused.
    """
    with _svg(output) as out:
        from tcpmc.diagrams.timed_diagrams import timed_svg
        from tcpmc.reports.timed.recorded import recorded

        text = text_of(file)
        try:
            run = recorded(text)
        except BadInput as error:
            raise BadInput(f"{file}: {error}") from error
        title = f"{run.theorem.name} on {run.variant}"
        out.write(timed_svg(run.trace, title, run.theorem.meaning))
    return 0


def _svg(output: str | None) -> AbstractContextManager[Output]:
    """The file for a timed run, which is drawn as SVG alone. Raises BadInput."""
    if output and not output.endswith(".svg"):
        raise BadInput(f"{output}: a timed run is drawn as svg")
    return opened(output, suffix=".svg")


def _form(asked: str | None, output: str | None) -> str:
    """The format asked for, which may be the ending of the file. Raises BadInput."""
    ending = output.rpartition(".")[2].lower() if output and "." in output else "dot"
    form = asked or ending
    if form not in PICTURES:
        raise BadInput(f"{output}: choose --format, one of {', '.join(PICTURES)}")
    if form in ("png", "pdf") and output is None and sys.stdout.isatty():
        raise BadInput(f"refusing to write a {form} to the terminal: use -o FILE")
    return form


def _drawn(dot: str, form: str) -> str | bytes:
    """The picture in that format."""
    if form == "dot":
        return dot
    from tcpmc.diagrams.render import render

    return render(dot, form)
