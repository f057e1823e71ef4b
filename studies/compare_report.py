"""The comparison of two variants as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tcpmc import __version__
from tcpmc.checks.running.jobs import Outcome
from tcpmc.checks.trace import Trace
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_UNEXPECTED
from tcpmc.model.network.scope import Scope
from tcpmc.model.variants.variant import Variant
from tcpmc.reports.evidence import LADDER, steps
from tcpmc.reports.ladder import ladder
from tcpmc.reports.layout import hanging
from tcpmc.reports.report import TABLE, outcome_notes
from tcpmc.reports.verdict_json import dumped, trace_json
from tcpmc.studies.compare import Difference

SCHEMA = "tcpmc/comparison/1"
TITLES = {
    "rule": "RULES",
    "switch": "SWITCHES",
    "state change": "STATE CHANGES",
    "verdict": "VERDICTS",
}


@dataclass(frozen=True)
class StackComparison:
    """Two variants in a scope, what differs, and the run that decided the properties (None where
    nothing can differ)."""

    a: Variant
    b: Variant
    scope: Scope
    differences: Sequence[Difference] = ()
    outcome: Outcome | None = None

    @property
    def traces(self) -> list[tuple[str, Trace]]:
        """The traces of the differences, each once, with the variant that each is of."""
        shown = ((one.shown_on, one.trace) for one in self.differences)
        return list(dict.fromkeys((name, trace) for name, trace in shown if trace is not None))


def as_text(found: StackComparison, width: int | None = None, traces: bool = True) -> str:
    """What differs, in at most 80 columns, or `width`; then each trace, in at most 100."""
    narrow = min(TABLE, width or TABLE)
    told = [f"{variant.name}: {variant.title}" for variant in (found.a, found.b)]
    told.append(f"scope {found.scope.name}: {found.scope.describe()}")
    lines = [line for text in told for line in hanging(text, narrow, 0)]
    for kind, title in TITLES.items():
        some = [one for one in found.differences if one.kind == kind]
        if some:
            lines += ["", title]
            lines += [line for one in some for line in _entry(found, one, narrow)]
    if not found.differences:
        lines += ["", *hanging(_nothing(found), narrow, 0)]
    if traces:
        for number in range(len(found.traces)):
            lines += ["", *_trace(found, number, min(LADDER, width or LADDER))]
    notes = outcome_notes(found.outcome, exit_code(found)) if found.outcome else []
    lines += ["", *(line for note in notes for line in hanging(note, narrow, 0))] * bool(notes)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _nothing(found: StackComparison) -> str:
    if found.a.name == found.b.name:
        return f"Nothing differs: this is {found.a.name} twice."
    same = ": they have the same rules and switches" * (found.outcome is None)
    return f"Nothing differs between {found.a.name} and {found.b.name}{same}."


def _entry(found: StackComparison, one: Difference, width: int) -> Iterator[str]:
    shown = "no run of this scope shows it"
    if one.trace is not None:
        number = found.traces.index((one.shown_on, one.trace)) + 1
        shown = f"trace {number}, {steps(one.trace)}"
    elif one.kind == "verdict":
        shown = "no trace"
    if one.kind == "state change":
        only = found.a.name if one.a == "yes" else found.b.name
        yield from hanging(f"{one.name} (only in {only}; {shown})", width, 2)
        return
    yield from hanging(f"{one.name} ({shown})", width, 2)
    yield from hanging(f"{found.a.name}: {one.a}", width, 4)
    yield from hanging(f"{found.b.name}: {one.b}", width, 4)


def _trace(found: StackComparison, number: int, width: int) -> Iterator[str]:
    shown = found.traces[number]
    name, trace = shown
    of = [one.name for one in found.differences if (one.shown_on, one.trace) == shown]
    yield from hanging(f"Trace {number + 1}: {name}, {steps(trace)}, for {'; '.join(of)}", width, 0)
    yield from ladder(trace, width)


def as_json(found: StackComparison) -> str:
    """The comparison as one JSON object, with a line feed at the end."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "a": {"name": found.a.name, "title": found.a.title},
        "b": {"name": found.b.name, "title": found.b.title},
        "scope": asdict(found.scope),
        "exit_code": exit_code(found),
        "stopped": found.outcome.reason if found.outcome else None,
        "differences": [_as_json(one) for one in found.differences],
    }
    return dumped(document, indent=2)


def _as_json(one: Difference) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "a": one.a,
        "b": one.b,
        "shown_on": one.shown_on or None,
        "trace": None if one.trace is None else trace_json(one.trace),
    }


def exit_code(found: StackComparison) -> int:
    """The exit code of the run; that verdicts are not as expected is no failure here."""
    code = found.outcome.exit_code if found.outcome else EXIT_AS_EXPECTED
    return EXIT_AS_EXPECTED if code == EXIT_UNEXPECTED else code
