"""tcpmc: a formal model of TCP connection management, and a model checker for it.

The three parts: `tcpmc.model` says what TCP does (RFC 9293), `tcpmc.checks` decides
properties of it, `tcpmc.diagrams` draws it.
"""

__version__: str


def __getattr__(name: str) -> str:
    """`__version__`, when it is asked for: to find it out takes longer than to start."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tcpmc")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"
