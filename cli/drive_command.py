"""`tcpmc drive`: a real stack through every state and event, held against the rules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, VARIANT_NAMES, result_options
from tcpmc.cli.output_formats import DRIVE_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import say
from tcpmc.model.endpoint.tcb import State

if TYPE_CHECKING:
    from tcpmc.checks.conform.stacks import Stack
    from tcpmc.checks.drive.state_event_table import DriveTable
    from tcpmc.stacks.stack import StackUnderTest

STACKS_HELP = (
    "linux, lwip, command:PROGRAM, unix:PATH (docs/adapter.md), or model:VARIANT (the rules)."
)


@dataclass(frozen=True)
class DriveSettings:
    """What is driven, and what is told of it."""

    states: tuple[str, ...]
    random_runs: int
    seed: int
    shrink: bool
    coverage: bool
    quiet: bool


@click.command(short_help="Drive a real stack through every state and event.")
@click.option("--on", "name", required=True, metavar="STACK", help=STACKS_HELP)
@click.option(
    "--stack", metavar="NAME|FILE", shell_complete=VARIANT_NAMES,
    help="Variant with the expected rules. [default: linux for linux, lwip for lwip, else rfc9293]",
)  # fmt: skip
@click.option("--state", "states", multiple=True, type=click.Choice([str(s) for s in State]),
              metavar="STATE", help="Test only this state; may be repeated.")  # fmt: skip
@click.option("--random", "random_runs", type=click.IntRange(0), default=0, metavar="N",
              help="Also make N random runs of two such stacks over a lossy wire.")  # fmt: skip
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed of the first random run."
)
@click.option("--shrink", is_flag=True, help="Show the shortest run for each difference.")
@click.option("--coverage", is_flag=True, help="List the rules that the stack was seen to follow.")
@click.option("-q", "--quiet", is_flag=True, help="Do not print progress.")
@DEBUG
@result_options(DRIVE_FORMATS)
@typed
def drive(name: str, stack: str | None, asked: DriveSettings, outputs: OutputSettings) -> int:
    r"""Bring a stack into each of the eleven states by the shortest run, and try there each kind of
    segment, with each kind of sequence number, each user call, and each timeout.

    \b
      sudo tcpmc drive --on linux
      tcpmc drive --on "command:./my_adapter" -o text -o junit=junit.xml
      tcpmc drive --on "command:./my_adapter" --shrink -o pcapng=differs.pcapng

    The kernel is driven in a network namespace of this process; the host is not changed.

    \b
    Exit codes: 0 all reached cases agree; 1 some case differs; 2 invalid usage;
    3 this host lacks what the stack needs, or nothing could be reached.
    """
    writes = requests(outputs, DRIVE_FORMATS)
    rules = rules_of(name, stack)
    with opening(writes, outputs.force) as destinations, driven(name) as under_test:
        found = _driven(under_test, rules, asked)
        found.coverage_asked = asked.coverage
        if asked.random_runs:
            with driven(name, 1) as other:
                _run_at_random((under_test, other), found, asked)
        destinations.write(found)
    return exit_code(found)


def _driven(under_test: StackUnderTest, rules: Stack, asked: DriveSettings) -> DriveTable:
    from tcpmc.checks.drive.oracle import Oracle
    from tcpmc.checks.drive.shrink import shrunk
    from tcpmc.checks.drive.state_event_table import DriveTable, experiments, groups

    found = DriveTable(under_test.name, rules)
    states = [State(name) for name in asked.states]
    for number, _ in enumerate(experiments(under_test, rules, found, states), 1):
        if sys.stderr.isatty() and not asked.quiet and number % 100 == 0:
            say(f"{number:,} experiments, {len(found.of('differs')):,} differ")
    if asked.shrink:
        oracle = Oracle.for_stack(rules, under_test)
        found.shortest = [shrunk(under_test, oracle, g.first) for g in groups(found.cells)]
    return found


def _run_at_random(
    both: tuple[StackUnderTest, StackUnderTest], found: DriveTable, asked: DriveSettings
) -> None:
    """Random runs of two stacks, each that differs shrunk."""
    from tcpmc.checks.drive.oracle import Oracle
    from tcpmc.checks.drive.random_runs import run, schedule_of, shrunk_run

    oracles = Oracle.for_stack(found.stack, both[0]), Oracle.for_stack(found.stack, both[1])
    for seed in range(asked.seed, asked.seed + asked.random_runs):
        one = run(both, oracles, schedule_of(seed), seed)
        found.random_runs += 1
        if one.difference is not None:
            found.at_random.append(shrunk_run(both, oracles, one))


@contextmanager
def driven(name: str, end: int = 0) -> Iterator[StackUnderTest]:
    """The stack of that name, and then everything given back."""
    from tcpmc.stacks.named import ENDS, stack_named

    if name.startswith("model:"):
        from tcpmc.checks.drive.model_stack import ModelStack

        variant = find_variant(name.removeprefix("model:"), machines=True)
        under_test: StackUnderTest = ModelStack(variant, *ENDS[end])
    else:
        under_test = stack_named(name, end)
    try:
        yield under_test
    finally:
        under_test.close()


def rules_of(name: str, stack: str | None) -> Stack:
    """Whose rules a stack is held against."""
    from tcpmc.checks.conform.stacks import stack_of

    usual = name if name in ("linux", "lwip") else "rfc9293"
    return stack_of(find_variant(stack or usual))


def exit_code(found: DriveTable) -> int:
    """1 if anything differs, 3 if nothing was reached."""
    if not found.agrees:
        return EXIT_UNEXPECTED
    return EXIT_AS_EXPECTED if found.of("agrees") else EXIT_INCONCLUSIVE
