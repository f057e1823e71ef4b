"""From a frame to its IP header: link types, tags and sessions.

A link's function takes the octets and where each frame begins, and returns where its payload begins
and the payload's EtherType: IPv4, IPv6, or anything else, which is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tcpmc.captures.frames import PADDING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

IPV4, IPV6 = 0x0800, 0x86DD
TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)
"""IEEE 802.1Q and 802.1ad, and what QinQ had before it."""
PPPOE_SESSION, MPLS = 0x8864, (0x8847, 0x8848)
PPP_IPV4, PPP_IPV6, PPP_ADDRESS_CONTROL = 0x21, 0x57, 0xFF03
FAMILIES = {2: IPV4, 10: IPV6, 23: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""AF_INET, and AF_INET6 of Linux, Windows, NetBSD, FreeBSD and macOS."""
DEEPEST = 8


class Octets:
    """The octets of a piece of a file, read as numbers in network byte order."""

    def __init__(self, octets: NDArray[np.uint8]) -> None:
        import numpy as np

        size = len(octets)
        self.last = size - PADDING // 2
        self.all = octets
        self._u16 = np.ndarray((size - 1,), ">u2", octets, strides=(1,))
        self._u32 = np.ndarray((size - 3,), ">u4", octets, strides=(1,))
        self._u64 = np.ndarray((size - 7,), ">u8", octets, strides=(1,))

    def u8(self, at: Numbers) -> Numbers:
        """The octet at each place."""
        return self.all[at].astype("i8")

    def u16(self, at: Numbers) -> Numbers:
        """The two octets at each place."""
        return self._u16[at].astype("i8")

    def u32(self, at: Numbers) -> Numbers:
        """The four octets at each place."""
        return self._u32[at].astype("i8")

    def u64(self, at: Numbers) -> NDArray[np.uint64]:
        """The eight octets at each place."""
        return self._u64[at].astype("u8")

    def within(self, at: Numbers) -> Numbers:
        """The places, none of them beyond the padding: what lies there is refused later."""
        import numpy as np

        return np.minimum(at, self.last)


Link = Callable[[Octets, "Numbers"], "tuple[Numbers, Numbers]"]


def ethernet(octets: Octets, at: Numbers) -> tuple[Numbers, Numbers]:
    """Ethernet II, with any tags (IEEE 802.1Q, QinQ), MPLS labels and PPPoE (RFC 2516)."""
    return _payload(octets, at + 14, octets.u16(at + 12))


def cooked(octets: Octets, at: Numbers) -> tuple[Numbers, Numbers]:
    """Linux cooked, version 1."""
    return _payload(octets, at + 16, octets.u16(at + 14))


def cooked2(octets: Octets, at: Numbers) -> tuple[Numbers, Numbers]:
    """Linux cooked, version 2."""
    return _payload(octets, at + 20, octets.u16(at))


def loopback(octets: Octets, at: Numbers) -> tuple[Numbers, Numbers]:
    """BSD loopback: the address family, in the byte order of some host."""
    import numpy as np

    family = octets.u32(at)
    family = np.where(family > 0xFFFF, octets.u8(at), family)
    protocol = np.zeros_like(family)
    for number, of_it in FAMILIES.items():
        protocol[family == number] = of_it
    return at + 4, protocol


def raw(octets: Octets, at: Numbers) -> tuple[Numbers, Numbers]:
    """Nothing before the IP header, which tells its version."""
    import numpy as np

    version = octets.u8(at) >> 4
    return at, np.where(version == 4, IPV4, np.where(version == 6, IPV6, 0))


def ppp(octets: Octets, at: Numbers) -> tuple[Numbers, Numbers]:
    """PPP (RFC 1661), with or without HDLC's address and control."""
    import numpy as np

    at = at + np.where(octets.u16(at) == PPP_ADDRESS_CONTROL, 2, 0)
    compressed = octets.u8(at) & 1  # RFC 1661, 6.5: a protocol of one octet is odd
    protocol = np.where(compressed == 1, octets.u8(at), octets.u16(at))
    return at + 2 - compressed, _ppp_protocol(protocol)


def pppoe(octets: Octets, at: Numbers) -> tuple[Numbers, Numbers]:
    """A session of PPP over Ethernet (RFC 2516)."""
    return at + 8, _ppp_protocol(octets.u16(at + 6))


def _ppp_protocol(protocol: Numbers) -> Numbers:
    import numpy as np

    return np.where(protocol == PPP_IPV4, IPV4, np.where(protocol == PPP_IPV6, IPV6, 0))


def _payload(octets: Octets, at: Numbers, protocol: Numbers) -> tuple[Numbers, Numbers]:
    """What lies behind tags, labels and PPPoE."""
    import numpy as np

    for _ in range(DEEPEST):
        is_ip = (protocol == IPV4) | (protocol == IPV6)
        if is_ip.all():
            break
        at = octets.within(at)
        tagged, session = np.isin(protocol, TAGS), protocol == PPPOE_SESSION
        labelled = np.isin(protocol, MPLS)
        if not (tagged | session | labelled).any():
            break
        inner, inner_at = pppoe(octets, at)[1], at + 8
        below, below_at = _label(octets, at, protocol)
        protocol = np.select(
            [tagged, session, labelled], [octets.u16(at + 2), inner, below], protocol
        )
        at = np.select([tagged, session, labelled], [at + 4, inner_at, below_at], at)
    return at, protocol


def _label(octets: Octets, at: Numbers, protocol: Numbers) -> tuple[Numbers, Numbers]:
    """What lies behind one MPLS label (RFC 3032): another, or at the bottom an IP header."""
    import numpy as np

    bottom = octets.u8(at + 2) & 1 == 1
    below = raw(octets, at + 4)[1]
    return np.where(bottom, below, protocol), at + 4


LINKS: dict[int, Link] = {
    0: loopback,
    1: ethernet,
    9: ppp,
    12: raw,
    14: raw,
    50: ppp,
    51: pppoe,
    101: raw,
    108: loopback,
    113: cooked,
    228: raw,
    229: raw,
    276: cooked2,
}
"""By the numbers of https://www.tcpdump.org/linktypes.html."""


def outbound(link: int, octets: Octets, at: Numbers) -> Numbers | None:
    """For each frame 1 if the host that captured it sent it, 0 if it received it; None where the
    link type does not tell."""
    import numpy as np

    place = {113: 0, 276: 10}.get(link)
    if place is None:
        return None
    kind = octets.u16(at) if place == 0 else octets.u8(at + place)
    return np.where(kind == 4, 1, 0)
