"""Annotations: what is not as expected, as GitHub Actions shows it on the line of its rule."""

from __future__ import annotations

from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.checks.verdict import Standing
from tcpmc.reports.evidence import command as again
from tcpmc.reports.places import blamed, workspace
from tcpmc.reports.report import basis

MOST = 10
"""What GitHub shows of one kind in one step."""

COMMANDS = {Standing.UNEXPECTED: "error", Standing.UNSETTLED: "warning"}


def annotated(outcome: Outcome) -> list[str]:
    """The workflow commands, at most ten of a kind; the last one says how many more there are."""
    lines = []
    for standing, command in COMMANDS.items():
        results = [r for r in outcome.results if r.verdict.standing == standing]
        shown = results if len(results) <= MOST else results[: MOST - 1]
        lines += [_annotation(command, result) for result in shown]
        if len(results) > len(shown):
            more = f"{len(results) - len(shown)} more verdicts are {standing.value}"
            lines.append(f"::{command} title=tcpmc::{_data(more)}")
    return lines


def _annotation(command: str, result: Result) -> str:
    job, verdict = result.job, result.verdict
    place = blamed(result)
    file = place.within(workspace())
    parts = {"file": file, "line": str(place.line)} if file else {}
    parts["title"] = f"tcpmc: {verdict.word} {job.prop.name} on {job.variant.name}"
    told = ",".join(f"{name}={_property(value)}" for name, value in parts.items() if value)
    text = (
        f"{job.prop.meaning} ({job.prop.citation}): {verdict.word}, {basis(verdict)}\n"
        f"Again: {again(job)}"
    )
    return f"::{command} {told}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
