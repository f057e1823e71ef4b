"""The captures of a real kernel at each end, with the states that the kernel itself reported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tcpmc.captures import Endpoint, Packet, read

FOLDER = Path(__file__).parents[1] / "captures" / "truth"
ADDRESSES = {"A": "10.0.0.1", "B": "10.0.0.2"}
EMPTY = 24
"""Octets of a capture without packets."""
SOON = 0.3
"""Milliseconds in which a reply leaves, before the states are read again."""

DEVIATIONS = {
    # What deviates, each with its packet in the capture.
    "fw2_timeout.A": (7, "FIN-WAIT-2 timer expires"),  # Linux: tcp_fin_timeout, TCP_LINGER2
    "olddup_ratelimit.A": (12, "TIME-WAIT ended"),  # the harness destroyed the TIME-WAIT
    "tw_buckets0.A": (8, "TIME-WAIT ended"),  # Linux: no bucket was left for a TIME-WAIT
    "tw_reuse_delay10.A": (7, "OPEN in TIME-WAIT"),  # Linux: tcp_tw_reuse
}


def name_of(path: Path) -> str:
    return path.name.removesuffix(".pcap")


def captures() -> list[Path]:
    """Those that have packets."""
    return [p for p in sorted(FOLDER.glob("*.pcap")) if p.stat().st_size > EMPTY]


def opened(path: Path) -> tuple[list[Packet], Endpoint]:
    """The packets, and the end at which they were captured."""
    packets = list(read([str(path)]))
    address = ADDRESSES[path.name.split(".")[1]]
    ends = (packets[0].source, packets[0].destination)
    return packets, next(end for end in ends if end.address == address)


def kernel_states(path: Path) -> list[set[str] | None]:
    """After each packet of the capture the states that the kernel reported before the next one;
    None where it was not asked. A listener beside the connection is left out."""
    name, end, _ = path.name.split(".")
    found: list[tuple[float, str | None]] = []
    latest = None
    for kind, time, state in _lines(path.with_name(f"{name}.txt"), end):
        if kind == "packet":
            if found and found[-1][1] is None and not (state and time - found[-1][0] < SOON):
                found[-1] = (found[-1][0], latest)
            found.append((time, None))
        else:
            latest = state or latest
            if found and found[-1][1] is None:
                found[-1] = (found[-1][0], latest)
    return [None if state is None else _of_connection(state) for _, state in found]


def _lines(path: Path, end: str) -> Iterator[tuple[str, float, str | None]]:
    """What concerns this end: a packet (with "sent" if it sent it), or its state."""
    for line in path.read_text(encoding="utf-8").splitlines():
        began = re.match(r"\s*([\d.]+) ms", line)
        time = float(began[1]) if began else 0.0
        state = re.search(rf"states.*\b{end}=(\S+)", line)
        if re.search(rf"\b{end} emits", line):
            yield "packet", time, "sent"
        elif re.search(rf"wire (delivers #\d+|injects) to {end}\b", line):
            yield "packet", time, None
        elif state:
            yield "state", time, state[1]
        elif line.strip().endswith("END"):
            yield "state", time, None


def _of_connection(text: str) -> set[str]:
    states = set(text.split("+"))
    if len(states) > 1:
        states.discard("LISTEN")
    return {"LISTEN", "CLOSED"} if states <= {"LISTEN", "CLOSED"} else states
