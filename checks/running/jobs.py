"""What is asked: jobs, each a property of a variant, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tcpmc.checks.running.loading import find_variant, matching_properties, names_machine
from tcpmc.checks.running.stacks_of_ends import find_stacks, joined
from tcpmc.checks.verdict import (
    EXIT_AS_EXPECTED,
    EXIT_INCONCLUSIVE,
    EXIT_UNEXPECTED,
    REFUTED,
    WITNESS,
    Answer,
    Verdict,
    Word,
    exit_code,
    expected_on,
)
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import CATALOGUE, PROPERTIES
from tcpmc.model.properties.kinds import (
    FAIRNESS,
    Eventually,
    EveryStep,
    Lemma,
    LivelockFree,
    Property,
)
from tcpmc.model.variants.pair import StackPair, Stacks

if TYPE_CHECKING:
    from tcpmc.checks.audit.variant_audit import Audits


class Engine(StrEnum):
    """What decides a property, in the order in which a trace is taken from one."""

    EXPLICIT = "explicit"
    Z3 = "z3"
    NETWORKX = "networkx"


ENGINES = tuple(Engine)
CROSS_CHECK = (Engine.EXPLICIT, Engine.Z3)
"""The engines that a named property is asked of."""
IN_ORDER: dict[str, Any] = {"channel": "fifo", "loss": "none", "duplication": False, "data": 0}
"""The channel of a learned machine: its letters are segments that come in order."""
AUTO: tuple[Engine, ...] = ()
"""No engine in particular: both for a named property, and for a catalogue as it says itself."""


@dataclass(frozen=True)
class Job:
    """One question: a property of a variant. `source` is the variant's name or file, `asked` the
    scope that the user asked for (the property may need another, `scope`), `engines` those that
    are asked, and `expected_override` the word expected where the catalogue expects none. With
    `trace_suffices` a trace of the explicit engine, which is replayed, needs no second engine."""

    prop: Property
    variant: Stacks
    source: str
    asked: Scope
    engines: Sequence[str]
    expected_override: Word | None = None
    trace_suffices: bool = False

    @cached_property
    def scope(self) -> Scope:
        """The scope in which the question is decided."""
        return self.prop.scope_for(self.asked)

    def verdict(self, answers: Mapping[str, Answer]) -> Verdict:
        """What the engines' answers say of it."""
        return Verdict(self.prop, self.variant, self.scope, answers, self.expected_override)


@dataclass(frozen=True)
class Result:
    """A job and its verdict. `seconds` is how long the engines took for it; what they explored for
    several jobs at once is shared out among them. `kept`: the answers are those of an earlier
    run."""

    job: Job
    verdict: Verdict
    seconds: float = field(default=0.0, compare=False)
    kept: bool = field(default=False, compare=False)

    @property
    def all_assumptions(self) -> tuple[str, ...]:
        """What the verdict rests on besides the bounds: the assumptions of the property, and what
        is switched off in the scope. A finite run shows what it shows whatever else could happen;
        and a lemma is about one step."""
        prop, shown = self.job.prop, self.verdict.word in (WITNESS, REFUTED)
        own: tuple[str, ...] = getattr(getattr(self.job.variant, "rules", None), "assumptions", ())
        if isinstance(prop, Lemma) or (shown and not isinstance(prop, Eventually)):
            return (*prop.all_assumptions, *own)
        return (*prop.all_assumptions, *own, *self.job.scope.switched_off)


@dataclass
class Outcome:
    """What a run came to: results in catalogue order, the rule labels that the explicit engine
    reached, and why the run ended early, if it did; whether the properties were `named` by the
    user, whether the whole `table` is wanted, the `coverage`, if that was asked for, and the
    `audits` of the user's variants, where they are held against RFC 9293."""

    results: list[Result]
    rules: set[str] = field(default_factory=set)
    reason: str | None = None
    named: bool = False
    table: bool = False
    coverage: Mapping[str, list[str]] | None = None
    audits: Audits | None = None

    @property
    def exit_code(self) -> int:
        """The exit code; an interrupted run is never a success."""
        code = exit_code([result.verdict for result in self.results])
        if self.audits and self.audits.fails and code in (EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE):
            return EXIT_UNEXPECTED
        interrupted = self.reason == "interrupted" and code == EXIT_AS_EXPECTED
        return EXIT_INCONCLUSIVE if interrupted else code


