"""Where a result goes: to standard output, or to a file that is whole or not there."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tcpmc.checks.guard import BadInput

COLOURS = {
    "PROVED": "green",
    "WITNESS": "green",
    "UNREACHABLE": "green",
    "REFUTED": "red",
    "VACUOUS": "yellow",
    "INCONCLUSIVE": "yellow",
    "HOLDS<=[0-9]+": "yellow",
    "DISAGREE": "bold red",
}


class Output(Protocol):
    """Somewhere to put a result, once."""

    def write(self, content: str | bytes) -> None:
        """Put it there."""


class Standard:
    """Standard output."""

    def write(self, content: str | bytes) -> None:
        """Print it; verdicts in colour on a terminal. A reader who has left is no error."""
        try:
            if isinstance(content, bytes):
                sys.stdout.buffer.write(content)
            elif sys.stdout.isatty():
                _print_coloured(content)
            else:
                sys.stdout.write(content)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            raise BadInput(f"cannot write to standard output: {error.strerror}") from error


class File:
    """A file beside its final place, which it takes when it is written."""

    def __init__(self, path: Path, temporary: Path) -> None:
        self._path, self._temporary = path, temporary

    def write(self, content: str | bytes) -> None:
        """Replace the file by one with this content, in one step."""
        data = content.encode() if isinstance(content, str) else content
        try:
            self._temporary.write_bytes(data)
            if self._temporary != self._path:
                self._temporary.chmod(_mode(self._path))
                self._temporary.replace(self._path)
        except OSError as error:
            raise BadInput(f"cannot write {self._path}: {error.strerror}") from error


@contextmanager
def opened(name: str | None) -> Iterator[Output]:
    """The output of that name; None or "-" is standard output.

    Raises BadInput now, not after the work, if the file cannot be written.
    """
    if name is None or name == "-":
        yield Standard()
        return
    path = Path(name).resolve()
    try:
        temporary = _beside(path)
    except OSError as error:
        raise BadInput(f"cannot write {name}: {error.strerror}") from error
    try:
        yield File(path, temporary)
    finally:
        if temporary != path:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _beside(path: Path) -> Path:
    """A new, empty file beside the path; the path itself where it is a device or a pipe."""
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    if path.exists():
        if not os.access(path, os.W_OK):
            raise PermissionError(13, "Permission denied")
        if not path.is_file():
            return path
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    return Path(temporary)


def _mode(path: Path) -> int:
    """The permissions that the file has, or would get."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _print_coloured(text: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console, painted = Console(highlight=False), Text(text, end="")
    for words, colour in COLOURS.items():
        for match in re.finditer(rf"\b({words})\b", text):
            painted.stylize(colour, *match.span())
    console.print(painted, soft_wrap=True, end="")
