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
        shown = ((difference.shown_on, difference.trace) for difference in self.differences)
        return list(dict.fromkeys((name, trace) for name, trace in shown if trace is not None))


def as_text(comparison: StackComparison, width: int | None = None, traces: bool = True) -> str:
    """What differs, in at most 80 columns, or `width`; then each trace, in at most 100."""
    narrow = min(TABLE, width or TABLE)
    heading = [f"{variant.name}: {variant.title}" for variant in (comparison.a, comparison.b)]
    heading.append(f"scope {comparison.scope.name}: {comparison.scope.describe()}")
    lines = [line for text in heading for line in hanging(text, narrow, 0)]
    for kind, title in TITLES.items():
        some = [difference for difference in comparison.differences if difference.kind == kind]
        if some:
            lines += ["", title]
            lines += [
                line for difference in some for line in _entry(comparison, difference, narrow)
            ]
    if not comparison.differences:
        lines += ["", *hanging(_nothing(comparison), narrow, 0)]
    if traces:
        for number in range(len(comparison.traces)):
            lines += ["", *_trace(comparison, number, min(LADDER, width or LADDER))]
    notes = outcome_notes(comparison.outcome, exit_code(comparison)) if comparison.outcome else []
    lines += ["", *(line for note in notes for line in hanging(note, narrow, 0))] * bool(notes)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _nothing(comparison: StackComparison) -> str:
    if comparison.a.name == comparison.b.name:
        return f"Nothing differs: this is {comparison.a.name} twice."
    same = ": they have the same rules and switches" * (comparison.outcome is None)
    return f"Nothing differs between {comparison.a.name} and {comparison.b.name}{same}."


def _entry(comparison: StackComparison, difference: Difference, width: int) -> Iterator[str]:
    shown = "no run of this scope shows it"
    if difference.trace is not None:
        number = comparison.traces.index((difference.shown_on, difference.trace)) + 1
        shown = f"trace {number}, {steps(difference.trace)}"
    elif difference.kind == "verdict":
        shown = "no trace"
    if difference.kind == "state change":
        only = comparison.a.name if difference.a == "yes" else comparison.b.name
        yield from hanging(f"{difference.name} (only in {only}; {shown})", width, 2)
        return
    yield from hanging(f"{difference.name} ({shown})", width, 2)
    yield from hanging(f"{comparison.a.name}: {difference.a}", width, 4)
    yield from hanging(f"{comparison.b.name}: {difference.b}", width, 4)


def _trace(comparison: StackComparison, number: int, width: int) -> Iterator[str]:
    shown = comparison.traces[number]
    name, trace = shown
    of = [
        difference.name
        for difference in comparison.differences
        if (difference.shown_on, difference.trace) == shown
    ]
    yield from hanging(f"Trace {number + 1}: {name}, {steps(trace)}, for {'; '.join(of)}", width, 0)
    yield from ladder(trace, width)


def as_json(comparison: StackComparison) -> str:
    """The comparison as one JSON object, with a line feed at the end."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "a": {"name": comparison.a.name, "title": comparison.a.title},
        "b": {"name": comparison.b.name, "title": comparison.b.title},
        "scope": asdict(comparison.scope),
        "exit_code": exit_code(comparison),
        "stopped": comparison.outcome.reason if comparison.outcome else None,
        "differences": [_as_json(difference) for difference in comparison.differences],
    }
    return dumped(document, indent=2)


def _as_json(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "name": difference.name,
        "a": difference.a,
        "b": difference.b,
        "shown_on": difference.shown_on or None,
        "trace": None if difference.trace is None else trace_json(difference.trace),
    }


def exit_code(comparison: StackComparison) -> int:
    """The exit code of the run; that verdicts are not as expected is no failure here."""
    code = comparison.outcome.exit_code if comparison.outcome else EXIT_AS_EXPECTED
    return EXIT_AS_EXPECTED if code == EXIT_UNEXPECTED else code
