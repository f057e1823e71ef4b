"""What the other timers amount to, as formulas, in the units of their arguments."""

from __future__ import annotations

from fractions import Fraction


def keepalive_detection(idle: int, interval: int, probes: int) -> int:
    """How long after the last segment of a vanished peer the connection is closed: the first probe
    goes out after `idle`, one more after each `interval`, and one interval after the last of them
    the peer is given up (RFC 9293, 3.8.4; Linux: tcp(7))."""
    return idle + interval * probes


def connections_per_second(ports: int, time_wait: int) -> Fraction:
    """How many connections a second one end can open to one address and port, if each uses a port
    of its own for at least `time_wait` seconds after it has closed actively."""
    return Fraction(ports, time_wait)


def isn_cycle(step: Fraction, bits: int = 32) -> Fraction:
    """After how long the clock of initial sequence numbers comes round, if it advances by one each
    `step`. RFC 9293, 3.4.1, has 4.55 hours for 4 microseconds and 32 bits; it is 4.77."""
    return Fraction(step * 2**bits)


def msl_covers_ttl(msl: Fraction, hops: int, longest_hop: Fraction) -> bool:
    """Whether a segment is gone within MSL, if each of at most `hops` hops (the TTL) takes at most
    `longest_hop` (RFC 9293, 3.4.2: MSL is a time, the TTL a number of hops)."""
    return hops * longest_hop <= msl


LINUX_KEEPALIVE = (7200, 75, 9)
"""Seconds idle, seconds between probes, probes: tcp_keepalive_time, _intvl, _probes."""
LINUX_PORTS = 60999 - 32768 + 1
LINUX_TIME_WAIT = 60
ISN_STEP = Fraction(4, 1_000_000)
