"""Both engines run on what is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TextIO

from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.own_rules.asked_again import ask_again
from tcpmc.checks.running.jobs import (
    ENGINES,
    Engine,
    Exploration,
    Job,
    Outcome,
    Result,
    decides,
    grouped,
)
from tcpmc.checks.running.loading import names_machine
from tcpmc.checks.running.monitor import GIGABYTE, Limits, Monitor, Rate, Stopped, resident_memory
from tcpmc.checks.running.z3_process import SolverProcess, Task
from tcpmc.checks.trace import ReplayError
from tcpmc.checks.verdict import DISAGREE, INCONCLUSIVE, Answer, beside_larger, merged
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import MOST_CAPACITY
from tcpmc.model.network.system import Model
from tcpmc.model.variants.variant import Variant

if TYPE_CHECKING:
    from tcpmc.checks.statespace import Graph


def run(
    jobs: Sequence[Job],
    limits: Limits | None = None,
    progress: TextIO | None = None,
    exploring: Exploring | None = None,
    follow: Callable[[Result], None] = lambda result: None,
) -> Outcome:
    """Decide the jobs: the explicit engine here, Z3 beside it in processes of its own, one for the
    questions with the clock on and one for the others. `thorough` is for the solver engine.
    `follow` is called with each result once all that decide it have answered.

    A limit or Ctrl-C ends the run with what is known by then; the rest is INCONCLUSIVE. Raises
    ReplayError, BadInput for a user's rule that goes wrong or a checkpoint that is of something
    else, and SolverFailure.
    """
    limits, exploring = limits or Limits(), exploring or Exploring()
    monitor = Monitor(limits, progress)
    groups = dict(enumerate(grouped(jobs)))
    exploring.check(
        [(g.variant, g.scope) for g in groups.values() if g.decided_by(Engine.EXPLICIT)]
    )
    outcome = Outcome([])
    collected = _Collected(groups, follow, exploring.each)
    with monitor.running(), ExitStack() as stack:
        solvers = [
            stack.enter_context(SolverProcess(_tasks(groups, clock, exploring.thorough), limits))
            for clock in (False, True)
        ]
        for number, group in groups.items():
            started = time.monotonic()
            by_networkx = _by_networkx(number, group, monitor)
            collected.add(Engine.NETWORKX, by_networkx, _shares(by_networkx, started))
            started = time.monotonic()
            found = _explore(group, monitor, outcome.rules, exploring)
            explicit = {(number, name): answer for name, answer in found.items()}
            collected.add(Engine.EXPLICIT, explicit, _shares(explicit, started))
            for solver in solvers:
                solver.leave_out(collected.shown)
                collected.add(Engine.Z3, solver.answered(), solver.seconds)
        explored = bool(collected.answers[Engine.EXPLICIT])
        for solver in solvers:
            follow_z3 = partial(collected.add, Engine.Z3, seconds=solver.seconds)
            follow_z3(solver.wait(monitor, not explored, follow_z3))
        outcome.reason = monitor.reason
    outcome.results += [collected.result(job) for job in jobs]
    return outcome


class _Collected:
    """The answers of the engines as they come, by the number of the group and the property, and
    the results that they complete. None is the answer of an engine that has nothing to say."""

    def __init__(
        self,
        groups: Mapping[int, Exploration],
        follow: Callable[[Result], None],
        each: Callable[[Job, str, Answer], None],
    ) -> None:
        self.answers: dict[str, dict[tuple[int, str], Answer | None]] = {e: {} for e in ENGINES}
        self._place = {(g.source, g.scope): number for number, g in groups.items()}
        self._open = [job for group in groups.values() for job in group.jobs]
        self._follow, self._each = follow, each
        self._seconds: dict[str, dict[tuple[int, str], float]] = {}
        self.shown: set[tuple[int, str]] = set()
        """The jobs for which a trace is enough, and is there."""

    def add(
        self,
        engine: str,
        answers: Mapping[tuple[int, str], Answer | None],
        seconds: Mapping[tuple[int, str], float],
    ) -> None:
        """Take these answers and how long each took, and pass on the results that are complete
        now."""
        if answers.keys() <= self.answers[engine].keys():
            return
        self._seconds.setdefault(engine, {}).update(seconds)
        fresh = answers.keys() - self.answers[engine].keys()
        self.answers[engine] |= answers
        for job in self._open:
            answer = answers.get(self._key(job))
            if self._key(job) in fresh and answer is not None and engine in job.engines:
                self._each(job, engine, answer)
        if engine == Engine.EXPLICIT:
            enough = {self._key(job) for job in self._open if job.trace_suffices}
            self.shown |= {k for k, a in answers.items() if k in enough and a and a.trace}
        waiting = []
        for job in self._open:
            if self._complete(job):
                self._follow(self.result(job))
            else:
                waiting.append(job)
        self._open = waiting

    def result(self, job: Job) -> Result:
        """What there is on the job."""
        found = {engine: self.answers[engine].get(self._key(job)) for engine in ENGINES}
        answers: dict[str, Answer] = {
            engine: answer for engine, answer in found.items() if answer is not None
        }
        shown = found[Engine.EXPLICIT]
        if shown is not None and self._key(job) in self.shown:
            # what Z3 came to meanwhile hangs on the time, unless it says otherwise
            answers = {
                engine: answer
                for engine, answer in answers.items()
                if engine == Engine.EXPLICIT or _denies(answer, shown)
            }
        took = (times.get(self._key(job), 0.0) for times in self._seconds.values())
        return Result(job, job.verdict(answers), sum(took))

    def _complete(self, job: Job) -> bool:
        return self._key(job) in self.shown or all(
            self._key(job) in self.answers[engine]
            for engine in job.engines
            if decides(engine, job.prop, job.scope)
        )

    def _key(self, job: Job) -> tuple[int, str]:
        return self._place[job.source, job.scope], job.prop.name


def _denies(answer: Answer, shown: Answer) -> bool:
    """Whether an answer contradicts the one with the trace."""
    return merged([answer, shown]) == DISAGREE


def _shares(answers: Iterable[tuple[int, str]], started: float) -> dict[tuple[int, str], float]:
    """The time since then, shared out among the answers that came of it."""
    keys = [*answers]
    return dict.fromkeys(keys, (time.monotonic() - started) / max(1, len(keys)))


def _tasks(groups: Mapping[int, Exploration], clock: bool, thorough: bool) -> dict[int, Task]:
    return {
        number: Task(
            group.source,
            group.scope,
            tuple(prop.name for prop in group.decided_by(Engine.Z3)),
            thorough or not group.decided_by(Engine.EXPLICIT),
        )
        for number, group in groups.items()
        if group.scope.clock == clock
    }


def _explore(
    group: Exploration, monitor: Monitor, rules: set[str], exploring: Exploring
) -> dict[str, Answer]:
    """The explicit engine's answers; adds the rule labels that it reached."""
    from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
    from tcpmc.checks.statespace.checkpoint import Foreign

    props = group.decided_by(Engine.EXPLICIT)
    watch = watcher(monitor, group.variant.name)
    if names_machine(group.source):
        return _on_machine(group, monitor, watch)
    if not props:
        return {}
    try:
        with monitor.interruptible():
            engine = ExplicitEngine(Model(group.variant, group.scope), watch, exploring)
            found = engine.decide(props)
            if exploring.next_capacity:
                found |= _at_next_capacity(group, found, watch, exploring)
    except (KeyboardInterrupt, MemoryError) as stop:
        reason = str(stop) or "out of memory"
        return {prop.name: Answer(INCONCLUSIVE, f"{reason}: not begun") for prop in props}
    except Foreign as problem:
        raise BadInput(f"{problem}") from problem
    except ReplayError as error:
        names = ", ".join(prop.name for prop in props)
        raise ReplayError(f"{names} on {group.variant.name}, explicit: {error}") from error
    ask_again(group.variant)
    rules |= engine.table.rules
    return found


