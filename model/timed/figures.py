"""What the timers amount to: formulas over their settings, and those of standards and stacks.

Times are in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MINUTE, HOUR = 60, 3600

MSL = 2 * MINUTE
"""RFC 9293, 3.4.1: "the MSL is arbitrarily defined to be 2 minutes"."""

LINUX_TIME_WAIT = 60
"""Linux, include/net/tcp.h, TCP_TIMEWAIT_LEN: a constant, no setting changes it."""

LINUX_PORTS = (32768, 60999)
"""Linux, net.ipv4.ip_local_port_range, by default."""

LINUX_KEEPALIVE = (7200, 75, 9)
"""Linux, net.ipv4.tcp_keepalive_time, _intvl and _probes, by default."""

LEAST_KEEPALIVE_IDLE = 2 * HOUR
"""RFC 9293, 3.8.4, MUST-28: the interval must default to no less than two hours."""

LARGEST_TTL = 255
"""RFC 791, 3.1: eight bits, once counted in seconds; each hop takes at least one off."""

ISN_STEP = 4e-6
"""RFC 9293, 3.4.1: the ISN clock counts about every 4 microseconds."""


def keepalive_detection(idle: float, interval: float, probes: int) -> float:
    """How long after its last sign of life a vanished peer is given up: idle time, then `probes`
    probes, each of which is given an interval to be answered (RFC 9293, 3.8.4; Linux)."""
    return idle + probes * interval


def open_close_rate(ports: int, time_wait: float) -> float:
    """How many connections per second one address can open to one address and port, each closed by
    the opener: every port is used once in a TIME-WAIT."""
    return ports / time_wait


def isn_cycle(step: float = ISN_STEP, bits: int = 32) -> float:
    """After how long the ISN clock comes round (RFC 9293, 3.4.1)."""
    return step * float(2**bits)


def longest_life(ttl: int, per_hop: float) -> float:
    """The longest life of a segment that may take `ttl` hops, each at most `per_hop`."""
    return ttl * per_hop


def spelled(seconds: float) -> str:
    """A time in hours, minutes and seconds: `2 h 11 min 15 s`."""
    hours, rest = divmod(round(seconds), HOUR)
    minutes, left = divmod(rest, MINUTE)
    parts = ((hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


@dataclass(frozen=True)
class Figure:
    """A statement about numbers: whether it holds, and the numbers that decide it."""

    name: str
    meaning: str
    citation: str
    holds: Callable[[], bool]
    shown: Callable[[], str]


def _ports() -> int:
    """How many ports Linux gives to connections that it opens."""
    first, last = LINUX_PORTS
    return last - first + 1


FIGURES = {
    figure.name: figure
    for figure in (
        Figure(
            "msl-by-the-standard",
            "MSL is 2 minutes by the standard, and Linux keeps TIME-WAIT for 60 s",
            "RFC 9293, 3.4.1; Linux TCP_TIMEWAIT_LEN",
            lambda: MSL == 2 * MINUTE and LINUX_TIME_WAIT == 60,
            lambda: f"MSL {MSL} s; Linux {LINUX_TIME_WAIT} s",
        ),
        Figure(
            "linux-time-wait-is-2msl",
            "Linux's TIME-WAIT is twice the standard's MSL",
            "RFC 9293, 3.4.1; Linux TCP_TIMEWAIT_LEN",
            lambda: LINUX_TIME_WAIT == 2 * MSL,
            lambda: f"{LINUX_TIME_WAIT} s, and 2 x {MSL} s = {2 * MSL} s",
        ),
        Figure(
            "msl-covers-ttl-in-seconds",
            "MSL is at least the longest life that TTL allows, if each hop may take a second",
            "RFC 791, 3.1; RFC 9293, 3.4.1",
            lambda: longest_life(LARGEST_TTL, 1) <= MSL,
            lambda: f"{LARGEST_TTL} hops x 1 s = {longest_life(LARGEST_TTL, 1):g} s, MSL {MSL} s",
        ),
        Figure(
            "msl-covers-ttl-of-64",
            "MSL is at least the longest life of a segment with TTL 64, at a second for each hop",
            "RFC 1700 (default TTL 64); RFC 9293, 3.4.1",
            lambda: longest_life(64, 1) <= MSL,
            lambda: f"64 hops x 1 s = {longest_life(64, 1):g} s, MSL {MSL} s",
        ),
        Figure(
            "keepalive-75-minutes",
            "keepalive probes are sent every 75 minutes, ten of them",
            "Linux tcp_keepalive_intvl and tcp_keepalive_probes",
            lambda: LINUX_KEEPALIVE[1:] == (75 * MINUTE, 10),
            lambda: f"every {LINUX_KEEPALIVE[1]} s, {LINUX_KEEPALIVE[2]} of them (Linux)",
        ),
        Figure(
            "keepalive-two-hours",
            "keepalive begins after two hours, at the least that the standard allows",
            "RFC 9293, 3.8.4, MUST-28",
            lambda: LINUX_KEEPALIVE[0] >= LEAST_KEEPALIVE_IDLE,
            lambda: (
                f"Linux {spelled(LINUX_KEEPALIVE[0])}, at least {spelled(LEAST_KEEPALIVE_IDLE)}"
            ),
        ),
        Figure(
            "keepalive-linux",
            "on Linux a dead peer is found after 2 h 11 min 15 s",
            "Linux tcp_keepalive_time, _intvl, _probes",
            lambda: keepalive_detection(*LINUX_KEEPALIVE) == 2 * HOUR + 11 * MINUTE + 15,
            lambda: "7200 s + 9 x 75 s = " + spelled(keepalive_detection(*LINUX_KEEPALIVE)),
        ),
        Figure(
            "time-wait-port-rate",
            "with Linux's ports and TIME-WAIT, 470 connections per second to one address and port "
            "can be opened and closed, and no more",
            "Linux ip_local_port_range, TCP_TIMEWAIT_LEN",
            lambda: int(open_close_rate(_ports(), LINUX_TIME_WAIT)) == 470,
            lambda: (
                f"{_ports()} ports / {LINUX_TIME_WAIT} s = "
                f"{open_close_rate(_ports(), LINUX_TIME_WAIT):.1f} per second"
            ),
        ),
    )
}
