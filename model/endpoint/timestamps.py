"""Timestamps, and the protection against old segments that they give (RFC 7323, sections 3 to 5).

A timestamp here is what the option's TSval would be, as far as its order matters. The clock that
stamps is the host's; the model says when it ticks (`incarnations.clock`).
"""

from __future__ import annotations

from dataclasses import replace

from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import Step, Tcb, ack, continue_processing


def is_older(stamp: int, than: int) -> bool:
    """Whether a timestamp is before another, modulo 2**32 (RFC 7323, 5.2)."""
    return (stamp - than) & (1 << 31) != 0


def stamped(step: Step, stamp: int) -> Step:
    """The step with a timestamp on what it sends: once negotiated, every segment but a reset
    carries the option (RFC 7323, 3.2)."""
    send = tuple(seg if seg.RST else replace(seg, stamp=stamp) for seg in step.send)
    return replace(step, send=send)


def check_timestamp(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """PAWS: a segment with a timestamp before TS.Recent is not acceptable (RFC 7323, 5.3, R1)."""
    if not host.profile.timestamps or seg.RST or not is_older(seg.stamp, tcb.ts_recent):
        return continue_processing(tcb)
    return Step("RFC 7323 5.3 R1: PAWS, old segment dropped, ACK sent", tcb, send=(ack(tcb),))


def note_timestamp(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """TS.Recent follows the timestamp of an acceptable segment at the left edge of the window, or
    before it (RFC 7323, 4.3, rule 2; 5.3, R3)."""
    if not host.profile.timestamps or seg.RST or tcb.rcv_nxt < seg.seq:
        return continue_processing(tcb)
    return continue_processing(replace(tcb, ts_recent=seg.stamp))
