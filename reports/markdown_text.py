"""Text within a page in Markdown, whatever is in it.

There are two ways on purpose. `escaped` keeps the source of a page readable; its backslashes mean
something to Markdown only. `entities` also holds inside HTML elements, where Markdown is not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tcpmc.reports.layout import printable

SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#&~"})
MEANING = re.compile(r"[^a-zA-Z0-9\s.,;'/%()\u0080-\U0010ffff-]")
MARKER = re.compile(r"^(\d*)([-+=.)])")


def escaped(text: str) -> str:
    """Text that is shown as it is, whatever is in it, also at the beginning of a line."""
    return MARKER.sub(r"\1\\\2", " ".join(text.split()).translate(SPECIAL))


def prose(text: str) -> str:
    """The same for text of our own, in which `code` is meant as code."""
    parts = re.split("(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else part.translate(SPECIAL) for part in parts)


def entities(text: str) -> str:
    """The text as Markdown and HTML show it within a line: each character that could mean something
    there to one of them as an entity."""
    return MEANING.sub(lambda match: f"&#{ord(match[0])};", printable(text))


def code(text: str) -> str:
    """The text as code on one line, whatever is in it, a table too."""
    return f"<code>{entities(text)}</code>"


def block(lines: Sequence[str], language: str = "text") -> str:
    """The lines as a block of code, fenced by more than they have of it."""
    text = "\n".join(lines)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
