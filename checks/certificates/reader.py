"""S-expressions: as much of SMT-LIB 2 as a certificate is written in."""

from __future__ import annotations

import re
from typing import Any

Expression = Any
"""A word, or a list of expressions."""
TOKEN = re.compile(r"[ \n]*(\(|\)|\|[^|\\]*\||[^\s()|\\\";]+|\Z)", re.ASCII)


class Malformed(Exception):
    """The text is not what a certificate may have there; says why."""


def read(text: str) -> list[Expression]:
    """All expressions of a text, in which there are neither comments nor strings. Raises
    Malformed."""
    stack: list[list[Expression]] = [[]]
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise Malformed(f"line {text.count(chr(10), 0, place) + 1} cannot be read")
        token, place = match[1], match.end()
        if token == "(":
            stack.append([])
        elif token == ")":
            if len(stack) == 1:
                raise Malformed(f"line {text.count(chr(10), 0, place) + 1}: unexpected ')'")
            done = stack.pop()
            stack[-1].append(done)
        elif token:
            stack[-1].append(token)
    if len(stack) > 1:
        raise Malformed("the text ends inside an expression: it was truncated")
    return stack[0]
