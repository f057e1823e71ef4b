"""`tcpmc explain`: a state, a rule or a property, or the sockets that ss lists."""

from __future__ import annotations

import sys
from typing import Any

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED
from tcpmc.cli.options import FILE_RESULT, PROPERTY_NAMES, SUFFIXES, VARIANT_NAMES
from tcpmc.cli.output_files import opened
from tcpmc.cli.run_options import say
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.terminal import width

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
@click.option("--variant", metavar="NAME|FILE", shell_complete=VARIANT_NAMES)
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@FILE_RESULT
@click.option("--debug", is_flag=True, help="Traceback for an internal error.")
def explain(name: str | None, from_ss: bool, variant: str | None, **rest: Any) -> int:
    """Explain NAME, or what ss lists."""
    if from_ss == (name is not None):
        raise BadInput("explain: choose a NAME, or --from-ss with ss -tan on standard input")
    if from_ss and variant is not None:
        raise BadInput("--from-ss is about this host's sockets: leave --variant out")
    with opened(rest["output"], suffix=SUFFIXES[rest["format"]]) as output:
        if from_ss:
            output.write(_sockets(rest["format"]))
        else:
            output.write(_explanation(name or "", variant or "rfc9293", rest["format"]))
    return EXIT_AS_EXPECTED


def _explanation(name: str, variant: str, form: str) -> str:
    from tcpmc.studies.explain.explain import explain as explained
    from tcpmc.studies.explain.explained import as_json, as_text

    found = explained(name, find_variant(variant))
    return as_json(found) if form == "json" else as_text(found, width())


def _sockets(form: str) -> str:
    from tcpmc.studies.explain.from_ss import as_json, as_text
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
    return as_json(listing) if form == "json" else as_text(listing, width())
