"""`tcpmc explore`: the page with the model behind it."""

from __future__ import annotations

from contextlib import suppress

import click

from tcpmc.checks.running.stacks_of_ends import find_stacks
from tcpmc.cli.command_settings import ScopeSettings, typed
from tcpmc.cli.options import DEBUG, SCOPE, VARIANT
from tcpmc.cli.run_options import asked_scope, say
from tcpmc.errors import BadInput
from tcpmc.model.network.system import Model
from tcpmc.reports.scope_arguments import FLAGS


@click.command(short_help="Step through the model in a browser.")
@VARIANT
@click.option(
    "--trace",
    "saved",
    metavar="FILE",
    help="Start from the traces in a file written with --format json.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="[default: any free port]"
)
@click.option("--no-browser", is_flag=True, help="Print the address, and do not open a browser.")
@DEBUG
@SCOPE
@typed
def explore(
    variant: str | None, saved: str | None, port: int, no_browser: bool, scope: ScopeSettings
) -> int:
    r"""Step through the model in a page that this host serves.

    The page shows which events are possible in a state, and why the others are not. A path can be
    saved, and continued later. Variant and scope can be chosen there as well, and a state to be
    taken to by a shortest run. The command ends when the page is closed, or with Ctrl-C.

    \b
      tcpmc explore
      tcpmc explore --variant ./my_stack.py --crashes 1 --aborts
      tcpmc explore --scope small --start established --clock
      tcpmc trace closing -o json=closing.json
      tcpmc explore --trace closing.json
    """
    from tcpmc.reports.saved import read_traces
    from tcpmc.web.live import LiveModels
    from tcpmc.web.server import Server

    if saved is not None:
        _refuse_bounds(scope)
        live = LiveModels.of(read_traces(saved, variant), variant)
    else:
        source = variant or "rfc9293"
        live = LiveModels.around(_model(source, scope), source)
    try:
        server = Server(live, port, tell=say)
    except OSError as error:
        raise BadInput(f"port {port}: {error.strerror}") from error
    with suppress(KeyboardInterrupt), server:
        print(server.address, flush=True)
        if not no_browser and not _opened(server.address):
            say("no browser was found: open the address above")
        server.serve_forever(poll_interval=0.1)
    return 0


def _model(source: str, scope: ScopeSettings) -> Model:
    try:
        return Model(find_stacks(source), asked_scope(scope))
    except ValueError as error:
        raise BadInput(str(error)) from error


def _refuse_bounds(scope: ScopeSettings) -> None:
    """Raise BadInput where bounds are asked for besides those of a saved trace."""
    words = [FLAGS[name] for name in scope.bounds.given()]
    words += ["--scope"] * (scope.scope != "default")
    if words:
        raise BadInput(f"--trace has its own scope: omit {words[0].partition('/')[0]}")


def _opened(address: str) -> bool:
    import webbrowser

    with suppress(webbrowser.Error):
        return webbrowser.open(address)
    return False
