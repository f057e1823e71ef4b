"""Text for people: what can be printed, in lines of a given width."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

LEAST = 8
"""The columns that a text has at the least, however narrow the screen is."""


def printable(text: str, keep: str = "") -> str:
    """The text on one line: what cannot be printed, line breaks too, as a replacement sign; the
    characters to `keep` stay."""
    return "".join(char if char.isprintable() or char in keep else "�" for char in text)


def wrapped(text: str, width: int) -> list[str]:
    """The text as lines of at most `width` columns; a state's name is not broken."""
    return wrap(text, max(width, LEAST), break_on_hyphens=False) or [""]


def folded(texts: Sequence[str], width: int) -> list[str]:
    """Each text as lines of at most `width` columns."""
    return [line for text in texts for line in wrapped(text, width)]


def labelled(label: str, text: str, width: int, column: int) -> list[str]:
    """The text beside its label, in lines of at most `width` columns: it begins in this column."""
    first, *more = wrapped(text, width - column)
    return [f"{label:<{column}}{first}", *(" " * column + line for line in more)]


def hanging(text: str, width: int, indent: int = 0, hang: int = 2) -> list[str]:
    """The text as lines of at most `width` columns: the first `indent` columns in, the others
    `hang` more."""
    first, *more = wrapped(text, width - indent - hang)
    return [" " * indent + first, *(" " * (indent + hang) + line for line in more)]
