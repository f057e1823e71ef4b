"""Where a result goes: to standard output, or to a file that is whole or not there."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Protocol

import click

from tcpmc.errors import BadInput
from tcpmc.reports.terminal import no_command, on_github
from tcpmc.temporary import kept_for_now

VERDICT = re.compile(
    r"\b(?:(?P<good>PROVED|WITNESS|UNREACHABLE)|(?P<bad>REFUTED)"
    r"|(?P<open>VACUOUS|INCONCLUSIVE|HOLDS<=[0-9]+)|(?P<alarm>DISAGREE))\b"
)
COLOURS = {"good": "green", "bad": "red", "open": "yellow", "alarm": "red"}


class Output(Protocol):
    """Somewhere to put a result: once, or piece by piece where it was opened for that."""

    def write(self, content: str | bytes) -> None:
        """Put it there."""

    def write_pieces(self, pieces: Iterable[str | bytes]) -> None:
        """Put there what is made of many pieces."""


class Pieces:
    """What is written piece by piece by nature."""

    def write(self, content: str | bytes) -> None:
        """Put one there."""
        raise NotImplementedError

    def write_pieces(self, pieces: Iterable[str | bytes]) -> None:
        """Put them there, one after the other."""
        for piece in pieces:
            self.write(piece)


class Standard(Pieces):
    """Standard output."""

    def write(self, content: str | bytes) -> None:
        """Print it; verdicts in colour on a terminal. A reader who has left is no error."""
        if isinstance(content, str) and on_github():
            content = no_command(content)
        try:
            if isinstance(content, bytes):
                sys.stdout.buffer.write(content)
            elif sys.stdout.isatty():
                click.echo(_coloured(content), nl=False)
            else:
                sys.stdout.write(content)
            sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
        except OSError as error:
            discard_output()
            raise BadInput(f"cannot write to standard output: {error.strerror}") from error


def discard_output() -> None:
    """Have nothing more reach standard output, where writing fails: not even what it still holds,
    which is written when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class File:
    """A file beside its final place, which it takes when it is written."""

    def __init__(self, path: Path, temporary: Path) -> None:
        self._path, self._temporary = path, temporary

    def write(self, content: str | bytes) -> None:
        """Replace the file by one with this content, in one step."""
        self.write_pieces([content])

    def write_pieces(self, pieces: Iterable[str | bytes]) -> None:
        """Replace the file by one with these pieces, when it has the last of them."""
        try:
            with self._temporary.open("wb") as file:
                file.writelines(map(_encoded, pieces))
            if self._temporary != self._path:
                self._temporary.chmod(_mode(self._path))
                self._temporary.replace(self._path)
        except OSError as error:
            raise BadInput(f"cannot write {self._path}: {error.strerror}") from error


class Growing(Pieces):
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
def opened(
    name: str | None, suffix: str = "", force: bool = False, grows: bool = False
) -> Iterator[Output]:
    """The output of that name; None or "-" is standard output. A file that `grows` is there from
    the beginning; any other is whole or not there. `suffix` is that of files of its kind.

    Raises BadInput now, not after the work, if the file cannot be written, or if something else
    would be lost: a file that the command reads is never replaced, and an existing file of another
    kind only by `force`.
    """
    if name is None or name == "-":
        yield Standard()
        return
    path = _resolved(name)
    if reads(path):
        raise BadInput(f"{name} is an input of this command: choose another file for the output")
    if not force and _is_of_another_kind(path, suffix):
        raise BadInput(
            f"{name} exists and is not named like the file to be written"
            f"{f' (*{suffix})' if suffix else ''}: choose another name, or --force"
        )
    with _growing(path, name) if grows else _whole(path, name) as output:
        yield output


OUTPUTS = ("output", "certificate", "certificates", "traces", "checkpoint")
"""The parameters of commands that name what is written."""


def reads(path: Path) -> bool:
    """Whether the running command was given this file, under whatever name, to read: as the value
    of any of its other parameters, or as standard input."""
    context = click.get_current_context(silent=True)
    if context is None or not path.is_file():
        return False
    named = [value for name, value in context.params.items() if name not in OUTPUTS]
    texts = [text for value in named for text in (value if isinstance(value, tuple) else (value,))]
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if os.path.samestat(os.fstat(sys.stdin.fileno()), path.stat()):
            return True
    return any(isinstance(text, str) and _is_same(text, path) for text in texts)


def _is_same(text: str, path: Path) -> bool:
    try:
        return path.samefile(text)
    except (OSError, ValueError):
        return False


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
        if temporary != path:
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise BadInput(f"cannot write {name}: {error.strerror}") from error
    with kept_for_now(temporary) if temporary != path else contextlib.nullcontext():
        yield File(path, temporary)


def _resolved(name: str) -> Path:
    try:
        return Path(name).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null byte
        raise BadInput(f"cannot write {name!r}: {error}") from error


def _is_of_another_kind(path: Path, suffix: str) -> bool:
    """Whether there is a file with something in it whose name is not that of such a file."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    return path.suffix.lower() not in (".log", ".out", Path(f"x{suffix}").suffix)


def _encoded(content: str | bytes) -> bytes:
    """The bytes. (A path may have bytes that are not text; they are escaped.)"""
    return content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content


def _beside(path: Path) -> Path:
    """A name for a new file beside the path; the path itself where it is a device or a pipe."""
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    if path.exists():
        if not os.access(path, os.W_OK):
            raise PermissionError(13, "Permission denied")
        if not path.is_file():
            return path
    return path.with_name(f".{path.name[:100]}.{token_hex(4)}")


def _mode(path: Path) -> int:
    """The permissions that the file has, or would get."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _coloured(text: str) -> str:
    """The text with its verdicts in colour, where the terminal takes that."""
    if "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        return text
    return VERDICT.sub(_painted, text)


def _painted(word: re.Match[str]) -> str:
    kind = word.lastgroup or ""
    return click.style(word[0], fg=COLOURS[kind], bold=kind == "alarm")
