"""What the tests share: segments in the RFC's notation, a socket in each state, two peers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from tcpmc.captures import notation
from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import Signal, State, Step, Tcb, empty_tcb

RULES = Rules()
segment = notation.segment


# How far SND.UNA and SND.NXT are beyond ISS, and RCV.NXT beyond IRS, where no text was sent.
PROGRESS = {
    State.SYN_RECEIVED: (0, 1, 1),
    State.ESTABLISHED: (1, 1, 1),
    State.FIN_WAIT_1: (1, 2, 1),
    State.FIN_WAIT_2: (2, 2, 1),
    State.CLOSE_WAIT: (1, 1, 2),
    State.CLOSING: (1, 2, 2),
    State.LAST_ACK: (1, 2, 2),
    State.TIME_WAIT: (2, 2, 2),
}


def socket_in(state: State, iss: int = 100, irs: int = 300, **changes: Any) -> Tcb:
    """A 32-bit TCB in `state`, as it is where ISS and IRS are these and no text was sent."""
    tcb = empty_tcb(state, 32)
    if state == State.SYN_SENT:
        tcb = replace(tcb, iss=Seq(iss), snd_una=Seq(iss), snd_nxt=Seq(iss) + 1)
    elif state in PROGRESS:
        una, nxt, rcv = PROGRESS[state]
        tcb = Tcb(state, Seq(iss), Seq(irs), Seq(iss) + una, Seq(iss) + nxt, Seq(irs) + rcv)
    return changed(tcb, **changes)


def changed(tcb: Tcb, **changes: Any) -> Tcb:
    """The TCB with some fields changed; plain numbers will do for sequence numbers."""
    numbers = ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt")
    return replace(tcb, **changes | {k: Seq(changes[k]) for k in numbers if k in changes})


def host(iss: int = 100, **switches: Any) -> Host:
    """A host with RFC 9293's profile but for `switches`, that would select `iss`."""
    return Host(Profile(**switches), Seq(iss))


def call(name: str, tcb: Tcb, *arguments: int, **switches: Any) -> Step:
    """What a user call or a timeout does to `tcb`."""
    step: Step = getattr(RULES, name)(host(**switches), tcb, *arguments)
    return step


def arrives(tcb: Tcb, text: str, **switches: Any) -> Step:
    """What the segment does to `tcb`."""
    return RULES.segment_arrives(host(**switches), tcb, segment(text))


def sent(step: Step) -> list[str]:
    """The segments that a step sends, in the RFC's notation."""
    return [str(segment) for segment in step.send]


@dataclass
class Peer:
    """A peer of a figure.

    `outbox` holds what it has sent and no line has shown yet, `delayed` what is still in the
    network ("..." in the figure), `told` what its user was told.
    """

    iss: int
    profile: Profile = field(default_factory=Profile)
    tcb: Tcb = field(default_factory=lambda: socket_in(State.CLOSED))
    outbox: list[str] = field(default_factory=list)
    delayed: list[str] = field(default_factory=list)
    told: list[Signal] = field(default_factory=list)

    @property
    def state(self) -> State:
        """The state of the connection at this peer."""
        return self.tcb.state

    def call(self, name: str, *arguments: int) -> None:
        """The user calls, or a timer expires."""
        self._take(getattr(RULES, name)(self._host(), self.tcb, *arguments))

    def receive(self, text: str) -> None:
        """A segment arrives."""
        self._take(RULES.segment_arrives(self._host(), self.tcb, segment(text)))

    def _host(self) -> Host:
        return Host(self.profile, Seq(self.iss))

    def _take(self, step: Step) -> None:
        self.tcb = step.tcb
        self.outbox += sent(step)
        self.told += step.signals


LINE = re.compile(r"(\(.*?\)|\S*) *(-->|<--|\.\.\.) +(<SEQ\S+>) +(-->|<--|\.\.\.) *(.*)")


def replay(a: Peer, b: Peer, lines: str) -> None:
    """Do what lines of a figure show, and check it.

    A segment that departs is the next one that its sender sends, to the letter; one that stays in
    the network ("...") was delayed before; the states are those after the line. A remark in place
    of a state is not checked.
    """
    for line in filter(None, map(str.strip, lines.splitlines())):
        shown = LINE.fullmatch(line)
        assert shown, f"not a line of a figure: {line}"
        left, near, text, far, right = shown.groups()
        rightward = "-->" in (near, far)
        sender, receiver = (a, b) if rightward else (b, a)
        departs, arrives = (near, far) if rightward else (far, near)
        if departs == "...":
            sender.delayed.remove(text)
        else:
            assert sender.outbox.pop(0) == text, line
        if arrives == "...":
            sender.delayed.append(text)
        else:
            receiver.receive(text)
        for peer, state in ((a, left), (b, right)):
            assert state in ("", str(peer.state)) or state.startswith("("), line
