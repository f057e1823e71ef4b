"""`tcpmc claims`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from tcpmc.checks.explicit.settings import writable_folder
from tcpmc.cli.command_settings import LimitSettings, OutputSettings, typed
from tcpmc.cli.options import LIMITS, completing, result_options
from tcpmc.cli.output_files import opened
from tcpmc.cli.output_formats import CLAIM_FORMATS
from tcpmc.cli.outputs import opening, requests

CLAIM_NAMES = completing(
    [f"C{n:02}" for n in (*range(1, 9), *range(10, 25), *range(30, 39), *range(40, 47))]
)


@click.command(short_help="Decide whether explanations of TCP are true.")
@click.argument("names", nargs=-1, metavar="[CLAIM]...", shell_complete=CLAIM_NAMES)
@click.option(
    "--file",
    "path",
    metavar="FILE",
    help="Your own claims, in TOML. [default: the built-in claims]",
)
@click.option(
    "--pages",
    "folder",
    metavar="FOLDER",
    help="Write pages in Markdown there: an index, one for each text, one in Chinese.",
)
@result_options(CLAIM_FORMATS)
@LIMITS
@typed
def claims(
    names: tuple[str, ...],
    path: str | None,
    folder: str | None,
    outputs: OutputSettings,
    limits: LimitSettings,
) -> int:
    r"""Decide the claims that four widely read explanations of TCP make, by named properties.

    \b
      tcpmc claims                      all of them, one row each
      tcpmc claims C33                  one in full, with its traces
      tcpmc claims -o markdown=claims.md
      tcpmc claims --pages docs         a page for each text, and one in Chinese
      tcpmc claims --file mine.toml     claims of your own

    A claim is PROVED as stated, or REFUTED; a refuted claim has a condition under which it holds.
    """
    from tcpmc.reports.terminal import width
    from tcpmc.studies.claims.claims_file import BUILT_IN, load
    from tcpmc.studies.claims.claims_json import as_json
    from tcpmc.studies.claims.claims_markdown import page
    from tcpmc.studies.claims.claims_pages import pages
    from tcpmc.studies.claims.claims_text import full, table
    from tcpmc.studies.claims.decide import decide_claims, exit_code

    book = load(Path(path) if path else BUILT_IN)
    chosen = book.chosen(names)
    place = writable_folder(folder) if folder else None
    with opening(requests(outputs, CLAIM_FORMATS), outputs.force) as destinations:
        decided, outcome = decide_claims(chosen, limits.limits(), limits.progress)
        if place:
            _write_pages(place, pages(decided, book))

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


def _write_pages(folder: Path, texts: Mapping[str, str]) -> None:
    """Write each page in the folder; a page that is there is replaced."""
    for name, text in texts.items():
        path = writable_folder(str((folder / name).parent)) / Path(name).name
        with opened(str(path), ".md") as output:
            output.write(text)
