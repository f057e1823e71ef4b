"""`tcpmc explain`: a state, a rule or a property, or the sockets that ss lists."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, PROPERTY_NAMES, VARIANT, result_options
from tcpmc.cli.output_formats import STUDY_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import say
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.terminal import width

if TYPE_CHECKING:
    from tcpmc.studies.explain.sockets import Listing

TOLD = 5
HELP = """Say what NAME means: a state in any spelling, a rule, a section, a property.

\b
  tcpmc explain CLOSE-WAIT
  tcpmc explain TCP_FIN_WAIT2 --variant no-time-wait
  tcpmc explain '3.10.7.4 eighth'
  tcpmc explain graceful-close
  ss -tanpo | tcpmc explain --from-ss

How a state is entered and left, and the shortest trace that comes to it,
are computed from the rules. With --from-ss: what the sockets in each
unusual state are waiting for, and who must act. ss may have any of
-a -n -p -o -e -i -H, but no filter by state.
"""


def _names(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """States, in capitals or not, and properties."""
    states = [state.value for state in State if state.value.startswith(typed.upper())]
    states = [state.lower() for state in states] if typed.islower() else states
    return [*dict.fromkeys([*states, *PROPERTY_NAMES(context, parameter, typed)])]


@click.command(help=HELP, short_help="Say what a state, a rule or a property means, or read ss.")
@click.argument("name", required=False, shell_complete=_names)
@click.option("--from-ss", is_flag=True, help="Read `ss -tan` on standard input instead.")
@VARIANT
@result_options(STUDY_FORMATS)
@DEBUG
@typed
def explain(name: str | None, from_ss: bool, variant: str | None, outputs: OutputSettings) -> int:
    """Explain NAME, or what ss lists."""
    if from_ss == (name is not None):
        raise BadInput("explain: choose a NAME, or --from-ss with ss -tan on standard input")
    if from_ss and variant is not None:
        raise BadInput("--from-ss is about this host's sockets: leave --variant out")
    with opening(requests(outputs, STUDY_FORMATS), outputs.force) as destinations:
        if from_ss:
            from tcpmc.studies.explain.from_ss import as_json, as_text

            listing = _sockets()
            destinations.write_by(
                {"json": lambda: as_json(listing), "text": lambda: as_text(listing, width())}
            )
        else:
            from tcpmc.studies.explain import explained
            from tcpmc.studies.explain.explain import explain as explanation_of

            found = explanation_of(name or "", find_variant(variant or "rfc9293"))
            destinations.write_by(
                {
                    "json": lambda: explained.as_json(found),
                    "text": lambda: explained.as_text(found, width()),
                }
            )
    return EXIT_AS_EXPECTED


def _sockets() -> Listing:
    """The sockets that standard input lists. Raises BadInput where there is none."""
    from tcpmc.studies.explain.sockets import read

    if sys.stdin is None or sys.stdin.isatty():
        raise BadInput("--from-ss reads standard input: ss -tan | tcpmc explain --from-ss")
    text = sys.stdin.buffer.read().decode(errors="replace")
    if not text.strip():
        raise BadInput("standard input is empty: ss -tan | tcpmc explain --from-ss")
    listing = read(text.split("\n"))
    if listing.unread and not listing.sockets:
        line, why = next(iter(listing.unread.items()))
        raise BadInput(f"no line of ss -tan on standard input; line {line}: {why}")
    for line, why in [*listing.unread.items()][:TOLD]:
        say(f"line {line} is left out: {why}")
    if len(listing.unread) > TOLD:
        say(f"{len(listing.unread) - TOLD:,} more lines are left out")
    return listing
