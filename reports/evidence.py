"""A trace as evidence: its heading, its ladder, what it shows, and how to see it again."""

from __future__ import annotations

import shlex

from tcpmc.checks.running.jobs import Job, Result
from tcpmc.checks.trace import Trace
from tcpmc.model.endpoint.tcb import Tcb
from tcpmc.model.network.product import System
from tcpmc.model.properties.kinds import (
    Always,
    Eventually,
    EveryStep,
    Lemma,
    LivelockFree,
    Reachable,
)
from tcpmc.reports.ladder import ladder
from tcpmc.reports.layout import folded, wrapped
from tcpmc.reports.scope_arguments import as_options

LADDER = 100


def command(job: Job) -> str:
    """The command that shows the evidence for this job again."""
    words = ["tcpmc", "trace", job.prop.name, "--variant", job.source, *as_options(job.asked)]
    if isinstance(job.prop, Eventually) and not job.prop.expected:
        words += [w for kind in job.prop.fair or ("none",) for w in ("--fairness", kind)]
    return shlex.join(words)


def evidence(result: Result, width: int | None = None) -> list[str]:
    """The trace of a result: a heading, the ladder, what its last state shows, and the command that
    shows it again. At most 100 columns, or `width`."""
    verdict, job, width = result.verdict, result.job, min(LADDER, width or LADDER)
    trace = verdict.trace
    assert trace is not None
    engines = " + ".join(n for n, answer in verdict.answers.items() if answer.definite)
    expected = "as expected" if verdict.as_expected else f"expected {verdict.expected}"
    if verdict.expected is None:
        expected = "no expected verdict"
    scope = "one step at 32 bits" if isinstance(job.prop, Lemma) else f"scope {job.scope.name}"
    heading = (
        f"{verdict.word}  {job.prop.name} on {job.variant.name}  "
        f"({expected}, {engines}, {steps(trace)}, {scope})"
    )
    lines = wrapped(heading, width)
    if isinstance(job.prop, Lemma):
        end = trace.events[0].end
        lines += wrapped(f"     {'AB'[end]}: {_numbers(trace.states[0].ends[end].tcb)}", width)
    lines += ladder(trace, width)
    return lines + folded([shown(result, trace), f"Again: {command(job)}"], width)


def shown(result: Result, trace: Trace) -> str:
    """What the trace is evidence for, in one sentence."""
    prop, end = result.job.prop, _situation(trace.states[-1])
    match prop:
        case Reachable():
            return f"The last state, {end}, shows it: {prop.meaning}."
        case Eventually():
            return f"The run stays there for ever, so this is false: {prop.meaning}."
        case LivelockFree():
            return f"The segments of the loop answer each other for ever: not so: {prop.meaning}."
        case EveryStep():
            return f"The last step breaks the rule: {prop.meaning}."
        case Lemma():
            return f"This step breaks the rule: {prop.meaning}."
        case Always():
            return f"The last state, {end}, breaks the rule: {prop.meaning}."
    raise TypeError(f"no evidence is defined for {prop.kind}")


def _situation(system: System) -> str:
    a, b = system.ends
    flights = [
        f"to {name} {' '.join(str(flight.segment) for flight in contents)}"
        for name, contents in zip("BA", system.channels, strict=True)
        if contents
    ]
    return f"A {a.state}, B {b.state}, in flight {' and '.join(flights) or 'nothing'}"


def _numbers(tcb: Tcb) -> str:
    named = (("ISS", tcb.iss), ("SND.UNA", tcb.snd_una), ("SND.NXT", tcb.snd_nxt))
    return " ".join(f"{name}={value}" for name, value in (*named, ("RCV.NXT", tcb.rcv_nxt)))


def steps(trace: Trace) -> str:
    """How long the trace is: "7 steps"."""
    return f"{len(trace)} step{'s' * (len(trace) != 1)}"
