"""`tcpmc replay`: traces of the model replayed on real stacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.cli.command_settings import OutputSettings, RunSettings, typed
from tcpmc.cli.drive_command import driven
from tcpmc.cli.options import (
    EXPLORING,
    FAIR,
    LIMITS,
    PROPERTY_NAMES,
    SCOPE,
    VARIANT,
    result_options,
)
from tcpmc.cli.output_formats import REPLAY_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import traced
from tcpmc.errors import BadInput

if TYPE_CHECKING:
    from tcpmc.checks.trace import Trace
    from tcpmc.model.network.system import Model
    from tcpmc.reports.drive.replay_text import Replays
    from tcpmc.stacks.stack import StackUnderTest

MOST_STACKS = 2


@click.command(short_help="Replay traces of the model on real stacks.")
@click.argument(
    "names", nargs=-1, required=True, metavar="PROPERTY|FILE...", shell_complete=PROPERTY_NAMES
)
@click.option("--on", "stacks", multiple=True, required=True, metavar="STACK",
              help="The stack at both ends; given twice, at A and at B. As for drive.")  # fmt: skip
@VARIANT
@SCOPE
@FAIR
@LIMITS
@EXPLORING
@result_options(REPLAY_FORMATS)
@typed
def replay(
    names: tuple[str, ...],
    stacks: tuple[str, ...],
    variant: str | None,
    settings: RunSettings,
    outputs: OutputSettings,
) -> int:
    r"""Replay the trace of PROPERTY, or each trace in FILE (tcpmc check -o json=FILE), on two
    stacks joined by a wire. Each step is a user call or a delivery; after it the states and
    segments are compared.

    \b
      sudo tcpmc replay closing-both simultaneous-open --on linux
      sudo tcpmc replay traces.json --on linux --on "command:./my_adapter"

    \b
    Exit codes: 0 all reproduced; 1 a step differs; 2 invalid usage; 3 this host
    lacks what a stack needs, or a trace could not be replayed.
    """
    if len(stacks) > MOST_STACKS:
        raise BadInput("--on: a connection has two ends")
    writes = requests(outputs, REPLAY_FORMATS)
    with opening(writes, outputs.force) as destinations, ExitStack() as open_:
        both = [open_.enter_context(driven(name, end)) for end, name in enumerate(pair(stacks))]
        found = _replays(both, _traces(names, variant, settings))
        destinations.write(found)
    verdicts = {one.replayed.verdict for one in found.found}
    if "differs" in verdicts:
        return EXIT_UNEXPECTED
    return EXIT_INCONCLUSIVE if verdicts != {"reproduced"} else EXIT_AS_EXPECTED


def pair(stacks: Sequence[str]) -> tuple[str, str]:
    """The stacks at both ends."""
    return stacks[0], stacks[-1]


def _traces(
    names: Sequence[str], variant: str | None, settings: RunSettings
) -> Iterator[tuple[str, str, Model, Trace]]:
    """The traces that are asked for, each with its property and variant."""
    from tcpmc.model.network.system import Model
    from tcpmc.reports.saved import read_traces

    for name in names:
        if name.endswith(".json"):
            for saved in read_traces(name, variant):
                told = str(saved.result["property"]), str(saved.result["variant"])
                yield *told, saved.model, saved.trace
            continue
        (result,) = traced(name, variant, None, settings).results
        if result.verdict.trace is None:
            raise BadInput(f"{result.verdict.word} {name}: there is no trace to replay")
        job = result.job
        yield name, job.variant.name, Model(job.variant, job.scope), result.verdict.trace


def _replays(
    both: Sequence[StackUnderTest], traces: Iterator[tuple[str, str, Model, Trace]]
) -> Replays:
    from tcpmc.checks.drive.replaying import Replaying
    from tcpmc.reports.drive.replay_text import NamedReplay, Replays

    found = []
    for name, variant, model, trace in traces:
        if any(stack.middlebox is not None for stack in model.stacks):
            raise BadInput(f"{name} on {variant}: no stack has the middlebox beside it on the wire")
        replayed = Replaying.on(both, model, trace).run()
        found.append(NamedReplay(name, variant, len(trace), replayed))
    return Replays((both[0].name, both[1].name), found)
