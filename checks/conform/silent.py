"""Steps that no packet shows: calls without a segment, timeouts, a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tcpmc.checks.conform.hypothesis import ASSUMPTION, SILENT, Hypothesis, Note
from tcpmc.checks.conform.receiving import Branch, host_of
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.variants.variant import RFC9293

CRASH = "3.5.1: this end lost its connection without a word (a crash)"
FIN_WAIT_2_TIMER = "FIN-WAIT-2 timer expires"


def silent(stack: Stack, before: Hypothesis, seen: Seen) -> Iterator[Branch]:
    """What the end can have done unseen before this packet. A SYN,ACK that is owed goes first."""
    if any(owed.segment.SYN for owed in before.owed):
        return
    rules = stack.variant.rules
    tcb = before.tcb
    host = host_of(stack, tcb, seen)
    match before.state:
        case State.CLOSED if not before.owed:
            step = rules.open_passive(host, tcb)
            yield replace(before, tcb=step.tcb), SILENT, (Note(step.rule, "silent"),)
        case State.LISTEN | State.SYN_SENT:
            step = rules.close(host, tcb)
            if step.tcb.state == State.CLOSED:
                yield before.gone(), SILENT, (Note(step.rule, "silent"),)
        case State.TIME_WAIT if elapsed(before, seen) >= stack.time_wait:
            step = rules.time_wait_timeout(host, tcb)
            yield before.gone(step.tcb.state), SILENT, (Note(step.rule, "silent"),)
        case State.FIN_WAIT_2 if (
            stack.fin_wait_2 is not None and elapsed(before, seen) >= stack.fin_wait_2
        ):
            yield before.gone(), SILENT, (Note(FIN_WAIT_2_TIMER, "silent"),)
        case State.ESTABLISHED | State.CLOSE_WAIT | State.SYN_RECEIVED if (
            rules.close != RFC9293.close
        ):
            step = rules.close(host, tcb)
            if not step.send and step.tcb != tcb:
                yield replace(before, tcb=step.tcb), SILENT, (Note(step.rule, "silent"),)
        case _:
            pass
    if before.resent and tcb.snd_una != tcb.snd_nxt:
        step = rules.user_timeout(host, tcb)
        yield before.gone(step.tcb.state), SILENT, (Note(step.rule, "silent"),)


def elapsed(before: Hypothesis, seen: Seen) -> float:
    """Seconds that the state has lasted; without times, any number."""
    if before.since is None or seen.time is None:
        return float("inf")
    return seen.time - before.since


def crash(before: Hypothesis) -> Iterator[Branch]:
    """The host forgets the connection (3.5.1). Where a timer is all that is left, its early end is
    no crash but a timer that is too short; and what is owed goes out before anything else. What
    this end sends has to show it in the end: silence alone is no evidence."""
    if before.owed or before.state in (
        State.CLOSED,
        State.LISTEN,
        State.TIME_WAIT,
        State.FIN_WAIT_2,
    ):
        return
    yield replace(before.gone(), owed=(), unshown=True), ASSUMPTION, (Note(CRASH, "crash"),)
