"""What the explorer needs to know of a system: two machines and two channels, as tables."""

from __future__ import annotations

from typing import Protocol, TypeVar

from tcpmc.checks.statespace.tables import Ints, Table

States = TypeVar("States", Ints, int)
END_BITS, CHANNEL_BITS = 13, 18
QUIET, SETTLED = 1, 2
PAIR_MASK = (1 << 2 * END_BITS) - 1
KEY_BITS = 20
LOW = (1 << KEY_BITS) - 1
"""The part of a key that is its second id."""


class TooLarge(Exception):
    """The exploration would exceed a limit; says which, and how far it came."""


class Machine(Protocol):
    """What the explorer needs to know, as tables. `which` is 0 or 1, `key` an id or ids.

    own[which]        end -> (event, end', message, waits): what an end does by itself; a row that
                      waits (QUIET) is possible only when both channels are quiet, or (SETTLED)
                      when the other end is settled as well.
    deliveries        channel -> (event, flight, channel')
    receive[which]    key_of(end, flight) -> (end', message)
    put               key_of(channel, message) -> (channel',), or no row: there is no room
    network           channel -> (event, channel'): losses and the like
    tick_end, tick_channel   id -> (id',), or no row: something has to happen first
    quiet, settled    id -> (0 or 1,)
    """

    initial: tuple[int, int, int, int]
    clock: bool
    own: tuple[Table, Table]
    deliveries: Table
    receive: tuple[Table, Table]
    put: Table
    network: Table
    tick_end: Table
    tick_channel: Table
    quiet: Table
    settled: Table


def key_of(first: States, second: States) -> States:
    """The keys of a table that is asked for two ids at a time."""
    return first << KEY_BITS | second


def ids_of(key: States) -> tuple[States, States]:
    """The two ids of each key."""
    return key >> KEY_BITS, key & LOW


def pack(a: Ints, b: Ints, ab: Ints, ba: Ints) -> Ints:
    """Four arrays of ids as one array of states."""
    return a | b << END_BITS | ab << 2 * END_BITS | ba << 2 * END_BITS + CHANNEL_BITS


def unpack(states: States) -> tuple[States, States, States, States]:
    """The ids of both ends and both channels, of states or of one."""
    end, channel = (1 << END_BITS) - 1, (1 << CHANNEL_BITS) - 1
    return (
        states & end,
        states >> END_BITS & end,
        states >> 2 * END_BITS & channel,
        states >> 2 * END_BITS + CHANNEL_BITS,
    )
