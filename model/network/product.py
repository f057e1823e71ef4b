"""A state of the product of two endpoints and two channels, and what can happen in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb
from tcpmc.model.middleboxes.middlebox import Entry
from tcpmc.model.network.channel import Contents, Flight
from tcpmc.model.network.history import History
from tcpmc.model.network.incarnations import FIRST, About, Incarnation

OWN_EVENTS = (
    EventKind.ACTIVE_OPEN,
    EventKind.PASSIVE_OPEN,
    EventKind.SEND,
    EventKind.CLOSE,
    EventKind.ABORT,
    EventKind.CRASH,
    EventKind.TIME_WAIT_TIMEOUT,
    EventKind.RETRANSMISSION_TIMEOUT,
    EventKind.USER_TIMEOUT,
)
OPENS = (EventKind.ACTIVE_OPEN, EventKind.PASSIVE_OPEN)
NO_SEGMENT = Segment(Seq(0), Seq(0))


@dataclass(frozen=True, slots=True)
class Dropped:
    """The segment that the middlebox beside an end dropped in the end's last step: one that arrived
    (`inward`), or one that the end sent. Ghost: only properties read it."""

    segment: Segment
    inward: bool


@dataclass(frozen=True, slots=True)
class End:
    """One endpoint: its TCB, its clocks in ticks, and the history that only properties read.

    `time_wait` counts since TIME-WAIT was (re)started, `rexmt` since the front of the
    retransmission queue was last sent, `retries` how often it was sent again. `incarnation` is
    kept where there can be several connections. `entry` is what the middlebox beside the end
    remembers, `dropped` what it has just dropped.
    """

    tcb: Tcb
    history: History = History()
    time_wait: int = 0
    rexmt: int = 0
    retries: int = 0
    incarnation: Incarnation = FIRST
    entry: Entry = None
    dropped: Dropped | None = None

    @property
    def state(self) -> State:
        """The state of the connection at this end."""
        return self.tcb.state

    @property
    def dropped_inward(self) -> bool:
        """Whether the last step was that the middlebox dropped a segment on its way to the end."""
        return self.dropped is not None and self.dropped.inward


@dataclass(frozen=True, slots=True)
class System:
    """Both ends, and the channel that leads away from each."""

    ends: tuple[End, End]
    channels: tuple[Contents, Contents] = ((), ())

    def in_flight(self, which: Callable[[Segment], bool], younger: int | None = None) -> bool:
        """Whether a segment of that kind is in either channel; with the clock on, one that is
        `younger` than so many ticks."""
        return any(
            which(flight.segment)
            for contents in self.channels
            for flight in contents
            if younger is None or flight.age < younger
        )

    def after(self, which: int, end: End, contents: Contents) -> System:
        """With one end and the channel that leads away from it replaced."""
        (a, b), (ab, ba) = self.ends, self.channels
        return System((end, b), (contents, ba)) if which == 0 else System((a, end), (ab, contents))


@dataclass(frozen=True, slots=True)
class Event:
    """What happens: `deliver` at `end`; `lose`, `duplicate`, `expire` in the channel from `end`;
    a user call or a timeout at `end`; or a `tick` of every clock (`end` is then 0). `forge` is a
    forged segment's arrival at `end`. `offset` tells OPENs apart that choose different ISSs."""

    kind: EventKind
    end: int = 0
    flight: Flight | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A step of one end by itself or on a segment, with what the segments sent are about.

    `settled`: only once the other end and the network are through with the connection (the `quiet`
    reading of TIME-WAIT). `quiet`: only once nothing is in flight (the quiet time after a crash).
    """

    event: EventKind
    step: Step
    end: End
    about: About = (0, 0)
    settled: bool = False
    quiet: bool = False
    flight: Flight | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class EndStep:
    """One step of one end, as far as its rules see it.

    `event` is a user call, a timeout, or `deliver`; `tcb` the TCB before it, and `segment` what
    arrives. A call or a timeout has a segment without any control bit, `NO_SEGMENT`. `history` is
    that of the end before the step, where it comes out of a run.
    """

    host: Host
    event: EventKind
    tcb: Tcb
    segment: Segment
    step: Step
    history: History = History()

    @property
    def arrives(self) -> bool:
        """Whether a segment arrives."""
        return self.event == EventKind.DELIVER

    @property
    def after(self) -> Tcb:
        """The TCB after the step."""
        return self.step.tcb
