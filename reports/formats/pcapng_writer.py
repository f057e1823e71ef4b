"""A trace as a capture for Wireshark (pcapng, draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tcpmc import __version__
from tcpmc.captures import wire
from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.jobs import Result
from tcpmc.checks.verdict import REFUTED
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Eventually
from tcpmc.reports.evidence import command, shown
from tcpmc.reports.flows import ARRIVALS, Flow
from tcpmc.reports.layout import printable
from tcpmc.reports.packets import ADDRESSES, LONGEST, datagram
from tcpmc.reports.story import FATES, Moment, copies_of, moments, title, trace_of

MICROSECONDS, SECOND, APART = 6, 10**6, 10**3
STEP = 2
"""Seconds that a step takes, so that no ACK is left out because one was sent lately."""
TIME_WAIT = 62
"""Seconds that TIME-WAIT lasts with the clock on: a tick is as long as that takes."""
AFTER, FOR_EVER = 2, 600
"""Seconds from the last step to the end of the capture, and where nothing happens any more."""


@dataclass
class TracePacket:
    """A packet where one end sees it: in microseconds, on the interface of that end."""

    time: int
    end: int
    flow: Flow
    comments: list[str] = field(default_factory=list)

    @property
    def leaves(self) -> bool:
        """Whether that end sends it."""
        return self.end == self.flow.sender


def pcapng(result: Result) -> bytes:
    """The trace of a result as a capture: raw IP, an interface for each end, and the steps as
    comments. A segment is on the interface of its sender when it is sent and on that of its
    receiver when it arrives; the network has what is only on the first.

    A step takes two seconds; with the clock on, a tick takes so long that TIME-WAIT is a minute.
    The capture ends later than the last step: what an end sends in a step, it sends at once.
    Where nothing happens any more, it ends much later.
    """
    about = [title(result), shown(result, trace_of(result)), f"Again: {command(result.job)}"]
    blocks = [_section(about), *map(_interface, (0, 1))]
    return b"".join(
        [*blocks, *_packets(result), *(wire.ended(end, _end(result)) for end in (0, 1))]
    )


def _section(about: Sequence[str]) -> bytes:
    application = (wire.APPLICATION, f"tcpmc {__version__}".encode())
    return wire.section([*map(_comment, about), application])


def _interface(end: int) -> bytes:
    options = [
        (wire.NAME, ENDS[end].encode()),
        (wire.DESCRIPTION, f"TCP Peer {ENDS[end]}".encode()),
        (wire.ADDRESS, ADDRESSES[end].packed + bytes((255, 255, 255, 0))),
        (wire.RESOLUTION, bytes([MICROSECONDS])),
    ]
    return wire.interface(wire.RAW_IP, options)


def _packets(result: Result) -> Iterator[bytes]:
    job, sendings = result.job, _sendings(result)
    for packet in _seen(result):
        flow = packet.flow
        number = sendings.index((flow.sender, flow.sent, flow.lane)) + 1
        window = job.variant.at(flow.sender).profile.window
        data = datagram(flow.segment, flow.sender, job.scope.iss, window, number % 2**16)
        options = [*map(_comment, packet.comments), wire.direction(packet.leaves)]
        yield wire.packet(packet.end, packet.time, data, options)


def _sendings(result: Result) -> list[tuple[int, int, int]]:
    """What the ends send, in order, once however many copies the network makes of it."""
    return [*dict.fromkeys((flow.sender, flow.sent, flow.lane) for flow in copies_of(result))]


def _seen(result: Result) -> list[TracePacket]:
    """The packets of both ends in the order of the trace. A step without one is told with the next
    packet."""
    copies, waiting, packets = copies_of(result), list[str](), list[TracePacket]()
    clock, count = result.job.scope.clock, 0
    for flow in (flow for flow in copies if flow.sent == 0 and flow.copied is None):
        packets.append(TracePacket(0, flow.sender, flow, ["sent before the trace begins"]))
    for moment in moments(result):
        count = 0 if moment.event.kind == EventKind.TICK or not clock else count
        time = _time(result, moment)
        told = list(_told(moment, copies))
        for end, flow, comment in told:
            packets.append(TracePacket(time + count * APART, end, flow, [*waiting, comment]))
            waiting, count = [], count + 1
        if not told:
            waiting.append(_line(moment, _happening(moment)))
    if packets:
        packets[-1].comments += [*waiting, _conclusion(result)]
    return packets


def _time(result: Result, moment: Moment) -> int:
    """When a step is, in microseconds."""
    scope = result.job.scope
    if not scope.clock:
        return moment.number * STEP * SECOND
    return moment.time * -(-TIME_WAIT // max(scope.time_wait, 1)) * SECOND


def _end(result: Result) -> int:
    """When the capture ends, in microseconds."""
    steps = list(moments(result))
    rest = FOR_EVER if _is_silent(result) else AFTER
    return (_time(result, steps[-1]) if steps else 0) + rest * SECOND


def _is_silent(result: Result) -> bool:
    """Whether nothing is sent after the trace: its last state has no next step, or the run stays
    there, and the steps of its loop send nothing."""
    job, trace = result.job, trace_of(result)
    if next(iter(Model(job.variant, job.scope).successors(trace.states[-1])), None) is None:
        return True
    loop = len(trace) if trace.loop is None else trace.loop
    sends = any(step is not None and step.send for step in trace.steps[loop:])
    return isinstance(job.prop, Eventually) and result.verdict.word == REFUTED and not sends


def _told(moment: Moment, copies: Sequence[Flow]) -> Iterator[tuple[int, Flow, str]]:
    """What is seen in a step, at which end, and its comment: what arrives, and what is sent."""
    end = moment.event.end
    if moment.event.kind in ARRIVALS and moment.flow is not None:
        yield end, moment.flow, _line(moment, _happening(moment), *_too_long(moment.flow))
    genuine = [flow for flow in copies if flow.fate != "forged"]
    sent = {flow.lane: flow for flow in genuine if flow.sent == moment.number}
    for _, flow in sorted(sent.items()):
        what = f"{ENDS[end]} sends {flow.segment}"
        if moment.event.flight is None:
            what = f"{_happening(moment)}, sends {flow.segment}"
        yield end, flow, _line(moment, what, *_too_long(flow), *_fates(flow, copies))


def _line(moment: Moment, what: str, *more: str) -> str:
    """A step on one line: what happens, the states, the rules, and what else there is to say."""
    pairs = zip(ENDS, moment.before.ends, moment.after.ends, strict=True)
    states = ", ".join(
        f"{name} {was.state}" + (f" -> {now.state}" if was.state != now.state else "")
        for name, was, now in pairs
    )
    return " | ".join([f"step {moment.number}: {what}", states, *moment.rules, *more])


def _happening(moment: Moment) -> str:
    event, flow = moment.event, moment.flow
    if flow is None:
        return event.kind if event.kind == EventKind.TICK else f"{ENDS[event.end]} {event.kind}"
    if event.kind == EventKind.FORGE:
        return f"{ENDS[event.end]} receives {flow.segment}, FORGED"
    since = f"sent in step {flow.sent}" if flow.sent else "sent before"
    if event.kind == EventKind.DELIVER:
        return f"{ENDS[event.end]} receives {flow.segment}, {since}"
    return f"{flow.segment} of {ENDS[event.end]}, {since}, is {FATES[event.kind]}"


def _too_long(flow: Flow) -> Iterator[str]:
    if flow.segment.length > LONGEST:
        yield f"of {flow.segment.length} octets of text {LONGEST} fit in a datagram"


def _fates(sent: Flow, copies: Sequence[Flow]) -> Iterator[str]:
    """What becomes of a segment, where it does not just arrive."""
    for flow in copies:
        if (flow.sender, flow.sent, flow.lane) == (sent.sender, sent.sent, sent.lane):
            if flow.copied is not None:
                yield f"DUPLICATED in step {flow.copied}"
            if flow.fate == "in flight":
                yield "STILL IN FLIGHT at the end"
            elif flow.fate != "delivered":
                yield f"{flow.fate.upper()} in step {flow.ended}"


def _conclusion(result: Result) -> str:
    word = "VIOLATION" if result.verdict.word == REFUTED else result.verdict.word
    return f"{word}: {shown(result, trace_of(result))}"


def _comment(text: str) -> wire.Option:
    return wire.comment(printable(text))
