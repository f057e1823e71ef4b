"""`python -m bench`: this explorer against SPIN and Murphi, side by side on one model."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click

from bench.compare import Comparison, compare
from bench.measure import Failed, Size
from bench.report import as_json, as_text
from bench.sizes import SIZES

DEFAULT_SIZES = "1,2 1,3 2,2 1,4"


def sizes_of(text: str) -> list[Size]:
    """Sizes as "K,C K,C ...", or "all"."""
    if text == "all":
        return list(SIZES)
    try:
        chosen = [(int(k), int(c)) for k, c in (size.split(",") for size in text.split())]
    except ValueError:
        chosen = []
    if not chosen or not SIZES.keys() >= set(chosen):
        known = " ".join(f"{k},{c}" for k, c in SIZES)
        raise click.BadParameter(f"sizes are among: {known}", param_hint="--sizes")
    return chosen


@click.command()
@click.option("--sizes", default=DEFAULT_SIZES, show_default=True, help='"K,C K,C ..." or "all".')
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Rounds.")
@click.option(
    "--peers", default="auto", type=click.Choice(["auto", "spin", "none"]), show_default=True
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
def main(sizes: str, runs: int, peers: str, form: str) -> None:
    """Measure this explorer against SPIN and Murphi, interleaved, and print medians and ratios.

    A tool that counts other states or transitions than the rest ends it with an error.
    """
    chosen = sizes_of(sizes)
    with tempfile.TemporaryDirectory(prefix="tcpmc-bench-") as directory:
        try:
            found: Comparison = compare(chosen, runs, peers, Path(directory), say)
        except Failed as failure:
            raise click.ClickException(str(failure)) from failure
    click.echo(json.dumps(as_json(found), indent=2) if form == "json" else as_text(found))


def say(line: str) -> None:
    """Progress, for whoever waits."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(prog_name="python -m bench")
