"""An endpoint of one's own: RFC 9293, but a FIN in FIN-WAIT-1 goes to LAST-ACK."""

from dataclasses import replace

from tcpmc.model import RFC9293, Host, Segment, State, Step, Tcb, Variant


def check_fin(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Eighth, check the FIN bit: what this stack does differently."""
    step = RFC9293.check_fin(host, tcb, seg)
    if step.tcb.state != State.CLOSING:
        return step
    tcb = replace(step.tcb, state=State.LAST_ACK)
    return replace(step, tcb=tcb, rules=("my stack: FIN in FIN-WAIT-1, LAST-ACK",))


variant = Variant(
    "my-stack",
    "FIN in FIN-WAIT-1 leads to LAST-ACK",
    rules=replace(RFC9293, check_fin=check_fin),
)
