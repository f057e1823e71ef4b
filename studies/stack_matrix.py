"""Each stack with each other: a property decided on every pair, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from tcpmc import __version__
from tcpmc.checks.running.jobs import Engine, Outcome, Result, select
from tcpmc.checks.running.monitor import Limits
from tcpmc.checks.running.run import run
from tcpmc.model.network.scope import Scope
from tcpmc.reports.evidence import command
from tcpmc.reports.layout import folded, wrapped
from tcpmc.reports.report import TABLE, outcome_notes
from tcpmc.reports.verdict_json import dumped

SCHEMA = "tcpmc/pairs/1"


@dataclass(frozen=True)
class StackMatrix:
    """The names of the stacks and of the properties, and the result of each property with each
    stack at A and each at B; one that a limit has stopped is INCONCLUSIVE."""

    stacks: tuple[str, ...]
    properties: tuple[str, ...]
    outcome: Outcome

    def cell(self, prop: str, a: str, b: str) -> Result:
        """The result with these stacks at A and at B."""
        per_property = len(self.stacks) ** 2
        place = self.stacks.index(a) * len(self.stacks) + self.stacks.index(b)
        return self.outcome.results[self.properties.index(prop) * per_property + place]


def stack_matrix(
    properties: Sequence[str],
    sources: Sequence[str],
    scope: Scope,
    limits: Limits | None = None,
    progress: TextIO | None = None,
) -> StackMatrix:
    """Decide the properties on each pair of these variants, by name or file. Raises BadInput."""
    pairs = [f"A={a},B={b}" for a in sources for b in sources]
    jobs = select(properties, pairs, scope, (Engine.EXPLICIT,))
    names = tuple(dict.fromkeys(job.prop.name for job in jobs))
    ordered = sorted(jobs, key=lambda job: names.index(job.prop.name))
    outcome = run(ordered, limits, progress)
    stacks = tuple(job.variant.at(1).name for job in ordered[: len(sources)])
    return StackMatrix(stacks, names, outcome)


def steps_of(result: Result) -> str:
    """The number of steps of the trace; "" where there is none."""
    trace = result.verdict.trace
    return "" if trace is None else str(len(trace))


def as_text(shown: StackMatrix, width: int | None = None) -> str:
    """A table for each property, with the stacks at A as rows, and those at B numbered."""
    narrow = min(TABLE, width or TABLE)
    lines: list[str] = []
    for prop in shown.properties:
        lines += [
            *wrapped(f"{prop}: {_meaning(shown, prop)}", narrow),
            "",
            *_table(shown, prop),
            "",
        ]
    lines += [
        *wrapped("A cell: the first letter of the verdict, and the steps of its trace.", narrow),
        *wrapped(
            "P PROVED, R REFUTED, W WITNESS, U UNREACHABLE, V VACUOUS, I INCONCLUSIVE", narrow
        ),
        *folded(summary(shown), narrow),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _meaning(shown: StackMatrix, prop: str) -> str:
    return shown.cell(prop, shown.stacks[0], shown.stacks[0]).job.prop.meaning


def _table(shown: StackMatrix, prop: str) -> list[str]:
    names = [f"{number} {name}" for number, name in enumerate(shown.stacks, 1)]
    wide = max(map(len, names)) + 1
    heads = "".join(f"{number:>5}" for number in range(1, len(names) + 1))
    lines = [f"{'A':<{wide - 1}}B{heads}"]
    for name, cells in zip(names, tables(shown)[prop], strict=True):
        row = "".join(f"{word[0] + steps:>5}" for word, steps in cells)
        lines.append(f"{name:<{wide}}{row}")
    return lines


def tables(shown: StackMatrix) -> dict[str, list[list[tuple[str, str]]]]:
    """For each property the verdicts and the steps: a row for each stack at A."""

    def cell(prop: str, a: str, b: str) -> tuple[str, str]:
        result = shown.cell(prop, a, b)
        return str(result.verdict.word), steps_of(result)

    return {
        prop: [[cell(prop, a, b) for b in shown.stacks] for a in shown.stacks]
        for prop in shown.properties
    }


def summary(shown: StackMatrix) -> list[str]:
    """How many pairs there are, and how the run went."""
    count = len(shown.stacks) ** 2
    notes = outcome_notes(shown.outcome, shown.outcome.exit_code)
    return [f"{count} pairs of {len(shown.stacks)} stacks.", *notes]


def as_markdown(shown: StackMatrix) -> str:
    """A heading and a table for each property."""
    lines: list[str] = []
    for prop in shown.properties:
        lines += [f"## {prop}", "", f"{_meaning(shown, prop)}.", ""]
        lines.append(f"| A \\ B | {' | '.join(f'`{name}`' for name in shown.stacks)} |")
        lines.append("|---" * (len(shown.stacks) + 1) + "|")
        for a, cells in zip(shown.stacks, tables(shown)[prop], strict=True):
            row = (f"{word} {steps}".strip() for word, steps in cells)
            lines.append(f"| `{a}` | {' | '.join(row)} |")
        lines.append("")
    return "\n".join(lines)


def as_json(shown: StackMatrix) -> str:
    """The matrix as one JSON object, with a line feed at the end."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "exit_code": shown.outcome.exit_code,
        "stopped": shown.outcome.reason,
        "stacks": list(shown.stacks),
        "cells": [_cell_json(result) for result in shown.outcome.results],
    }
    return dumped(document, indent=2)


def _cell_json(result: Result) -> dict[str, Any]:
    trace = result.verdict.trace
    return {
        "property": result.job.prop.name,
        "a": result.job.variant.at(0).name,
        "b": result.job.variant.at(1).name,
        "verdict": result.verdict.word,
        "steps": None if trace is None else len(trace),
        "command": command(result.job),
    }
