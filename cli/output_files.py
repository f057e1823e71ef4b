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
from typing import BinaryIO, Protocol

import click

from tcpmc.errors import BadInput
from tcpmc.reports.terminal import no_command, on_github

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
    """Somewhere to put a result: once, or piece by piece where it was opened for that."""

    def write(self, content: str | bytes) -> None:
        """Put it there."""


class Standard:
    """Standard output."""

    def write(self, content: str | bytes) -> None:
        """Print it; verdicts in colour on a terminal. A reader who has left is no error."""
        if isinstance(content, str) and on_github():
            content = no_command(content)
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
        try:
            self._temporary.write_bytes(_encoded(content))
            if self._temporary != self._path:
                self._temporary.chmod(_mode(self._path))
                self._temporary.replace(self._path)
        except OSError as error:
            raise BadInput(f"cannot write {self._path}: {error.strerror}") from error


class Growing:
    """A file to which pieces are added while the run goes on."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file

    def write(self, content: str | bytes) -> None:
        """Add the piece, so that a reader sees it now."""
        try:
            self._file.write(_encoded(content))
            self._file.flush()
        except OSError as error:
            raise BadInput(f"cannot write {self._path}: {error.strerror}") from error


@contextmanager
def opened(name: str | None, grows: bool = False, suffix: str = "") -> Iterator[Output]:
    """The output of that name; None or "-" is standard output. A file that `grows` is there from
    the beginning; any other is whole or not there. `suffix` is that of files of its kind.

    Raises BadInput now, not after the work, if the file cannot be written, or if something else
    would be lost: an existing file of another kind is replaced with --force only.
    """
    if name is None or name == "-":
        yield Standard()
        return
    path = _resolved(name)
    if not _forced() and _is_of_another_kind(path, suffix):
        raise BadInput(
            f"{name} exists and is not named like the file to be written"
            f"{f' (*{suffix})' if suffix else ''}: choose another name, or --force"
        )
    with _growing(path, name) if grows else _whole(path, name) as output:
        yield output


@contextmanager
def _growing(path: Path, name: str) -> Iterator[Output]:
    try:
        file = path.open("wb")
    except OSError as error:
        raise BadInput(f"cannot write {name}: {error.strerror}") from error
    with file:
        yield Growing(path, file)


@contextmanager
def _whole(path: Path, name: str) -> Iterator[Output]:
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


def _resolved(name: str) -> Path:
    try:
        return Path(name).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null byte
        raise BadInput(f"cannot write {name!r}: {error}") from error


def _is_of_another_kind(path: Path, suffix: str) -> bool:
    """Whether there is a file with something in it whose name is not that of such a file."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    return path.suffix.lower() not in ("", ".log", ".out", ".txt", Path(f"x{suffix}").suffix)


def _forced() -> bool:
    """Whether the command was given --force."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.params.get("force"))


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


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
