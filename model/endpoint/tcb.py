"""The eleven states, the transmission control block, what the user is told, and what a rule
returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq


class State(StrEnum):
    """The states of a connection, spelled as RFC 9293, 3.3.2 spells them."""

    CLOSED = "CLOSED"
    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"


SYNCHRONIZED = (
    State.ESTABLISHED,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
    State.CLOSING,
    State.LAST_ACK,
    State.TIME_WAIT,
)
UNSYNCHRONIZED = (State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED)
"""RFC 9293, 3.5.3: the states before and after both ends have agreed on their numbers."""

UNCONNECTED = (State.CLOSED, State.LISTEN)
"""The states in which there is no other end."""

TAKES_TEXT = (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)
"""The states in which text is taken (RFC 9293, 3.10.7.4, seventh)."""

FIN_TAKEN = (State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK)
"""The states that only the other end's FIN leads to, and in which the connection is not over."""

FIN_UNACKNOWLEDGED = (State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
"""The states in which our FIN has been sent and not yet been acknowledged."""

FIN_SENT_STATES = FIN_UNACKNOWLEDGED
"""The former name of these, in variant files."""


class Signal(Enum):
    """What the user is told, in the words of RFC 9293, 3.10."""

    CONNECTION_RESET = "error: connection reset"
    CONNECTION_REFUSED = "error: connection refused"
    CONNECTION_CLOSING = "connection closing"
    CONNECTION_EXISTS = "error: connection already exists"
    NO_CONNECTION = "error: connection does not exist"
    CLOSING = "error: connection closing"
    INSUFFICIENT_RESOURCES = "error: insufficient resources"
    USER_TIMEOUT = "error: connection aborted due to user timeout"

    def __str__(self) -> str:
        return self.value

    @property
    def error(self) -> str:
        """What an error says, without the word; "" where the signal is none."""
        return "" if self == Signal.CONNECTION_CLOSING else self.value.removeprefix("error: ")


CONNECTION_RESET = Signal.CONNECTION_RESET
CONNECTION_REFUSED = Signal.CONNECTION_REFUSED
CONNECTION_CLOSING = Signal.CONNECTION_CLOSING
"""The signals of SEGMENT ARRIVES, by the names that rules and variant files use."""


@dataclass(frozen=True, slots=True)
class Tcb:
    """The transmission control block (RFC 9293, 3.3.1).

    `queued` counts the octets given to SEND, and `close_queued` says whether CLOSE was called,
    before the connection was ready for them. `passive` remembers that SYN-RECEIVED came from
    LISTEN (note 1 of Figure 5), and `reopened` the TIME-WAIT that it came from instead (MAY-2).
    `ts_recent` is TS.Recent (RFC 7323). Of a connection that does not exist nothing is left
    (`delete_tcb`).

    What was received out of order and is held for later (SHLD-31) is one range: `gap` octets beyond
    RCV.NXT are missing before it, then come `held` octets of text, and FIN if `held_fin`. Nothing
    is held where `gap` is 0; a FIN then has its number at RCV.NXT, and is about to be processed.
    """

    state: State
    iss: Seq
    irs: Seq
    snd_una: Seq
    snd_nxt: Seq
    rcv_nxt: Seq
    passive: bool = False
    queued: int = 0
    close_queued: bool = False
    ts_recent: int = 0
    reopened: Tcb | None = None
    gap: int = 0
    held: int = 0
    held_fin: bool = False


def empty_tcb(state: State, bits: int) -> Tcb:
    """A TCB in `state` with no numbers in it yet."""
    zero = Seq(0, bits)
    return Tcb(state, zero, zero, zero, zero, zero)


def delete_tcb(tcb: Tcb) -> Tcb:
    """ "Delete the TCB, enter the CLOSED state": nothing is remembered."""
    return empty_tcb(State.CLOSED, tcb.iss.bits)


JOINT = " + "
"""What stands between the labels of a step where they are one text."""


@dataclass(frozen=True, slots=True, init=False)
class Step:
    """What a rule did: the labels of what applied, in order, each a citation; the TCB afterwards;
    and what it sends and signals.

    `done` is False where the RFC says "continue processing". `starts_time_wait` says that the
    2 MSL timer is started, or started anew; where TIME-WAIT is entered it starts in any case. A
    rule gives its one label as text:
    `Step("3.10.7.1: RST discarded", tcb)`, or `replace(step, rules=("my stack: RST ignored",))`.

    Raises ValueError for a signal that the RFC does not have: properties and reports know a signal
    by what it is, not by how it is spelled.
    """

    rules: tuple[str, ...]
    tcb: Tcb
    send: tuple[Segment, ...]
    signals: tuple[Signal, ...]
    done: bool
    starts_time_wait: bool

    def __init__(  # noqa: PLR0913, PLR0917 -- those of the fields, in their order
        self,
        rule: str | None = None,
        tcb: Tcb | None = None,
        send: tuple[Segment, ...] = (),
        signals: tuple[Signal, ...] = (),
        done: bool = True,
        starts_time_wait: bool = False,
        *,
        rules: tuple[str, ...] = (),
    ) -> None:
        # `replace(step, rule="...")` gives the old rules too: the text is what was meant.
        if rule is not None:
            rules = _labels(rule)
        if tcb is None:
            raise TypeError("Step() misses its tcb")
        if not isinstance(signals, tuple):
            raise ValueError(f"signals={signals!r}: give a tuple of Signal members")
        for signal in signals:
            if not isinstance(signal, Signal):
                names = ", ".join(f"Signal.{member.name}" for member in Signal)
                raise ValueError(f"unknown signal {signal!r}; one of {names}")
        for name, value in (
            *(("rules", rules), ("tcb", tcb), ("send", send), ("signals", signals)),
            *(("done", done), ("starts_time_wait", starts_time_wait)),
        ):
            object.__setattr__(self, name, value)

    @property
    def rule(self) -> str:
        """The labels as one text."""
        return JOINT.join(self.rules)

    def then(self, later: Step) -> Step:
        """This step and the one that continued it, as one step."""
        return Step(
            rules=self.rules + later.rules,
            tcb=later.tcb,
            send=self.send + later.send,
            signals=self.signals + later.signals,
            done=later.done,
            starts_time_wait=self.starts_time_wait or later.starts_time_wait,
        )


def _labels(rule: str) -> tuple[str, ...]:
    """The labels in a text such as `Step.rule`: none in the empty one."""
    if not isinstance(rule, str):
        return (rule,)  # whoever runs a user's rules says what is wrong with it
    return tuple(rule.split(JOINT)) if rule else ()


def continue_processing(tcb: Tcb) -> Step:
    """The check found nothing to do: continue processing."""
    return Step("", tcb, done=False)


def ack(tcb: Tcb) -> Segment:
    """`<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`"""
    return Segment(tcb.snd_nxt, tcb.rcv_nxt, ACK=True)


def fin_acknowledged(tcb: Tcb) -> bool:
    """Whether everything sent is acknowledged; in a state that follows our FIN, that FIN too."""
    return tcb.snd_una == tcb.snd_nxt


def transmit(tcb: Tcb, octets: int = 0, fin: bool = False) -> tuple[Tcb, Segment]:
    """Send new text, FIN, or both; SND.NXT advances over them."""
    segment = Segment(tcb.snd_nxt, tcb.rcv_nxt, octets, ACK=True, FIN=fin)
    return replace(tcb, snd_nxt=tcb.snd_nxt + segment.len), segment


blank, closed, go_on = empty_tcb, delete_tcb, continue_processing
"""Former names of these, in variant files."""
