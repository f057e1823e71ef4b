"""Which questions are asked, and both engines run on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TextIO

from tcpmc.checks.exploring import Exploring
from tcpmc.checks.guard import BadInput
from tcpmc.checks.loading import find_property, find_variant
from tcpmc.checks.monitor import GIGABYTE, Limits, Monitor, Rate, Stopped, resident_memory
from tcpmc.checks.solver_process import SolverProcess, Task
from tcpmc.checks.trace import ReplayError
from tcpmc.checks.verdict import (
    EXIT_AS_EXPECTED,
    EXIT_INCONCLUSIVE,
    INCONCLUSIVE,
    Answer,
    Verdict,
    exit_code,
    expected_on,
)
from tcpmc.model.properties import CATALOGUE, PROPERTIES
from tcpmc.model.property import FAIRNESS, Eventually, Lemma, LivelockFree, Property
from tcpmc.model.scope import SCOPES, Scope
from tcpmc.model.system import Model
from tcpmc.model.variant import Variant

if TYPE_CHECKING:
    from tcpmc.checks.explore import Graph

ENGINES = ("explicit", "z3")
AUTO = ()
"""No engine in particular: both for a named property, and for a catalogue as it says itself."""


@dataclass(frozen=True)
class Job:
    """One question: a property of a variant. `source` is the variant's name or file, `asked` the
    scope that the user asked for (the property may need another, `scope`), `engines` those that
    are asked, and `otherwise` the word expected where the catalogue expects none."""

    prop: Property
    variant: Variant
    source: str
    asked: Scope
    engines: Sequence[str]
    otherwise: str | None = None

    @property
    def scope(self) -> Scope:
        """The scope in which the question is decided."""
        return self.prop.setting(self.asked)


@dataclass(frozen=True)
class Result:
    """A job and its verdict."""

    job: Job
    verdict: Verdict


@dataclass
class Outcome:
    """What a run came to: results in catalogue order, the rule labels that the explicit engine
    reached, and why the run ended early, if it did; whether the properties were `named` by the
    user, and the `coverage`, if that was asked for."""

    results: list[Result]
    rules: set[str] = field(default_factory=set)
    reason: str | None = None
    named: bool = False
    coverage: Mapping[str, list[str]] | None = None

    @property
    def exit_code(self) -> int:
        """The exit code; an interrupted run is never a success."""
        code = exit_code([result.verdict for result in self.results])
        interrupted = self.reason == "interrupted" and code == EXIT_AS_EXPECTED
        return EXIT_INCONCLUSIVE if interrupted else code


@dataclass(frozen=True)
class Group:
    """Jobs on the same variant in the same scope: their states are explored once."""

    source: str
    variant: Variant
    scope: Scope
    jobs: list[Job]

    def decided_by(self, engine: str) -> list[Property]:
        """The properties that the engine decides."""
        return [
            job.prop
            for job in self.jobs
            if engine in job.engines and decides(engine, job.prop, self.scope)
        ]


def decides(engine: str, prop: Property, scope: Scope) -> bool:
    """Whether the engine decides this property in this scope.

    Lemmas are about all 32-bit numbers, fairness about cycles of the graph, and neither the order
    of a fifo channel nor what a segment is about has an encoding for the solver.
    """
    if engine == "explicit":
        return not isinstance(prop, Lemma)
    if isinstance(prop, Lemma):
        return True
    on_cycles = isinstance(prop, Eventually | LivelockFree)
    return not on_cycles and scope.channel != "fifo" and scope.one_connection


def canonical(prop: Property) -> str:
    """The engine whose trace of the property is the canonical one: explicit, where it decides."""
    return next(engine for engine in ENGINES if decides(engine, prop, SCOPES["default"]))


def select(
    names: Sequence[str],
    sources: Sequence[str],
    asked: Scope,
    engines: Sequence[str] = AUTO,
    every: bool = False,
) -> list[Job]:
    """The jobs for the properties and variants named, in catalogue order.

    Without properties: the catalogue, or `every` property. Without variants: rfc9293, and without
    either every variant for which a property has an expected verdict. Raises BadInput for a name
    that is unknown, and for a property that none of the engines decides if it was asked for by
    name.
    """
    for name in names:
        find_property(name)
    known = PROPERTIES if names or every else CATALOGUE
    props = [prop for prop in known.values() if not names or prop.name in names]
    variants: dict[str, Variant] = {}

    def variant(source: str) -> Variant:
        return variants.setdefault(source, variants.get(source) or find_variant(source))

    jobs = []
    for prop in props:
        wanted: Iterable[str] = sources or (["rfc9293"] if names else prop.expected)
        for source in dict.fromkeys(wanted):
            both = bool(names) or isinstance(prop, Lemma) or source in prop.by_both
            chosen = engines or (ENGINES if both else ENGINES[:1])
            job = Job(prop, variant(source), source, asked, chosen)
            if any(decides(engine, prop, _scope(job)) for engine in chosen):
                jobs.append(job)
            elif names:
                raise BadInput(_undecided(job, chosen))
    _no_namesakes(variants)
    return jobs


def expecting(jobs: Sequence[Job], name: str) -> list[Job]:
    """The jobs, of whose variants what is expected of the named one is expected, where the
    catalogue expects nothing of them. Raises BadInput for a name that is unknown."""
    like = find_variant(name).name
    return [replace(job, otherwise=expected_on(job.prop, like)) for job in jobs]


def fairly(jobs: Sequence[Job], kinds: Sequence[str]) -> list[Job]:
    """The jobs with this fairness in place of their properties' own; nothing is expected then."""

    def changed(prop: Property) -> Property:
        fair = tuple(kind for kind in FAIRNESS if kind in kinds)
        if not isinstance(prop, Eventually) or fair == prop.fair:
            return prop
        return replace(prop, fair=fair, expected={})

    return [replace(job, prop=changed(job.prop)) for job in jobs]


