"""Sequence numbers: arithmetic and order modulo 2**bits (RFC 9293, 3.4)."""

from __future__ import annotations


class Seq:
    """A sequence number, modulo 2**bits.

    `a < b` means that `a` comes before `b` by less than half the space. The test is the sign
    bit of the difference, the one form that means the same on ints and on bit-vectors. At a
    distance of exactly half the space both `a < b` and `b < a` hold (RFC 1982 leaves that
    undefined): a scope keeps all live numbers of a connection closer than that.

    `value` is a plain int, or a term of a solver that behaves like one.
    """

    __slots__ = ("bits", "value")

    def __init__(self, value: int, bits: int = 32) -> None:
        self.value = value
        self.bits = bits

    def __add__(self, octets: int) -> Seq:
        return Seq((self.value + octets) & ((1 << self.bits) - 1), self.bits)

    def __sub__(self, other: Seq) -> int:
        """The distance from `other` up to this number, in sequence numbers."""
        return (self.value - other.value) & ((1 << self.bits) - 1)

    def __eq__(self, other: object) -> bool:
        return self.value == other.value if isinstance(other, Seq) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return self.value != other.value if isinstance(other, Seq) else NotImplemented

    def __lt__(self, other: Seq) -> bool:
        return (self.value - other.value) & (1 << (self.bits - 1)) != 0

    def __le__(self, other: Seq) -> bool:
        return (self == other) | (self < other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Seq({self.value}, bits={self.bits})"

    def __str__(self) -> str:
        return str(self.value)


def within(first: Seq, number: Seq, edge: Seq) -> bool:
    """first =< number < edge, as one truth: the form that a solver need not take apart."""
    return (first <= number) & (number < edge)


def acknowledges(snd_una: Seq, seg_ack: Seq, snd_nxt: Seq) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT: the ACK is acceptable and new (RFC 9293, 3.4)."""
    return (snd_una < seg_ack) & (seg_ack <= snd_nxt)
