"""Files that are there for a while only, and go with the process, however that ends.

`with kept_for_now(path)` is enough where the process ends by itself, by Ctrl-C or by an error. What
is open when it is ended from outside (SIGTERM) is in `PATHS`, for the thread that ends it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATHS: set[Path] = set()


@contextmanager
def kept_for_now(path: Path) -> Iterator[Path]:
    """The path, of a file or folder that may be made there; nothing is there any more after."""
    PATHS.add(path)
    try:
        yield path
    finally:
        remove(path)


def remove(path: Path) -> None:
    """Remove the file or folder, if it is there."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    PATHS.discard(path)


def remove_all() -> None:
    """Remove all that is open now."""
    for path in tuple(PATHS):
        remove(path)