def _scope(job: Job) -> Scope:
    try:
        Model(job.variant, job.scope)
    except ValueError as error:
        raise BadInput(f"{job.prop.name} needs other bounds: {error}") from error
    return job.scope


def _undecided(job: Job, engines: Sequence[str]) -> str:
    able = [engine for engine in ENGINES if decides(engine, job.prop, job.scope)]
    return f"{job.prop.name} is not decided by --engine {engines[0]}: use {' or '.join(able)}"


def _no_namesakes(variants: dict[str, Variant]) -> None:
    sources: dict[str, str] = {}
    for source, variant in variants.items():
        if variant.name in sources:
            raise BadInput(f"{sources[variant.name]} and {source} are both named {variant.name!r}")
        sources[variant.name] = source


def grouped(jobs: Iterable[Job]) -> list[Group]:
    """The jobs by variant and scope, in order of first appearance."""
    groups: dict[tuple[str, Scope], Group] = {}
    for job in jobs:
        key = (job.source, job.scope)
        groups.setdefault(key, Group(job.source, job.variant, job.scope, [])).jobs.append(job)
    return list(groups.values())


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
    exploring.check([(g.variant, g.scope) for g in groups.values() if g.decided_by("explicit")])
    outcome = Outcome([])
    collected = _Collected(groups, follow)
    with monitor.running(), ExitStack() as stack:
        solvers = [
            stack.enter_context(SolverProcess(_tasks(groups, clock, exploring.thorough), limits))
            for clock in (False, True)
        ]
        for number, group in groups.items():
            found = _explore(group, monitor, outcome.rules, exploring)
            collected.add("explicit", {(number, name): answer for name, answer in found.items()})
            for solver in solvers:
                collected.add("z3", solver.answered())
        explored = bool(collected.answers["explicit"])
        for solver in solvers:
            found_there = solver.wait(
                monitor, not explored, lambda answers: collected.add("z3", answers)
            )
            collected.add("z3", found_there)
        outcome.reason = monitor.reason
    outcome.results += [collected.result(job) for job in jobs]
    return outcome


class _Collected:
    """The answers of the engines as they come, by the number of the group and the property, and
    the results that they complete. None is the answer of an engine that has nothing to say."""

    def __init__(self, groups: Mapping[int, Group], follow: Callable[[Result], None]) -> None:
        self.answers: dict[str, dict[tuple[int, str], Answer | None]] = {e: {} for e in ENGINES}
        self._place = {id(job): number for number, g in groups.items() for job in g.jobs}
        self._open = [job for group in groups.values() for job in group.jobs]
        self._follow = follow

    def add(self, engine: str, answers: Mapping[tuple[int, str], Answer | None]) -> None:
        """Take these answers, and pass on the results that are complete now."""
        self.answers[engine] |= answers
        complete = [job for job in self._open if self._complete(job)]
        self._open = [job for job in self._open if not self._complete(job)]
        for job in complete:
            self._follow(self.result(job))

    def result(self, job: Job) -> Result:
        """What there is on the job."""
        found = {engine: self.answers[engine].get(self._key(job)) for engine in ENGINES}
        answers = {engine: answer for engine, answer in found.items() if answer is not None}
        verdict = Verdict(job.prop, job.variant, job.scope, answers, job.otherwise)
        return Result(job, verdict)

    def _complete(self, job: Job) -> bool:
        return all(
            self._key(job) in self.answers[engine]
            for engine in job.engines
            if decides(engine, job.prop, job.scope)
        )

    def _key(self, job: Job) -> tuple[int, str]:
        return self._place[id(job)], job.prop.name


def _tasks(groups: Mapping[int, Group], clock: bool, thorough: bool) -> dict[int, Task]:
    return {
        number: Task(
            group.source,
            group.scope,
            tuple(prop.name for prop in group.decided_by("z3")),
            thorough or not group.decided_by("explicit"),
        )
        for number, group in groups.items()
        if group.scope.clock == clock
    }


def _explore(
    group: Group, monitor: Monitor, rules: set[str], exploring: Exploring
) -> dict[str, Answer]:
    """The explicit engine's answers; adds the rule labels that it reached."""
    from tcpmc.checks.explicit import ExplicitEngine
    from tcpmc.checks.explore.checkpoint import Foreign

    props = group.decided_by("explicit")
    watch = watcher(monitor, group.variant.name)
    if not props:
        return {}
    try:
        with monitor.interruptible():
            engine = ExplicitEngine(Model(group.variant, group.scope), watch, exploring)
            found = engine.decide(props)
    except (KeyboardInterrupt, MemoryError) as stop:
        reason = str(stop) or "out of memory"
        return {prop.name: Answer(INCONCLUSIVE, f"{reason}: not begun") for prop in props}
    except Foreign as problem:
        raise BadInput(f"{problem}") from problem
    except ReplayError as error:
        names = ", ".join(prop.name for prop in props)
        raise ReplayError(f"{names} on {group.variant.name}, explicit: {error}") from error
    rules |= engine.table.rules
    return found


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
