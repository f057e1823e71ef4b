"""A stack under test: what is asked of it, whatever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

from tcpmc.captures.packet import Endpoint

Call = Literal["passive OPEN", "active OPEN", "SEND", "CLOSE", "ABORT"]
CALLS: tuple[Call, ...] = ("passive OPEN", "active OPEN", "SEND", "CLOSE", "ABORT")
"""The calls of RFC 9293, 3.10, by the names of the model's events."""


class NotHere(Exception):
    """What this machine lacks for an adapter, in one line: what it is, and how to get it."""


class Impossible(Exception):
    """A call that cannot be made where the connection is, whoever would make it; says why."""


class Broken(Exception):
    """A stack that does not answer, or answers what the interface does not have."""


class StackUnderTest(ABC):
    """One end of a wire.

    `local` and `remote` are the endpoints of the connection that is driven. `virtual` says that
    `wait` advances a clock of the stack's own, and takes no time. `stamps` says that timestamps
    may be used. `reports` says that `state`
    tells the state; where it does not, only segments are judged.
    """

    name: str
    local: Endpoint
    remote: Endpoint
    virtual: bool = False
    reports: bool = True
    stamps: bool = True

    @abstractmethod
    def fresh(self, local: Endpoint | None = None, remote: Endpoint | None = None) -> None:
        """Forget every connection without a segment. The next one is between these endpoints; the
        stack chooses those that are not given."""

    @abstractmethod
    def call(self, call: Call, octets: int = 1) -> str:
        """Make a call of the user. Returns what the stack says against it, or ""."""

    @abstractmethod
    def deliver(self, datagram: bytes) -> None:
        """A datagram arrives at the stack."""

    @abstractmethod
    def emitted(self) -> Sequence[bytes]:
        """What the stack has sent since it was asked last, in that order."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Let time pass: at most `seconds`, or until something is sent."""

    def without_timestamps(self) -> None:
        """From now on no timestamps are offered or taken: they tell time, which no seed repeats."""
        self.stamps = False

    def state(self) -> str | None:
        """The state of the connection, as RFC 9293 spells it; None where it is not told."""
        return None

    def end_time_wait(self) -> bool:
        """End TIME-WAIT as its timer does; False where only time can."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Give everything back; nothing is left behind."""
