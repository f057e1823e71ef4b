"""What would cure a pair of stacks: the smallest changes with which a property holds.

A change is a switch of a profile set to another value, or a rule of a variant put back to the
RFC's. Sets of changes are tried in order of size. A set with which a run is possible that is known
to break the property cures nothing; the run is replayed by the changed rules, which costs little.
What no known run refutes is decided anew, and gives a new run or is a cure. So each answer is
decided by itself, and none is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import Any, Literal, TextIO, get_args, get_type_hints

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.jobs import Engine, Job, decides
from tcpmc.checks.running.monitor import Limits
from tcpmc.checks.running.run import run
from tcpmc.checks.statespace import Graph, TooLarge
from tcpmc.checks.trace import ReplayError, Trace, replay, shows
from tcpmc.checks.verdict import PROVED, REFUTED, UNREACHABLE, WITNESS
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Property
from tcpmc.model.variants.pair import StackPair, Stacks
from tcpmc.model.variants.variant import RFC9293, Variant

HOLDS, FAILS = (PROVED, WITNESS), (REFUTED, UNREACHABLE)
Progress = Callable[[Graph], None]


@dataclass(frozen=True)
class Change:
    """At the ends `where`: a switch of the profile set to a value, or the rule of that name put
    back to the RFC's."""

    where: str
    name: str
    value: Any = RFC9293

    @property
    def is_rule(self) -> bool:
        """Whether it puts a rule back."""
        return self.value is RFC9293

    def __str__(self) -> str:
        what = f"{self.name} as in RFC 9293" if self.is_rule else f"{self.name}={self.value}"
        return f"{'A and B' if self.where == 'AB' else self.where}: {what}"

    def on(self, stack: Variant) -> Variant:
        """The stack with the change."""
        if self.is_rule:
            rules = replace(stack.rules, **{self.name: getattr(RFC9293, self.name)})
            return replace(stack, rules=rules)
        return replace(stack, profile=replace(stack.profile, **{self.name: self.value}))


Changes = tuple[Change, ...]


@dataclass(frozen=True)
class Cure:
    """A smallest set of changes with which the property holds, by what answer; and how other
    properties change with it: the verdict before, and after."""

    changes: Changes
    stacks: Stacks
    how: str
    others: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Repair:
    """What was found: the verdict before any change, the cures, how many sets of changes there are
    and how many of them were decided by exploring; the size up to which all sets were tried, and
    why the search ended before that."""

    prop: Property
    stacks: Stacks
    before: str
    cures: tuple[Cure, ...]
    tried: int
    explored: int
    most: int
    stopped: str = ""


def changed(stacks: Stacks, changes: Changes) -> Stacks:
    """The stacks with the changes, each at its ends."""
    if isinstance(stacks, Variant) and all(change.where == "AB" for change in changes):
        return _with(stacks, changes)
    a, b = (stacks.a, stacks.b) if isinstance(stacks, StackPair) else (stacks, stacks)
    return StackPair(
        *(_with(one, _at(end, changes)) for end, one in zip(ENDS, (a, b), strict=True))
    )


def _at(end: str, changes: Changes) -> Changes:
    return tuple(change for change in changes if end in change.where)


def _with(stack: Variant, changes: Changes) -> Variant:
    for change in changes:
        stack = change.on(stack)
    names = "".join(f"+{str(change).partition(': ')[2]}" for change in changes)
    return replace(stack, name=stack.name + names) if changes else stack


def possible_changes(stacks: Stacks, where: str) -> Iterator[Change]:
    """Each switch with each value that it does not have, and each rule of a variant's own. `where`
    is A, B or both; of a single variant `both` changes both ends alike."""
    if where == "both":
        ends: Sequence[str] = ENDS if isinstance(stacks, StackPair) else ("AB",)
    else:
        ends = (where,)
    for end in ends:
        stack = _raw(stacks, end[0])
        for name, values in switches().items():
            now = getattr(stack.profile, name)
            yield from (Change(end, name, value) for value in values if value != now)
        for one in fields(Rules):
            if getattr(stack.rules, one.name) != getattr(RFC9293, one.name):
                yield Change(end, one.name)


def _raw(stacks: Stacks, end: str) -> Variant:
    if isinstance(stacks, StackPair):
        return (stacks.a, stacks.b)[ENDS.index(end)]
    return stacks


