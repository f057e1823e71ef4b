"""`tcpmc learn`: the state machine of a real stack, learned from its answers, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.drive_command import STACKS_HELP, driven
from tcpmc.cli.options import DEBUG, result_options
from tcpmc.cli.output_formats import LEARN_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import say

if TYPE_CHECKING:
    from tcpmc.checks.drive.mealy_machine import MealyMachine


@click.command(short_help="Learn the state machine of a real stack, and compare it.")
@click.option("--on", "name", required=True, metavar="STACK", help=STACKS_HELP)
@click.option("--against", metavar="STACK|FILE.dot",
              help="Compare with this stack, or with the machine in a file.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the random walks.")
@DEBUG
@result_options(LEARN_FORMATS)
@typed
def learn(name: str, against: str | None, seed: int, outputs: OutputSettings) -> int:
    r"""Learn a Mealy machine of STACK over user calls and segments with relative numbers. The
    algorithm is that of Kearns and Vazirani; random walks from each state and the W-method search
    for counterexamples. With --against, find the shortest input word that two machines answer
    differently.

    \b
      sudo tcpmc learn --on linux -o dot=linux.dot
      tcpmc learn --on "command:./my_adapter" --against model:rfc9293
      tcpmc learn --on model:rfc9293 --against linux.dot

    \b
    Exit codes: 0 learned, and equal to the other machine; 1 the machines differ;
    2 invalid usage; 3 this host lacks what the stack needs, or the stack is not
    deterministic.
    """
    from tcpmc.checks.drive.learning import Unstable
    from tcpmc.reports.drive.learn_text import Learned

    writes = requests(outputs, LEARN_FORMATS)
    with opening(writes, outputs.force) as destinations:
        try:
            learned = Learned(name, machine(name, seed))
            if against is not None:
                learned = Learned(name, learned.machine, against, machine(against, seed))
        except Unstable as error:
            say(f"{name} is not deterministic: {error}")
            return EXIT_INCONCLUSIVE
        destinations.write(learned)
    return EXIT_AS_EXPECTED if learned.word is None else EXIT_UNEXPECTED


def machine(name: str, seed: int) -> MealyMachine:
    """The machine of a stack, or that in a file."""
    from tcpmc.checks.drive.learning import learned
    from tcpmc.checks.drive.mealy_machine import read_machine

    if name.endswith(".dot"):
        return read_machine(name)
    with driven(name) as stack:
        return learned(stack, seed)
