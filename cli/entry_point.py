"""The entry point of the command: what has to hold before anything else is imported.

Ctrl-C has to end the command quietly while its modules are still being imported, SIGTERM has to
leave no temporary file, and standard input, output and error have to be there.
"""

from __future__ import annotations

# What `signal` is made of: it is there at once, and imports nothing.
import _signal  # type: ignore[import-not-found]
import os
import sys


def _interrupted(number: int, frame: object) -> None:
    """End at once: nothing is open yet. An exception would be raised in the middle of an import,
    which may make another of it."""
    try:
        os.write(2, b"tcpmc: interrupted\n")
    finally:
        os._exit(INTERRUPTED)


INTERRUPTED = 3
LISTENS = _signal.getsignal(_signal.SIGINT) == _signal.default_int_handler
"""Whether Ctrl-C is for us: not where it is ignored, or in a process that has its own handler."""
if LISTENS:
    _signal.signal(_signal.SIGINT, _interrupted)

import signal  # noqa: E402
import threading  # noqa: E402
from typing import NoReturn  # noqa: E402

TERMINATED = 128 + signal.SIGTERM
STREAMS = (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY))
"""Standard output that is closed is opened for reading: what is written to it fails, and is told
as for a full disk."""


def main() -> NoReturn:
    """Run the command line; the process ends with its exit code."""
    _open_streams()
    _end_cleanly_when_terminated()
    from tcpmc.cli.main import exit_code

    if LISTENS:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = exit_code()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said: the rest takes no time
    sys.exit(code)


def _open_streams() -> None:
    """Open those of the three that are closed, lest the next file that is opened becomes one; and
    let characters that the terminal does not have be written in ASCII."""
    for number, (name, mode, flags) in enumerate(STREAMS):
        if getattr(sys, name) is None:
            _open_as(number, flags)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _open_as(number: int, flags: int) -> None:
    opened = os.open(os.devnull, flags)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)


def _end_cleanly_when_terminated() -> None:
    """Have a thread answer SIGTERM, also while the main one is within a solver: it removes the
    temporary files. (The handler is only there so that the signal is written to the pipe.)"""
    if not hasattr(signal, "set_wakeup_fd") or sys.platform == "win32":
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    threading.Thread(target=_wait_for_the_end, args=(reading,), daemon=True).start()


def _wait_for_the_end(reading: int) -> None:
    while signal.SIGTERM not in os.read(reading, 64):
        pass
    from tcpmc.temporary import remove_all

    remove_all()
    os._exit(TERMINATED)
