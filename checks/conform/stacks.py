"""Whose rules a capture is held against: a variant, and the times that the standards leave open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.variants.linux_rules import LINUX
from tcpmc.model.variants.lwip_rules import LWIP
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant


@dataclass(frozen=True)
class Stack:
    """A variant, with its times in seconds.

    time_wait
        The least that TIME-WAIT lasts. RFC 9293, 3.4.2 takes MSL to be two minutes and calls that
        an engineering choice; the shortest in use is 30 s.
    fin_wait_2
        After this FIN-WAIT-2 may end by itself; None: never, as in the RFC.
    permitted
        Switches that its standard leaves open: with each of them it is still this stack.
    """

    variant: Variant
    time_wait: float = 60.0
    fin_wait_2: float | None = None
    permitted: tuple[tuple[str, object], ...] = ()

    @property
    def name(self) -> str:
        """The name of its variant."""
        return self.variant.name

    def with_switches(self, switches: tuple[tuple[str, object], ...]) -> Stack:
        """The stack with some switches of its profile set otherwise."""
        return _switched(self, switches)


@lru_cache(maxsize=256)
def _switched(stack: Stack, switches: tuple[tuple[str, object], ...]) -> Stack:
    values: dict[str, Any] = dict(switches)
    profile = replace(stack.variant.profile, **values)
    return replace(stack, variant=replace(stack.variant, profile=profile))


LEFT_OPEN: tuple[tuple[str, object], ...] = (
    ("ack_range", "any"),
    ("reopening", "sequence"),
    ("reopening", "timestamps"),
    ("out_of_order", "drop"),
    ("challenge_acks", False),
    ("after_abort", "time-wait"),
)
"""What RFC 9293 leaves open: MAY-12; MAY-2 and SHLD-4; SHLD-31; "for stacks implementing RFC
5961"; 3.5.2 against 3.10.5."""


def _linux() -> Variant:
    """The variant, corrected by what the kernel was seen to do (docs/stacks.md)."""
    linux = VARIANTS["linux"]
    profile = replace(linux.profile, ack_range="any", tw_reuse="timestamps")
    return replace(linux, profile=profile, rules=LINUX)


def _lwip() -> Variant:
    """The variant, corrected by what the library was seen to do."""
    lwip = VARIANTS["lwip"]
    return replace(lwip, profile=replace(lwip.profile, abort_reset="ack"), rules=LWIP)


STACKS = {
    stack.name: stack
    for stack in (
        Stack(VARIANTS["rfc9293"], permitted=LEFT_OPEN),
        # FIN-WAIT-2 ends after tcp_fin_timeout (60 s), or after TCP_LINGER2, which may be less.
        # A too old ACK is answered (net/ipv4/tcp_input.c, tcp_ack), but not by every kernel.
        Stack(_linux(), fin_wait_2=0.0, permitted=(("ack_range", "rfc5961"),)),
        Stack(VARIANTS["freebsd"], fin_wait_2=60.0),
        Stack(_lwip(), fin_wait_2=20.0),
    )
}


def stack_of(variant: Variant) -> Stack:
    """The stack of a variant: its name if it has times of its own, else the RFC's times."""
    if variant.profile.time_wait == "any-moment":
        return Stack(variant, time_wait=0.0)
    return STACKS.get(variant.name) or Stack(variant)


PROFILE = Profile()
"""The switches of RFC 9293."""
