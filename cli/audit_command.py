"""The command that compares variants with RFC 9293, one step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.running.stacks_of_ends import files_in, joined
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_UNEXPECTED
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, VARIANT_NAMES, result_options
from tcpmc.cli.output_formats import AUDIT_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.errors import BadInput

if TYPE_CHECKING:
    from tcpmc.checks.audit.variant_audit import Audits

LEVELS = ("must", "should", "may")


@click.command(short_help="List the ways in which a stack differs from RFC 9293.")
@click.argument(
    "variants", nargs=-1, required=True, metavar="NAME|FILE...", shell_complete=VARIANT_NAMES
)
@click.option(
    "--level", type=click.Choice(LEVELS), default="must", show_default=True,
    help="Lowest level of a violated requirement that fails the run; may: any difference.",
)  # fmt: skip
@DEBUG
@result_options(AUDIT_FORMATS)
@typed
def audit(variants: tuple[str, ...], level: str, outputs: OutputSettings) -> int:
    r"""Compare each rule of a stack with that of RFC 9293.

    \b
    tcpmc audit ./my_stack.py
    tcpmc audit linux freebsd --level should
    tcpmc audit ./my_stack.py -o text -o junit=junit.xml -o sarif=tcpmc.sarif

    One step is compared, for every TCB and every segment, user call and timeout, with 32-bit
    numbers, whether a run reaches them or not. Each way in which the stack differs is one row, with
    the requirement that it violates, or the statement that the RFC allows it. Exit code 1 means
    that a requirement is violated.
    """
    wanted = requests(outputs, AUDIT_FORMATS)
    sources = list(dict.fromkeys(variants))
    named = [(source, find_variant(source)) for source in sources]
    names = [variant.name for _, variant in named]
    for source, variant in named:
        if names.count(variant.name) > 1:
            raise BadInput(f"two variants are named {variant.name!r}; one is in {source}")
    with opening(wanted, outputs.force) as destinations:
        from tcpmc.checks.audit.variant_audit import Audits
        from tcpmc.checks.audit.variant_audit import audit as audited
        from tcpmc.model.endpoint.rule_requirements import RequirementLevel

        least = {
            "must": RequirementLevel.MUST,
            "should": RequirementLevel.SHLD,
            "may": RequirementLevel.MAY,
        }[level]
        audits = Audits([audited(variant, source) for source, variant in named], least)
        destinations.write(audits)
    return EXIT_UNEXPECTED if audits.fails else EXIT_AS_EXPECTED


def audits_of(sources: Sequence[str]) -> Audits | None:
    """The audits of those that are files of the user; None where none is."""
    from tcpmc.checks.audit.variant_audit import Audits
    from tcpmc.checks.audit.variant_audit import audit as audited

    own = dict.fromkeys(file for source in joined(sources) for file in files_in(source))
    return Audits([audited(find_variant(source), source) for source in own]) if own else None
