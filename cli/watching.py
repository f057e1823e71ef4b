"""`tcpmc check --watch`: the same command again, each time that a file of a variant changes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tcpmc.cli.run_options import say
from tcpmc.errors import BadInput

PERIOD = 0.3
"""Seconds between two looks at the files."""

Seen = dict[Path, tuple[int, int]]
"""When each file was written, in nanoseconds, and its octets."""


def watch(variants: Sequence[str], words: Sequence[str]) -> int:
    """Run the command with these words now and after each change of a Python file beside a variant,
    or of the project's settings, until Ctrl-C; each time in a process of its own, for modules that
    a variant imports have to be read again. The last exit code. Raises BadInput without a file."""
    folders = sorted({Path(name).resolve().parent for name in variants if name.endswith(".py")})
    if not folders:
        raise BadInput("--watch watches the file of a variant: --variant ./my_stack.py")
    code = 0
    try:
        while True:
            before = _seen(folders)
            code = subprocess.run([sys.executable, "-m", "tcpmc", *words], check=False).returncode
            say(f"exit code {code}; waiting for a change in {', '.join(map(str, folders))}")
            while _seen(folders) == before:
                time.sleep(PERIOD)
    except KeyboardInterrupt:
        return code


def _seen(folders: Sequence[Path]) -> Seen:
    """The files that are watched, as they are now."""
    from tcpmc.cli.project_settings import FILE

    found: Seen = {}
    for path in (path for folder in folders for path in (*folder.glob("*.py"), folder / FILE)):
        try:
            status = path.stat()
        except OSError:  # it is being replaced, or there is none
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
    return found
