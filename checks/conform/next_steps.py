"""What an end would do with one more segment, after all that the capture has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tcpmc.checks.conform.hypothesis import BITS, Hypothesis
from tcpmc.checks.conform.receiving import FAR, NO_PEER_ISS, arrive
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step

ZERO = Seq(0, BITS)


def answers(stack: Stack, last: Sequence[Hypothesis], seen: Seen) -> Iterator[tuple[str, str]]:
    """The reply to a new SYN, a FIN and an exact RST, in each state that the end can be in."""
    for state in dict.fromkeys(h.state for h in last):
        hypothesis = next(h for h in last if h.state == state)
        for kind, segment in _usual(hypothesis):
            yield f"{kind} in {state}", _said(_step(stack, hypothesis, segment, seen), hypothesis)


def answers_to(stack: Stack, last: Sequence[Hypothesis], segment: Segment, seen: Seen) -> list[str]:
    """The different replies to one segment."""
    found = dict.fromkeys(
        f"{_said(_step(stack, h, segment, seen), h)} (from {h.state})" for h in last
    )
    return list(found)


def _step(stack: Stack, hypothesis: Hypothesis, segment: Segment, seen: Seen) -> Step:
    after = replace(seen, segment=segment, sent=False, stamped=False)
    return arrive(stack, hypothesis.tcb, segment, after)


def _usual(hypothesis: Hypothesis) -> Iterator[tuple[str, Segment]]:
    tcb = hypothesis.tcb
    if hypothesis.state in NO_PEER_ISS:
        yield "a SYN", Segment(tcb.rcv_nxt + 1000, ZERO, SYN=True)
        return
    yield "a new SYN", Segment(tcb.rcv_nxt + (FAR >> 8), ZERO, SYN=True)
    again = tcb.rcv_nxt + -1 if hypothesis.state in TAKEN else tcb.rcv_nxt
    yield "a FIN", Segment(again, tcb.snd_nxt, ACK=True, FIN=True)
    yield "an exact RST", Segment(tcb.rcv_nxt, ZERO, RST=True)


TAKEN = (State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT)
"""The states in which the other end's FIN has been taken: one more is a retransmission."""


def _said(step: Step, hypothesis: Hypothesis) -> str:
    """What the step sends and where it goes, in a few words."""
    sent = ", ".join(segment.controls for segment in step.send) or "nothing"
    state = step.tcb.state
    moved = "" if state == hypothesis.state else f", then {state}"
    return f"{sent}{moved} ({step.rule})"
