"""The page of a driven stack: the table, and what is known of each way of differing."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from tcpmc.checks.drive.state_event_table import Cell, DriveTable, Group, groups
from tcpmc.reports.drive.drive_text import rows, summary, unreached
from tcpmc.reports.drive.telling import steps, tried

UNKNOWN = "Not looked into yet."
PAGES = {"linux": "stacks.md"}
"""The page of a stack, where it is not called like it."""
DOCUMENT = """# Real stacks against the rules

This page is written by `{command}` and tells what that run has
seen, of the version that is named below. Each experiment is a connection of its own: the state is
reached by the shortest way that the rules have, then one thing is tried. A number is how many
experiments agree, of how many where not all do.

## {name}

{summary}

```text
{rows}
```
"""


def markdown(table: DriveTable) -> str:
    """The page. A way of differing of which nothing is known says so."""
    stack = table.name.split()[0].split("-")[0]
    page = PAGES.get(stack, f"{stack}.md")
    lines = [
        DOCUMENT.format(
            command=f"sudo tcpmc drive --on {stack} -o markdown=docs/{page}",
            name=table.name,
            summary=" ".join(summary(table)),
            rows="\n".join(rows(table)),
        )
    ]
    told_in: dict[str, int] = {}
    for number, group in enumerate(groups(table.cells), 1):
        known = about(stack, group.first)
        first = told_in.setdefault(known, number) if known else number
        lines += _difference(number, group, known, first)
    told = unreached(table)
    if told:
        lines += ["", "### Not reachable", "", *(f"* {line.strip()}" for line in told[2:])]
    return "\n".join([*lines, *_rules(table, stack)]) + "\n"


def _rules(table: DriveTable, stack: str) -> list[str]:
    """The rule labels that were seen at work, and the others, with why they were not."""
    why = {
        label: f": {row['about']}"
        for row in _known()["unseen"]
        if row["stack"] == stack
        for label in row["labels"]
    }
    found = table.coverage()
    seen, missed = found["reached"], found["not_reached"]
    return [
        "",
        "### Rules",
        "",
        f"{len(seen)} rule labels were seen at work. Not seen, {len(missed)}: of switches that "
        "the stack does not have, and of steps that it does otherwise or that were not tried.",
        "",
        *(f"* {label}{why.get(label, '')}" for label in missed),
    ]


def _difference(number: int, group: Group, known: str, first: int) -> list[str]:
    """A way of differing; with its run, if it is the first of which this is known."""
    cell = group.first
    run = ["", "```text", *steps(cell.events), "```"] if first == number else []
    assert cell.difference is not None
    return [
        "",
        f"### {number}. {cell.place}, {cell.kind}",
        "",
        (known or UNKNOWN) if first == number else f"As in {first}.",
        "",
        f"* {len(group.cells)} of the experiments: {tried(group)}",
        f"* the stack: `{cell.difference.observed}`",
        f"* the rules ({cell.difference.requirement}): `{cell.difference.expected}`",
        *run,
    ]


def about(stack: str, cell: Cell) -> str:
    """What is known of a way of differing; "" where nothing is."""
    for row in _known()["known"]:
        states = row.get("states", [row.get("state")])
        same = row["stack"] == stack and str(cell.place) in states
        if same and cell.kind in row["kinds"]:
            return str(row["about"])
    return ""


def _known() -> dict[str, list[dict[str, Any]]]:
    """What is known of stacks (triage.toml)."""
    return tomllib.loads(files(__package__).joinpath("triage.toml").read_text(encoding="utf-8"))
