"""What can be asked from Python. The package `tcpmc` offers these functions: `tcpmc.check(...)`.

The command line and the pytest plugin ask by the same functions below. What costs time to import
is imported where a question needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, overload

from tcpmc.check_result import CheckResult
from tcpmc.checks.own_rules.asked_again import ask_again
from tcpmc.checks.running.jobs import AUTO, ENGINES, Engine, Job, Result, decides, select
from tcpmc.checks.running.loading import (
    bounded,
    find_property,
    find_theorem,
)
from tcpmc.checks.running.monitor import Limits, Monitor, Stopped
from tcpmc.checks.running.run import run, watcher
from tcpmc.checks.running.stacks_of_ends import AskedStack, AskedStacks, stacks_of
from tcpmc.errors import BadInput, LimitReached
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Property
from tcpmc.model.variants.pair import StackPair
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant

if TYPE_CHECKING:
    from tcpmc.checks.conform.conform import Report
    from tcpmc.checks.parametric.prover import Proof
    from tcpmc.checks.timed.threshold import Threshold
    from tcpmc.state_space import StateSpace

AskedProperty = str | Property
"""The name of a property, or the property itself."""


@overload
def check(
    properties: AskedProperty,
    *,
    variant: AskedStacks = ...,
    scope: str | Scope = ...,
    engine: str | None = ...,
    timeout: float | None = ...,
    **bounds: Any,
) -> CheckResult: ...


@overload
def check(
    properties: Iterable[AskedProperty] = ...,
    *,
    variant: AskedStacks = ...,
    scope: str | Scope = ...,
    engine: str | None = ...,
    timeout: float | None = ...,
    **bounds: Any,
) -> list[CheckResult]: ...


def check(
    properties: AskedProperty | Iterable[AskedProperty] = (),
    *,
    variant: AskedStacks = "rfc9293",
    scope: str | Scope = "default",
    engine: str | None = None,
    timeout: float | None = None,
    **bounds: Any,
) -> CheckResult | list[CheckResult]:
    """Decide properties of a variant: one gives one result, several a list in catalogue order, none
    the whole catalogue.

    variant
        A name, a Python file that defines `variant`, or a `Variant`; or one for each end:
        `{"A": "linux", "B": "lwip"}`, or a `StackPair`.
    scope, bounds
        Named bounds or a `Scope`, and changes of them: `capacity=1`, `data=0`, `clock=True`.
    engine
        "explicit", "z3", "networkx" or "all"; by default explicit and z3. A property or a variant
        that is no name or file is decided by explicit: the solver's process has to find it.
    timeout
        In seconds; what is not decided by then is INCONCLUSIVE.

    Raises BadInput for what cannot be asked, and for a rule of the variant's that goes wrong;
    ReplayError where an engine's trace is none, which is a bug in tcpmc.
    """
    several = isinstance(properties, Iterable) and not isinstance(properties, str)
    questions: list[Any] = [*properties] if several else [properties]  # type: ignore[misc]
    jobs = _jobs(questions, variant, bounded(scope, bounds), _engines(engine))
    results = [CheckResult(result) for result in decided(jobs, timeout)]
    return results if several else results[0]


def decided(jobs: Sequence[Job], timeout: float | None = None) -> list[Result]:
    """The results of the jobs. Raises KeyboardInterrupt where the run was interrupted."""
    outcome = run(jobs, Limits(seconds=timeout))
    if outcome.reason == "interrupted":
        raise KeyboardInterrupt
    return outcome.results


def _engines(engine: str | None) -> tuple[str, ...]:
    engines = {None: AUTO, "auto": AUTO, "all": ENGINES} | {name: (name,) for name in ENGINES}
    if engine not in engines:
        raise BadInput(f"unknown engine {engine!r}; one of {', '.join(ENGINES)}, all")
    return engines[engine]


def _jobs(
    asked: Sequence[AskedProperty], variant: AskedStacks, scope: Scope, engines: Sequence[str]
) -> list[Job]:
    """What is asked, in catalogue order, what is not of the catalogue at the end."""
    named = [prop.name for prop in map(_property, asked) if PROPERTIES.get(prop.name) == prop]
    own = [prop for prop in map(_property, asked) if prop.name not in named]
    source, stack = stacks_of(variant)
    if not own and _is_named(variant):
        return select(named, [source], scope, engines)
    ours = [*(prop for prop in PROPERTIES.values() if prop.name in named), *own]
    jobs = [Job(prop, stack, source, scope, engines or (Engine.EXPLICIT,)) for prop in ours]
    if isinstance(variant, Variant) and VARIANTS.get(variant.name) == variant and not own:
        return select(named, [variant.name], scope, engines)
    for job in jobs:
        _check_own(job)
    return jobs


def _is_named(asked: AskedStacks) -> bool:
    """Whether the variants have names or files, by which another process finds them."""
    named = asked.values() if isinstance(asked, Mapping) else (asked,)
    return all(isinstance(one, str | PathLike) for one in named)


def _check_own(job: Job) -> None:
    """Raise BadInput where a property or a variant that has no name or file is not decided."""
    name, able = job.prop.name, [engine for engine in job.engines if engine != Engine.Z3]
    try:
        Model(job.variant, job.scope)
        if any(decides(engine, job.prop, job.scope) for engine in able):
            return
    except ValueError as error:
        raise BadInput(f"{name} needs other bounds: {error}") from error
    raise BadInput(
        f"{name} on {job.variant.name} is not decided here: what z3 decides is asked by name, of a "
        "variant by its name or file"
    )


def _property(asked: AskedProperty) -> Property:
    if isinstance(asked, str):
        return find_property(asked)
    if not isinstance(asked, Property):
        raise BadInput(f"a property is a name or a Property, not a {type(asked).__name__}")
    if asked.name in PROPERTIES and PROPERTIES[asked.name] != asked:
        raise BadInput(f"the name {asked.name!r} is taken; choose another for your own property")
    return asked


def _variant(asked: AskedStacks) -> Variant:
    """The one variant that is asked about. Raises BadInput for a pair."""
    stacks = stacks_of(asked)[1]
    if isinstance(stacks, StackPair):
        raise BadInput(f"{stacks.name}: this is asked of one stack, not of a pair")
    if stacks.middlebox is not None:
        raise BadInput(f"{stacks.name}: this is asked of a stack without a middlebox")
    return stacks


def explore(
    variant: AskedStacks = "rfc9293",
    scope: str | Scope = "default",
    *,
    max_states: int | None = None,
    timeout: float | None = None,
    **bounds: Any,
) -> StateSpace:
    """Every reachable state of two ends with these rules, within the scope.

    Raises BadInput, and LimitReached beyond `max_states`, after `timeout` seconds, or where memory
    ends (at 4 GB, or half of the machine's).
    """
    from tcpmc.checks.explicit.tabulate import TabulatedModel
    from tcpmc.checks.statespace import Graph, TooLarge
    from tcpmc.checks.statespace import explore as explored
    from tcpmc.state_space import StateSpace

    _, stack = stacks_of(variant)
    try:
        table = TabulatedModel(Model(stack, bounded(scope, bounds)))
    except ValueError as error:
        raise BadInput(f"impossible bounds: {error}") from error
    monitor = Monitor(Limits(max_states, seconds=timeout))
    watch = watcher(monitor, stack.name)

    def visit(graph: Graph) -> bool:
        watch(graph)
        return False

    try:
        with monitor.running(), monitor.interruptible():
            graph = explored(table, visit=visit)
            ask_again(stack)
            return StateSpace(table, graph)
    except Stopped as stop:
        if monitor.reason == "interrupted":
            raise KeyboardInterrupt from None
        raise LimitReached(f"{stop}: choose a smaller scope, or a higher limit") from stop
    except TooLarge as problem:
        raise LimitReached(str(problem)) from problem


def prove(
    name: AskedProperty,
    variant: AskedStack = "rfc9293",
    *,
    data: int = 0,
    timeout: float | None = None,
) -> Proof:
    """Prove a safety property for an unbounded channel and every 32-bit ISS, as `tcpmc prove` does,
    with `data` octets of text each way (0 to 2) and so many seconds of time.

    The proof has the `verdict`, `how`, the ISSs for which it is otherwise (`where`, `outside`), and
    a `trace` that refutes it. Raises BadInput.
    """
    from tcpmc.checks.parametric.prover import Prover, provable

    prop = _property(name)
    if not provable(prop):
        raise BadInput(f"{prop.name} is not a safety property of a single connection from CLOSED")
    if data not in (0, 1, 2):
        raise BadInput(f"data={data}: choose 0 to 2")
    return Prover(_variant(variant), data, timeout).prove(prop)


def threshold(
    name: str,
    variant: AskedStack = "rfc9293",
    *,
    assume: Sequence[str] = (),
    timeout: float | None = None,
) -> Threshold:
    """The exact condition on the parameters under which a theorem of dense time holds, as
    `tcpmc threshold` finds it, with these assumptions besides its own.

    The answer has the `verdict`, the `condition`, `how` it is known, and a `run` just outside of
    it. Raises BadInput.
    """
    from tcpmc.checks.timed.phases import NotFinite
    from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion

    theorem = find_theorem(name)
    try:
        assumed = theorem.under(tuple(assume))
        question = ThresholdQuestion(name, theorem.claim, _variant(variant), assumed)
        return Finder(question, seconds=timeout).find()
    except (ValueError, NotFinite) as error:
        raise BadInput(str(error)) from error


def conform(
    *files: str | PathLike[str],
    stack: AskedStack = "rfc9293",
    at: str | None = None,
    timeout: float | None = None,
) -> Report:
    """Captures (pcap, pcapng, or text) held against a stack's rules, as `tcpmc conform` does:
    `report.connections`, each with both `ends`, each with its `judgement`.

    `at` says where it was captured: an address, "middle" or "both"; without it, that is guessed.
    `timeout`, in seconds, is for each end. Raises BadInput.
    """
    from tcpmc.checks.conform.stacks import stack_of
    from tcpmc.checks.conform.stream import report_on

    if not files:
        raise BadInput("conform takes one capture or more")
    paths = [fspath(file) for file in files]
    return report_on(paths, stack_of(_variant(stack)), at, timeout)
