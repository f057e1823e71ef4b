"""The Z3 engine in a process of its own, beside the explicit one.

A variant is functions, which do not travel: the process is given the variant's name or file, and
loads it itself. It ends with its parent, whatever ends that.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from tcpmc.checks.own_rules.asked_again import ask_again
from tcpmc.checks.running.monitor import PERIOD, Limits, Monitor, Stopped
from tcpmc.checks.running.parallel import deaf_to_ctrl_c, without_the_script
from tcpmc.checks.trace import ReplayError
from tcpmc.checks.verdict import INCONCLUSIVE, Answer
from tcpmc.errors import BadInput, Error, missing_package, one_line
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.kinds import Property
from tcpmc.model.variants.pair import StackPair, Stacks

GRACE_SECONDS = 2.0
Message = tuple[Any, ...]
Answers = dict[tuple[int, str], Answer | None]


@dataclass(frozen=True)
class Task:
    """Properties to decide on one variant, given by name or path, in one scope."""

    variant: str
    scope: Scope
    props: tuple[str, ...]
    thorough: bool


class SolverFailure(Error):
    """The solver's process failed; its traceback is a note."""


def solve(tasks: Mapping[int, Task], limits: Limits, connection: Connection) -> None:
    """What the process runs: each answer is sent as soon as it is there, and at the end "done"."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    sending = threading.Lock()

    def send(*message: Any) -> None:
        with sending:
            connection.send(message)

    threading.Thread(target=_watch, args=(limits, send), daemon=True).start()
    try:
        for number, task in tasks.items():
            _solve_task(number, task, send)
        send("done")
    except BadInput as error:
        send("bad input", str(error))
    except ReplayError as error:
        send("replay", str(error))
    except BrokenPipeError:
        pass
    except MemoryError:
        send("stopped", "out of memory")
    except Exception as error:
        if missing := missing_package(error):
            send("bad input", missing)
        else:
            send("failed", one_line(error), traceback.format_exc())


def _solve_task(number: int, task: Task, send: Callable[..., None]) -> None:
    from tcpmc.checks.running.loading import find_property
    from tcpmc.checks.running.stacks_of_ends import find_stacks
    from tcpmc.checks.smt.smt_engine import SolverEngine
    from tcpmc.model.network.system import Model

    variant = find_stacks(task.variant)
    engine = SolverEngine(Model(variant, task.scope), thorough=task.thorough)
    for name in task.props:
        send("begin", number, name)
        prop = find_property(name)
        try:
            dense = None if task.thorough else _in_dense_time(variant, prop, task.scope)
            answers = engine.decide([prop]) if dense is None else {name: dense}
        except ReplayError as error:
            raise ReplayError(f"{name} on {variant.name}, z3: {error}") from error
        ask_again(variant)
        send("end", number, name, answers.get(name))


def _in_dense_time(variant: Stacks, prop: Property, scope: Scope) -> Answer | None:
    """The answer by real clocks beside that in ticks, where both are asked the same."""
    from tcpmc.checks.timed.at_scope import decide
    from tcpmc.checks.timed.phases import NotFinite

    if isinstance(variant, StackPair):  # the clocks are about one table of phases for both ends
        return None
    try:
        return decide(variant, prop, scope)
    except NotFinite:
        return None


def _watch(limits: Limits, send: Callable[..., None]) -> None:
    """End the process with its parent or at a limit, even while the solver computes."""
    parent = multiprocessing.parent_process()
    started = time.monotonic()
    while parent is None or parent.is_alive():
        exceeded = limits.exceeded(started)
        if exceeded:
            send("stopped", exceeded)
            break
        time.sleep(PERIOD)
    os._exit(0)


class SolverProcess:
    """The process, seen from the parent. Tasks and answers are numbered by the caller."""

    def __init__(self, tasks: Mapping[int, Task], limits: Limits) -> None:
        self._tasks = {number: task for number, task in tasks.items() if task.props}
        self._limits = limits
        self._answers: dict[tuple[int, str], Answer | None] = {}
        self.seconds: dict[tuple[int, str], float] = {}
        self._doing = ""
        self._end: Message = ("lost",)
        self._left_out: set[tuple[int, str]] = set()

    def __enter__(self) -> SolverProcess:
        if not self._tasks:
            return self
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=solve, args=(self._tasks, self._limits, theirs), name="tcpmc z3", daemon=True
        )
        with deaf_to_ctrl_c(), without_the_script():
            self._process.start()
        theirs.close()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if not self._tasks:
            return
        self._process.terminate()
        self._process.join(GRACE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._reader.join(GRACE_SECONDS)

    def _read(self) -> None:
        begun = time.monotonic()
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                return
            match message:
                case ("begin", number, name):
                    self._doing = f"{name} on {self._tasks[number].variant}"
                    begun = time.monotonic()
                case ("end", number, name, answer):
                    self.seconds[number, name] = time.monotonic() - begun
                    self._answers[number, name] = answer
                case _:
                    self._end = message
                    return

    def leave_out(self, keys: Collection[tuple[int, str]]) -> None:
        """These are no longer waited for."""
        self._left_out |= {*keys}

    def answered(self) -> Answers:
        """The answers so far, by task and property; None where the engine has nothing to say."""
        return dict(self._answers)

    def wait(
        self,
        monitor: Monitor,
        needed: bool,
        follow: Callable[[Answers], None] = lambda answers: None,
    ) -> Answers:
        """All answers, once the process or the run has ended; `follow` sees those so far.

        What it has not finished is INCONCLUSIVE, with the reason. Raises ReplayError and
        SolverFailure as they happened there, and BadInput for a rule that it cannot run if its
        answers are `needed`: if not, that too is a reason.
        """
        if not self._tasks:
            return {}
        pending = [(number, name) for number, task in self._tasks.items() for name in task.props]
        wanted = [key for key in pending if key not in self._left_out or key in self._answers]
        try:
            monitor.status = lambda: (
                f"z3: {len(self._answers)} of {len(wanted)} answers, now {self._doing}"
            )
            while self._reader.is_alive() and not self._answers.keys() >= {*wanted}:
                with monitor.interruptible():
                    self._reader.join(PERIOD)
                follow(self.answered())
            done = self._answers.keys() >= {*wanted}
            reason = "" if done and self._reader.is_alive() else self._reason(needed)
        except Stopped as stop:
            reason = str(stop)
        missing = Answer(INCONCLUSIVE, f"{reason}: not finished")
        return {key: self._answers.get(key, missing) for key in wanted}

    def _reason(self, needed: bool) -> str:
        """Why it ended; "" if it was through. Raises what it ended with."""
        match self._end:
            case ("done",):
                return ""
            case ("stopped", reason):
                return str(reason)
            case ("bad input", text) if needed:
                raise BadInput(text)
            case ("bad input", text):
                return f"z3 cannot follow a rule ({text})"
            case ("replay", text):
                raise ReplayError(text)
            case ("failed", text, where):
                failure = SolverFailure(text)
                failure.add_note(where)
                raise failure
            case _:
                self._process.join(GRACE_SECONDS)
                return f"the z3 process ended early, exit code {self._process.exitcode}"
