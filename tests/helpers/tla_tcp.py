"""The TLA+ examples' TCP as a system for the explorer.

github.com/tlaplus/Examples, specifications/tcp, tcp.tla and MCtcp.tla (Kuppe, 2024). The facts are
its actions; here they are rows. A message stays at the head of its queue until the state has an
action for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

Queue = tuple[str, ...]


class Tcb(NamedTuple):
    """An end: its state, and whether there is a TCB."""

    state: str
    tcb: bool = True


class Taken(NamedTuple):
    """What is taken from the head of a queue, and where a reset leads if it is note 3's."""

    messages: Queue
    reset_to: str = ""


State = tuple[Tcb, Tcb, Queue, Queue]
Row = tuple[str, str | None]  # the state after, and what is sent

CLOSE: dict[str, Row] = {
    "SYN-SENT": ("CLOSED", None),
    "LISTEN": ("CLOSED", None),
    "SYN-RECEIVED": ("FIN-WAIT-1", "FIN"),
    "ESTABLISHED": ("FIN-WAIT-1", "FIN"),
    "CLOSE-WAIT": ("LAST-ACK", "FIN"),
}
OPEN_OR_SEND: dict[str, list[Row]] = {
    "CLOSED": [("SYN-SENT", "SYN"), ("LISTEN", None)],
    "LISTEN": [("SYN-SENT", "SYN")],
}
TAKE: dict[tuple[str, Queue], Row] = {
    ("SYN-SENT", ("SYN",)): ("SYN-RECEIVED", "SYN,ACK"),
    ("SYN-SENT", ("SYN,ACK",)): ("ESTABLISHED", "ACK"),
    ("SYN-RECEIVED", ("RST",)): ("LISTEN", None),
    ("SYN-RECEIVED", ("ACK",)): ("ESTABLISHED", None),
    ("LISTEN", ("SYN",)): ("SYN-RECEIVED", "SYN,ACK"),
    ("ESTABLISHED", ("FIN",)): ("CLOSE-WAIT", "ACKofFIN"),
    ("FIN-WAIT-1", ("FIN",)): ("CLOSING", "ACKofFIN"),
    ("FIN-WAIT-1", ("ACKofFIN",)): ("FIN-WAIT-2", None),
    ("FIN-WAIT-1", ("FIN", "ACKofFIN")): ("TIME-WAIT", "ACKofFIN"),
    ("FIN-WAIT-2", ("FIN",)): ("TIME-WAIT", "ACKofFIN"),
    ("CLOSING", ("ACKofFIN",)): ("TIME-WAIT", None),
    ("LAST-ACK", ("ACKofFIN",)): ("CLOSED", None),
}
RESET_LEADS_TO = ("LISTEN", "CLOSED")  # note 3: from any state


@dataclass(frozen=True)
class TlaTcp:
    """`constrained` as MCtcp has it: no OPEN but the one that is done, and no two equal messages
    next to each other. Without, it has every step of tcp.tla: what TLC generates, then rejects."""

    constrained: bool = True
    initial: State = (Tcb("SYN-SENT"), Tcb("LISTEN"), ("SYN",), ())

    def own(self, which: int, end: Tcb) -> Iterator[tuple[str, Tcb, str | None]]:
        if end.state in CLOSE:
            state, send = CLOSE[end.state]
            yield "CLOSE", Tcb(state, end.tcb and state != "CLOSED"), send
        if end == Tcb("TIME-WAIT"):
            yield "timeout", Tcb("CLOSED", False), None
        if end.tcb:
            yield "note 3", Tcb("TIME-WAIT"), "RST"
        if not self.constrained:
            for state, send in OPEN_OR_SEND.get(end.state, []):
                yield "OPEN or SEND", Tcb(state), send

    def receive(self, which: int, end: Tcb, message: Taken) -> tuple[Tcb, str | None] | None:
        if message.reset_to:
            return Tcb(message.reset_to, end.tcb), None
        row = TAKE.get((end.state, message.messages))
        return (Tcb(row[0], end.tcb), row[1]) if row else None

    def deliveries(self, queue: Queue) -> Iterator[tuple[Taken, Queue]]:
        for length in range(1, min(len(queue), 2) + 1):
            yield Taken(queue[:length]), queue[length:]
        if queue[:1] == ("RST",):
            for state in RESET_LEADS_TO:
                yield Taken(queue[:1], state), queue[1:]

    def put(self, queue: Queue, message: str) -> Queue | None:
        again = self.constrained and queue[-1:] == (message,)
        return None if again else (*queue, message)

    def network(self, queue: Queue) -> Iterator[tuple[str, Queue]]:
        return iter(())
