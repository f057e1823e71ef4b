"""Text within a page in Markdown, whatever is in it."""

from __future__ import annotations

import re

SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#&~"})
MARKER = re.compile(r"^(\d*)([-+=.)])")


def escaped(text: str) -> str:
    """Text that is shown as it is, whatever is in it, also at the beginning of a line."""
    return MARKER.sub(r"\1\\\2", " ".join(text.split()).translate(SPECIAL))


def prose(text: str) -> str:
    """The same for text of our own, in which `code` is meant as code."""
    parts = re.split("(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else part.translate(SPECIAL) for part in parts)
