"""What is raised where the input is wrong, and how an error is told on one line."""

from __future__ import annotations

import traceback


class Error(Exception):
    """What tcpmc raises; says what is wrong, on one line."""


class BadInput(Error):
    """The user's input is wrong; says what, on one line."""


class LimitReached(Error):
    """There is more of it than a limit allows; says which limit, and what to do instead."""


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
