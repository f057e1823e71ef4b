"""Where captures come from: files, standard input, compressed or not."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from tcpmc.captures.frames import ReaderNotes
from tcpmc.errors import BadInput

STANDARD_INPUT = "-"
GZIP = b"\x1f\x8b"
BEGINNING = 16
FOREIGN = {
    b"snoop\0\0\0": "a snoop file",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"\x04\x22\x4d\x18": "compressed by lz4",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\0": "compressed by xz",
    b"PK\x03\x04": "a zip archive",
    b"XCP\0": "a Network Monitor or NetXRay file",
    b"GMBU": "a Network Monitor file",
    b"%PDF": "a PDF",
    b"\x7fELF": "a program",
}
"""What people hand in by mistake, by how it begins."""


class Lenient(io.RawIOBase):
    """A stream that ends, with a note, where what it reads is damaged."""

    def __init__(self, stream: gzip.GzipFile, notes: ReaderNotes) -> None:
        self._stream, self._told, self._over = stream, notes, False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """The next octets; 0 at the end or at the damage."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            data = b"" if self._over else self._stream.read1(len(view))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._told.notes.append(f"the compressed file is damaged or cut off: {error}")
            data, self._over = b"", True
        view[: len(data)] = data
        return len(data)


@contextmanager
def opened(path: str, notes: ReaderNotes) -> Iterator[tuple[BinaryIO, bytes]]:
    """The file, decompressed, and how it begins; "-" is standard input."""
    if path == STANDARD_INPUT:
        if sys.stdin is None or sys.stdin.isatty():
            raise BadInput("standard input is a terminal: tcpdump -w - | tcpmc conform -")
        yield _plain(path, cast(BinaryIO, sys.stdin.buffer), notes)
        return
    if "\0" in path:
        raise BadInput(f"{path!r}: a file name cannot contain a null byte")
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            yield _plain(path, stream, notes)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error


def _plain(path: str, stream: BinaryIO, notes: ReaderNotes) -> tuple[BinaryIO, bytes]:
    buffered = io.BufferedReader(cast(io.RawIOBase, stream), 2**16)
    if buffered.peek(BEGINNING)[:2] == GZIP:
        buffered = io.BufferedReader(Lenient(gzip.GzipFile(fileobj=buffered), notes), 2**16)
    beginning = bytes(buffered.peek(BEGINNING)[:BEGINNING])
    for magic, what in FOREIGN.items():
        if beginning.startswith(magic):
            raise BadInput(f"{path} is {what}: only pcap, pcapng and text are read, also gzipped")
    return cast(BinaryIO, buffered), beginning
