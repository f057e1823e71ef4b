"""The options that several commands share, and the help of them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import Any, TypeVar

import click

from tcpmc import __version__
from tcpmc.checks.explicit.settings import BACKENDS
from tcpmc.checks.running.monitor import GIGABYTE, default_memory
from tcpmc.checks.running.stacks_of_ends import between, joined
from tcpmc.cli.output_formats import Format
from tcpmc.cli.scope_options import scope_options
from tcpmc.errors import BadInput
from tcpmc.model.middleboxes.shipped_middleboxes import MIDDLEBOXES
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import FAIRNESS
from tcpmc.model.variants.bugs import BUGS
from tcpmc.model.variants.shipped import VARIANTS

Command = TypeVar("Command", bound=Callable[..., Any])
GROUP_HELP = """A formal model of TCP connection management (RFC 9293), and a model checker.

\b
  tcpmc check                                  the catalogue, with its verdicts
  tcpmc check closing --variant freertos-1303  one question about one stack
  tcpmc check --variant ./my_stack.py          your own stack
  tcpmc audit ./my_stack.py                    where it differs from RFC 9293
  tcpmc trace graceful-close --variant no-time-wait
  tcpmc gallery                                bugs of real stacks, and what finds them
  tcpmc compare rfc9293 freertos-1303          what differs, with traces
  tcpmc pairs                                  each stack with each other
  tcpmc repair closing --variant smoltcp-470   what would make it hold
  tcpmc trace closing -o pcapng=closing.pcapng   the same for Wireshark
  sudo tcpmc drive --on linux                  a real stack, every state and event
  tcpmc explain CLOSE-WAIT                     what a state means
  ss -tan | tcpmc explain --from-sockets       what the sockets of this host wait for
  tcpmc diagram endpoint -o states.svg
  tcpmc graph --scope small -o graph.graphml   every state, for Gephi and yEd
  tcpmc claims C33                             whether what textbooks say is true
  tcpmc explore                                step through the model in a browser
  tcpmc list

\b
Exit codes: 0 all verdicts are as expected; 1 some are not; 2 invalid usage; 3 a
verdict is inconclusive or only bounded; 4 the engines disagree, or a trace
failed its replay; 5 nothing is selected; 70 internal error.

\b
To complete names in your shell (bash, zsh, fish):
  eval "$(_TCPMC_COMPLETE=bash_source tcpmc)"
