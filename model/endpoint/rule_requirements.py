"""What RFC 9293 says at each way out of its rules, with the requirement that a stack which does
something else there breaks.

A requirement of appendix B is named by its id there; any other sentence of 3.10 by where it stands.
Those are requirements as well: other implementations "should differ from those in this section only
in detail, not in substance" (3.10).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class RequirementLevel(IntEnum):
    """How binding a requirement is."""

    MAY = 1
    SHLD = 2
    MUST = 3

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Requirement:
    """A sentence of the RFC.

    `label` is how the label of a rule begins that does what it says; `part` what of the step it is
    about, where that is not all of it: "send", "signals", "timer". `id` is the one of appendix B.
    """

    label: str
    words: str
    id: str = ""
    part: str = ""
    where: str = ""

    @property
    def name(self) -> str:
        """The id, or else where the sentence stands."""
        return self.id or self.section

    @property
    def section(self) -> str:
        """Where the sentence stands: "3.10.7.4 second"."""
        return self.where or self.label.partition(":")[0]


CHALLENGE = "TCP endpoints MUST send an acknowledgment (challenge ACK)"
MUST_RESET = "TCP endpoints MUST reset the connection in the manner prescribed below"
NOT_ACCEPTABLE = (
    "If an incoming segment is not acceptable, an acknowledgment should be sent in reply"
)
INFORMED = "the local application MUST be informed whether it closed normally or was aborted"
LINGER = "When a connection is closed actively, it MUST linger in the TIME-WAIT state"
REMEMBERS = (
    "A TCP implementation MUST keep track of whether a connection has reached SYN-RECEIVED state "
    "as the result of a passive OPEN or an active OPEN"
)
SIMULTANEOUS = "A TCP implementation MUST support simultaneous open attempts"
TAKE_FIN = (
    'If the FIN bit is set, signal the user "connection closing" and return any pending RECEIVEs '
    "with same message, advance RCV.NXT over the FIN, and send an acknowledgment for the FIN"
)
ADVANCE = "If SND.UNA < SEG.ACK =< SND.NXT, then set SND.UNA <- SEG.ACK"

# A longer label comes before the one that it begins with.
REQUIREMENTS = (
    # -- calls ------------------------------------------------------------------------------------
    Requirement("3.10.1: active OPEN in LISTEN", "change the connection from passive to active, select an ISS"),
    Requirement("3.10.1: active OPEN", "A SYN segment of the form <SEQ=ISS><CTL=SYN> is sent"),
    Requirement("3.10.1: passive OPEN", "If passive, enter the LISTEN state and return"),
    Requirement("3.10.1: refused", 'Return "error: connection already exists"'),
    Requirement("3.10.2: SEND in LISTEN", "Data associated with SEND may be sent with SYN segment or queued for transmission after entering ESTABLISHED state"),
    Requirement("3.10.2: queued", "Queue the data for transmission after entering ESTABLISHED state"),
    Requirement("3.10.2: text sent", "Segmentize the buffer and send it with a piggybacked acknowledgment"),
    Requirement("3.10.2: refused", 'Return "error: connection closing" and do not service request'),
    Requirement("3.10.3: queued", "If insufficient incoming segments are queued to satisfy the request, queue the request"),
    Requirement("3.10.3: refused", 'Return "error: connection closing"'),
    Requirement("3.10.4: CLOSE in LISTEN", "Delete TCB, enter CLOSED state, and return"),
    Requirement("3.10.4: CLOSE in SYN-SENT", 'Delete the TCB and return "error: closing" responses to any queued SENDs, or RECEIVEs'),
    Requirement("3.10.4: CLOSE in SYN-RECEIVED", "If no SENDs have been issued and there is no pending data to send, then form a FIN segment and send it, and enter FIN-WAIT-1 state"),
    Requirement("3.10.4: queued FIN sent", "otherwise, queue for processing after entering ESTABLISHED state"),
    Requirement("3.10.4: queued", "otherwise, queue for processing after entering ESTABLISHED state"),
    Requirement("3.10.4: CLOSE in ESTABLISHED", "Queue this until all preceding SENDs have been segmentized, then form a FIN segment and send it"),
    Requirement("3.10.4: CLOSE in CLOSE-WAIT", "then send a FIN segment, enter LAST-ACK state"),
    Requirement("3.10.4: refused", 'Strictly speaking, this is an error and should receive an "error: connection closing" response'),
    Requirement("3.10.5: refused", 'Otherwise, return "error: connection does not exist"'),
    Requirement("3.10.5: ABORT before synchronization", "Delete the TCB, enter CLOSED state, and return"),
    Requirement("3.10.5: ABORT after both FINs", 'Respond with "ok" and delete the TCB, enter CLOSED state, and return'),
    Requirement("3.10.5: ABORT sends RST", "Send a reset segment: <SEQ=SND.NXT><CTL=RST>"),
    # -- SEGMENT ARRIVES --------------------------------------------------------------------------
    Requirement("3.10.7.1: RST discarded", "An incoming segment containing a RST is discarded"),
    Requirement("3.10.7.1: no connection", "An incoming segment not containing a RST causes a RST to be sent in response"),
    Requirement("3.10.7.2 first", "An incoming RST should be ignored"),
    Requirement("3.10.7.2 second", "An acceptable reset segment should be formed for any arriving ACK-bearing segment"),
    Requirement("3.10.7.2 third", REMEMBERS, "MUST-11", part="passive", where="3.5"),
    Requirement("3.10.7.2 third", "The connection state should be changed to SYN-RECEIVED"),
    Requirement("3.10.7.2 fourth", "This should not be reached. Drop the segment and return"),
    Requirement("3.10.7.3 first: unacceptable ACK, RST dropped", "(unless the RST bit is set, if so drop the segment and return)"),
    Requirement("3.10.7.3 first", "If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset"),
    Requirement("3.10.7.3 second: reset", INFORMED, "MUST-12", part="signals", where="3.6"),
    Requirement("3.10.7.3 second: reset", 'If the ACK was acceptable, then signal to the user "error: connection reset", drop the segment, enter CLOSED state, delete TCB, and return'),
    Requirement("3.10.7.3 second", "Otherwise (no ACK), drop the segment and return"),
    Requirement("3.10.7.3 fourth: simultaneous open", SIMULTANEOUS, "MUST-10", where="3.5"),
    Requirement("3.10.7.3 fourth", "If SND.UNA > ISS (our SYN has been ACKed), change the connection state to ESTABLISHED, form an ACK segment"),
    Requirement("3.10.7.3 fifth", "if neither of the SYN or RST bits is set, then drop the segment and return"),
    Requirement("3.10.7.4 first: unacceptable, RST dropped", "(unless the RST bit is set, if so drop the segment and return)"),
    Requirement("3.10.7.4 first: old segment in TIME-WAIT", "Acknowledge it, and restart the 2 MSL timeout", where="3.10.7.4 fifth"),
    Requirement("3.10.7.4 first: unacceptable", NOT_ACCEPTABLE),
    Requirement("3.10.7.4 first: out of order", "Segments with higher beginning sequence numbers SHOULD be held for later processing", "SHLD-31"),
    Requirement("3.10.7.4 second: RST not at RCV.NXT", CHALLENGE),
    Requirement("3.10.7.4 second: reset, back to LISTEN", REMEMBERS, "MUST-11", where="3.5"),
    Requirement("3.10.7.4 second: refused", INFORMED, "MUST-12", part="signals", where="3.6"),
    Requirement("3.10.7.4 second: refused", 'then the connection was refused; signal the user "connection refused"'),
    Requirement("3.10.7.4 second: reset, no signal", "If the RST bit is set, then enter the CLOSED state, delete the TCB, and return"),
    Requirement("3.10.7.4 second: reset in", "If the RST bit is set, then enter the CLOSED state, delete the TCB, and return"),
    Requirement("3.10.7.4 second", INFORMED, "MUST-12", part="signals", where="3.6"),
    Requirement("3.10.7.4 second", MUST_RESET),
    Requirement("3.10.7.4 fourth: SYN, back to LISTEN", "If the connection was initiated with a passive OPEN, then return this connection to the LISTEN state and return"),
    Requirement("3.10.7.4 fourth: SYN, challenge ACK", 'if the SYN bit is set, irrespective of the sequence number, TCP endpoints MUST send a "challenge ACK" to the remote peer'),
    Requirement("3.10.7.4 fourth: SYN in the window", "If the SYN is in the window it is an error: send a reset"),
    Requirement("3.10.7.4 fifth: no ACK", "if the ACK bit is off, drop the segment and return"),
    Requirement("3.10.7.4 fifth: ACK out of range", "mitigation that implementations MAY choose to include"),
    Requirement("3.10.7.4 fifth: ACK too old", "mitigation that implementations MAY choose to include"),
    Requirement("3.10.7.4 fifth: unacceptable ACK", "If the segment acknowledgment is not acceptable, form a reset segment"),
    Requirement("3.10.7.4 fifth: SYN acknowledged", "If SND.UNA < SEG.ACK =< SND.NXT, then enter ESTABLISHED state and continue processing"),
    Requirement("3.10.7.4 fifth: ACK of the unsent", "If the ACK acks something not yet sent (SEG.ACK > SND.NXT), then send an ACK, drop the segment, and return"),
    Requirement("3.10.7.4 fifth: FIN acknowledged, FIN-WAIT-2", "if the FIN segment is now acknowledged, then enter FIN-WAIT-2 and continue processing in that state"),
    Requirement("3.10.7.4 fifth: FIN acknowledged, TIME-WAIT", LINGER, "MUST-13", where="3.6.1"),
    Requirement("3.10.7.4 fifth: FIN acknowledged, CLOSED", "If our FIN is now acknowledged, delete the TCB, enter the CLOSED state, and return"),
    Requirement("3.10.7.4 fifth: ignored in CLOSING", "if the ACK acknowledges our FIN, then enter the TIME-WAIT state; otherwise, ignore the segment"),
    Requirement("3.10.7.4 fifth: ACK advances SND.UNA", ADVANCE),
    Requirement("3.10.7.4 seventh: out of order", "A TCP implementation MAY send an ACK segment acknowledging RCV.NXT when a valid segment arrives that is in the window but not at the left window edge", part="send"),
    Requirement("3.10.7.4 seventh: out of order", "Segments are processed in sequence", where="3.10.7.4 first"),
    Requirement("3.10.7.4 seventh", "When the TCP endpoint takes responsibility for delivering the data to the user, it must also acknowledge the receipt of the data"),
    Requirement("3.8.6.1", "If the RCV.WND is zero, no segments will be acceptable", where="3.10.7.4 first"),
    Requirement("3.10.7.4 eighth: FIN, TIME-WAIT restarted", "Remain in the TIME-WAIT state. Restart the 2 MSL time-wait timeout"),
    Requirement("3.10.7.4 eighth: FIN, TIME-WAIT", LINGER, "MUST-13", part="state", where="3.6.1"),
    Requirement("3.10.7.4 eighth: FIN", INFORMED, "MUST-12", part="signals", where="3.6"),
    Requirement("3.10.7.4 eighth", TAKE_FIN),
    Requirement("3.10.7.4: nothing new", "if no state change is mentioned, the TCP connection stays in the same state", where="3.10"),
    # -- timeouts ---------------------------------------------------------------------------------
    Requirement("3.10.8: TIME-WAIT expires", "If the time-wait timeout expires on a connection, delete the TCB, enter the CLOSED state, and return"),
    Requirement("3.10.8: user timeout", "For any state if the user timeout expires, flush all queues, signal the user"),
    Requirement("3.10.8: nothing to retransmit", "if the retransmission timeout expires on a segment in the retransmission queue"),
    Requirement("3.10.8", "send the segment at the front of the retransmission queue again"),
    # -- RFC 7323 and what else a profile adds -----------------------------------------------------
    Requirement("RFC 7323 5.3 R1", "If there is a Timestamps option in the arriving segment, SEG.TSval < TS.Recent [...] then treat the arriving segment as not acceptable", where="RFC 7323, 5.3 R1"),
    Requirement("3.6.1 MAY-2: SYN reopens", "it MAY accept a new SYN from the remote TCP endpoint to reopen the connection directly from TIME-WAIT state", "MAY-2", where="3.6.1"),
    Requirement("3.6.1 MAY-2: old SYN", "returns to TIME-WAIT state if the SYN turns out to be an old duplicate", "MAY-2", where="3.6.1"),
    Requirement("", "they should differ from those in this section only in detail, not in substance", where="3.10"),
)  # fmt: skip


def required(labels: list[str], parts: set[str]) -> Requirement:
    """The requirement of the first of these labels, of what the RFC does where another stack does
    not; `parts` is what of the step is different."""
    for label in labels or [""]:
        for requirement in REQUIREMENTS:
            if label.startswith(requirement.label) and (
                not requirement.part or parts <= {requirement.part}
            ):
                return requirement
    raise AssertionError("the last requirement is of every label")
