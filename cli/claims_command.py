"""`tcpmc claims`."""

from __future__ import annotations

import sys
from typing import Any

import click

from tcpmc.cli.options import FILE_RESULT, LIMITS, SUFFIXES, completing

CLAIM_NAMES = completing(
    [f"C{n:02}" for n in (*range(1, 9), *range(10, 25), *range(30, 39), *range(40, 47))]
)


@click.command(short_help="Decide what explanations of TCP claim.")
@click.argument("names", nargs=-1, metavar="[CLAIM]...", shell_complete=CLAIM_NAMES)
@click.option(
    "--file", "path", metavar="FILE", help="Claims of your own, in TOML. [default: the built-in]"
)
@click.option("--format", type=click.Choice(["text", "json", "markdown"]), default="text")
@FILE_RESULT
@LIMITS
def claims(names: tuple[str, ...], path: str | None, format: str, **rest: Any) -> int:
    r"""Decide the claims of four widely read explanations of TCP, each by named properties.

    \b
      tcpmc claims                      all of them, one row each
      tcpmc claims C33                  one in full, with its traces
      tcpmc claims --format markdown -o claims.md
      tcpmc claims --file mine.toml     claims of your own

    A claim is PROVED as stated, or REFUTED; then its condition says when it holds.
    """
    from pathlib import Path

    from tcpmc.cli.output_files import opened
    from tcpmc.cli.run_options import asked_limits
    from tcpmc.reports.terminal import width
    from tcpmc.studies.claims.claims_file import BUILT_IN, load
    from tcpmc.studies.claims.decide import decide_claims, exit_code

    book = load(Path(path) if path else BUILT_IN)
    chosen = book.chosen(names)
    with opened(rest["output"], suffix=SUFFIXES[format]) as output:
        progress = None if rest["quiet"] else sys.stderr
        decided, outcome = decide_claims(chosen, asked_limits(rest), progress)
        if format == "json":
            from tcpmc.studies.claims.claims_json import as_json

            output.write(as_json(decided, outcome))
        elif format == "markdown":
            from tcpmc.studies.claims.claims_markdown import page

            output.write(page(decided, book))
        else:
            from tcpmc.studies.claims.claims_text import full, table

            told = [full(one, book, width()) for one in decided] if names else None
            output.write("\n".join(told) if told else table(decided, width()))
    return exit_code(decided)
