"""`tcpmc pairs`: a property on each pair of stacks."""

from __future__ import annotations

from dataclasses import dataclass

import click

from tcpmc.cli.command_settings import LimitSettings, OutputSettings, ScopeSettings, typed
from tcpmc.cli.options import LIMITS, PROPERTY_NAMES, SCOPE, VARIANT_NAMES, result_options
from tcpmc.cli.output_formats import MATRIX_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import asked_scope, say
from tcpmc.errors import BadInput
from tcpmc.model.variants.shipped import STACKS, VARIANTS
from tcpmc.reports.terminal import width

USUAL = ("reopening-succeeds",)


@dataclass(frozen=True)
class PairsSettings:
    """The bounds of each question, and the limits of the run."""

    scope: ScopeSettings
    limits: LimitSettings


@click.command(short_help="Decide a property on each pair of stacks.")
@click.argument("properties", nargs=-1, metavar="[PROPERTY]...", shell_complete=PROPERTY_NAMES)
@click.option(
    "--stack", "stacks", multiple=True, metavar="NAME|FILE", shell_complete=VARIANT_NAMES,
    help="A stack of the table; may be repeated.  [default: the standards, Linux, FreeBSD, lwIP]",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Every variant, with the seeded bugs.")
@SCOPE
@LIMITS
@result_options(MATRIX_FORMATS)
@typed
def pairs(
    properties: tuple[str, ...],
    stacks: tuple[str, ...],
    every: bool,
    settings: PairsSettings,
    outputs: OutputSettings,
) -> int:
    r"""Decide PROPERTY with each stack at A and each stack at B, and print the table.

    A cell has the verdict, and the length of the shortest trace. Without PROPERTY:
    reopening-succeeds, in which A serves and B calls again.

    \b
      tcpmc pairs
      tcpmc pairs reopening-succeeds -o svg=pairs.svg -o json=pairs.json
      tcpmc pairs graceful-close --stack linux --stack ./my_stack.py
    """
    if every and stacks:
        raise BadInput("--all is every variant: leave --stack out")
    sources = [*dict.fromkeys(stacks or (VARIANTS if every else STACKS))]
    limits = settings.limits
    wanted = requests(outputs, MATRIX_FORMATS)
    with opening(wanted, outputs.force) as destinations:
        from tcpmc.diagrams.matrix_picture import matrix_svg
        from tcpmc.studies import stack_matrix as study

        scope = asked_scope(settings.scope)
        shown = study.stack_matrix(
            properties or USUAL, sources, scope, limits.limits(), limits.progress
        )
        destinations.write_by(
            {
                "json": lambda: study.as_json(shown),
                "markdown": lambda: study.as_markdown(shown),
                "svg": lambda: matrix_svg(shown.stacks, study.tables(shown)),
                "text": lambda: study.as_text(shown, width()),
            }
        )
    if all(request.path for request in wanted) and not limits.quiet:
        for line in study.summary(shown):
            say(line)
    return shown.outcome.exit_code
