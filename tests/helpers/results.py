"""Results with a trace, for the tests of what they can be written as."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.running.jobs import Job, Result
from tcpmc.checks.trace import Trace, replay
from tcpmc.checks.verdict import REFUTED, WITNESS, Answer, Verdict
from tcpmc.model import (
    PROPERTIES,
    RFC9293,
    SCOPES,
    VARIANTS,
    Event,
    Host,
    Model,
    Scope,
    Segment,
    Step,
    Tcb,
    Variant,
)
from tcpmc.model.endpoint.tcb import CONNECTION_RESET
from tcpmc.model.properties.kinds import Lemma, Word
from tcpmc.reports.story import trace_of

STACK = """\
from dataclasses import replace

from tcpmc.model import RFC9293, State, Variant


def check_fin(host, tcb, seg):
    step = RFC9293.check_fin(host, tcb, seg)
    if step.tcb.state != State.TIME_WAIT:
        return step
    return replace(step, tcb=replace(step.tcb, state=State.CLOSED))


variant = Variant("mine", rules=replace(RFC9293, check_fin=check_fin))
"""

TIGHT = SCOPES["small"].with_(capacity=1)
HOSTILE = (
    "</text><script>alert(1)</script> \"'`$x$$\\n\\ %getenv(HOME) %%{init: {}}%% #35; &lt; ;end\n"
    "::error file=x::y\r\n  Note over A: forged\n@enduml\n!include /etc/passwd\n*/ }% \x1b[31m\x00"
    "\u202e ../../etc/passwd"
)


def found(name: str, variant: str | Variant = "rfc9293", scope: Scope = TIGHT) -> Result:
    """What the explicit engine says about a property."""
    one = VARIANTS[variant] if isinstance(variant, str) else variant
    prop, source = PROPERTIES[name], variant if isinstance(variant, str) else "./mine.py"
    job = Job(prop, one, source, scope, ("explicit",))
    answers = ExplicitEngine(Model(one, job.scope)).decide([prop])
    return Result(job, Verdict(prop, one, job.scope, {"explicit": answers[name]}))


def shown_by(trace: Trace, scope: Scope, variant: Variant = VARIANTS["rfc9293"]) -> Result:
    """A result with this trace, whatever it shows."""
    prop = PROPERTIES["established"]
    job = Job(prop, variant, variant.name, scope, ("explicit",))
    answer = Answer(WITNESS, "by hand", trace)
    return Result(job, Verdict(prop, variant, scope, {"explicit": answer}))


def played(scope: Scope, *moves: str, variant: Variant = VARIANTS["rfc9293"]) -> Result:
    """A result whose trace is the run in which each move, such as "A CLOSE" or "B deliver SYN", is
    the first possible one."""
    model = Model(variant, scope)
    system, events = model.initial(), list[Event]()
    for move in moves:
        event, system = next(
            (event, after)
            for event, _, after in model.successors(system)
            if f"{'AB'[event.end]} {event.kind} {_controls(event)}".startswith(move)
        )
        events.append(event)
    return shown_by(replay(model, events), scope, variant)


def _controls(event: Event) -> str:
    return event.flight.segment.controls + " " if event.flight else " "


def hostile() -> Result:
    """A witness by a variant whose name and labels are meant to break out of every
    format."""

    def listens(host: Host, tcb: Tcb, seg: Segment) -> Step:
        step = RFC9293.segment_in_listen(host, tcb, seg)
        return replace(step, rules=(HOSTILE,), signals=(CONNECTION_RESET,))

    rules = replace(RFC9293, segment_in_listen=listens)
    return found("established", Variant(HOSTILE, HOSTILE, rules=rules))


def unexpected(result: Result) -> Result:
    """The result, had another verdict been expected of this property on this variant."""
    prop = replace(result.job.prop, expected={result.job.variant.name: Word.VACUOUS})
    return Result(replace(result.job, prop=prop), replace(result.verdict, prop=prop))


@cache
def broken_lemma() -> Result:
    """One step at 32 bits, from a state in the middle of things."""
    pytest.importorskip("z3")
    from tcpmc.checks.symbolic.onestep import OneStep

    prop, variant = PROPERTIES["lemma-established-needs-ack"], VARIANTS["two-way-handshake"]
    assert isinstance(prop, Lemma)
    answer = Answer(REFUTED, "one step, 32-bit numbers", OneStep(variant).broken(prop))
    job = Job(prop, variant, variant.name, SCOPES["default"], ("z3",))
    return Result(job, Verdict(prop, variant, SCOPES["default"], {"z3": answer}))


EVENTFUL = played(
    Scope("test", start="established", clock=True, msl=1, time_wait=2),
    "A SEND",
    "A duplicate",
    "B deliver",
    "B lose",
    "B deliver",
    "A deliver",
    "A CLOSE",
    "A tick",
    "A expire",
    "A retransmission timeout",
    "B deliver",
)
SENT_SET = played(
    Scope("test", channel="sent-set", start="established", data=1),
    *("A SEND", "B deliver ACK", "B deliver ACK", "A deliver ACK", "A CLOSE", "B deliver FIN"),
)
LASSO = found("peer-leaves-last-ack", "no-time-wait-silent")
LOST = found("graceful-close", "no-time-wait")
FORGED = found("no-blind-reset", "rfc793")


def endless(times: int) -> Result:
    """The lasso, gone round that often more."""
    trace = trace_of(LASSO)
    assert trace.loop is not None
    longer = Trace(
        trace.states + trace.states[trace.loop + 1 :] * times,
        trace.events + trace.events[trace.loop :] * times,
        trace.steps + trace.steps[trace.loop :] * times,
        trace.loop,
    )
    return shown_by(longer, LASSO.job.scope, LASSO.job.variant.at(0))


CASES = {
    "forged": FORGED,
    "lost": LOST,
    "lasso": LASSO,
    "eventful": EVENTFUL,
    "sent-set": SENT_SET,
    "hostile": hostile(),
}
NAMES = (*CASES, "lemma")


def case(name: str) -> Result:
    """One of the results that every format is tried on."""
    return broken_lemma() if name == "lemma" else CASES[name]