def _on_machine(
    group: Exploration, monitor: Monitor, watch: Callable[[Graph], None]
) -> dict[str, Answer]:
    """The answers on a learned machine."""
    from tcpmc.checks.running.on_machine import answers_on_machine

    props = [job.prop for job in group.jobs]
    machine = group.variant
    assert isinstance(machine, Variant)
    try:
        with monitor.interruptible():
            return answers_on_machine(machine, group.scope, props, watch)
    except (KeyboardInterrupt, MemoryError) as stop:
        reason = str(stop) or "out of memory"
        return {prop.name: Answer(INCONCLUSIVE, f"{reason}: not finished") for prop in props}


def _at_next_capacity(
    group: Exploration,
    found: Mapping[str, Answer],
    watch: Callable[[Graph], None],
    exploring: Exploring,
) -> dict[str, Answer]:
    """The answers that met the capacity, with what the next larger one gives. (Nothing is kept of
    that exploration.)"""
    from tcpmc.checks.explicit.explicit_engine import ExplicitEngine

    props = [prop for prop in group.decided_by(Engine.EXPLICIT) if found[prop.name].cut is not None]
    if not props or group.scope.capacity == MOST_CAPACITY:
        return {}
    scope = group.scope.with_(capacity=group.scope.capacity + 1)
    engine = ExplicitEngine(Model(group.variant, scope), watch, replace(exploring, folder=None))
    later = engine.decide(props)
    return {name: beside_larger(found[name], answer) for name, answer in later.items()}


def _by_networkx(
    number: int, group: Exploration, monitor: Monitor
) -> dict[tuple[int, str], Answer | None]:
    """The networkx engine's answers."""
    props = group.decided_by(Engine.NETWORKX)
    if not props:
        return {}
    from tcpmc.checks.networkx_engine.graph_engine import NetworkxEngine

    monitor.status = lambda: f"{group.variant.name}: networkx"
    try:
        with monitor.interruptible():
            answers = NetworkxEngine(Model(group.variant, group.scope)).decide(props)
    except (KeyboardInterrupt, MemoryError) as stop:
        reason = str(stop) or "out of memory"
        answers = {prop.name: Answer(INCONCLUSIVE, f"{reason}: not finished") for prop in props}
    ask_again(group.variant)
    return {(number, name): answer for name, answer in answers.items()}


def watcher(monitor: Monitor, name: str) -> Callable[[Graph], None]:
    """What an exploration calls after each level: it keeps the monitor's status and the limit of
    states, by raising Stopped."""
    rate = Rate()

    def watch(graph: Graph) -> None:
        status = _progress(graph, rate)
        monitor.status = lambda: f"{name}: {_deciding(graph) or status}, {_memory()}"
        if monitor.limits.states is not None and graph.states > monitor.limits.states:
            raise Stopped(f"limit of {monitor.limits.states:,} states")

    return watch


def _progress(graph: Graph, rate: Rate) -> str:
    frontier, before = (graph.levels.size(max(0, graph.depth - back)) for back in (0, 1))
    return (
        f"level {graph.depth}, {graph.states:,} states ({rate.per_second(graph.states):,}/s), "
        f"frontier {frontier:,} (x{frontier / max(1, before):.2f})"
    )


def _deciding(graph: Graph) -> str:
    return f"{graph.states:,} states explored, deciding on them" if graph.complete else ""


def _memory() -> str:
    return f"{resident_memory() / GIGABYTE:.2f} GB"