def switches() -> dict[str, tuple[Any, ...]]:
    """The switches of a profile with their values; the window is a number, and none."""
    hints = get_type_hints(Profile)
    known = {
        name: (True, False) if hint is bool else get_args(hint) for name, hint in hints.items()
    }
    return {name: values for name, values in known.items() if values}


class CureSearch:
    """The search for the cures of one property."""

    def __init__(
        self, prop: Property, stacks: Stacks, scope: Scope, progress: Progress = lambda graph: None
    ) -> None:
        self.prop, self.stacks, self.progress = prop, stacks, progress
        self.scope = prop.scope_for(scope)
        self.runs: list[Trace] = []
        self.tried = self.explored = 0
        self.stopped = ""

    def cures(self, where: Literal["A", "B", "both"], most: int) -> Repair:
        """All smallest sets of at most so many changes."""
        cures: list[Cure] = []
        before, _ = self._decided(self.stacks)
        if before in FAILS:
            cures += self._smallest(where, most)
        counts = (self.tried, self.explored, most, self.stopped)
        return Repair(self.prop, self.stacks, before, tuple(cures), *counts)

    def _smallest(self, where: str, most: int) -> Iterator[Cure]:
        known = list(possible_changes(self.stacks, where))
        found: list[frozenset[Change]] = []
        for size in range(1, most + 1):
            for changes in combinations(known, size):
                asked = frozenset(changes)
                if any(cure <= asked for cure in found) or _contradict(changes):
                    continue
                self.tried += 1
                stacks = changed(self.stacks, changes)
                if any(self._is_possible(run, stacks) for run in self.runs):
                    continue
                word, how = self._decided(stacks)
                if self.stopped:
                    return
                if word in HOLDS:
                    found.append(asked)
                    yield Cure(changes, stacks, f"{word}, {how}")

    def _is_possible(self, run: Trace, stacks: Stacks) -> bool:
        """Whether the run that breaks the property is possible with these stacks, and breaks it."""
        model = Model(stacks, self.scope)
        with suppress(ReplayError):
            return shows(model, self.prop, replay(model, run.events, run.loop))
        return False

    def _decided(self, stacks: Stacks) -> tuple[str, str]:
        """The verdict; a run that refutes it is kept."""
        self.explored += 1
        engine = ExplicitEngine(Model(stacks, self.scope), self._watch)
        answer = engine.decide([self.prop])[self.prop.name]
        if answer.trace is not None and answer.word == REFUTED:
            self.runs.insert(0, answer.trace)
        return answer.word, answer.method

    def _watch(self, graph: Graph) -> None:
        """Note the limit that ends an exploration, and with it the search."""
        try:
            self.progress(graph)
        except TooLarge as limit:
            self.stopped = str(limit)
            raise


def _contradict(changes: Changes) -> bool:
    """Whether a switch is set twice at one end."""
    places = [(end, change.name) for change in changes for end in change.where]
    return len(places) > len(set(places))


def with_others(found: Repair, scope: Scope, limits: Limits, progress: TextIO | None) -> Repair:
    """The repair, with what of the other properties has another verdict by each cure. `scope` is
    that in which they are decided."""
    if not found.cures:
        return found
    asked = [
        prop
        for prop in PROPERTIES.values()
        if prop.name != found.prop.name and decides(Engine.EXPLICIT, prop, prop.scope_for(scope))
    ]
    stacks = [found.stacks, *(cure.stacks for cure in found.cures)]
    jobs = [
        Job(prop, one, one.name, _bounded(prop, scope), (Engine.EXPLICIT,))
        for one in stacks
        for prop in asked
    ]
    results = run(jobs, limits, progress).results
    words = [str(result.verdict.word) for result in results]
    before, *rows = [words[at : at + len(asked)] for at in range(0, len(words), len(asked))]
    cures = [
        replace(cure, others=tuple(_differing(asked, before, after)))
        for cure, after in zip(found.cures, rows, strict=True)
    ]
    return replace(found, cures=tuple(cures))


def _bounded(prop: Property, scope: Scope) -> Scope:
    """The scope for one of the other properties: with the clock on, one segment each way, where
    all would take minutes otherwise."""
    return scope.with_(capacity=1) if prop.scope_for(scope).clock else scope


def _differing(
    asked: Sequence[Property], before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    for prop, was, now in zip(asked, before, after, strict=True):
        if was != now:
            yield prop.name, was, now
