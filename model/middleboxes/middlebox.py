"""A middlebox beside an end: it sees both directions, and lets pass, drops, or answers by RST."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from tcpmc.model.endpoint.segment import Segment

Entry = Hashable
"""What a middlebox remembers of the connection; None where it has nothing."""


@dataclass(frozen=True, slots=True)
class Transit:
    """A segment at a middlebox: `inward` if it is on its way to the end beside which the box
    stands, and RCV.WND in octets of the end that sent it."""

    segment: Segment
    inward: bool
    window: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What a middlebox does with a segment: what it remembers after it, whether it lets the segment
    pass, by which of its rules, and a segment with which it answers the sender."""

    entry: Entry
    passes: bool
    rule: str
    reply: Segment | None = None


@dataclass(frozen=True)
class Middlebox:
    """A middlebox as pure functions of what it remembers.

    name, title
        Its name, and what it is in one line, with the source.
    sees
        What it does with a segment.
    forgets
        What it remembers after the connection was silent for longer than it waits; the same entry
        where it waits for ever. Time is not counted: an idle time may end at any moment.
    established, is_empty
        Whether it takes the connection for established; whether it has none.
    """

    name: str
    title: str
    sees: Callable[[Entry, Transit], Passage]
    forgets: Callable[[Entry], Entry] = field(default=lambda entry: entry)
    established: Callable[[Entry], bool] = field(default=lambda entry: False)
    is_empty: Callable[[Entry], bool] = field(default=lambda entry: entry is None)
