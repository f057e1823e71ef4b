"""`tcpmc repair`: the smallest changes with which a property holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import click

from tcpmc.checks.running.loading import find_property
from tcpmc.checks.running.stacks_of_ends import find_stacks
from tcpmc.cli.command_settings import LimitSettings, OutputSettings, ScopeSettings, typed
from tcpmc.cli.options import LIMITS, PROPERTY_NAMES, RFC_OR_VARIANT, SCOPE, result_options
from tcpmc.cli.output_formats import STUDY_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import asked_scope, watched
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.terminal import width

OTHERS = SCOPES["small"]
"""Where the other properties are decided, for each cure: bounds in which all take seconds."""


@dataclass(frozen=True)
class RepairSettings:
    """Where changes are made, at most how many at a time, whether the effect on other properties is
    wanted; the bounds of the property, and the limits."""

    change: Literal["A", "B", "both"]
    most: int
    others: bool
    scope: ScopeSettings
    limits: LimitSettings


@click.command(short_help="Find the smallest changes that make a property hold.")
@click.argument("name", metavar="PROPERTY", shell_complete=PROPERTY_NAMES)
@RFC_OR_VARIANT
@click.option("--change", type=click.Choice(["A", "B", "both"]), default="both", show_default=True,
              help="The end whose stack may be changed.")  # fmt: skip
@click.option("--most", type=click.IntRange(1, 4), default=2, show_default=True, metavar="N",
              help="At most so many changes at a time.")  # fmt: skip
@click.option("--others/--no-others", default=True,
              help="Whether to say which other verdicts each cure changes.")  # fmt: skip
@SCOPE
@LIMITS
@result_options(STUDY_FORMATS)
@typed
def repair(name: str, variant: str, settings: RepairSettings, outputs: OutputSettings) -> int:
    r"""Find the smallest sets of changes with which PROPERTY holds, each decided anew.

    A change is a switch of the profile set to another value, or a rule of the variant's own put
    back to that of RFC 9293.

    \b
      tcpmc repair reopening-succeeds --variant A=lwip --variant B=linux
      tcpmc repair graceful-close --variant ./my_stack.py --most 1

    \b
    Exit codes: 0 it holds, or there is a cure; 1 there is none; 2 usage; 3 a
    limit ended the search.
    """
    prop, stacks = find_property(name), find_stacks(variant)
    if isinstance(prop, Lemma):
        raise BadInput(f"{name} is about one step: what differs in one step, tcpmc audit tells")
    wanted = requests(outputs, STUDY_FORMATS)
    with opening(wanted, outputs.force) as destinations:
        from tcpmc.studies.repair import CureSearch, with_others
        from tcpmc.studies.repair_report import as_json, as_text, exit_code

        limits, scope = settings.limits, asked_scope(settings.scope)
        try:
            with watched(limits) as progress:
                found = CureSearch(prop, stacks, scope, progress).cures(
                    settings.change, settings.most
                )
        except ValueError as error:
            raise BadInput(f"{name} needs other bounds: {error}") from error
        if settings.others:
            found = with_others(found, OTHERS, limits.limits(), limits.progress)
        told = OTHERS if settings.others else None
        destinations.write_by(
            {
                "json": lambda: as_json(found, told),
                "text": lambda: as_text(found, told, width()),
            }
        )
    return exit_code(found)
