"""Delayed ACK: text is taken, and its ACK is left to the next segment (RFC 9293, 3.8.6.3)."""

from dataclasses import replace

from tcpmc.model import RFC9293, Host, Segment, Step, Tcb, Variant


def process_text(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Seventh: nothing is sent for text in order that no FIN follows."""
    step = RFC9293.process_text(host, tcb, seg)
    if step.rules != ("3.10.7.4 seventh: text delivered",) or seg.FIN:
        return step
    return replace(step, send=(), rules=("my stack: text taken, its ACK delayed",))


variant = Variant(
    "delayed-ack",
    "the ACK of text waits for the next segment",
    rules=replace(RFC9293, process_text=process_text),
)
