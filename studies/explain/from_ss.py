"""What the sockets of a host are waiting for: `tcpmc explain --from-ss`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tcpmc import __version__
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.layout import hanging, wrapped
from tcpmc.reports.verdict_json import dumped
from tcpmc.studies.explain.meanings import MEANINGS
from tcpmc.studies.explain.sockets import Listing, SocketGroup, grouped

PAGE, SHOWN = 100, 10
SCHEMA = "tcpmc/sockets/1"


def as_text(listing: Listing, width: int | None = None) -> str:
    """For each state that is unusual, what its sockets are waiting for and who must act; then how
    many there are in each state."""
    page = min(PAGE, width or PAGE)
    groups = grouped(listing.sockets)
    lines: list[str] = []
    for state in State:
        of_state = [group for group in groups if group.state == state]
        if of_state and not MEANINGS[state].usual:
            for text in _told(state, of_state):
                lines += hanging(text, page + 2)
            lines += [f"  {line}" for line in wrapped(f"Who: {MEANINGS[state].acts}", page - 2)]
            lines += [f"  {line}" for line in wrapped(f"See: {MEANINGS[state].look}", page - 2)]
            lines.append("")
    counts = Counter(socket.state for socket in listing.sockets)
    told = ", ".join(f"{counts[state]:,} {state}" for state in State if counts[state])
    total = f"{_number(len(listing.sockets), 'TCP socket')}: {told or 'none'}."
    if not lines:
        total += " Nothing unusual."
    return "\n".join([*lines, *wrapped(total, page)]) + "\n"


def _told(state: State, groups: list[SocketGroup]) -> Iterator[str]:
    """A line for each of the largest groups, and one for the rest."""
    for group in groups[:SHOWN]:
        line = f"{len(group.sockets):,} x {state} {_where(group)}: {MEANINGS[state].waits}"
        if group.retried:
            line += f"; sent again up to {_number(group.retried, 'time')}"
        held = [f"{name} {count:,}" for name, count in group.processes.most_common(3)]
        if held:
            more = len(group.processes) - len(held)
            line += f"; held by {', '.join(held)}" + (f" and {more} more" if more else "")
        yield line
    rest = groups[SHOWN:]
    if rest:
        count = sum(len(group.sockets) for group in rest)
        yield f"{count:,} x {state} with {_number(len(rest), 'other service')}: the same"


def _where(group: SocketGroup) -> str:
    return f"to {group.service}" if group.to else f"at {group.service}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def as_json(listing: Listing) -> str:
    """The same as one JSON object, with every group, and a line feed at the end."""
    counts = Counter(socket.state.value for socket in listing.sockets)
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "sockets": len(listing.sockets),
        "states": {state.value: counts[state.value] for state in State if counts[state.value]},
        "groups": [_group(group) for group in grouped(listing.sockets)],
        "unread": [{"line": line, "why": why} for line, why in listing.unread.items()],
    }
    return dumped(document, indent=2)


def _group(group: SocketGroup) -> dict[str, object]:
    about = MEANINGS[group.state]
    return {
        "state": group.state.value,
        "count": len(group.sockets),
        "unusual": not about.usual,
        "service": group.service,
        "service_at": "peer" if group.to else "this host",
        "waits": about.waits,
        "must_act": about.acts,
        "sent_again": group.retried,
        "processes": dict(group.processes),
    }
