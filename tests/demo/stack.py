"""What this stack does differently from RFC 9293: it drops the connection at the last FIN."""

from dataclasses import replace

from tcpmc.model import RFC9293, Host, Segment, State, Step, Tcb, Variant, delete_tcb


def check_fin(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Eighth, check the FIN bit."""
    step = RFC9293.check_fin(host, tcb, seg)
    if step.tcb.state != State.TIME_WAIT:
        return step
    return replace(step, tcb=delete_tcb(tcb), rules=("stack.c: FIN in FIN-WAIT-2, PCB freed",))


variant = Variant("demo-stack", "no TIME-WAIT", rules=replace(RFC9293, check_fin=check_fin))
