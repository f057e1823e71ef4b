"""The trace of a result as a picture, titled by its verdict."""

from __future__ import annotations

from tcpmc.checks.running.jobs import Result
from tcpmc.diagrams.ladder_diagram import ladder_dot
from tcpmc.diagrams.render import render
from tcpmc.model.network.system import Model


def dot(result: Result) -> str:
    """The ladder as DOT."""
    job, verdict = result.job, result.verdict
    assert verdict.trace is not None
    title = f"{verdict.word} {job.prop.name} on {job.variant.name}"
    source: str = ladder_dot(Model(job.variant, job.scope), verdict.trace, title).source
    return source


def svg(result: Result) -> bytes:
    """The ladder as SVG."""
    return render(dot(result), "svg")


def png(result: Result) -> bytes:
    """The ladder as PNG."""
    return render(dot(result), "png")


def pdf(result: Result) -> bytes:
    """The ladder as PDF."""
    return render(dot(result), "pdf")