@dataclass(frozen=True)
class Exploration:
    """Jobs on the same variant in the same scope: their states are explored once."""

    source: str
    variant: Stacks
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

    Lemmas are about all 32-bit numbers, fairness about cycles of the graph and the like about its
    steps, and neither the order of a fifo channel nor what a segment is about has an encoding for
    the solver. networkx takes scopes without text, whose graphs are small enough for it, and what
    is about states.
    """
    if engine == Engine.EXPLICIT:
        return not isinstance(prop, Lemma)
    if engine == Engine.NETWORKX:
        return not isinstance(prop, Lemma | EveryStep) and scope.data == 0
    if isinstance(prop, Lemma):
        return True
    on_edges = isinstance(prop, Eventually | LivelockFree | EveryStep)
    encoded = scope.channel != "fifo" and scope.one_connection and not scope.prompt
    return not on_edges and encoded


def preferred_engine(prop: Property) -> Engine:
    """The engine whose trace of the property is the canonical one: explicit, where it decides."""
    return next(engine for engine in ENGINES if decides(engine, prop, SCOPES["default"]))


def select(
    names: Sequence[str],
    sources: Sequence[str],
    asked: Scope,
    engines: Sequence[str] = AUTO,
    every: bool = False,
) -> list[Job]:
    """The jobs for the properties and variants named, in catalogue order. A property is named by a
    pattern too, such as `closing*`.

    Without properties: the catalogue, or `every` property. Without variants: rfc9293, and without
    either every variant for which a property has an expected verdict. Raises BadInput for a name
    that is unknown, and for a property that none of the engines decides if it was asked for by
    name.
    """
    named = {prop for name in names for prop in matching_properties(name)}
    known = PROPERTIES if names or every else CATALOGUE
    props = [prop for prop in known.values() if not names or prop.name in named]
    sources = joined(sources)
    asking = [(prop, source) for prop in props for source in _sources(prop, sources, bool(names))]
    variants = {source: _stacks(source) for source in dict.fromkeys(s for _, s in asking)}
    jobs = []
    for prop, source in asking:
        chosen = tuple(map(Engine, engines)) or _engines(prop, source, bool(names))
        if names_machine(source):
            jobs.append(_on_machine(prop, variants[source], source, asked))
            continue
        able = _without_solver(chosen, variants[source])
        second = bool(names) and not engines
        job = Job(prop, variants[source], source, asked, able, trace_suffices=second)
        if problem := _of_one_stack(job):
            if prop.name in names:
                raise BadInput(problem)
        elif any(decides(engine, prop, _scope(job)) for engine in job.engines):
            jobs.append(job)
        elif prop.name in names:
            raise BadInput(_undecided(job, chosen))
    _no_namesakes(variants)
    return jobs


def _stacks(source: str) -> Stacks:
    """The stacks of that name; a learned machine is one for both ends."""
    return find_variant(source, machines=True) if names_machine(source) else find_stacks(source)


def _on_machine(prop: Property, machine: Stacks, source: str, asked: Scope) -> Job:
    """The job on a learned machine: it says of each property why a machine cannot decide it."""
    return Job(prop, machine, source, asked.with_(**IN_ORDER), (Engine.EXPLICIT,))


def _sources(prop: Property, sources: Sequence[str], named: bool) -> Iterable[str]:
    """The variants that the property is asked of, by name or file: those that are given; else
    rfc9293 for a property that was named, and for any other those with an expected verdict."""
    return dict.fromkeys(sources or (["rfc9293"] if named else prop.expected))


def _engines(prop: Property, source: str, named: bool) -> tuple[Engine, ...]:
    """The engines that are asked where none is named: two to check one another, or the fast one."""
    both = named or isinstance(prop, Lemma) or source in prop.cross_check_on
    return CROSS_CHECK if both else (Engine.EXPLICIT,)


def has_middlebox(stacks: Stacks) -> bool:
    """Whether a middlebox stands beside an end."""
    return any(stacks.at(end).middlebox is not None for end in (0, 1))


def _without_solver(engines: tuple[Engine, ...], stacks: Stacks) -> tuple[Engine, ...]:
    """The engines that know what is asked about: the solver has no encoding of a middlebox. Raises
    BadInput where no other is asked."""
    if not has_middlebox(stacks):
        return engines
    able = tuple(engine for engine in engines if engine != Engine.Z3)
    if not able:
        raise BadInput(f"{stacks.name}: z3 knows no middlebox: use --engine explicit or networkx")
    return able


def _of_one_stack(job: Job) -> str:
    """Why the property cannot be asked of these stacks; "" where it can be."""
    if isinstance(job.prop, Lemma) and isinstance(job.variant, StackPair):
        return f"{job.prop.name} is about one step of one stack: ask it of each end's"
    if isinstance(job.prop, Lemma | EveryStep) and has_middlebox(job.variant):
        return f"{job.prop.name} is about the steps of a stack: ask it without a middlebox"
    return ""


def with_expectations_of(jobs: Sequence[Job], name: str) -> list[Job]:
    """The jobs, of whose variants what is expected of the named one is expected, where the
    catalogue expects nothing of them. Raises BadInput for a name that is unknown."""
    like = find_stacks(name).name
    return [replace(job, expected_override=expected_on(job.prop, like)) for job in jobs]


def with_expectations(jobs: Sequence[Job], words: Mapping[str, Word]) -> list[Job]:
    """The jobs, of which these words are expected by the names of their properties."""
    return [
        replace(job, expected_override=words.get(job.prop.name, job.expected_override))
        for job in jobs
    ]


def with_fairness(jobs: Sequence[Job], kinds: Sequence[str]) -> list[Job]:
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


def _no_namesakes(variants: dict[str, Stacks]) -> None:
    sources: dict[str, str] = {}
    for source, variant in variants.items():
        if variant.name in sources:
            raise BadInput(f"{sources[variant.name]} and {source} are both named {variant.name!r}")
        sources[variant.name] = source


def grouped(jobs: Iterable[Job]) -> list[Exploration]:
    """The jobs by variant and scope, in order of first appearance."""
    groups: dict[tuple[str, Scope], Exploration] = {}
    for job in jobs:
        key = (job.source, job.scope)
        groups.setdefault(key, Exploration(job.source, job.variant, job.scope, [])).jobs.append(job)
    return list(groups.values())