"""


class Amount(click.FloatRange):
    """A number of seconds or gigabytes: positive, finite, and not beyond what clocks count."""

    def __init__(self) -> None:
        super().__init__(min=0, max=10**9, min_open=True)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> float:
        """The number; "nan" is none."""
        number = float(super().convert(value, parameter, context))
        if isnan(number):
            self.fail(f"{value!r} is not a number", parameter, context)
        return number


def completing(names: Sequence[str]) -> Callable[..., list[str]]:
    """What completes a name in the shell."""
    return lambda context, parameter, typed: [name for name in names if name.startswith(typed)]


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in the help in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _version(context: click.Context, parameter: click.Parameter, flag: bool) -> None:
    """Print the version, and what explores."""
    if flag and not context.resilient_parsing:
        from tcpmc.checks.statespace.backend import kernel_is_there

        kernel = "with the compiled kernel" if kernel_is_there() else "no compiled kernel: numpy"
        click.echo(f"tcpmc, version {__version__} ({kernel})")
        context.exit()


version = click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Show the version and exit.",
)  # fmt: skip


def scope_named(default: str) -> Callable[[Command], Command]:
    """--scope with that default, and an option for each bound."""
    return together(
        click.option(
            "--scope", default=default, show_default=True, shell_complete=completing([*SCOPES]),
            help="Named set of bounds. The options below change single bounds.",
        ),
        scope_options,
    )  # fmt: skip


SCOPE = scope_named("default")
SMALL_SCOPE = scope_named("small")
DEBUG = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the traceback of an internal error."
)
QUIET = click.option("--quiet", is_flag=True, help="Do not print progress and notes on stderr.")
LIMITS = together(
    click.option(
        "--max-states", type=click.IntRange(min=1),
        help="State limit per exploration, checked after each level.",
    ),
    click.option(
        "--max-memory", type=Amount(), metavar="GB",
        help=f"Memory limit per engine, in GB. [default: {default_memory() / GIGABYTE:.3g}]",
    ),
    click.option(
        "--timeout", type=Amount(), metavar="SECONDS",
        help="Time limit for the whole run, in seconds.",
    ),
    QUIET,
    DEBUG,
)  # fmt: skip
FORCE = click.option(
    "--force",
    is_flag=True,
    help="Replace existing files, even if they are of another kind than the result.",
)
FAIR = click.option(
    "--fairness", multiple=True, type=click.Choice([*map(str, FAIRNESS), "none"]),
    help="Fairness assumption; may be repeated. [default: those of the property]",
)  # fmt: skip
EXPLORING = together(
    click.option(
        "--backend", type=click.Choice(BACKENDS), default="auto", show_default=True,
        help="Exploration backend: the compiled kernel, or numpy.",
    ),
    click.option(
        "--threads", type=click.IntRange(min=1), metavar="N",
        help="Kernel threads. [default: one per processor]",
    ),
    click.option("--checkpoint", metavar="DIR", help="Save each level explored in DIR."),
    click.option("--resume", metavar="DIR", help="Continue from the levels saved in DIR."),
    click.option(
        "--cluster", metavar="local:N|ADDRESS",
        help="Explore with Ray: N local workers, or a cluster.",
    ),
    click.option(
        "--no-cache", is_flag=True,
        help="Decide anew what an earlier run has decided, and keep nothing.",
    ),
)  # fmt: skip


def result_options(formats: Mapping[str, Format]) -> Callable[[Command], Command]:
    """The options that say in which of these formats the result is written, and where: the same
    for every command that writes one."""
    return together(
        click.option(
            "--format", type=click.Choice([*formats]),
            help="Format of standard output, or of a FILE given without FORMAT.",
        ),
        click.option(
            "-o", "--output", metavar="[FORMAT=]FILE", multiple=True,
            shell_complete=completing([f"{name}=" for name in formats]),
            help="Write the result to FILE; may be repeated. FORMAT alone writes to standard output"
            f", FILE alone in the format of its ending. FORMAT is one of {', '.join(formats)}.",
        ),
        FORCE,
    )  # fmt: skip


PROPERTY_NAMES = completing([*PROPERTIES])
VARIANT_NAMES = completing([*VARIANTS])


def _note_between(context: click.Context, option: click.Parameter, given: Sequence[str]) -> None:
    """Keep the middleboxes for the callback of --variant, which comes after."""
    context.meta[BETWEEN_KEY] = given


BETWEEN_KEY = "tcpmc.between"
BETWEEN = click.option(
    "--between", multiple=True, metavar="NAME|FILE[@A|@B|@both]", is_eager=True,
    expose_value=False, callback=_note_between, shell_complete=completing([*MIDDLEBOXES]),
    help="A middlebox beside an end, such as conntrack@B (see: tcpmc list middleboxes).",
)  # fmt: skip


def all_variants(
    context: click.Context, option: click.Parameter, given: Sequence[str]
) -> tuple[str, ...]:
    """The variants, and the text of a pair, with the middleboxes of --between beside their ends;
    those stand beside rfc9293 where no variant is named. Raises BadInput."""
    found = joined(given)
    boxes = context.meta.get(BETWEEN_KEY, ())
    if boxes:
        found = [between(source, boxes) for source in found or ["rfc9293"]]
    return tuple(found)


def one_variant(
    context: click.Context, option: click.Parameter, given: Sequence[str]
) -> str | None:
    """The variant, or the text of a pair. Raises BadInput where there is more than one."""
    found = all_variants(context, option, given)
    if len(found) > 1:
        raise BadInput(f"--variant {' and '.join(found)}: name one variant, or one for each end")
    return found[0] if found else None


VARIANT = together(
    click.option(
        "--variant", multiple=True, metavar="NAME|FILE", shell_complete=VARIANT_NAMES,
        callback=one_variant,
        help="A variant, or a Python file with one; given twice, as A=NAME and B=NAME, for each "
        "end.",
    ),
    BETWEEN,
)  # fmt: skip
RFC_OR_VARIANT = together(
    click.option(
        "--variant", multiple=True, metavar="NAME|FILE", shell_complete=VARIANT_NAMES,
        callback=one_variant, default=["rfc9293"], show_default="rfc9293",
        help="A variant, or a Python file with one; given twice, as A=NAME and B=NAME, for each "
        "end.",
    ),
    BETWEEN,
)  # fmt: skip
BUG_NAMES = completing([*BUGS])
