"""What is raised where the input is wrong, and how an error is told on one line."""

from __future__ import annotations

import traceback


class Error(Exception):
    """What tcpmc raises; says what is wrong, on one line."""


class BadInput(Error):
    """The user's input is wrong; says what, on one line."""


class LimitReached(Error):
    """There is more of it than a limit allows; says which limit, and what to do instead."""


PACKAGES = {"z3": "z3-solver"} | {
    name: name for name in ("scipy", "networkx", "pygraphviz", "graphviz", "jinja2")
}
"""The packages that an install may leave out (docs/install.md), by the module that is missed."""


def missing_package(error: BaseException) -> str:
    """What to install, as a line; "" unless a package is missing that may be left out."""
    if not isinstance(error, ModuleNotFoundError):
        return ""
    package = PACKAGES.get((error.name or "").partition(".")[0])
    if package is None:
        return ""
    return f"{package} is not installed, and this needs it: pip install {package}"


def where(path: str, error: BaseException) -> str:
    """The file and the innermost line of it that the error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return f"{path}:{lines[-1]}" if lines else path


def one_line(error: BaseException) -> str:
    """What the error is and says, without line breaks."""
    try:
        said = str(error)
    except BaseException:  # an exception of the user's whose own text cannot be made
        said = "(its text cannot be shown)"
    return " ".join(f"{type(error).__name__}: {said}".split())
