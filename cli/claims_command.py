"""`tcpmc claims`."""

from __future__ import annotations

from pathlib import Path

import click

from tcpmc.cli.command_settings import LimitSettings, OutputSettings, typed
from tcpmc.cli.options import LIMITS, completing, result_options
from tcpmc.cli.output_formats import CLAIM_FORMATS
from tcpmc.cli.outputs import opening, requests

CLAIM_NAMES = completing(
    [f"C{n:02}" for n in (*range(1, 9), *range(10, 25), *range(30, 39), *range(40, 47))]
)


@click.command(short_help="Decide what explanations of TCP claim.")
@click.argument("names", nargs=-1, metavar="[CLAIM]...", shell_complete=CLAIM_NAMES)
@click.option(
    "--file", "path", metavar="FILE", help="Claims of your own, in TOML. [default: the built-in]"
)
@result_options(CLAIM_FORMATS)
@LIMITS
@typed
def claims(
    names: tuple[str, ...], path: str | None, outputs: OutputSettings, limits: LimitSettings
) -> int:
    r"""Decide the claims of four widely read explanations of TCP, each by named properties.

    \b
      tcpmc claims                      all of them, one row each
      tcpmc claims C33                  one in full, with its traces
      tcpmc claims -o markdown=claims.md
      tcpmc claims --file mine.toml     claims of your own

    A claim is PROVED as stated, or REFUTED; then its condition says when it holds.
    """
    from tcpmc.reports.terminal import width
    from tcpmc.studies.claims.claims_file import BUILT_IN, load
    from tcpmc.studies.claims.claims_json import as_json
    from tcpmc.studies.claims.claims_markdown import page
    from tcpmc.studies.claims.claims_text import full, table
    from tcpmc.studies.claims.decide import decide_claims, exit_code

    book = load(Path(path) if path else BUILT_IN)
    chosen = book.chosen(names)
    with opening(requests(outputs, CLAIM_FORMATS), outputs.force) as destinations:
        decided, outcome = decide_claims(chosen, limits.limits(), limits.progress)

        def text() -> str:
            pages = [full(claim, book, width()) for claim in decided] if names else None
            return "\n".join(pages) if pages else table(decided, width())

        destinations.write_by(
            {
                "json": lambda: as_json(decided, outcome),
                "markdown": lambda: page(decided, book),
                "text": text,
            }
        )
    return exit_code(decided)
