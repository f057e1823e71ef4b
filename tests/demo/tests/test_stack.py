"""What the stack has to hold, one line a property."""

from collections.abc import Callable
from typing import Any

import pytest

STACK = {"variant": "../stack.py", "scope": "small", "capacity": 1, "engine": "explicit"}


@pytest.mark.tcpmc("established", "graceful-close", "no-deadlock", **STACK)
def test_stack() -> None: ...


def test_one_connection_at_a_time(tcpmc_check: Callable[..., Any]) -> None:
    tcpmc_check("synchronized", **STACK)
