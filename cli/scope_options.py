"""The bounds of a scope as options of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tcpmc.cli.command_settings import ScopeBounds
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import CHANNELS, LISTENERS, LOSSES, POLICIES, SIDES, STARTS, Scope
from tcpmc.reports.scope_arguments import FLAGS

Command = TypeVar("Command", bound=Callable[..., Any])


def retries(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """The number of retransmissions; -1 stands for "forever"."""
    if value is None or value == "forever":
        return None if value is None else -1
    if value.isdecimal():
        return int(value)
    raise click.BadParameter(f"{value!r} is neither a number nor 'forever'", context, parameter)


def _bound(name: str, help: str, **settings: Any) -> Callable[[Command], Command]:
    """The option of one bound, which is None where it is not given."""
    return click.option(FLAGS[name], name, default=None, help=help, **settings)


def _number(name: str, help: str) -> Callable[[Command], Command]:
    return _bound(name, help, type=int, metavar="N")


OPTIONS = (
    _number("bits", "Sequence numbers are modulo 2**N."),
    _bound("channel", "Kind of channel.", type=click.Choice(CHANNELS)),
    _number("capacity", "Maximum number of segments in flight per direction."),
    _bound("loss", "Segments that can be lost.", metavar="|".join((*LOSSES, "SEGMENT"))),
    _bound("duplication", "Whether the network duplicates segments."),
    _bound("reordering", "Whether the network reorders segments."),
    _number("data", "Octets of data that each user sends."),
    _number("opens", "Number of OPEN calls per user."),
    _number("crashes", "Number of silent crashes per end."),
    _bound("aborts", "Whether users call ABORT."),
    _bound("isn", "How the ISS of a second connection is chosen.", type=click.Choice(POLICIES)),
    _bound("sender", "Which users call SEND.", type=click.Choice(SIDES)),
    _bound("closer", "Which user calls CLOSE first.", type=click.Choice(SIDES)),
    _bound("shared_address", "Whether the second connection of A is from another host."),
    _bound(
        "listener",
        "Which end listens again as soon as its connection is gone.",
        type=click.Choice(LISTENERS),
    ),
    _bound("prompt", "Whether all segments arrive before a retransmission."),
    _number("attacks", "Number of forged segments per end."),
    _bound(
        "retransmissions",
        "Maximum number of retransmissions per segment.",
        callback=retries,
        metavar="N|forever",
    ),
    _bound("start", "State in which both ends start.", type=click.Choice(STARTS)),
    _bound("clock", "Whether time is modelled, in ticks."),
    _number("msl", "Maximum segment lifetime, in ticks."),
    _number("time_wait", "Duration of TIME-WAIT, in ticks."),
    _number("rto", "Retransmission timeout, in ticks."),
)


def scope_options(command: Command) -> Command:
    """Add an option for each bound to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def scope_with(scope: Scope, bounds: ScopeBounds) -> Scope:
    """The scope with the bounds that were given. Raises BadInput for impossible ones."""
    changes: dict[str, object] = dict(bounds.given())
    changes.pop("reordering", None)
    if bounds.reordering is not None:
        changes["channel"] = _channel(bounds.reordering, bounds.channel, scope)
    if bounds.retransmissions == -1:
        changes["retransmissions"] = None
    if bounds.bits is not None and 5 <= bounds.bits <= 32:
        changes["iss"] = tuple(iss % 2**bounds.bits for iss in scope.iss)
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
