"""tcpmc: a formal model of TCP connection management, and a model checker for it.

    import tcpmc

    result = tcpmc.check("graceful-close", variant="no-time-wait")
    print(result.verdict, result.how)
    print(result.trace)                            # the message ladder; a picture in a notebook
    space = tcpmc.explore("no-time-wait", scope="small")
    graph = space.to_networkx()

What can be asked is in `tcpmc.api`: `check`, `explore`, `prove`, `threshold`, `conform`; pictures
are in `tcpmc.diagrams`. All of it is imported when it is first used. docs/python.md shows how.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpmc import diagrams, model
    from tcpmc.api import check, conform, explore, prove, threshold
    from tcpmc.check_result import CheckResult as Result
    from tcpmc.check_result import Ladder as Trace
    from tcpmc.errors import BadInput, Error, LimitReached
    from tcpmc.model.network.scope import Scope
    from tcpmc.model.properties.kinds import Property
    from tcpmc.model.variants.variant import Variant
    from tcpmc.state_space import StateSpace

__all__ = [
    "BadInput",
    "Error",
    "LimitReached",
    "Property",
    "Result",
    "Scope",
    "StateSpace",
    "Trace",
    "Variant",
    "check",
    "conform",
    "diagrams",
    "explore",
    "model",
    "prove",
    "threshold",
]

__version__: str

_PLACES = {
    "BadInput": "errors:BadInput",
    "Error": "errors:Error",
    "LimitReached": "errors:LimitReached",
    "Property": "model.properties.kinds:Property",
    "Result": "check_result:CheckResult",
    "Scope": "model.network.scope:Scope",
    "StateSpace": "state_space:StateSpace",
    "Trace": "check_result:Ladder",
    "Variant": "model.variants.variant:Variant",
    "check": "api:check",
    "conform": "api:conform",
    "diagrams": "diagrams:",
    "explore": "api:explore",
    "model": "model:",
    "prove": "api:prove",
    "threshold": "api:threshold",
}
"""Where each name is: the module and the name in it, or "" for the module itself."""


def __getattr__(name: str) -> object:
    """A name of `__all__` or `__version__`, found when it is first asked for."""
    if name == "__version__":
        return _version()
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, _, inside = _PLACES[name].partition(":")
    loaded = import_module(f"tcpmc.{module}")
    globals()[name] = getattr(loaded, inside) if inside else loaded
    return globals()[name]


def __dir__() -> list[str]:
    """The names that there are, for completion."""
    return sorted({*globals(), *__all__, "__version__"})


def _version() -> str:
    """To find it out takes longer than to start."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tcpmc")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"
