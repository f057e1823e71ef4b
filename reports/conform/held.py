"""What `tcpmc conform` found, as the formats are given it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tcpmc.checks.conform.conform import ConnectionReport, EndReport, Report
from tcpmc.checks.conform.explaining import Deviation, Explanation
from tcpmc.model.endpoint.segment import Segment

WRONG = ("DEVIATES", "UNEXPLAINED", "DISAGREE")
UNSETTLED = ("INCOMPLETE", "INCONCLUSIVE")


@dataclass(frozen=True)
class Held:
    """A report, the files that it is on, what is asked of a further segment, the numbers of the
    connections that are to be told in full (None: as it seems best), and what to type for it."""

    report: Report
    files: tuple[str, ...] = ()
    then: tuple[tuple[str, Segment], ...] = ()
    told: tuple[int, ...] | None = None
    command: str = "tcpmc conform"

    @property
    def ends(self) -> list[tuple[ConnectionReport, EndReport]]:
        """Every end, with its connection."""
        return [(one, end) for one in self.report.connections for end in one.ends]


def refused_at(end: EndReport) -> int | None:
    """The number of the first packet that strictly nothing explains; None where there is none, or
    where it is what did not come until the end."""
    place, strict = end.judgement.refused, end.judgement.strict
    told = (
        strict.told if len(strict.told) >= len(end.judgement.best.told) else end.judgement.best.told
    )
    if place is None or place >= len(told):
        return None
    return told[place].seen.packet.number


def packet_of(deviation: Deviation, explanation: Explanation) -> int | None:
    """The number in the capture of the packet that a deviation is about."""
    place = deviation.packet
    if place is None or place >= len(explanation.told):
        return None
    return explanation.told[place].seen.packet.number


def faults(end: EndReport) -> list[tuple[int | None, str, str]]:
    """What is wrong at an end, strictly: the packet, a sentence, and the requirement or ""."""
    strict = end.judgement.strict
    if strict.verdict == "UNEXPLAINED":
        return [(refused_at(end), "nothing in the rules explains this packet", "")]
    return [
        (packet_of(d, strict), f"{d.text}; expected: {d.expected}", d.requirement)
        for d in strict.deviations
    ]


def table_of(connections: Sequence[ConnectionReport]) -> list[list[str]]:
    """A row for each connection: number, ends, packets, who opened, who closed first, how it ended,
    Zeek's conn_state and history, and the verdict on each end (on all connections between the same
    endpoints that follow one another closely)."""
    rows = []
    for one in connections:
        verdicts = [end.judgement.verdict for end in one.ends]
        for line in one.incarnations:
            left, right = line.ends
            same = (left, right) == tuple(end.endpoint for end in one.ends)
            opened = "both" if line.both_opened else _end(line.opened)
            rows.append(
                [
                    str(line.number),
                    str(left),
                    str(right),
                    str(sum(line.packets)),
                    opened,
                    _end(line.closed_first),
                    line.ended,
                    line.conn_state,
                    line.history,
                    *(verdicts if same else verdicts[::-1]),
                ]
            )
    return rows


TITLES = (
    *("", "end 1", "end 2", "packets", "opened", "closed", "ended", "conn_state", "history"),
    *("verdict 1", "verdict 2"),
)


def _end(index: int | None) -> str:
    return "" if index is None else f"{index + 1}"
