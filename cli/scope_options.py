"""The bounds of a scope as options of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from tcpmc.errors import BadInput
from tcpmc.model.network.scope import CHANNELS, LOSSES, POLICIES, SIDES, STARTS, Scope
from tcpmc.reports.scope_arguments import FLAGS

Command = TypeVar("Command", bound=Callable[..., Any])


def retries(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """The number of retransmissions; -1 stands for "forever"."""
    if value is None or value == "forever":
        return None if value is None else -1
    if value.isdecimal():
        return int(value)
    raise click.BadParameter(f"{value!r} is neither a number nor 'forever'", context, parameter)


SETTINGS: dict[str, dict[str, Any]] = {
    "bits": {"type": int, "help": "Sequence numbers are modulo 2**N."},
    "channel": {"type": click.Choice(CHANNELS), "help": "Kind of network."},
    "capacity": {"type": int, "help": "Segments in flight each way."},
    "loss": {"metavar": "|".join((*LOSSES, "SEGMENT")), "help": "Segments that can be lost."},
    "duplication": {"help": "Whether the network duplicates segments."},
    "reordering": {"help": "Whether the network reorders segments."},
    "data": {"type": int, "help": "Octets that each user gives to SEND."},
    "opens": {"type": int, "help": "OPEN calls of each user."},
    "crashes": {"type": int, "help": "Silent crashes of each end."},
    "aborts": {"help": "Whether users call ABORT."},
    "isn": {
        "type": click.Choice(POLICIES),
        "help": "Choice of the ISS of a second connection.",
    },
    "sender": {"type": click.Choice(SIDES), "help": "Who calls SEND."},
    "closer": {"type": click.Choice(SIDES), "help": "Who calls CLOSE first."},
    "shared_address": {"help": "Whether the second connection of A is from another host."},
    "attacks": {"type": int, "help": "Forged segments to each end."},
    "retransmissions": {
        "callback": retries,
        "metavar": "N|forever",
        "help": "Limit per segment.",
    },
    "start": {"type": click.Choice(STARTS), "help": "Where both ends begin."},
    "clock": {"help": "Model time, in ticks."},
    "msl": {"type": int, "help": "Maximum segment lifetime, in ticks."},
    "time_wait": {"type": int, "help": "How long TIME-WAIT lasts, in ticks."},
    "rto": {"type": int, "help": "Retransmission timer, in ticks."},
}


def scope_options(command: Command) -> Command:
    """Add an option for each bound to a command. Each is None where it is not given."""
    for name, settings in reversed(SETTINGS.items()):
        numeric = settings.get("type") is int
        extra: dict[str, Any] = {"metavar": "N"} if numeric else {}
        command = click.option(FLAGS[name], name, default=None, **settings, **extra)(command)
    return command


def scope_with(scope: Scope, given: Mapping[str, Any]) -> Scope:
    """The scope with the bounds that were given. Raises BadInput for impossible ones."""
    changes = {name: value for name, value in given.items() if value is not None}
    reordering = changes.pop("reordering", None)
    if reordering is not None:
        changes["channel"] = _channel(reordering, changes.get("channel"), scope)
    if changes.get("retransmissions") == -1:
        changes["retransmissions"] = None
    if "bits" in changes and 5 <= changes["bits"] <= 32:
        changes["iss"] = tuple(iss % 2 ** changes["bits"] for iss in scope.iss)
    try:
        return scope.with_(**changes)
    except ValueError as error:
        raise BadInput(f"impossible bounds: {error}") from error


def _channel(reordering: bool, channel: str | None, scope: Scope) -> str:
    """The channel that reorders, or not, as asked."""
    if not reordering:
        if channel not in (None, "fifo"):
            raise BadInput(f"--no-reordering is --channel fifo: it contradicts --channel {channel}")
        return "fifo"
    if channel == "fifo":
        raise BadInput("--reordering contradicts --channel fifo")
    return channel or (scope.channel if scope.channel != "fifo" else "bag")
