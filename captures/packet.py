"""A packet as a capture shows it, and the connection that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

ABSENT, GOOD, BAD, OFFLOADED = "absent", "good", "bad", "offloaded"


class Endpoint(NamedTuple):
    """An address, as people write it, and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        """As people write it: `192.0.2.1:80`, `[2001:db8::1]:80`."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self[0]}:{self[1]}"


class Packet(NamedTuple):
    """One TCP segment that was seen. What the capture does not tell is None.

    `number` counts the packets of its file from 1, as Wireshark does, and those that are not TCP
    count too; `file` is the index of the file. `time` is in nanoseconds: since 1970, or since
    midnight where a text tells the time of day only; None where it tells no time.

    `seq` and `ack` are sequence numbers modulo 2**32. `ack` is None without the ACK bit. `seq` is
    None in a log with flags only, and where tcpdump prints none: a pure ACK. `length` is octets of
    text, without SYN and FIN; `window` is SEG.WND as sent, not scaled. The options' values are
    those of RFC 9293, 3.2 (MSS) and RFC 7323 (window scale, TSval and TSecr).

    `checksum` is "good", "bad" (a receiver drops it: MUST-3), "offloaded" (not yet filled in: the
    host that captured it was sending it, or had merged several that it received), or "absent": not
    all of the packet was captured, or a text does not tell. `truncated` says that the capture holds
    only the beginning of the packet: the fixed header is whole, but options may be missing.

    Where the packet was seen: `interface` is the index of the interface in its file (0 where there
    is one); in a figure or ladder of both ends, 0 for what leaves or arrives at the left end, and
    1 at the right. `outbound` is True for what the host that captured it sent, False for what it
    received, None where the capture does not say. `after_gap` says that, as a text tells by "...",
    packets before this one are left out.
    """

    number: int
    file: int
    time: int | None
    source: Endpoint
    destination: Endpoint
    seq: int | None
    ack: int | None
    length: int | None
    SYN: bool
    ACK: bool
    FIN: bool
    RST: bool
    PSH: bool
    URG: bool
    window: int | None = None
    mss: int | None = None
    wscale: int | None = None
    sack_permitted: bool | None = None
    tsval: int | None = None
    tsecr: int | None = None
    ttl: int | None = None
    checksum: str = ABSENT
    truncated: bool = False
    interface: int = 0
    outbound: bool | None = None
    after_gap: bool = False

    @property
    def controls(self) -> str:
        """The control bits that are set, in the RFC's order: "SYN,ACK"."""
        return ",".join(b for b in ("URG", "PSH", "SYN", "FIN", "RST", "ACK") if getattr(self, b))


@dataclass(slots=True)
class Connection:
    """The packets between two endpoints from one SYN to the end, in order of time.

    `ends` begins with the end that sent the first SYN, or the first packet where there is none.
    `number` counts the connections of the capture from 1, in the order of their first packets;
    `incarnation` counts those between the same two endpoints.
    """

    number: int
    ends: tuple[Endpoint, Endpoint]
    incarnation: int = 1
    packets: Sequence[Packet] = field(default_factory=list)
