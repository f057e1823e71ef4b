"""A user's rule that does not end is stopped after so many lines of it, whatever the machine."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from functools import cache
from types import CodeType, FrameType
from typing import Any

from tcpmc.checks.own_rules.hangs_on import TRUSTED

LINES = 100_000
"""Lines of the user's code in one call of a rule. A rule has a few dozen; one that counts a number
down to 0 has as many as the number."""


class TooManyLines(BaseException):  # a rule that catches every Exception does not catch it
    """The call has gone on for too many lines."""

    def __str__(self) -> str:
        return f"it goes on for more than {LINES:,} lines: a loop over a number"


@cache
def _idles(code: CodeType) -> bool:
    """Whether it has a loop with nothing in it, which never comes to another line."""
    steps = dis.get_instructions(code)
    return any("JUMP" in step.opname and step.argval == step.offset for step in steps)


def within_lines(rule: Callable[..., Any], *arguments: Any) -> Any:
    """What the rule returns. Raises TooManyLines. Under a debugger nothing is counted."""
    if sys.gettrace() is not None:
        return rule(*arguments)
    left = LINES

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooManyLines
        return count

    def begun(frame: FrameType, event: str, argument: object) -> Any:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package in TRUSTED:
            return None
        frame.f_trace_opcodes = _idles(frame.f_code)
        return count(frame, event, argument)

    sys.settrace(begun)
    try:
        return rule(*arguments)
    finally:
        sys.settrace(None)
