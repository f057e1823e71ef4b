"""What RFC 9293 leaves open: other steps than its own that a stack may take, with citations.

Most are values of a switch of `Profile`. What is not listed here is no choice: a variant with such
a value does something that the RFC does not allow, and is told where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rule_requirements import RequirementLevel
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State, Step


@dataclass(frozen=True)
class Choice:
    """A value of a switch, and what the RFC says of it.

    `level` is MAY for a choice that the RFC leaves open, SHLD for one that a SHOULD advises
    against, and MUST for one that it forbids but that no rule shows. `rules` are those that it
    changes.
    """

    switch: str
    value: Any
    words: str
    citation: str
    rules: tuple[str, ...] = ()
    level: RequirementLevel = RequirementLevel.MAY
    id: str = ""

    @property
    def name(self) -> str:
        """The id of appendix B, or else where the choice is left open."""
        return self.id or self.citation.removeprefix("RFC 9293, ")


@dataclass(frozen=True)
class Alternative:
    """Another step that is permitted: when `allows` holds of the segment, the
    RFC's step and one's own. `kept` is whether the TCB has to be the RFC's all the same."""

    words: str
    citation: str
    rules: tuple[str, ...]
    allows: Callable[[Segment | None, Step, Step], bool]
    level: RequirementLevel = RequirementLevel.MAY
    id: str = ""
    kept: bool = True

    @property
    def name(self) -> str:
        """The id of appendix B, or else where the choice is left open."""
        return self.id or self.citation.removeprefix("RFC 9293, ")


# fmt: off
CHOICES = (
    Choice("time_wait_restart", "any", "any old segment that TIME-WAIT acknowledges restarts its timer", "RFC 9293, 3.10.7.4 fifth", ("check_sequence",)),
    Choice("rst_while_closing", "silent", "the user is not told of a reset in CLOSING and LAST-ACK", "RFC 9293, 3.10.7.4 second", ("check_reset",)),
    Choice("challenge_acks", False, "no challenge ACKs: RST and SYN anywhere in the window reset the connection, as in RFC 793", "RFC 9293, 3.10.7.4 second and fourth", ("check_reset", "check_syn", "check_ack")),
    Choice("ack_range", "any", "the range of an ACK is not checked before the rest", "RFC 9293, 3.10.7.4 fifth", ("check_ack",), id="MAY-12"),
    Choice("out_of_order", "take-ack", "a segment beyond RCV.NXT is not held: only its ACK field is processed", "RFC 9293, 3.10.7.4 first", ("check_order", "check_ack", "process_text", "check_fin"), RequirementLevel.SHLD, "SHLD-31"),
    Choice("out_of_order", "drop", "a segment beyond RCV.NXT is not held, and its ACK field not processed", "RFC 9293, 3.10.7.4 first", ("check_order",), RequirementLevel.SHLD, "SHLD-31"),
    Choice("out_of_order", "hold", "a segment beyond RCV.NXT is held for later", "RFC 9293, 3.10.7.4 first", ("check_order", "check_ack", "process_text", "check_fin"), id="SHLD-31"),
    Choice("syn_ack_in_syn_received", "figure-7", "the SYN,ACK of a simultaneous open establishes by itself", "RFC 9293, 3.5, Figure 7", ("check_sequence", "check_syn")),
    Choice("after_abort", "time-wait", "the side that issues a reset enters TIME-WAIT", "RFC 9293, 3.5.2", ("abort",)),
    Choice("abort_reset", "ack", "the reset of ABORT has ACK=RCV.NXT as well", "RFC 9293, 3.10.5", ("abort",)),
    Choice("half_duplex_close", True, "text that arrives after CLOSE draws a reset", "RFC 9293, 3.6.1", ("process_text",), id="MAY-1"),
    Choice("timestamps", True, "timestamps, and PAWS", "RFC 7323", ("check_timestamp", "note_timestamp")),
    Choice("reopening", "sequence", "a SYN with a higher number reopens the connection from TIME-WAIT", "RFC 9293, 3.6.1", ("check_reopening",), id="MAY-2"),
    Choice("reopening", "timestamps", "a SYN with a later timestamp reopens the connection from TIME-WAIT", "RFC 9293, 3.6.1", ("check_reopening",), id="SHLD-4"),
    Choice("time_wait", "any-moment", "TIME-WAIT may end before 2 MSL are over", "RFC 9293, 3.6.1", level=RequirementLevel.MUST, id="MUST-13"),
    Choice("quiet_time", False, "after a crash connections are opened at once, without a quiet time", "RFC 9293, 3.4.3", level=RequirementLevel.SHLD),
    Choice("zero_window_fin", "refuse", "a window of zero refuses a FIN without text", "RFC 9293, 3.10.7.4 first, Table 6", ("process_text",)),
)
"""The values of switches that are left open, besides those of `Profile()`."""
# fmt: on

FREE = ("window",)
"""Switches whose value the RFC leaves to the stack altogether."""


def _no_ack(seg: Segment | None, rfc: Step, own: Step) -> bool:
    out_of_order = rfc.rule.endswith("seventh: out of order, ACK sent (MAY-13)")
    return out_of_order and len(rfc.send) == 1 and not own.send


def _ok_response(seg: Segment | None, rfc: Step, own: Step) -> bool:
    waiting = (State.FIN_WAIT_1, State.FIN_WAIT_2)
    return rfc.tcb.state in waiting and bool(rfc.signals) and not own.signals and not own.send


def _ignores_text(seg: Segment | None, rfc: Step, own: Step) -> bool:
    ignored = own.tcb.state != rfc.tcb.state and not own.send and not own.signals
    return ignored and seg is not None and seg.RST and seg.length != 0


ALTERNATIVES = (
    Alternative(
        'CLOSE is answered by "ok" where it was called before',
        "RFC 9293, 3.10.4",
        ("close",),
        _ok_response,
    ),
    Alternative(
        "a segment out of order is not acknowledged",
        "RFC 9293, 3.10.7.4 seventh",
        ("process_text",),
        _no_ack,
        id="MAY-13",
    ),
    Alternative(
        "a reset that carries text is ignored",
        "RFC 9293, 3.5.3",
        ("segment_in_syn_sent", "check_sequence", "check_reset"),
        _ignores_text,
        RequirementLevel.SHLD,
        "SHLD-2",
        kept=False,
    ),
)
"""Other steps that are left open, or only advised against."""


def permitted(profile: Profile) -> tuple[Profile, tuple[Choice, ...]]:
    """The profile with every switch that has a value that is not permitted put back, and the
    choices that are in it."""
    plain, chosen = Profile(), []
    for field in fields(Profile):
        value = getattr(profile, field.name)
        if value == getattr(plain, field.name) or field.name in FREE:
            continue
        choices = [
            choice for choice in CHOICES if (choice.switch, choice.value) == (field.name, value)
        ]
        chosen += choices
        if not choices:
            profile = replace(profile, **{field.name: getattr(plain, field.name)})
    return profile, tuple(chosen)
