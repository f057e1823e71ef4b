"""Segments, as far as connection management sees them (RFC 9293, 3.1 and 3.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmc.model.endpoint.sequence import Seq


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: SEG.SEQ, SEG.ACK, octets of text, and the control bits.

    `ack` is meaningful only with the ACK bit, and is zero without it. `stamp` is the TSval of the
    Timestamps option (RFC 7323), and zero without one.
    """

    seq: Seq
    ack: Seq
    length: int = 0
    SYN: bool = False
    ACK: bool = False
    FIN: bool = False
    RST: bool = False
    stamp: int = 0

    @property
    def len(self) -> int:
        """SEG.LEN: octets of text, counting SYN and FIN as one each."""
        return self.length + self.SYN + self.FIN

    @property
    def controls(self) -> str:
        """The control bits that are set, in the RFC's order: "SYN,ACK"."""
        return ",".join(bit for bit in ("SYN", "FIN", "RST", "ACK") if getattr(self, bit))

    def __str__(self) -> str:
        """The RFC's own notation: `<SEQ=300><ACK=101><CTL=SYN,ACK>`."""
        ack = f"<ACK={self.ack}>" if self.ACK else ""
        text = f"<DATA={self.length}>" if self.length else ""
        stamp = f"<TSval={self.stamp}>" if self.stamp else ""
        return f"<SEQ={self.seq}>{ack}{text}<CTL={self.controls}>{stamp}"


def is_pure_ack(seg: Segment) -> bool:
    """Whether the segment is an acknowledgment and nothing else."""
    return seg.ACK and not (seg.SYN or seg.FIN or seg.RST) and seg.length == 0


def reset(seg: Segment) -> Segment:
    """The reset that answers `seg`, so numbered that its sender accepts it (RFC 9293, 3.10.7.1)."""
    zero = Seq(0, seg.seq.bits)
    if seg.ACK:
        return Segment(seg.ack, zero, RST=True)
    return Segment(zero, seg.seq + seg.len, RST=True, ACK=True)
