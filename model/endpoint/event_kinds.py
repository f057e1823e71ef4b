"""What can happen: at an end, in a channel, or to every clock."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """The kind of an event, spelled as traces show it."""

    # User calls (RFC 9293, 3.9.1).
    ACTIVE_OPEN = "active OPEN"
    PASSIVE_OPEN = "passive OPEN"
    SEND = "SEND"
    CLOSE = "CLOSE"
    ABORT = "ABORT"

    CRASH = "crash"

    # Timeouts (3.10.8), and those that the RFC leaves to hosts.
    TIME_WAIT_TIMEOUT = "TIME-WAIT timeout"
    RETRANSMISSION_TIMEOUT = "retransmission timeout"
    USER_TIMEOUT = "user timeout"
    FIN_WAIT_2_TIMEOUT = "FIN-WAIT-2 timeout"
    KEEPALIVE_PROBE = "keepalive probe"
    KEEPALIVE_TIMEOUT = "keepalive timeout"

    # A segment arrives: one that the other end has sent, or a forged one.
    DELIVER = "deliver"
    FORGE = "forge"

    # In dense time: an end sends an ACK of its own accord, or is gone from one moment to the next.
    SENDS_ACK = "sends an ACK"
    VANISHES = "vanishes"

    # In a channel.
    LOSE = "lose"
    DUPLICATE = "duplicate"
    EXPIRE = "expire"

    # At a middlebox beside an end: its idle time is over.
    FORGET = "middlebox forgets"

    TICK = "tick"


NETWORK_EVENTS = (EventKind.LOSE, EventKind.DUPLICATE, EventKind.EXPIRE)
"""What happens to a segment in flight, at no end."""
