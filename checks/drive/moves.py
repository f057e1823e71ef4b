"""What can be done to a stack: a call, a segment that arrives, time that passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tcpmc.stacks.stack import Call

Spot = Literal["left outside", "left edge", "inside", "right edge", "right outside"]
PLACES: tuple[Spot, ...] = ("left outside", "left edge", "inside", "right edge", "right outside")
"""Where SEG.SEQ is in the receive window; outside to the left, the segment ends before it."""

Field = Literal["", "too old", "old", "again", "good", "beyond"]
FIELDS: tuple[Field, ...] = ("too old", "old", "again", "good", "beyond")
"""SEG.ACK: before SND.UNA - MAX.SND.WND, before SND.UNA, SND.UNA, SND.NXT, or what is not sent."""

Stamp = Literal["", "old", "new"]
Timer = Literal["retransmission timeout", "TIME-WAIT timeout"]

KINDS = ("SYN", "SYN,ACK", "ACK", "FIN", "FIN,ACK", "RST", "RST,ACK", "SYN,FIN", "text")
"""The nine kinds of segments, by their control bits; text has an ACK."""

TEXT, INSIDE = 4, 10
"""Octets of text in a segment, and between RCV.NXT and one that begins inside the window."""


def has_ack(kind: str) -> bool:
    """Whether segments of this kind have the ACK bit."""
    return kind == "text" or "ACK" in kind


@dataclass(frozen=True)
class UserCall:
    """A call of the user."""

    call: Call
    octets: int = 1

    def __str__(self) -> str:
        return self.call


@dataclass(frozen=True)
class Arrival:
    """A segment that arrives, with numbers relative to what the stack has told of its own.
    `stamp`, in a connection with timestamps, is older than TS.Recent, or not."""

    kind: str
    place: Spot = "left edge"
    ack: Field = ""
    stamp: Stamp = ""
    octets: int = TEXT

    @property
    def controls(self) -> str:
        """The control bits."""
        return "ACK" if self.kind == "text" else self.kind

    @property
    def length(self) -> int:
        """Octets of text."""
        return self.octets if self.kind == "text" else 0

    def __str__(self) -> str:
        told = [f"SEQ {self.place}"]
        told += [f"ACK {self.ack}"] if self.ack else []
        told += [f"timestamp {self.stamp}"] if self.stamp else []
        return f"{self.kind} ({', '.join(told)})"


@dataclass(frozen=True)
class Timeout:
    """Time passes until a timer expires."""

    timer: Timer

    def __str__(self) -> str:
        return self.timer


Move = UserCall | Arrival | Timeout


def kind_of(move: Move) -> str:
    """The column of the table that a move belongs to."""
    return move.kind if isinstance(move, Arrival) else str(move)
