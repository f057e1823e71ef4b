"""What the standards leave open or stacks do differently, as switches."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

from tcpmc.model.sequence import Seq


@dataclass(frozen=True)
class Profile:
    """The switches of one stack. The default is RFC 9293.

    time_wait
        How TIME-WAIT ends where time is off. `quiet`: when nothing of the connection is left in
        the network and the other end no longer waits for an ACK, an assumption that the timed
        properties discharge. `any-moment`: whenever it likes. `none`: the state is skipped, with
        time on as well. With time on it lasts the scope's ticks.
    time_wait_restart
        What restarts the 2 MSL timer: a retransmitted `fin` only (3.10.7.4, eighth), or `any`
        old segment that TIME-WAIT has to acknowledge (3.10.7.4, fifth, read widely; Linux).
    closed_replies
        What a closed host answers: `rst` (3.10.7.1), or it is `silent` (a firewall, power-off).
    rst_in_time_wait
        `accept`: RST ends TIME-WAIT (3.10.7.4, second); `ignore`: fix F1 of RFC 1337.
    challenge_acks
        The RFC 5961 text that RFC 9293 carries: RST must match RCV.NXT exactly, SYN in a
        synchronized state is answered by an ACK, a too old ACK is not processed.
    handshake
        `three-way`, or `two-way`: LISTEN enters ESTABLISHED as soon as a SYN arrives.
    out_of_order
        A segment in the window that begins beyond RCV.NXT, which the RFC would hold (SHLD-31).
        `take-ack`: its ACK field is processed now, its text and FIN are left to be sent again;
        `drop`: nothing of it is processed.
    syn_ack_in_syn_received
        A SYN,ACK after a simultaneous open. `letter`: its sequence number is outside the window,
        it is answered by an ACK, and that ACK establishes (3.10.7.4, first); `figure-7`: it
        establishes by itself, as Figure 7 draws it.
    after_abort
        `closed`: ABORT deletes the TCB (3.10.5); `time-wait`: the side that sends RST enters
        TIME-WAIT (3.5.2, note 3 of Figure 5).
    window
        RCV.WND in octets, constant.
    """

    time_wait: Literal["quiet", "any-moment", "none"] = "quiet"
    time_wait_restart: Literal["fin", "any"] = "fin"
    closed_replies: Literal["rst", "silent"] = "rst"
    rst_in_time_wait: Literal["accept", "ignore"] = "accept"
    challenge_acks: bool = True
    handshake: Literal["three-way", "two-way"] = "three-way"
    out_of_order: Literal["take-ack", "drop"] = "take-ack"
    syn_ack_in_syn_received: Literal["letter", "figure-7"] = "letter"
    after_abort: Literal["closed", "time-wait"] = "closed"
    window: int = 4

    def __post_init__(self) -> None:
        """Raise ValueError for a value that a switch does not have."""
        hints = get_type_hints(type(self))
        for field in fields(self):
            value, allowed = getattr(self, field.name), get_args(hints[field.name])
            if allowed and value not in allowed:
                raise ValueError(f"{field.name}={value!r}: choose one of {', '.join(allowed)}")
        if not isinstance(self.challenge_acks, bool):
            raise ValueError(f"challenge_acks={self.challenge_acks!r}: choose True or False")
        if type(self.window) is not int or not 0 <= self.window <= 2**16 - 1:
            raise ValueError(f"window={self.window!r}: choose 0 to 65535 octets")


@dataclass(frozen=True)
class Host:
    """What a rule may consult besides the TCB and the segment: the switches, the ISS to select."""

    profile: Profile
    iss: Seq
