"""The bounds within which a question is decided exhaustively."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from tcpmc.model.endpoint.switches import check_switches

LOSSES = ("any", "not-acks", "none")
ChannelKind = Literal["bag", "fifo", "sent-set"]
Start = Literal["closed", "established"]
IssPolicy = Literal["same", "clock", "new", "any"]
Side = Literal["both", "A", "B"]
Listener = Literal["none", "both", "A", "B"]
CHANNELS, STARTS, POLICIES, SIDES = map(get_args, (ChannelKind, Start, IssPolicy, Side))
LISTENERS = get_args(Listener)
MOST_CAPACITY = 8
NUMBER = r"(0|[1-9]\d*)"
SEGMENT = re.compile(
    rf"<SEQ={NUMBER}>(<ACK={NUMBER}>)?(<DATA={NUMBER}>)?"
    rf"<CTL=(SYN|RST|((SYN|FIN|RST),)?ACK)>(<TSval={NUMBER}>)?"
)
"""A segment as the model writes it, and no other spelling: that would never be in flight."""


@dataclass(frozen=True)
class Scope:
    """Bounds and channel of one exploration.

    bits, iss
        Sequence numbers are modulo 2**bits; `iss` holds the initial send sequence number of each
        end.
    channel, capacity
        One direction of the network: `bag` reorders, `fifo` does not, and both hold at most
        `capacity` segments: the runs explored are those in which never more are in flight.
        `sent-set` is unbounded: it holds every segment ever sent, so it loses, duplicates and
        reorders.
    loss, duplication
        `any` segment can be lost; `not-acks`: every segment but a bare acknowledgment; `none`; or
        only the one that is given, as `<SEQ=102><ACK=302><CTL=ACK>`. Duplication is on or off.
    data, opens, aborts, crashes
        What the user of each end may do: octets given to SEND, OPEN calls, ABORT calls (or not),
        silent crashes.
    isn
        How a second connection between the same ends is numbered: the `same` ISS again; by a
        `clock`, beyond the connection before (RFC 9293, 3.4.1), which a crash sets back to where
        it first began; by a clock that survives a crash, always `new`; or `any` number of it.
    sender, closer
        Which user calls SEND, and which calls CLOSE first: `both` may, or only `A` or `B`.
    shared_address
        The second connection of A is that of another host behind the same address.
    listener
        At which end a listener stands: where its connection is gone, other than by a crash, it is
        in LISTEN at once, while there are OPENs left.
    attacks
        How many forged segments, by guessed numbers, may arrive at each end.
    retransmissions
        How often a segment may be retransmitted before the user timeout; None: for ever.
    prompt
        All that is in flight arrives, or is lost, before a segment is retransmitted, the user
        timeout comes, or a user OPENs again: each takes longer than any way there and back.
    start
        Both ends `closed`, or `established` with nothing in flight.
    clock, msl, time_wait, rto
        With the clock on time is counted in ticks: a segment can be delivered while its age is at
        most `msl`; TIME-WAIT lasts `time_wait`; two transmissions of the same octets are `rto` or
        more apart, exactly `rto` where `retransmissions` limits their number.
    """

    name: str
    bits: int = 10
    iss: tuple[int, int] = (100, 300)
    channel: ChannelKind = "bag"
    capacity: int = 2
    loss: str = "any"
    duplication: bool = True
    data: int = 1
    opens: int = 1
    aborts: bool = False
    crashes: int = 0
    isn: IssPolicy = "same"
    sender: Side = "both"
    closer: Side = "both"
    shared_address: bool = False
    attacks: int = 0
    retransmissions: int | None = None
    start: Start = "closed"
    clock: bool = False
    msl: int = 2
    time_wait: int = 4
    rto: int = 1
    listener: Listener = "none"
    prompt: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a bound that makes no sense, with what is allowed."""
        _between("bits", self.bits, 5, 32)
        if not isinstance(self.iss, tuple) or len(self.iss) != 2:
            raise ValueError(f"iss={self.iss!r}: choose two numbers, one for each end")
        for iss in self.iss:
            _between("iss", iss, 0, 2**self.bits - 1)
        check_switches(self)
        if self.loss not in LOSSES and not SEGMENT.fullmatch(str(self.loss)):
            allowed = f"choose one of {', '.join(LOSSES)}, or a segment"
            raise ValueError(f"loss={self.loss}: {allowed}, as <SEQ=102><ACK=302><CTL=ACK>")
        _between("capacity", self.capacity, 1, MOST_CAPACITY)
        _between("data", self.data, 0, 8)
        _between("opens", self.opens, 1, 3)
        _between("crashes", self.crashes, 0, 2)
        _between("attacks", self.attacks, 0, 3)
        if self.retransmissions is not None:
            _between("retransmissions", self.retransmissions, 0, 8)
        _between("msl", self.msl, 1, 8)
        _between("time-wait", self.time_wait, 1, 64)
        _between("rto", self.rto, 1, 8)
        if self.channel == "sent-set" and not (self.loss != "none" and self.duplication):
            raise ValueError("channel=sent-set loses, duplicates and reorders: leave them on")
        if self.channel == "sent-set" and self.prompt:
            raise ValueError("channel=sent-set keeps all that was sent: prompt needs another")
        if 2 * self.opens * (self.data + 4) > 2 ** (self.bits - 1):
            raise ValueError(f"bits={self.bits}: live numbers must stay within half of 2**bits")

    @property
    def reordering(self) -> bool:
        """Whether segments can overtake each other."""
        return self.channel != "fifo"

    @property
    def one_connection(self) -> bool:
        """Whether every segment in flight belongs to the one connection of both ends."""
        return self.opens == 1 and not self.crashes and not self.attacks

    @property
    def switched_off(self) -> tuple[str, ...]:
        """What never happens in the model within these bounds, though it can, as an assumption to
        print: what is off, and which calls and numbers there are no more of."""
        off = ["nobody aborts (--aborts)"] * (not self.aborts)
        off += ["no host crashes (--crashes)"] * (self.crashes == 0)
        off += ["nobody gives up: no user timeout (--retransmissions)"] * (
            self.retransmissions is None
        )
        # RFC 3.10.7.2 third: "ISS should be selected" / here: one for each OPEN, so that a
        # listener that a reset has brought back to LISTEN answers the next SYN with the same.
        off.append("an end that is back in LISTEN selects the same ISS again")
        opens = "once" if self.opens == 1 else f"{self.opens} times"
        text = f"at most {self.data} octet{'s' * (self.data != 1)}" if self.data else "no text"
        off.append(f"each user OPENs {opens}, sends {text} and calls no RECEIVE")
        off.append("ISS {} and {}".format(*self.iss))
        return ("; ".join(off),)

    def with_(self, **changes: Any) -> Scope:
        """This scope with some bounds changed."""
        return replace(self, **changes)

    @property
    def _numbering(self) -> str:
        """What numbers a new connection. RFC 9293, 3.4.3, is about hosts that "lose knowledge of
        the last sequence numbers": a crash takes the clock of `clock` with it."""
        if not self.crashes or self.isn not in ("clock", "new"):
            return self.isn
        return "a clock that a crash sets back" if self.isn == "clock" else "a clock that survives"

    def describe(self) -> str:
        """The numbers of this scope on one line."""
        flights = (
            "unbounded" if self.channel == "sent-set" else f"{self.capacity} in flight each way"
        )
        retries = "for ever" if self.retransmissions is None else f"{self.retransmissions} times"
        parts = [
            f"{self.channel} channel, {flights}",
            f"loss {self.loss}",
            f"duplication {_on(self.duplication)}",
            f"reordering {_on(self.reordering)}",
            f"{self.data} octet{'s' * (self.data != 1)} each way",
            f"{self.opens} OPEN each",
            f"retransmission {retries}",
            f"from {self.start.upper()}",
        ]
        parts += [f"{self.crashes} crash(es) each"] * bool(self.crashes) + ["ABORT"] * self.aborts
        parts += [f"ISS of a new connection: {self._numbering}"] * (self.opens > 1)
        parts += [f"only {self.sender} sends"] * (self.sender != "both")
        parts += [f"{self.closer} closes first"] * (self.closer != "both")
        parts += ["two hosts behind A's address"] * self.shared_address
        parts += [f"a listener at {self.listener}"] * (self.listener != "none")
        parts += ["RTO above the round trip"] * self.prompt
        parts += [f"{self.attacks} forged segment(s) each way"] * bool(self.attacks)
        if self.clock:
            parts.append(f"ticks: MSL {self.msl}, TIME-WAIT {self.time_wait}, RTO {self.rto}")
        else:
            parts.append("time off")
        return ", ".join(parts)


def _on(switch: bool) -> str:
    return "on" if switch else "off"


def _between(name: str, value: int, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name}={value}: choose {low} to {high}")


SCOPES = {
    scope.name: scope
    for scope in (
        Scope("small", data=0),
        Scope("default"),
        Scope("large", data=2),
    )
}
