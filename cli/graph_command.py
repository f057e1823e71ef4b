"""`tcpmc graph`: the explored states as a file for other programs."""

from __future__ import annotations

import click

from tcpmc.checks.running.stacks_of_ends import find_stacks
from tcpmc.cli.command_settings import OutputSettings, RunSettings, typed
from tcpmc.cli.options import LIMITS, RFC_OR_VARIANT, SCOPE, result_options
from tcpmc.cli.output_formats import GRAPH_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.run_options import asked_scope, watched
from tcpmc.errors import BadInput
from tcpmc.model.network.system import Model


@click.command(short_help="Write the explored states for Gephi, yEd or networkx.")
@RFC_OR_VARIANT
@SCOPE
@LIMITS
@result_options(GRAPH_FORMATS)
@typed
def graph(variant: str, settings: RunSettings, outputs: OutputSettings) -> int:
    """Write every reachable state and step, in a format that Gephi, yEd and networkx read.

    A node has the states of A and B, its depth and the segments in flight; an
    edge has the event and the rules followed. The file is written piece by
    piece, so that millions of states need little memory.

    \b
      tcpmc graph --scope small -o graphml=graph.graphml
    """  # noqa: D301
    with opening(requests(outputs, GRAPH_FORMATS, "json"), outputs.force) as destinations:
        from tcpmc.checks.explicit.quotient import explored
        from tcpmc.checks.explicit.tabulate import TabulatedModel
        from tcpmc.checks.statespace import TooLarge
        from tcpmc.state_space import StateSpace

        try:
            table = TabulatedModel(Model(find_stacks(variant), asked_scope(settings.scope)))
            with watched(settings.limits) as progress:
                space = StateSpace(table, explored(table, progress))
                destinations.write_pieces(space.export)
        except (TooLarge, ValueError) as error:
            raise BadInput(str(error)) from error
    return 0
