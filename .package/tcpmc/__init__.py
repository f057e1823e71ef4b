"""tcpmc: a formal model of TCP connection management, and a model checker for it.

The three parts: `tcpmc.model` says what TCP does (RFC 9293), `tcpmc.checks` decides
properties of it, `tcpmc.diagrams` draws it.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("tcpmc")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
