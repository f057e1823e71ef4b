"""The bounds of a scope as words of the command line."""

from __future__ import annotations

from collections.abc import Mapping

from tcpmc.model.network.scope import SCOPES, Scope

FLAGS = {
    "bits": "--bits",
    "channel": "--channel",
    "capacity": "--capacity",
    "loss": "--loss",
    "duplication": "--duplication/--no-duplication",
    "reordering": "--reordering/--no-reordering",
    "data": "--data",
    "opens": "--opens",
    "crashes": "--crashes",
    "aborts": "--aborts/--no-aborts",
    "isn": "--isn",
    "sender": "--sender",
    "closer": "--closer",
    "shared_address": "--shared-address/--no-shared-address",
    "listener": "--listener",
    "attacks": "--attacks",
    "retransmissions": "--retransmissions",
    "prompt": "--prompt/--no-prompt",
    "start": "--start",
    "clock": "--clock/--no-clock",
    "msl": "--msl",
    "time_wait": "--time-wait",
    "rto": "--rto",
}


def as_options(scope: Scope) -> list[str]:
    """The options that make this scope: its name and the bounds that differ from it."""
    named = SCOPES.get(scope.name, SCOPES["default"])
    words = [] if named.name == "default" else ["--scope", named.name]
    for name in FLAGS:
        if name != "reordering" and getattr(scope, name) != getattr(named, name):
            words += option(name, getattr(scope, name))
    return words


def option(name: str, value: object) -> list[str]:
    """One bound as the words of an option."""
    on, _, off = FLAGS[name].partition("/")
    if isinstance(value, bool):
        return [on if value else off]
    return [on, "forever" if value is None else str(value)]


def overridden(asked: Scope, used: Scope, given: Mapping[str, object]) -> list[str]:
    """The options given whose bound the property sets itself, to another value."""
    found = []
    for name, value in given.items():
        field = "channel" if name == "reordering" else name
        if value is not None and getattr(asked, field) != getattr(used, field):
            found.append(" ".join(option(field, getattr(asked, field))))
    return found
