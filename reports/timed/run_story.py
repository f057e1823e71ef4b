"""A timed counterexample as text, and the replay that it comes from."""

from __future__ import annotations

from fractions import Fraction

from tcpmc.checks.timed.counterexample import TimedRun
from tcpmc.checks.timed.timed_replay import ISS, Replay, TimedEvent, TimedTrace, replayed
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.timed.theorems import Claim
from tcpmc.model.variants.variant import Variant


def trace_of(variant: Variant, assume: tuple[str, ...], claim: Claim, run: TimedRun) -> TimedTrace:
    """The run, replayed. Raises ReplayError.

    In the formulas one delivery stands for that of every copy which then has to arrive; here each
    arrives by itself, one after the other at that moment.
    """
    events, ahead = [], Replay(variant, claim.circumstances(assume), run.parameters)
    for action, moment in zip(run.actions, run.moments, strict=False):
        arriving = action.move.arriving
        segment = None if arriving is None else _numbered(arriving, 1 - action.end)
        event = TimedEvent(moment, action.end, action.move.event, segment)
        ahead.happen(event)
        events.append(event)
        while segment is not None and ahead.owed(event):
            ahead.happen(event)
            events.append(event)
    start = Replay(variant, claim.circumstances(assume), run.parameters)
    return replayed(start, tuple(events), run.moments[-1], claim)


def _numbered(segment: Segment, sender: int) -> Segment:
    """The segment with the sequence numbers of the replay."""
    ack = segment.ack + ISS[1 - sender] if segment.ACK else segment.ack
    return Segment(
        segment.seq + ISS[sender], ack, segment.length,
        segment.SYN, segment.ACK, segment.FIN, segment.RST,
    )  # fmt: skip


def seconds(moment: Fraction) -> str:
    """A moment as a decimal where that is exact, else as a fraction."""
    tenths = moment * 10
    return f"{float(moment):.1f}" if tenths.denominator == 1 else str(moment)


def told(trace: TimedTrace) -> list[str]:
    """The run line by line: moment, end, what happens, the state after, what is sent."""
    values = ", ".join(f"{name} = {value}" for name, value in trace.parameters.items())
    lines = [f"with {values}:"]
    for happening in trace.happened:
        event = happening.event
        what = f"{event.segment} arrives" if event.segment else event.kind
        sent = "".join(f", sends {copy.segment}" for copy in happening.sent)
        who = "AB"[event.end]
        lines.append(f"{seconds(event.moment):>8}  {who}  {what}: {happening.step.tcb.state}{sent}")
    return [*lines, f"{seconds(trace.over):>8}  {'AB'[trace.end]}  {fault(trace)}"]


def fault(trace: TimedTrace) -> str:
    """What is wrong at the end of the run, in words."""
    faults = [
        f"{copy.segment} is {seconds(trace.over - copy.sent)} old and may live {seconds(copy.life)}"
        for copy in trace.left
    ]
    if trace.waiting is not None:
        faults.append(f"{'BA'[trace.end]} is still in {trace.waiting}")
    return f"{trace.timer.ended}, but {'; '.join(faults)}" if faults else trace.timer.ended
