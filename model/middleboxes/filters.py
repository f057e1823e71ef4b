"""Simpler middleboxes: a stateful firewall, a NAT, a balancer that drops a reused SYN, a DROP."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tcpmc.model.endpoint.segment import reset
from tcpmc.model.middleboxes.middlebox import Entry, Passage, Transit


@dataclass(frozen=True, slots=True)
class FilteredFlow:
    """A connection that a filter has let through: the direction of its first SYN, whether an ACK
    was seen in that direction, the directions in which a FIN was seen, and whether it is over: an
    acknowledgment after both FINs, or a RST."""

    opener_inward: bool
    confirmed: bool = False
    fins: tuple[bool, bool] = (False, False)
    over: bool = False


def _after(flow: FilteredFlow, seen: Transit) -> FilteredFlow:
    """The flow after a segment that passes."""
    seg, (inward, outward) = seen.segment, flow.fins
    if seg.RST:
        return replace(flow, over=True)
    fins = (inward or (seg.FIN and seen.inward), outward or (seg.FIN and not seen.inward))
    over = flow.over or (all(flow.fins) and not seg.FIN)
    third = seg.ACK and not seg.SYN and seen.inward == flow.opener_inward
    return replace(flow, confirmed=flow.confirmed or third, fins=fins, over=over)


def first_packet_is_syn(entry: Entry, seen: Transit) -> Passage:
    """A stateful firewall: a SYN makes an entry, which ends by RST or after both FINs; without an
    entry nothing but a SYN passes."""
    return _by_entry(entry, seen, allowed=seen.segment.SYN and not seen.segment.ACK)


def outbound_first(entry: Entry, seen: Transit) -> Passage:
    """A NAT (RFC 5382, 4.1 to 4.3): a SYN from inside makes the mapping; what comes from outside
    without one is dropped in silence (REQ-4). RST does not end the mapping at once, for a forged
    one would (RFC 7857, section 3); it and both FINs leave it transitory."""
    seg = seen.segment
    if isinstance(entry, FilteredFlow):
        kept = _after(entry, seen)
        return Passage(kept, True, "mapping: passed")
    if seen.inward or not seg.SYN:
        return Passage(None, False, "no mapping: dropped")
    made = _after(FilteredFlow(seen.inward), seen)
    return Passage(made, True, "no mapping, SYN from inside: mapping made")


def resets_unknown(entry: Entry, seen: Transit) -> Passage:
    """As `first_packet_is_syn`, but what has no entry is answered by RST."""
    passage = first_packet_is_syn(entry, seen)
    if passage.passes or seen.segment.RST:
        return passage
    return replace(passage, rule="no entry: dropped, RST sent", reply=reset(seen.segment))


def drops_reused_syn(entry: Entry, seen: Transit) -> Passage:
    """A load balancer: a SYN for a connection that is over deletes the entry and is dropped; the
    next SYN makes a new one."""
    if isinstance(entry, FilteredFlow) and entry.over and seen.segment.SYN and not seen.segment.ACK:
        return Passage(None, False, "entry of a connection that is over, SYN: both dropped")
    return _by_entry(entry, seen, allowed=seen.segment.SYN and not seen.segment.ACK, keeps=True)


def drops_resets(entry: Entry, seen: Transit) -> Passage:
    """A DROP in silence of what refuses: no RST leaves the host."""
    if seen.segment.RST and not seen.inward:
        return Passage(entry, False, "RST from inside: dropped")
    return Passage(entry, True, "passed")


def _by_entry(entry: Entry, seen: Transit, *, allowed: bool, keeps: bool = False) -> Passage:
    """A filter with entries: `allowed` without one; `keeps` the entry of what is over."""
    if not isinstance(entry, FilteredFlow):
        if not allowed:
            return Passage(None, False, "no entry: dropped")
        return Passage(_after(FilteredFlow(seen.inward), seen), True, "no entry, SYN: entry made")
    kept = _after(entry, seen)
    gone = kept.over and not keeps
    return Passage(
        None if gone else kept, True, "entry: passed, entry over" if gone else "entry: passed"
    )


def established(entry: Entry) -> bool:
    """Whether the filter takes the connection for established: no end of it was seen."""
    return (
        isinstance(entry, FilteredFlow)
        and entry.confirmed
        and not entry.over
        and not any(entry.fins)
    )
