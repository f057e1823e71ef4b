"""Unread data: CLOSE resets a connection with text that was not read (RFC 2525, 2.17).

The model's user reads at once. Here he never does: what came before CLOSE is unread.
"""

from dataclasses import replace

from tcpmc.model import RFC9293, Host, State, Step, Tcb, Variant


def close(host: Host, tcb: Tcb) -> Step:
    """CLOSE: a reset in place of a FIN if any text has come."""
    fin = tcb.state == State.CLOSE_WAIT
    unread = tcb.rcv_nxt != tcb.irs + (1 + fin)
    if tcb.state not in (State.ESTABLISHED, State.CLOSE_WAIT) or not unread:
        return RFC9293.close(host, tcb)
    step = RFC9293.abort(host, tcb)
    return replace(step, rules=("my stack: CLOSE with unread text, RST sent",))


variant = Variant(
    "unread-data",
    "CLOSE resets the connection if text has come",
    rules=replace(RFC9293, close=close),
)
