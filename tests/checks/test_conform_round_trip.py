"""A trace written as a capture, and read again: `tcpmc trace X -o pcapng`, then `tcpmc conform`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from results import found
from tcpmc.checks.conform.conform import Report
from tcpmc.checks.conform.stacks import Stack, stack_of
from tcpmc.checks.conform.stream import report_on
from tcpmc.checks.running.jobs import Engine, Job, Result, decides, select
from tcpmc.checks.running.run import run
from tcpmc.checks.verdict import REFUTED, WITNESS, expected_on
from tcpmc.model import SCOPES, VARIANTS
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Lemma
from tcpmc.model.variants.bugs import BUGS
from tcpmc.reports.formats.pcapng_writer import STEP, pcapng
from tcpmc.reports.packets import PORTS
from tcpmc.reports.story import moments, trace_of

ASKED = "TCPMC_CAMPAIGNS" in os.environ
SHOWN_BY_STATES = {"zephyr-728", "rfc793-close-wait", "inet-92"}
"""Bugs whose traces have only packets that the RFC's rules send, too: the state is another."""
NOT_AGAINST_THE_RFC = {"utcp-28"}
"""A bug of practice: in the RFC nothing ends FIN-WAIT-2."""
ANOTHER_STORY = {
    ("half-open-discovered", "no-time-wait-silent"),
    ("old-syn-meets-listeners", "rfc9293"),
}
"""Traces whose packets have an explanation with fewer steps that no packet shows."""


def held(result: Result, stack: Stack, folder: Path) -> Report:
    """The report on the trace as a capture."""
    path = folder / "trace.pcapng"
    path.write_bytes(pcapng(result))
    return report_on([str(path)], stack)


def states(result: Result) -> dict[tuple[int, int], str]:
    """The state of each end after each step, and before the first."""
    first = {(0, end): str(one.state) for end, one in enumerate(trace_of(result).states[0].ends)}
    after = {
        (moment.number, end): str(one.state)
        for moment in moments(result)
        for end, one in enumerate(moment.after.ends)
    }
    return first | after


def unlike(result: Result, report: Report) -> Iterator[str]:
    """Where the report does not have the states of the trace, which is without the clock."""
    own = states(result)
    for end in (end for one in report.connections for end in one.ends):
        index = PORTS.index(end.endpoint.port)
        for told in end.judgement.best.told:
            assert told.seen.time is not None
            step = round(told.seen.time / STEP)
            if own[step, index] not in told.states:
                yield f"step {step}, {'AB'[index]}: {own[step, index]}, told {told.states}"


def conforms(result: Result, folder: Path) -> None:
    report = held(result, stack_of(result.job.variant.at(0)), folder)
    assert {e.judgement.strict.verdict for c in report.connections for e in c.ends} == {"CONFORMS"}
    if not result.job.scope.clock:
        assert list(unlike(result, report)) == []


def deviates(result: Result, folder: Path) -> None:
    report = held(result, stack_of(VARIANTS["rfc9293"]), folder)
    assert {e.judgement.strict.verdict for c in report.connections for e in c.ends} - {"CONFORMS"}


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("closing", "rfc9293"),
        ("last-ack-lost", "rfc9293"),
        ("half-open-old-syn", "rfc9293"),
        ("graceful-close", "no-time-wait"),
    ],
)
def test_trace_conforms_to_its_variant(name: str, variant: str, tmp_path: Path) -> None:
    conforms(found(name, variant), tmp_path)


@pytest.mark.parametrize("bug", ["smoltcp-279", "demikernel-1537", "tricep-27"])
def test_bug_deviates(bug: str, tmp_path: Path) -> None:
    (result,) = run([of_bug(bug)]).results
    deviates(result, tmp_path)


def of_bug(name: str) -> Job:
    bug = BUGS[name]
    return Job(PROPERTIES[bug.caught_by], bug.variant, name, bug.scope, (Engine.EXPLICIT,))


def jobs() -> list[Job]:
    """What the catalogue expects a trace of."""
    return [
        job
        for job in select([], [], SCOPES["default"], (Engine.EXPLICIT,))
        if not isinstance(job.prop, Lemma)
        and decides(Engine.EXPLICIT, job.prop, job.scope)
        and expected_on(job.prop, job.variant.name) in (WITNESS, REFUTED)
    ]


@pytest.mark.exhaustive
@pytest.mark.skipif(not ASKED, reason="a campaign: set TCPMC_CAMPAIGNS=1")
def test_every_trace_of_the_catalogue_conforms_to_its_variant(tmp_path: Path) -> None:
    results = [r for r in run(jobs()).results if r.verdict.trace is not None]
    assert len(results) > 40
    for result in results:
        if (result.job.prop.name, result.job.variant.name) not in ANOTHER_STORY:
            conforms(result, tmp_path)


@pytest.mark.exhaustive
@pytest.mark.skipif(not ASKED, reason="a campaign: set TCPMC_CAMPAIGNS=1")
def test_every_bug_of_the_gallery_deviates(tmp_path: Path) -> None:
    names = [name for name in BUGS if not isinstance(PROPERTIES[BUGS[name].caught_by], Lemma)]
    for result in run([of_bug(name) for name in names]).results:
        silent = {*SHOWN_BY_STATES, *NOT_AGAINST_THE_RFC}
        if result.verdict.trace is not None and result.job.source not in silent:
            deviates(result, tmp_path)
