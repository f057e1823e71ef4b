"""Levels of a search on disk, so that another process can go on with it.

Each level is a file, written once: to another name, synced, renamed. It says whose search it is of,
how many transitions led to it, which entries of the tables were filled in on the way, and what came
out of them; its checksum covers all of it, and the next level names it. So a run that was cut off
goes on after the last level whose files are whole, with the same ids, and so with the same traces.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tcpmc.checks.statespace.levels import Array, Level
from tcpmc.checks.statespace.table_arrays import FlatTables
from tcpmc.checks.statespace.tables import Ints
from tcpmc.temporary import kept_for_now

MAGIC = b"tcpmc level 2\n"
SUM = 32
Log = list[tuple[int, Ints]]


class Foreign(Exception):
    """The checkpoint is of something else, or nothing of it is whole; says what."""


class Damaged(Exception):
    """A file is not what was written."""


@dataclass(frozen=True)
class Saved:
    """A level as it is in its file."""

    head: dict[str, Any]
    level: Level
    log: Log
    checksum: bytes


@dataclass
class Checkpoint:
    """The folder with the levels of one search. `identity` says of what; `note` tells the user when
    a level cannot be saved or is damaged."""

    folder: Path
    identity: str
    note: Callable[[str], None] = lambda text: None
    _pending: list[tuple[dict[str, Any], Level, Log]] = field(default_factory=list)
    _last: bytes = b""
    _logged: int = 0
    _failing: bool = False

    def load(self, tables: FlatTables) -> Iterator[tuple[Level, int]]:
        """The levels that are whole, each with the number of transitions before it; fills in the
        tables as the run did that wrote them. Raises Foreign."""
        there = sorted(self.folder.glob("level-*[0-9]"))
        for number in range(len(there)):
            path = self.folder / _name(number)
            try:
                saved = read(path)
            except (OSError, Damaged) as problem:
                if number == 0:
                    raise Foreign(f"{path} is damaged ({_why(problem)})") from problem
                self.note(f"{path} is damaged ({_why(problem)}): going on from level {number - 1}")
                for stale in there[number:]:
                    stale.unlink(missing_ok=True)
                return
            self._check(path, saved)
            self._replay(path, saved, tables)
            self._last, self._logged = saved.checksum, len(tables.log)
            yield saved.level, saved.head["edges"]

    @staticmethod
    def _replay(path: Path, saved: Saved, tables: FlatTables) -> None:
        try:
            for stage, keys in saved.log:
                tables.fill(stage, keys)
        except LookupError as problem:
            raise Foreign(f"{path} was made by other rules") from problem
        if saved.head["tables"] != tables.digest():
            raise Foreign(f"{path} was made by other rules")

    def _check(self, path: Path, saved: Saved) -> None:
        if saved.head["identity"] != self.identity:
            raise Foreign(f"{path} is of {saved.head['identity']}, not of {self.identity}")
        if saved.head["previous"] != self._last.hex():
            raise Foreign(f"{path} is of another run than the level before it")

    def save(self, number: int, edges: int, level: Level, tables: FlatTables) -> None:
        """Write a level, and those before it that could not be written then."""
        log, self._logged = tables.log[self._logged :], len(tables.log)
        head: dict[str, Any] = {"identity": self.identity, "level": number, "edges": edges}
        self._pending.append((head | {"tables": tables.digest()}, level, log))
        while self._pending:
            head, level, log = self._pending[0]
            path = self.folder / _name(head["level"])
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._last = write(path, head | {"previous": self._last.hex()}, level, log)
            except OSError as problem:
                if not self._failing:
                    self.note(f"cannot save {path} ({_why(problem)}): each level tries again")
                self._failing = True
                return
            self._pending.pop(0)
            self._failing = False


def _name(number: int) -> str:
    return f"level-{number:04}"


def _why(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem)


def write(path: Path, head: dict[str, Any], level: Level, log: Log) -> bytes:
    """Write one level and return its checksum: all of it, or nothing. Raises OSError."""
    arrays: list[Array] = [*level.parts, *(keys for _, keys in log)]
    head = head | {
        "stages": [stage for stage, _ in log],
        "arrays": [[array.dtype.str, list(array.shape)] for array in arrays],
    }
    parts = [MAGIC, json.dumps(head).encode() + b"\n", *map(np.ascontiguousarray, arrays)]
    checksum = hashlib.sha256()
    new = path.with_suffix(".new")
    with kept_for_now(new):
        with new.open("wb") as file:
            for part in parts:
                view = memoryview(part).cast("B") if len(part) else b""  # type: ignore[arg-type]
                checksum.update(view)
                file.write(view)
            file.write(checksum.digest())
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _sync(path.parent)
    return checksum.digest()


def _sync(folder: Path) -> None:
    """Have the folder's own entries on disk, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(path: Path) -> Saved:
    """Read one level. Raises OSError and Damaged."""
    content = path.read_bytes()
    body, checksum = memoryview(content)[:-SUM], content[-SUM:]
    if not content.startswith(MAGIC):
        raise Damaged("not a level of this format")
    if hashlib.sha256(body).digest() != checksum:
        raise Damaged("its checksum is wrong")
    end = content.index(b"\n", len(MAGIC)) + 1
    head = json.loads(content[len(MAGIC) : end])
    arrays = []
    for dtype, shape in head["arrays"]:
        count = int(np.prod(shape))
        arrays.append(np.frombuffer(body, dtype, count, end).reshape(shape).copy())
        end += arrays[-1].nbytes
    parts = len(arrays) - len(head["stages"])
    log = list(zip(head["stages"], arrays[parts:], strict=True))
    return Saved(head, Level(*arrays[:parts]), log, checksum)
