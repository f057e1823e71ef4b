"""What the standards leave open or stacks do differently, as switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.switches import check_switches


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
    rst_while_closing
        RST in CLOSING and LAST-ACK ends the connection; 3.10.7.4, second, signals nothing there.
        `told`: the user is told "connection reset" all the same, since he has to learn whether it
        closed normally or was aborted (3.5.3, MUST-12); `silent`: by the letter, he is not.
    challenge_acks
        The RFC 5961 text that RFC 9293 carries: RST must match RCV.NXT exactly, SYN in a
        synchronized state is answered by an ACK, a too old ACK is not processed.
    ack_range
        With challenge ACKs, an ACK outside (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT: with
        `rfc5961` it is answered by an ACK and nothing else of the segment is processed (MAY-12);
        with `any` each state does with it what 3.10.7.4, fifth, says without that (Linux takes the
        text of a segment with an old ACK, and answers a wrong one in SYN-RECEIVED by RST).
    handshake
        `three-way`, or `two-way`: LISTEN enters ESTABLISHED as soon as a SYN arrives.
    out_of_order
        A segment in the window that begins beyond RCV.NXT. Its ACK field is processed now, but for
        `drop`: nothing of it is processed. Its text and FIN are left to be sent again, but for
        `hold`: they are held until what is before them has come (SHLD-31; Linux,
        tcp_data_queue_ofo; FreeBSD, tcp_reass; lwIP, TCP_QUEUE_OOSEQ). One range is held.
    syn_ack_in_syn_received
        A SYN,ACK after a simultaneous open. `letter`: its sequence number is outside the window,
        it is answered by an ACK, and that ACK establishes (3.10.7.4, first); `figure-7`: it
        establishes by itself, as Figure 7 draws it.
    after_abort
        `closed`: ABORT deletes the TCB (3.10.5); `time-wait`: the side that sends RST enters
        TIME-WAIT (3.5.2, note 3 of Figure 5).
    abort_reset
        The reset of ABORT. `plain`: <SEQ=SND.NXT><CTL=RST> (3.10.5); `ack`: with ACK=RCV.NXT as
        well (Linux, tcp_send_active_reset).
    half_duplex_close
        The user's CLOSE ends reading too, and text that arrives after it draws a reset, which shows
        that it was lost (3.6.1, MAY-1, SHLD-3; Linux close, as opposed to shutdown).
    timestamps
        Every segment but a reset carries a timestamp, and old ones are not acceptable: PAWS
        (RFC 7323). Both ends have it.
    reopening
        A SYN in TIME-WAIT: `no`, it is a segment like others; or it reopens the connection if its
        number (`sequence`: MAY-2, RFC 1122, 4.2.2.13), or its timestamp or else its number
        (`timestamps`: SHLD-4, RFC 6191; Linux), says that it is new.
    tw_reuse
        An active OPEN in TIME-WAIT: `no`; it takes the connection over with `timestamps` only
        (Linux `tcp_tw_reuse`, on by default for loopback); or `always`.
    tw_recycle
        A listener drops a SYN whose timestamp is before the last one seen from that address, so
        that TIME-WAIT can end early (Linux `tcp_tw_recycle`, removed in 4.12).
    quiet_time
        After a crash nothing is opened until the old segments are gone (RFC 9293, 3.4.3).
    window
        RCV.WND in octets, constant; at most what window scaling can say (RFC 7323, 2.3). A window
        of 0 takes ACKs and RSTs at RCV.NXT, and no text.
    zero_window_fin
        A FIN without text at RCV.NXT, the window being 0: `take` it, since it is an ACK segment
        (3.4, 3.10.7.4 first) that needs no buffer (Linux, tcp_data_queue; FreeBSD); or `refuse` it,
        since it occupies a sequence number (Table 6).
    """

    time_wait: Literal["quiet", "any-moment", "none"] = "quiet"
    time_wait_restart: Literal["fin", "any"] = "fin"
    closed_replies: Literal["rst", "silent"] = "rst"
    rst_in_time_wait: Literal["accept", "ignore"] = "accept"
    rst_while_closing: Literal["told", "silent"] = "told"
    challenge_acks: bool = True
    ack_range: Literal["rfc5961", "any"] = "rfc5961"
    handshake: Literal["three-way", "two-way"] = "three-way"
    out_of_order: Literal["take-ack", "hold", "drop"] = "take-ack"
    syn_ack_in_syn_received: Literal["letter", "figure-7"] = "letter"
    after_abort: Literal["closed", "time-wait"] = "closed"
    abort_reset: Literal["plain", "ack"] = "plain"
    half_duplex_close: bool = False
    timestamps: bool = False
    reopening: Literal["no", "sequence", "timestamps"] = "no"
    tw_reuse: Literal["no", "timestamps", "always"] = "no"
    tw_recycle: bool = False
    quiet_time: bool = True
    window: int = 4
    zero_window_fin: Literal["take", "refuse"] = "take"

    def __post_init__(self) -> None:
        """Raise ValueError for a value that a switch does not have."""
        check_switches(self)
        if type(self.window) is not int or not 0 <= self.window <= 2**30:
            raise ValueError(f"window={self.window!r}: choose 0 to {2**30} octets")


@dataclass(frozen=True)
class Host:
    """What a rule may consult besides the TCB and the segment.

    The switches; the ISS to select; the last timestamp that is remembered from the other address,
    across connections; whether a listener is there that would take a new connection out of
    TIME-WAIT; MAX.SND.WND in octets, where it is not the window of the profile (RFC 5961, 5.2); and
    the ISS of a connection that begins in TIME-WAIT, where it is not computed (`next_iss`).
    """

    profile: Profile
    iss: Seq
    remembered: int = 0
    may_open: bool = False
    max_snd_wnd: int | None = None
    reopening_iss: Seq | None = None
