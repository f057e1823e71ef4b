"""`tcpmc explain`: a state, a rule or a property, or the sockets of a host."""

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
    from tcpmc.studies.sockets.socket_listing import Listing

TOLD = 5
HELP = """Say what NAME means: a state in any spelling, a rule, a section, a property.

\b
  tcpmc explain CLOSE-WAIT
  tcpmc explain TCP_FIN_WAIT2 --variant no-time-wait
  tcpmc explain '3.10.7.4 eighth'
  tcpmc explain graceful-close
  ss -tanpo | tcpmc explain --from-sockets

How a state is entered and left, and the shortest trace that comes to it,
are computed from the rules. With --from-sockets: what the sockets in each
unusual state are waiting for, who must act, and when it ends. It reads ss,
netstat -an (Linux, busybox, macOS, BSD, Windows, Solaris), sockstat -s,
/proc/net/tcp, lsof -nP -iTCP and Get-NetTCPConnection, also quoted,
numbered, coloured or mixed.
"""


def _names(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """States, in capitals or not, and properties."""
    states = [state.value for state in State if state.value.startswith(typed.upper())]
    states = [state.lower() for state in states] if typed.islower() else states
    return [*dict.fromkeys([*states, *PROPERTY_NAMES(context, parameter, typed)])]


@click.command(help=HELP, short_help="Say what a state, a rule, a property or a socket means.")
@click.argument("name", required=False, shell_complete=_names)
@click.option(
    "--from-sockets", "--from-ss", "from_sockets", is_flag=True,
    help="Read `ss -tan`, `netstat -an` and others on standard input instead.",
)  # fmt: skip
@VARIANT
@result_options(STUDY_FORMATS)
@DEBUG
@typed
def explain(
    name: str | None, from_sockets: bool, variant: str | None, outputs: OutputSettings
) -> int:
    """Explain NAME, or the sockets that are listed."""
    if from_sockets == (name is not None):
        raise BadInput("explain: choose a NAME, or --from-sockets with ss -tan on standard input")
    if from_sockets and variant is not None:
        raise BadInput("--from-sockets is about this host's sockets: leave --variant out")
    with opening(requests(outputs, STUDY_FORMATS), outputs.force) as destinations:
        if from_sockets:
            from tcpmc.studies.sockets.sockets_json import as_json
            from tcpmc.studies.sockets.sockets_text import as_text

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
    from tcpmc.studies.sockets.socket_lines import lines_of
    from tcpmc.studies.sockets.socket_listing import read

    if sys.stdin is None or sys.stdin.isatty():
        raise BadInput(
            "--from-sockets reads standard input: ss -tan | tcpmc explain --from-sockets"
        )
    listing = read(lines_of(sys.stdin.buffer))
    if not listing.table:
        raise BadInput(_nothing(listing))
    for line, why in [*listing.unread.items()][:TOLD]:
        say(f"line {line} is left out: {why}")
    if listing.unread_count > TOLD:
        say(f"{listing.unread_count - TOLD:,} more lines are left out")
    return listing


def _nothing(listing: Listing) -> str:
    """Why a listing has no socket of TCP."""
    if listing.unread:
        line, why = next(iter(listing.unread.items()))
        return f"no TCP socket on standard input; line {line}: {why}"
    if listing.others:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in listing.others.items())
        return f"no TCP socket on standard input, but {kinds}: ss -tan lists those of TCP"
    return "standard input lists no socket: ss -tan | tcpmc explain --from-sockets"
