"""Stacks by the names that the user gives them."""

from __future__ import annotations

from tcpmc.errors import BadInput
from tcpmc.stacks.stack import StackUnderTest

KNOWN = "linux, lwip, command:PROGRAM, unix:PATH"
ENDS = (("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1"))


def stack_named(name: str, end: int = 0) -> StackUnderTest:
    """The stack, at the first or the second end of the wire. Raises BadInput for a name that is
    none, and NotHere for what this machine lacks."""
    local, remote = ENDS[end]
    kind, colon, rest = name.partition(":")
    if name == "linux":
        from tcpmc.stacks.linux import Linux

        return Linux(local, remote)
    if name == "lwip":
        from tcpmc.stacks.lwip import Lwip

        return Lwip(local, remote)
    if kind == "command" and colon and rest.strip():
        from tcpmc.stacks.command import Command

        return Command(rest, local, remote)
    if kind == "unix" and rest:
        from tcpmc.stacks.command import Command

        return Command(name, local, remote)
    raise BadInput(f"unknown stack {name!r}; one of {KNOWN}")
