"""What is known of the place where a text is read: its columns, and whether GitHub reads it."""

from __future__ import annotations

import os
import re
import shutil
import sys


def width() -> int | None:
    """The columns to fill: COLUMNS, or those of the terminal; None where neither is known."""
    if os.environ.get("COLUMNS", "").isdecimal() or sys.stdout.isatty():
        return max(20, shutil.get_terminal_size().columns)
    return None


def on_github() -> bool:
    """Whether a step of GitHub Actions runs this, and reads what it prints for commands."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def no_command(text: str) -> str:
    """The text, such that no line of it is a command to GitHub Actions: neither `::error::` at the
    beginning of a line nor `##[error]` anywhere."""
    return re.sub(r"(^|[\r\n])(\s*):(?=:)", r"\1\2: ", text).replace("##[", "# #[")
