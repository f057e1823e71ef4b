"""The command that compares variants with RFC 9293, one step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_UNEXPECTED
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, VARIANT_NAMES, result_options
from tcpmc.cli.output_formats import AUDIT_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.errors import BadInput

if TYPE_CHECKING:
    from tcpmc.checks.audit.variant_audit import Audits

LEVELS = ("must", "should", "may")


@click.command(short_help="Every way in which a stack differs from RFC 9293.")
@click.argument(
    "variants", nargs=-1, required=True, metavar="NAME|FILE...", shell_complete=VARIANT_NAMES
)
@click.option(
    "--level", type=click.Choice(LEVELS), default="must", show_default=True,
    help="What fails the run: a MUST that is broken, or a SHOULD as well; may: any difference.",
)  # fmt: skip
@DEBUG
@result_options(AUDIT_FORMATS)
@typed
def audit(variants: tuple[str, ...], level: str, outputs: OutputSettings) -> int:
    r"""Compare stacks with RFC 9293, rule by rule, in one step.

    \b
    tcpmc audit ./my_stack.py
    tcpmc audit linux freebsd --level should
    tcpmc audit ./my_stack.py -o text -o junit=junit.xml -o sarif=tcpmc.sarif

    For every TCB and every segment, call and timeout, 32-bit numbers, whether a run can come to
    them or not: does the variant do what the RFC does, or else something that the RFC allows? Each
    way in which it differs is one row. Exit code 1: a requirement is broken.
    """
    wanted = requests(outputs, AUDIT_FORMATS)
    sources = list(dict.fromkeys(variants))
    named = [(source, find_variant(source)) for source in sources]
    names = [variant.name for _, variant in named]
    for source, variant in named:
        if names.count(variant.name) > 1:
            raise BadInput(f"two of the variants are named {variant.name!r}, one in {source}")
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

    own = [source for source in dict.fromkeys(sources) if source.endswith(".py")]
    return Audits([audited(find_variant(source), source) for source in own]) if own else None
