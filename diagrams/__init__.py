"""Pictures of the model and of traces, drawn by Graphviz.

For programs: `endpoint` and `product` give a `graphviz.Digraph`, which a notebook shows; `.source`
is its DOT, `.pipe("svg")` the picture. No `dot` program is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import graphviz

    from tcpmc.model.network.scope import Scope
    from tcpmc.model.variants.variant import Variant

__all__ = ["endpoint", "product"]


def endpoint(
    variant: str | Variant = "rfc9293", against: str | Variant | None = None
) -> graphviz.Digraph:
    """The state diagram of one end, as the rules of the variant make it, arranged like RFC 9293,
    Figure 5; `against` another it shows what differs. Raises BadInput."""
    from tcpmc.checks.running.loading import variant_of
    from tcpmc.diagrams.state_diagram import endpoint_dot

    return endpoint_dot(variant_of(variant), variant_of(against) if against else None)


def product(
    variant: str | Variant = "rfc9293", scope: str | Scope = "small", *, group: bool = True
) -> graphviz.Digraph:
    """The reachable states of both ends and the channels, grouped by the states of the ends; or not
    grouped, where they are at most 300. Raises BadInput, and LimitReached for more."""
    from tcpmc.checks.running.loading import bounded, variant_of
    from tcpmc.diagrams.product_diagram import product_dot
    from tcpmc.errors import LimitReached
    from tcpmc.model.network.system import Model

    try:
        return product_dot(Model(variant_of(variant), bounded(scope, {})), group=group)
    except ValueError as error:
        raise LimitReached(str(error)) from error
