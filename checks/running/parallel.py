"""Tasks shared out over processes, each result as soon as it is there."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any, TypeVar, cast

from tcpmc.checks.running.monitor import PERIOD
from tcpmc.errors import Error

Task = TypeVar("Task")
Result = TypeVar("Result")


class ProcessFailure(Error):
    """A process failed; its traceback is a note."""


def side_by_side(
    function: Callable[[Task], Result], tasks: Sequence[Task], at_once: int
) -> Iterator[tuple[Task, Result]]:
    """Each task with its result, in the order in which they end; each in a process of its own, of
    which there are so many at a time. The function, tasks and results travel (pickle).

    Raises what the function raised, and ProcessFailure for a process that ended without a word. No
    process outlives the iteration, or its parent.
    """
    waiting, running = list(tasks), dict[Connection, tuple[Task, BaseProcess]]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                task = waiting.pop(0)
                connection, process = _begun(function, task)
                running[connection] = task, process
            for ready in wait([*running]):
                connection = cast(Connection, ready)
                task, process = running.pop(connection)
                yield task, _result(connection, process)
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


def _begun(function: Callable[[Task], Result], task: Task) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(function, task, theirs), daemon=True)
    with deaf_to_ctrl_c(), without_the_script():
        process.start()
    theirs.close()
    return ours, process


def _run(function: Callable[[Task], Result], task: Task, connection: Connection) -> None:
    """What a process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        message: tuple[Any, Exception | None] = function(task), None
    except Exception as error:
        error.add_note(traceback.format_exc())
        message = None, error
    with suppress(BrokenPipeError):
        connection.send(message)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    while parent is None or parent.is_alive():
        time.sleep(PERIOD)
    os._exit(0)


def _result(connection: Connection, process: BaseProcess) -> Any:
    try:
        result, error = connection.recv()
    except EOFError:
        process.join()
        raise ProcessFailure(f"a process ended early, exit code {process.exitcode}") from None
    process.join()
    if error is not None:
        raise error
    return result


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """A process begun now ignores Ctrl-C from its first instruction."""
    if threading.current_thread() != threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def without_the_script() -> Iterator[None]:
    """A process begun now does not run the user's script again, as it would to find functions in
    it. What it runs is ours, and a script without `if __name__ == "__main__"` asks questions."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script
