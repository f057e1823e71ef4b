"""S-expressions: as much of SMT-LIB 2 as a certificate is written in."""

from __future__ import annotations

import re
from typing import Any

Expression = Any
"""A word, or a list of expressions."""
COMMENT = re.compile(r"^;.*$", re.MULTILINE)
TOKEN = re.compile(r'\s*(\(|\)|\|[^|]*\||"[^"]*"|[^\s()|";]+|$)')


class Malformed(Exception):
    """The text is no list of S-expressions; says where."""


def read(text: str) -> list[Expression]:
    """All expressions of a text. Raises Malformed."""
    stack: list[list[Expression]] = [[]]
    text, place = COMMENT.sub("", text), 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise Malformed(f"line {text.count(chr(10), 0, place) + 1} cannot be read")
        token, place = found[1], found.end()
        if token == "(":
            stack.append([])
        elif token == ")":
            if len(stack) == 1:
                raise Malformed(f"line {text.count(chr(10), 0, place) + 1}: a ) too many")
            done = stack.pop()
            stack[-1].append(done)
        elif token:
            stack[-1].append(token)
    if len(stack) > 1:
        raise Malformed("the file ends within an expression: it was cut off")
    return stack[0]


def written(expression: Expression) -> str:
    """The expression as text."""
    if isinstance(expression, str):
        return expression
    return "(" + " ".join(map(written, expression)) + ")"
