"""What stands below the table: the verdicts with their reasons, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcpmc.checks.conform.conform import ConnectionReport, EndReport
from tcpmc.checks.conform.explaining import Deviation, Explanation
from tcpmc.checks.conform.hypothesis import Hypothesis
from tcpmc.checks.conform.judge import Judgement
from tcpmc.checks.conform.next_steps import answers, answers_to
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.view import Seen
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State

MEANINGS = {
    "CONFORMS": "the rules explain every packet",
    "CROSSING": "only if packets crossed inside the host",
    "INCOMPLETE": "only if the capture missed packets",
    "DEVIATES": "only with deviations from the rules",
    "UNEXPLAINED": "the rules do not explain it",
    "INCONCLUSIVE": "stopped before the end",
    "DISAGREE": "two ways to explain it differ, which is a bug of tcpmc",
}

WAITS = {
    State.CLOSED: "has no connection",
    State.LISTEN: "waits for a SYN",
    State.SYN_SENT: "waits for a SYN,ACK, and sends its SYN again until it gives up (R2)",
    State.SYN_RECEIVED: "waits for the ACK of its SYN, which it sends again until it gives up (R2)",
    State.ESTABLISHED: "waits for text, or for its user: only CLOSE, a FIN or a reset ends this",
    State.FIN_WAIT_1: "waits for the ACK of its FIN, which it sends again until it gives up (R2)",
    State.FIN_WAIT_2: "waits for the FIN of the other end; in RFC 9293 nothing ends this wait",
    State.CLOSE_WAIT: "waits for its own user to CLOSE; no timer ends this",
    State.CLOSING: "waits for the ACK of its FIN, which it sends again until it gives up (R2)",
    State.LAST_ACK: "waits for the ACK of its FIN, which it sends again until it gives up (R2)",
    State.TIME_WAIT: "waits until 2 MSL are over",
}

ACTS = {
    State.SYN_SENT: "the other end",
    State.SYN_RECEIVED: "the other end",
    State.FIN_WAIT_1: "the other end",
    State.FIN_WAIT_2: "the other end's user (CLOSE)",
    State.CLOSE_WAIT: "this end's user (CLOSE)",
    State.CLOSING: "the other end",
    State.LAST_ACK: "the other end",
    State.TIME_WAIT: "nobody: a timer",
    State.ESTABLISHED: "either user",
}


def verdict_lines(end: EndReport, stack: Stack) -> Iterator[str]:
    """The verdict on one end: strict first, with its packet, and the excuses after it."""
    judgement = end.judgement
    strict, best = judgement.strict, judgement.best
    place = f"{end.endpoint} ({_vantage(judgement)})"
    partial = " PARTIAL" if judgement.partial else ""
    ambiguous = sum(len(t.states) > 1 for t in best.told)
    if best is strict:
        yield f"{place}: {best.verdict}{partial} for {stack.name}: {MEANINGS[best.verdict]}"
    else:
        yield (
            f"{place}: strictly {strict.verdict}{partial} for {stack.name}"
            f"{_at(judgement)}: {MEANINGS[strict.verdict]}"
        )
    for deviation in strict.deviations:
        yield from _deviation(deviation, strict)
    if strict.verdict == "UNEXPLAINED":
        yield from _unexplained(judgement)
    if best is not strict:
        how = _excuse(judgement)
        yield f"  excused, {best.verdict}: {how}"
    for name, value in best.switches:
        yield f"  with {name}={value}, which the RFC leaves open"
    for where, note in best.assumed:
        yield f"  taken for granted at packet {_number(best, where)}: {note.text}"
    for remark in judgement.notes:
        yield f"  {remark}"
    if ambiguous:
        yield f"  AMBIGUOUS after {ambiguous} packet{'s' * (ambiguous > 1)}: all states are shown"
    if best.bounded:
        yield "  bounded: not all explanations were tried"


def _vantage(judgement: Judgement) -> str:
    names = {"near": "captured here", "far": "seen from afar", "middle": "captured anywhere"}
    return names[judgement.vantage]


def _at(judgement: Judgement) -> str:
    if judgement.refused is None:
        return ""
    number = _number(judgement.strict, judgement.refused)
    return f" at packet {number}" if number else " at the end"


def _number(explanation: Explanation, place: int | None) -> int | str:
    """The number in the capture of a place in the view."""
    if place is None or not explanation.told:
        return ""
    if place < len(explanation.told):
        return explanation.told[place].seen.packet.number
    return explanation.told[-1].seen.packet.number


def _deviation(deviation: Deviation, strict: Explanation) -> Iterator[str]:
    number = _number(strict, deviation.packet)
    yield f"  packet {number}: {deviation.text}"
    yield f"    {deviation.requirement}: {deviation.expected}"


def _unexplained(judgement: Judgement) -> Iterator[str]:
    yield "  what this end could have been in, and would have sent:"
    from tcpmc.checks.conform.deviating import would_have_sent

    said = dict.fromkeys(f"    {h.state}: {would_have_sent(h)}" for h in judgement.alternatives)
    yield from list(said)[:4]


def _excuse(judgement: Judgement) -> str:
    best = judgement.best
    if judgement.vantage == "middle" and best.verdict == "CONFORMS":
        return "packets were late or lost on their way to it"
    return MEANINGS[best.verdict]


def closing(connection: ConnectionReport) -> str:
    """Who closed first."""
    for packet in connection.conversation.packets:
        if packet.RST:
            return f"{packet.source} reset the connection first (packet {packet.number})."
        if packet.FIN:
            return f"{packet.source} closed first (packet {packet.number})."
    return "Neither end has closed."


def waits(end: EndReport, stack: Stack) -> Iterator[str]:
    """What the end waits for at the end of the capture, who must act, and when it ends."""
    last = end.judgement.best.last
    for state in dict.fromkeys(h.state for h in last):
        sentence = f"{end.endpoint} is in {state}: it {WAITS[state]}."
        if state == State.TIME_WAIT:
            sentence = (
                f"{end.endpoint} is in TIME-WAIT until {stack.time_wait:g} s or more are over."
            )
        if state in ACTS:
            sentence += f" Who must act: {ACTS[state]}."
        owes = next((h for h in last if h.state == state), None)
        if owes is not None and owes.owed:
            sentence += f" It still owes {owes.owed[0].segment}."
        yield sentence


def next_lines(end: EndReport, stack: Stack, asked: Sequence[tuple[str, Segment]]) -> Iterator[str]:
    """What a further segment would be answered with."""
    told = end.judgement.best.told
    if not told:
        return
    seen: Seen = told[-1].seen
    last: tuple[Hypothesis, ...] = end.judgement.best.last
    if asked:
        for text, segment in asked:
            yield f"{end.endpoint}, on {text}: " + " or ".join(
                answers_to(stack, last, segment, seen)
            )
        return
    for kind, reply in answers(stack, last, seen):
        yield f"{end.endpoint}, on {kind}: {reply}"
