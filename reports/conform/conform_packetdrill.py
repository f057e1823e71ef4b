"""A packetdrill script of the end that deviates, up to the deviation (syntax: google/packetdrill,
parser.y): the kernel under test is that end, and what the RFC would have sent is what it must send.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcpmc.checks.conform.conform import ConnectionReport, EndReport
from tcpmc.checks.conform.explaining import Deviation, Told
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.conform.held import Held
from tcpmc.reports.formats.packetdrill_lines import (
    ANY_TIME,
    FIRST,
    LATER,
    NOTHING,
    WINDOW,
    Sockets,
    accept_lines,
    comment_lines,
    connect_lines,
    listen_lines,
    packet_text,
)

OPTIONS = "<mss 1460>"


def packetdrill(held: Held) -> str:
    """The script of the first end that deviates; of the first end, where none does."""
    one, end = next(
        ((one, end) for one, end in held.ends if end.judgement.strict.deviations),
        held.ends[0],
    )
    return "\n".join(_script(one, end, held)) + "\n"


def _script(one: ConnectionReport, end: EndReport, held: Held) -> Iterator[str]:
    strict = end.judgement.strict
    about = [
        f"connection {one.number}, {end.endpoint}: strictly {strict.verdict} for"
        f" {held.report.stack.name}",
        "That end is the kernel under test; the script is its user and the network.",
        "Sequence numbers count from each end's ISS.",
    ]
    yield from comment_lines(*about)
    yield f"// Again: {held.command}"
    first = strict.deviations[0] if strict.deviations else None
    until = len(strict.told)
    if first is not None and first.packet is not None:
        until = min(first.packet, until)
    told = strict.told[:until]
    if not told or not told[0].seen.segment.SYN or told[0].seen.segment.ACK:
        yield from comment_lines("The capture has no beginning of the connection.")
        yield NOTHING
        return
    yield from _packets(told)
    if first is not None:
        yield from _expected(first)


def _packets(told: Sequence[Told]) -> Iterator[str]:
    """The calls and packets of a connection that begins in the capture."""
    sockets, opens = Sockets(), told[0].seen.sent
    lines = list(connect_lines(sockets) if opens else listen_lines(sockets))
    yield lines[0].replace(LATER, FIRST, 1)
    yield from lines[1:]
    mine = theirs = 0
    before = ""
    for one in told:
        segment, sent = one.seen.segment, one.seen.sent
        if segment.SYN and sent:
            mine = segment.seq.value
        elif segment.SYN:
            theirs = segment.seq.value
        bases = (mine, theirs) if sent else (theirs, mine)
        if sent and sockets.connection is not None:
            yield from _call(one, sockets)
        flags = [bit for bit in ("FIN", "SYN", "RST", "ACK") if getattr(segment, bit)]
        flags += ["text"] * (segment.length > 0)
        ack = (segment.ack.value - bases[1]) % 2**32 if segment.ACK else None
        seq = (segment.seq.value - bases[0]) % 2**32
        text = packet_text(flags, seq, segment.length, ack)
        options = f" {OPTIONS}" if segment.SYN and not sent else ""
        if sent:
            yield f"{ANY_TIME} > {text}" + (" <...>" if segment.SYN else "")
        else:
            yield f"{LATER} < {text} win {WINDOW}{options}"
        now = one.state or ""
        if not opens and now == State.ESTABLISHED != before and sockets.connection is None:
            yield from accept_lines(sockets)
        before = now


def _call(one: Told, sockets: Sockets) -> Iterator[str]:
    """What the user calls before the end sends this."""
    rules = " ".join(one.rules)
    if "3.10.2: text sent" in rules:
        length = one.seen.segment.length
        yield f"{LATER} write({sockets.connection}, ..., {length}) = {length}"
        return
    if "3.10.4: CLOSE" in rules:
        yield f"{LATER} shutdown({sockets.connection}, SHUT_WR) = 0"


def _expected(first: Deviation) -> Iterator[str]:
    """What went wrong, and what should have come."""
    wrong = f"here: {first.text}" + (f" ({first.requirement})" if first.requirement else "")
    yield from comment_lines(wrong, f"RFC 9293 has instead: {first.expected}")
