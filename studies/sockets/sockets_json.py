"""What the sockets of a host are waiting for, as JSON: one type for what is written and for the
published schema (docs/sockets.schema.json)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, to_builtins

from tcpmc import __version__
from tcpmc.reports.layout import printable
from tcpmc.reports.verdict_json import dumped
from tcpmc.reports.verdict_objects import JsonObject, Natural, StateName
from tcpmc.studies.sockets.socket_groups import SocketGroup, SocketGroups
from tcpmc.studies.sockets.socket_listing import Listing
from tcpmc.studies.sockets.sockets_text import state_counts

SCHEMA: Literal["tcpmc/sockets/2"] = "tcpmc/sockets/2"


class SocketGroupObject(JsonObject, frozen=True):
    """Sockets in one state, for one cause, with one service."""

    state: StateName
    cause: Annotated[
        str, Meta(description='such as "zero window"; "" where it is the state itself')
    ]
    count: Natural
    unusual: bool
    service: Annotated[str, Meta(description="address and port")]
    service_at: Literal["peer", "this host"]
    waits: str
    must_act: str
    ends: str
    trace: Annotated[str, Meta(description="the command that shows a trace")]
    sent_again: Annotated[int, Meta(ge=0, description="how often at most, where the list says so")]
    probed: Annotated[int, Meta(ge=0, description="how often at most the window was probed")]
    processes: Annotated[
        dict[str, Natural],
        Meta(description="how many of them each process holds, where it is said"),
    ]


class UnreadLine(JsonObject, frozen=True):
    """A line that could not be read."""

    line: Annotated[int, Meta(ge=1)]
    why: str


class SocketsObject(JsonObject, frozen=True, kw_only=True):
    """A listing of sockets."""

    schema: Literal["tcpmc/sockets/2"] = SCHEMA
    version: Annotated[str, Meta(description="of tcpmc")] = __version__
    formats: Annotated[list[str], Meta(description="those that were read, such as ss")]
    sockets: Annotated[int, Meta(ge=0, description="how many were read")]
    states: Annotated[dict[str, Natural], Meta(description="how many are in each state")]
    groups: list[SocketGroupObject]
    others: Annotated[dict[str, Natural], Meta(description="sockets that are not of TCP, by kind")]
    unread: Annotated[list[UnreadLine], Meta(description="the first 1,000")]
    unread_count: Natural


def as_json(listing: Listing) -> str:
    """The listing as one JSON object, with every group, and a line feed at the end."""
    document = SocketsObject(
        formats=sorted(listing.formats),
        sockets=len(listing.table),
        states={state.value: count for state, count in state_counts(listing).items()},
        groups=[_group(group) for group in SocketGroups(listing.table).in_order()],
        others=dict(listing.others),
        unread=[UnreadLine(line, why) for line, why in listing.unread.items()],
        unread_count=listing.unread_count,
    )
    return dumped(to_builtins(document), indent=2)


def _group(group: SocketGroup) -> SocketGroupObject:
    cause = group.cause
    return SocketGroupObject(
        group.state.value,
        cause.word,
        group.count,
        not cause.is_usual,
        printable(group.service),
        "peer" if group.to else "this host",
        cause.waits,
        cause.acts,
        cause.ends,
        cause.trace,
        group.sent_again,
        group.probed,
        {printable(name): count for name, count in group.processes.items()},
    )
