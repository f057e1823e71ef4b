"""Logs with flags only: the readings that numbers could give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tcpmc.captures import Endpoint, Packet
from tcpmc.checks.conform.explaining import Explanation, Told
from tcpmc.checks.conform.judge import Judgement

MOST_READINGS = 64
FIRST = {0: 100, 1: 300}
SEVERITY = (
    *("CONFORMS", "CROSSING", "INCOMPLETE", "DEVIATES", "UNEXPLAINED", "INCONCLUSIVE", "DISAGREE"),
)


def without_numbers(packets: Sequence[Packet]) -> bool:
    """Whether no packet has a sequence number, so that there is more than one reading."""
    return bool(packets) and all(p.seq is None for p in packets)


def readings(packets: Sequence[Packet], ends: tuple[Endpoint, Endpoint]) -> list[list[Packet]]:
    """The packets with numbers, in each way that is consistent: each ACK is of some of what the
    other end has sent so far, and of no less than the one before. Text counts one octet where PSH
    says that there is some."""
    return [found for found, _ in zip(_read(packets, ends), range(MOST_READINGS), strict=False)]


def _read(packets: Sequence[Packet], ends: tuple[Endpoint, Endpoint]) -> Iterator[list[Packet]]:
    """Depth first, the latest ACKs before the others."""
    begun = (FIRST[0], FIRST[1])
    todo = [((), begun, begun[::-1], (begun[:1], begun[1:]))]
    while todo:
        done, following, acked, marks = todo.pop()
        if len(done) == len(packets):
            yield list(done)
            continue
        packet = packets[len(done)]
        own = 0 if packet.source == ends[0] else 1
        other = 1 - own
        length = packet.length if packet.length is not None else int(packet.PSH)
        end = following[own] + length + packet.SYN + packet.FIN
        choices = [m for m in marks[other] if m >= acked[own]] if packet.ACK else [0]
        for ack in choices:
            told = packet._replace(
                seq=following[own], ack=ack if packet.ACK else None, length=length
            )
            after = (end, following[1]) if own == 0 else (following[0], end)
            high = max(ack, acked[own])
            now = (high, acked[1]) if own == 0 else (acked[0], high)
            grown = marks[own] if end == following[own] else (*marks[own], end)
            both = (grown, marks[1]) if own == 0 else (marks[0], grown)
            todo.append(((*done, told), after, now, both))  # type: ignore[arg-type]


def merged(judgements: Sequence[Judgement]) -> Judgement:
    """One judgement of several readings: the states of all that are explained best."""
    least = min(judgements, key=lambda j: SEVERITY.index(j.strict.verdict))
    best = _union([j.best for j in judgements])
    strict = best if least.strict.verdict == best.verdict else least.strict
    return replace(least, strict=strict, best=best)


def _union(explanations: Sequence[Explanation]) -> Explanation:
    first = explanations[0]
    rows = zip(*(e.told for e in explanations), strict=False)
    told = tuple(
        Told(
            row[0].seen,
            tuple(dict.fromkeys(state for one in row for state in one.states)),
            tuple(dict.fromkeys(rule for one in row for rule in one.rules)),
            row[0].granted,
        )
        for row in rows
    )
    last = tuple(dict.fromkeys(h for e in explanations for h in e.last))
    return replace(first, told=told, last=last)


def severity(judgement: Judgement) -> int:
    """How bad the verdict is."""
    return SEVERITY.index(judgement.verdict)
