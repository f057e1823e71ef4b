"""What the sockets of a host are waiting for, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.layout import hanging, printable, wrapped
from tcpmc.studies.explain.meanings import Hint
from tcpmc.studies.sockets.socket_groups import SocketGroup, SocketGroups
from tcpmc.studies.sockets.socket_listing import Listing
from tcpmc.studies.sockets.unusual import SocketCause

PAGE, SHOWN = 100, 10
HOLDERS = {
    "ss": "ss -tanp",
    "netstat": "netstat -tanp (Linux), netstat -ano (Windows), lsof -nP -iTCP (macOS, BSD)",
    "/proc/net/tcp": "ss -tanp",
    "lsof": "lsof -nP -iTCP as root",
    "sockstat": "sockstat -46s -P tcp as root",
    "netstat of Solaris": "netstat -anu",
    "Get-NetTCPConnection": "Get-NetTCPConnection | Format-Table -AutoSize",
}
TIMERS = {"ss": "ss -tano", "netstat": "netstat -tano (Linux)", "/proc/net/tcp": "ss -tano"}


def as_text(listing: Listing, width: int | None = None) -> str:
    """For each cause and state that is unusual, what its sockets are waiting for, who must act and
    when it ends; then how many there are in each state."""
    page = min(PAGE, width or PAGE)
    groups, shows = SocketGroups(listing.table), shown_by(listing)
    lines: list[str] = []
    for state, cause in groups.kinds():
        if not cause.is_usual:
            lines += _block(state, cause, groups, shows, page)
    counts = Counter(state_counts(listing))
    told = ", ".join(f"{counts[state]:,} {state}" for state in State if counts[state])
    total = f"{_number(len(listing.table), 'TCP socket')}: {told or 'none'}."
    if listing.others:
        total += f" Not of TCP: {', '.join(f'{n:,} {kind}' for kind, n in listing.others.items())}."
    if not lines:
        total += " Nothing unusual."
    elif more := _more(listing, shows):
        lines += [*wrapped(more, page), ""]
    return "\n".join([*lines, *wrapped(total, page)]) + "\n"


def state_counts(listing: Listing) -> dict[State, int]:
    """How many sockets are in each state that there is."""
    found = Counter(listing.table.state)
    return {state: found[number] for number, state in enumerate(State) if found[number]}


def _block(
    state: State, cause: SocketCause, groups: SocketGroups, shows: set[str], page: int
) -> Iterator[str]:
    """What there is to say of one state and cause."""
    for text in _told(state, cause, groups):
        yield from hanging(text, page + 2)
    look = " ".join(hint.text for hint in cause.look if is_of_use(hint, shows))
    for title, text in (("Who", cause.acts), ("Ends", cause.ends), ("See", look)):
        if text:
            yield from (f"  {line}" for line in wrapped(f"{title}: {text}", page - 2))
    yield f"  Trace: {cause.trace}"
    yield ""


def is_of_use(hint: Hint, shows: set[str]) -> bool:
    """Whether a list that shows these has what a hint is about."""
    return not hint.needs or hint.needs in shows


def shown_by(listing: Listing) -> set[str]:
    """What the list shows besides addresses and states."""
    table = listing.table
    found = {"timers"} if any(table.timer) else set()
    found |= {"processes"} if any(table.holders) else set()
    return found | ({"queues"} if any(count >= 0 for count in table.receive) else set())


def _told(state: State, cause: SocketCause, groups: SocketGroups) -> Iterator[str]:
    """A line for each of the largest groups, and one for the rest."""
    numbers = groups.of(state, cause)
    for number in numbers[:SHOWN]:
        group = groups[number]
        line = f"{group.count:,} x {state} {_where(group)}: {cause.waits}{_again(group)}"
        held = [f"{printable(name)} {n:,}" for name, n in group.processes.most_common(3)]
        if held:
            more = len(group.processes) - len(held)
            line += f"; held by {', '.join(held)}" + (f" and {more} more" if more else "")
        yield line
    rest = numbers[SHOWN:]
    if rest:
        count = int(groups.counts[rest].sum())
        yield f"{count:,} x {state} with {_number(len(rest), 'other service')}: the same"


def _again(group: SocketGroup) -> str:
    told = f"; sent again up to {_number(group.sent_again, 'time')}" if group.sent_again else ""
    return told + (f"; probed up to {_number(group.probed, 'time')}" if group.probed else "")


def _where(group: SocketGroup) -> str:
    return f"to {printable(group.service)}" if group.to else f"at {printable(group.service)}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _more(listing: Listing, shows: set[str]) -> str:
    """Which commands would show what this list does not."""
    told = []
    if "processes" not in shows:
        told.append(f"the processes: {_commands(listing, HOLDERS)}")
    if "timers" not in shows and (commands := _commands(listing, TIMERS)):
        told.append(f"timers and what was sent again: {commands}")
    return f"Not in this list: {'; '.join(told)}." if told else ""


def _commands(listing: Listing, by_format: dict[str, str]) -> str:
    return ", ".join(
        dict.fromkeys(by_format[name] for name in sorted(listing.formats) if name in by_format)
    )
