"""A timer of FIN-WAIT-2: the state is kept as TIME-WAIT, which a timer ends and a FIN restarts."""

from dataclasses import replace

from tcpmc.model import RFC9293, Host, Segment, State, Step, Tcb, Variant


def check_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Fifth, check the ACK field: the ACK of our FIN starts the timer."""
    step = RFC9293.check_ack(host, tcb, seg)
    if step.tcb.state != State.FIN_WAIT_2 or tcb.state == State.FIN_WAIT_2:
        return step
    return replace(
        step,
        tcb=replace(step.tcb, state=State.TIME_WAIT),
        rules=("my stack: FIN acknowledged, FIN-WAIT-2 timer started",),
        starts_time_wait=True,
    )


variant = Variant(
    "my-fin-wait-2-timer",
    "a timer ends FIN-WAIT-2",
    rules=replace(RFC9293, check_ack=check_ack),
)
