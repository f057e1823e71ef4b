"""Where RFC 9293, Figure 5, has its states and labels: positions in inches, upwards."""

from __future__ import annotations

from math import hypot

from tcpmc.model.endpoint.tcb import UNSYNCHRONIZED, State

Point = tuple[float, float]

END = "CLOSED at the end"  # Figure 5 draws CLOSED twice, too
PLACES: dict[str, Point] = {
    "CLOSED": (4.2, 10.2),
    "LISTEN": (4.2, 8.6),
    "SYN-RECEIVED": (0, 7.05),
    "SYN-SENT": (8.4, 7.05),
    "ESTABLISHED": (4.2, 5.4),
    "FIN-WAIT-1": (0, 3.8),
    "CLOSE-WAIT": (8.4, 3.8),
    "FIN-WAIT-2": (0, 2.2),
    "CLOSING": (4.2, 2.2),
    "LAST-ACK": (8.4, 2.2),
    "TIME-WAIT": (4.2, 0.6),
    END: (8.4, 0.6),
}
# The arrows of the figure, by the middle of their labels ...
FIGURE: dict[tuple[str, str], Point] = {
    ("CLOSED", "LISTEN"): (3.55, 9.4),
    ("LISTEN", "CLOSED"): (4.85, 9.4),
    ("CLOSED", "SYN-SENT"): (9.0, 9.4),
    ("SYN-SENT", "CLOSED"): (7.0, 9.2),
    ("LISTEN", "SYN-RECEIVED"): (2.3, 7.75),
    ("SYN-RECEIVED", "LISTEN"): (1.2, 8.45),
    ("LISTEN", "SYN-SENT"): (6.1, 7.8),
    ("SYN-SENT", "SYN-RECEIVED"): (4.2, 7.05),
    ("SYN-RECEIVED", "ESTABLISHED"): (2.3, 6.2),
    ("SYN-SENT", "ESTABLISHED"): (6.1, 6.2),
    ("SYN-RECEIVED", "FIN-WAIT-1"): (0, 5.4),
    ("ESTABLISHED", "FIN-WAIT-1"): (1.5, 4.4),
    ("ESTABLISHED", "CLOSE-WAIT"): (6.3, 4.7),
    ("FIN-WAIT-1", "CLOSING"): (2.0, 3.0),
    ("FIN-WAIT-1", "FIN-WAIT-2"): (-0.2, 3.0),
    ("CLOSE-WAIT", "LAST-ACK"): (8.4, 3.0),
    ("FIN-WAIT-2", "TIME-WAIT"): (1.3, 0.85),
    ("CLOSING", "TIME-WAIT"): (4.2, 1.4),
    ("LAST-ACK", END): (8.4, 1.4),
    ("TIME-WAIT", END): (6.3, 0.6),
    # ... and those that it leaves out: note 2, and other segments that do the work of two.
    ("FIN-WAIT-1", "TIME-WAIT"): (2.1, 1.5),
    ("SYN-RECEIVED", "CLOSE-WAIT"): (4.2, 4.45),
    ("SYN-RECEIVED", "LAST-ACK"): (3.9, 3.55),
}
LABELS = FIGURE | {  # what variants have instead
    ("LISTEN", "ESTABLISHED"): (3.3, 6.6),
    ("FIN-WAIT-1", "LAST-ACK"): (5.7, 2.6),
    ("FIN-WAIT-2", "LAST-ACK"): (6.2, 1.55),
    ("FIN-WAIT-1", END): (6.6, 2.3),
    ("FIN-WAIT-2", END): (1.3, -0.5),
    ("CLOSING", END): (6.3, 1.35),
}


def end_of(source: State, target: State) -> str:
    """The node at which an arrow ends: after the opening, the CLOSED at the end."""
    again = target == State.CLOSED and source not in UNSYNCHRONIZED
    return END if again else target.value


def label_place(source: str, target: str, number: int) -> Point:
    """The middle of a label, through which its arrow passes; `number` counts the labels between
    the same two states. Where the figure has no such arrow: beside the straight line."""
    (x0, y0), (x1, y1) = PLACES[source], PLACES[target]
    dx, dy = x1 - x0, y1 - y0
    aside = 0.5 / (hypot(dx, dy) or 1)
    x, y = LABELS.get((source, target), ((x0 + x1) / 2 - dy * aside, (y0 + y1) / 2 + dx * aside))
    return (x, y + 0.75 * number) if abs(dx) > abs(dy) else (x + 1.3 * number, y)
