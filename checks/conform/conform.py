"""A capture held against a stack's rules: each end of each connection, by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from tcpmc.captures import Endpoint, Packet
from tcpmc.captures.summary import Summary
from tcpmc.checks.conform.both_ends import with_what_arrived
from tcpmc.checks.conform.columns import columns_of
from tcpmc.checks.conform.conversations import Conversation, conversations
from tcpmc.checks.conform.explaining import Explanation
from tcpmc.checks.conform.judge import Judgement, judged, strictly_explained
from tcpmc.checks.conform.long import LONG
from tcpmc.checks.conform.readings import merged, readings, severity, without_numbers
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.taps import near_taps
from tcpmc.checks.conform.vantage import Vantage, guessed
from tcpmc.checks.conform.view import Seen, view_of


@dataclass(frozen=True)
class EndReport:
    """One end of a connection: where it is, and the verdict on it."""

    endpoint: Endpoint
    judgement: Judgement


@dataclass(frozen=True)
class ConnectionReport:
    """One connection, or several one after the other between the same endpoints: both verdicts,
    and where the capture was made. `incarnations` sums each of them up; `like` says that the
    verdicts are those of an earlier connection with the same packets, which the judgements show."""

    conversation: Conversation
    vantage: Vantage
    ends: tuple[EndReport, EndReport]
    incarnations: tuple[Summary, ...] = ()
    like: bool = False

    @property
    def number(self) -> int:
        """Its number in the capture, from 1."""
        return self.conversation.number


@dataclass(frozen=True)
class Report:
    """What a capture tells, connection by connection, held against one stack."""

    stack: Stack
    connections: tuple[ConnectionReport, ...]


def conform(
    packets: Iterable[Packet], stack: Stack, at: str | None = None, timeout: float | None = None
) -> Report:
    """The report on all packets. `at` says where the capture was made: an address, `middle`, or
    `both` ends; without it, it is guessed. `timeout`, in seconds, is for each end."""
    found = conversations(packets)
    times = [p.time for c in found for p in c.packets if p.time is not None]
    until = max(times) / 1e9 if times else None
    return Report(stack, tuple(connection(c, stack, at, until, timeout) for c in found))


def connection(
    conversation: Conversation,
    stack: Stack,
    at: str | None = None,
    until: float | None = None,
    timeout: float | None = None,
) -> ConnectionReport:
    """The verdicts on both ends of one conversation. `until` is when the capture ended, in
    seconds."""
    if without_numbers(conversation.packets):
        return _of_readings(conversation, stack, at, until, timeout)
    vantage = where(conversation, at)
    by_end = near_taps(conversation) if at is None else {}
    if len(by_end) == 2:
        vantage = Vantage((True, True), ("there is a capture at each end",))
    seen: list[Sequence[Packet]] = [conversation.packets, conversation.packets]
    if len(by_end) == 2:
        seen = [[p for p in seen[i] if (p.file, p.interface) == by_end[i]] for i in (0, 1)]
    reports = []
    for index, endpoint in enumerate(conversation.ends):
        place = vantage.at(index) if any(vantage.near) else "middle"
        deadline = None if timeout is None else monotonic() + timeout
        judgement = judged(_view(seen[index], endpoint), stack, place, until, deadline)
        if len(by_end) == 2:
            here, there = seen[index], seen[1 - index]
            explained = partial(_explained, end=endpoint, stack=stack)
            judgement = with_what_arrived(judgement, here, there, endpoint, explained)
        reports.append(EndReport(endpoint, judgement))
    return ConnectionReport(conversation, vantage, (reports[0], reports[1]))


def _explained(packets: Sequence[Packet], end: Endpoint, stack: Stack) -> Explanation | None:
    """What strictly explains the packets that one end has seen."""
    return strictly_explained(view_of(packets, end), stack)


def _view(packets: Sequence[Packet], end: Endpoint) -> Sequence[Seen]:
    """The packets as an end has seen them; in columns, where there are many."""
    many = columns_of(packets, end) if len(packets) >= LONG else None
    return view_of(packets, end) if many is None else many


def _of_readings(
    conversation: Conversation,
    stack: Stack,
    at: str | None,
    until: float | None,
    timeout: float | None,
) -> ConnectionReport:
    """The verdicts on packets without numbers: those of all readings that are explained best."""
    reports = [
        connection(replace(conversation, packets=packets), stack, at, until, timeout)
        for packets in readings(conversation.packets, conversation.ends)
    ]
    worst = [sum(severity(end.judgement) for end in report.ends) for report in reports]
    best = [r for r, worse in zip(reports, worst, strict=True) if worse == min(worst)]
    first, second = (
        EndReport(best[0].ends[index].endpoint, merged([r.ends[index].judgement for r in best]))
        for index in (0, 1)
    )
    evidence = (f"the packets have no numbers: {len(best)} readings", *best[0].vantage.evidence)
    vantage = replace(best[0].vantage, evidence=evidence)
    return ConnectionReport(best[0].conversation, vantage, (first, second))


def where(conversation: Conversation, at: str | None) -> Vantage:
    """The vantage point that was told, or the guess."""
    if at is None:
        return guessed(conversation.packets, conversation.ends)
    if at == "both":
        return Vantage((True, True), ("as --at says",))
    near = tuple(at in (str(end), end.address) for end in conversation.ends)
    return Vantage((near[0], near[1]), ("as --at says",))
