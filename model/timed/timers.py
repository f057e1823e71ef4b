"""The timers of an end in dense time: when each is started, while what it runs, what it ends in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import State, Tcb


@dataclass(frozen=True)
class TimedEnd:
    """One end: its TCB, how many keepalive probes are unanswered, and whether it vanished."""

    tcb: Tcb
    probes: int = 0
    vanished: bool = False

    @property
    def unacknowledged(self) -> bool:
        """Whether something that was sent is not acknowledged."""
        return self.tcb.snd_una != self.tcb.snd_nxt


@dataclass(frozen=True)
class TimedChange:
    """What an event does to an end, and whether it starts the timer of TIME-WAIT."""

    event: EventKind
    before: TimedEnd
    after: TimedEnd
    starts_time_wait: bool


@dataclass(frozen=True)
class Timer:
    """A timer: `length` after it was started, if it runs until then, `event` happens.

    name
        Of the moment at which it was started last.
    length
        The parameter.
    event
        At the latest then, if it is `early`; None for a time that is only watched.
    what
        What it measures, in words.
    ends
        Those that have it.
    """

    name: str
    length: str
    event: EventKind | None
    what: str
    runs: Callable[[TimedEnd], bool]
    starts: Callable[[TimedChange], bool]
    early: bool = False
    ends: tuple[int, ...] = (0, 1)

    @property
    def ended(self) -> str:
        """That it has run its length, in words."""
        return f"{self.what} ends" if self.event else f"{self.what} has lasted {self.length}"


def _in(state: State) -> Callable[[TimedEnd], bool]:
    return lambda end: end.tcb.state == state


def _unacknowledged(end: TimedEnd) -> bool:
    return end.unacknowledged


def _begins(runs: Callable[[TimedEnd], bool]) -> Callable[[TimedChange], bool]:
    return lambda it: runs(it.after) and not runs(it.before)


_fin_wait_2, _close_wait = _in(State.FIN_WAIT_2), _in(State.CLOSE_WAIT)
TIME_WAIT = Timer(
    "time-wait", "T", EventKind.TIME_WAIT_TIMEOUT, "TIME-WAIT",
    _in(State.TIME_WAIT), lambda it: it.starts_time_wait or _begins(_in(State.TIME_WAIT))(it),
)  # fmt: skip
USER = Timer(
    "fin", "R", EventKind.USER_TIMEOUT, "the wait for an ACK",
    _unacknowledged, _begins(_unacknowledged),
)  # fmt: skip
FIN_WAIT_2 = Timer(
    "fin-wait-2", "F", EventKind.FIN_WAIT_2_TIMEOUT, "FIN-WAIT-2", _fin_wait_2, _begins(_fin_wait_2)
)
CLOSE_WAIT = Timer(
    "close-wait", "C", EventKind.CLOSE, "CLOSE-WAIT", _close_wait, _begins(_close_wait), early=True
)
FIN_WAIT_2_SO_FAR = replace(FIN_WAIT_2, name="in-fin-wait-2", length="D", event=None)
FIN_SO_FAR = replace(USER, name="first-fin", length="D", event=None)
VANISHED = Timer(
    "vanished", "D", None, "the other end's absence",
    lambda end: end.vanished, lambda it: it.event == EventKind.VANISHES, ends=(1,),
)  # fmt: skip


def keepalive(probes: int) -> tuple[Timer, ...]:
    """The timers of keepalive at end 0: a probe after IDLE without a segment, so many of them INTVL
    apart, and INTVL after the last the connection is given up (RFC 9293, 3.8.4; Linux)."""

    def idle(end: TimedEnd) -> bool:
        return end.tcb.state == State.ESTABLISHED and end.probes == 0

    def probed(it: TimedChange) -> bool:
        return it.event == EventKind.KEEPALIVE_PROBE

    return (
        Timer("heard", "IDLE", EventKind.KEEPALIVE_PROBE, "the idle time",
              idle, lambda it: it.event == EventKind.DELIVER, ends=(0,)),
        Timer("probed", "INTVL", EventKind.KEEPALIVE_PROBE, "the interval",
              lambda end: 0 < end.probes < probes, probed, ends=(0,)),
        Timer("probed", "INTVL", EventKind.KEEPALIVE_TIMEOUT, "the interval",
              lambda end: end.probes == probes, probed, ends=(0,)),
    )  # fmt: skip
