"""One line a property; collected by name, so that the tests of tcpmc itself do not collect it."""

from collections.abc import Callable
from typing import Any

import pytest

STACK = {"variant": "../stack.py", "scope": "small", "capacity": 1, "engine": "explicit"}


@pytest.mark.tcpmc("established", "graceful-close", "no-deadlock", **STACK)
def test_stack() -> None: ...


def test_one_connection_at_a_time(tcpmc_check: Callable[..., Any]) -> None:
    tcpmc_check("synchronized", **STACK)
