"""Network namespaces of this process alone: made by the kernel, and gone with the last open file.

Only the thread that enters one sees it. Sockets, TUN devices and netlink sockets stay in the
namespace in which they were opened, so that one thread can hold several stacks. Nothing has a name
outside, so nothing is left, however the process ends.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tcpmc.stacks.stack import NotHere

NEW_NETWORK = 0x40000000
HERE = "/proc/thread-self/ns/net"
IPV4 = Path("/proc/sys/net/ipv4")
SMALL_TABLE = "64"
"""Entries of the table of connections: it is walked for each question about a state."""


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def here() -> int:
    """A file of the namespace that this thread is in."""
    return os.open(HERE, os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def entered(namespace: int) -> Iterator[None]:
    """This thread is in the namespace, and then back where it was."""
    before = here()
    try:
        _call("setns", namespace, NEW_NETWORK)
        yield
    finally:
        _call("setns", before, NEW_NETWORK)
        os.close(before)


def made() -> int:
    """A file of a new namespace, which is inside of none that anything else uses. Raises NotHere
    without the right to make one."""
    try:
        before = here()
    except OSError as error:
        raise NotHere(f"the kernel has no network namespaces ({HERE}): use Linux") from error
    try:
        _call("unshare", NEW_NETWORK)
    except PermissionError as error:
        os.close(before)
        raise NotHere("a network namespace needs root (CAP_SYS_ADMIN): run it with sudo") from error
    try:
        set_switch("tcp_child_ehash_entries", SMALL_TABLE)
        _call("unshare", NEW_NETWORK)
        return here()
    finally:
        _call("setns", before, NEW_NETWORK)
        os.close(before)


def set_switch(name: str, value: str) -> bool:
    """Set a sysctl of net.ipv4 in the namespace of this thread; False if the kernel has none of
    that name or value."""
    try:
        (IPV4 / name).write_text(value)
    except (FileNotFoundError, OSError) as error:
        if isinstance(error, PermissionError):
            raise
        return False
    return True
