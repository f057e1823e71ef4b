"""Two variants side by side: what differs in rules, state changes and verdicts, with traces."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from tcpmc.checks.explicit.first import Test, first_runs
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.running.jobs import Outcome
from tcpmc.checks.statespace import Graph, explore
from tcpmc.checks.symbolic.causes import cause_of
from tcpmc.checks.symbolic.transitions import Arrow, changes_by, in_order, state_changes
from tcpmc.checks.trace import Trace, move_of
from tcpmc.checks.verdict import DEFINITE, Verdict
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.network.product import End, Event, Move
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.variant import RFC9293, Variant
from tcpmc.reports.evidence import steps


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    `kind` is "rule", "switch", "state change" or "verdict"; `a` and `b` tell what it is in each
    variant. `trace` is the shortest run that shows it, of the variant named `shown_on`, or None
    where no run in the scope does.
    """

    kind: str
    name: str
    a: str
    b: str
    shown_on: str = ""
    trace: Trace | None = None


@dataclass
class Side:
    """One of the two variants, explored."""

    model: Model
    table: TabulatedModel
    graph: Graph

    @property
    def variant(self) -> Variant:
        """The variant of this side."""
        return self.model.variant.at(0)

    def runs(self, tests: Mapping[str, Test]) -> dict[str, tuple[str, Trace]]:
        """The first runs of this side that meet the tests, with the variant's name."""
        traces = first_runs(self.table, self.graph, tests)
        return {name: (self.variant.name, trace) for name, trace in traces.items()}


def explored(variant: Variant, scope: Scope, progress: Callable[[Graph], None]) -> Side:
    """The reachable states of the variant. Raises TooLarge, and ValueError for a scope in which it
    has no model."""

    def visit(graph: Graph) -> bool:
        progress(graph)
        return False

    model = Model(variant, scope)
    table = TabulatedModel(model)
    return Side(model, table, explore(table, visit=visit))


def same(a: Variant, b: Variant) -> bool:
    """Whether two variants have the same rules and switches, whatever they are called."""
    return a.rules == b.rules and a.profile == b.profile


def differences(a: Side, b: Side, outcome: Outcome) -> list[Difference]:
    """What differs between the two, in this order: rules, switches, state changes, verdicts.
    `outcome` has the catalogue's verdicts on both."""
    return [
        *_parts(a, b, "rule", Rules),
        *_parts(a, b, "switch", Profile),
        *_changes(a, b),
        *_verdicts(a.variant, b.variant, outcome),
    ]


# -- rules and switches ---------------------------------------------------------------------------


def _parts(a: Side, b: Side, kind: str, record: type[Rules] | type[Profile]) -> list[Difference]:
    """The entries of the record that differ. A run shows one if its last step would be another
    with just this entry taken from the other variant."""
    names = [
        field.name
        for field in fields(record)
        if _part(a.variant, kind, field.name) != _part(b.variant, kind, field.name)
    ]
    shown = {
        **b.runs({name: _would_differ(b, a, kind, name) for name in names}),
        **a.runs({name: _would_differ(a, b, kind, name) for name in names}),
    }
    differing = []
    for name in names:
        mine, theirs = (_told(name, _part(side.variant, kind, name)) for side in (a, b))
        differing.append(Difference(kind, name, mine, theirs, *shown.get(name, ())))
    return differing


def _part(variant: Variant, kind: str, name: str) -> Any:
    return getattr(variant.rules if kind == "rule" else variant.profile, name)


def _would_differ(side: Side, other: Side, kind: str, name: str) -> Test:
    part, variant = {name: _part(other.variant, kind, name)}, side.variant
    if kind == "rule":
        changed = replace(variant, rules=replace(variant.rules, **part))
    else:
        changed = replace(variant, profile=replace(variant.profile, **part))
    model = Model(changed, side.model.scope)

    def test(which: int, end: End, event: Event) -> bool:
        moves = (move_of(stack, which, end, event) for stack in (side.model, model))
        mine, theirs = map(_effect, moves)
        return mine != theirs

    return test


def _effect(move: Move | None) -> tuple[object, ...] | None:
    """What a move comes to, whatever the rule is called."""
    if move is None:
        return None
    step = move.step
    return step.tcb, step.send, step.signals, step.starts_time_wait, move.settled, move.quiet


def _told(name: str, part: object) -> str:
    """A switch's value; a rule's name, if it is not the RFC's, and the sentence that begins its
    docstring."""
    if not callable(part):
        return str(part)
    lines = (inspect.getdoc(part) or "no docstring").partition("\n\n")[0]
    text = " ".join(lines.split())
    own = part != getattr(RFC9293, name)
    return f"{getattr(part, '__name__', 'a rule')}: {text}" if own else text


# -- state changes --------------------------------------------------------------------------------


def _changes(a: Side, b: Side) -> Iterator[Difference]:
    """The arrows of the state diagram that only one of the two has."""
    mine, theirs = (set(state_changes(side.variant)) for side in (a, b))
    shown = {
        **a.runs({arrow(change): _takes(a, change) for change in mine - theirs}),
        **b.runs({arrow(change): _takes(b, change) for change in theirs - mine}),
    }
    for change in sorted(mine ^ theirs, key=in_order):
        has = ("yes", "no") if change in mine else ("no", "yes")
        yield Difference("state change", arrow(change), *has, *shown.get(arrow(change), ()))


def arrow(change: Arrow) -> str:
    """The state change on one line."""
    action = change.action.replace("\n", ", ")
    return f"{change.source} to {change.target}: {change.event} / {action}"


def _takes(side: Side, change: Arrow) -> Test:
    def test(which: int, end: End, event: Event) -> bool:
        if end.state != change.source:
            return False
        move = move_of(side.model, which, end, event)
        if move is None or move.end.state != change.target:
            return False
        return change in changes_by(side.variant, cause_of(end.tcb, event, move.step))

    return test


# -- verdicts -------------------------------------------------------------------------------------


def _verdicts(a: Variant, b: Variant, outcome: Outcome) -> Iterator[Difference]:
    """The properties that are settled differently, or alike by shortest runs of other lengths;
    with the shorter trace if both have one."""
    by_property: dict[str, dict[str, Verdict]] = {}
    for result in outcome.results:
        verdict = result.verdict
        by_property.setdefault(verdict.prop.name, {})[verdict.variant.name] = verdict
    for name, verdicts in by_property.items():
        pair = (verdicts[a.name], verdicts[b.name])
        mine, theirs = (
            (f"{verdict.word}{_length(verdict)}" for verdict in pair)
            if pair[0].word == pair[1].word
            else (verdict.word for verdict in pair)
        )
        if mine != theirs and {verdict.word for verdict in pair} <= set(DEFINITE):
            traces = [(verdict.variant.name, verdict.trace) for verdict in pair if verdict.trace]
            shown = min(traces, key=lambda shown_on: len(shown_on[1]), default=())
            yield Difference("verdict", name, mine, theirs, *shown)


def _length(verdict: Verdict) -> str:
    """How long the shortest run is that shows the verdict."""
    return "" if verdict.trace is None else f" in {steps(verdict.trace)}"
