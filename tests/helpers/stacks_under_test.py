"""Stacks for tests: the example behind lines, and the kernel where the machine lets us."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.drive.moves import Move
from tcpmc.checks.drive.oracle import Judged, Oracle
from tcpmc.checks.drive.running import Observation, Runner
from tcpmc.stacks.named import stack_named
from tcpmc.stacks.stack import NotHere, StackUnderTest

EXAMPLE = f"command:{sys.executable} -m tcpmc.stacks.examples.endpoint"


def example(bug: str = "") -> str:
    """The name of the example, with one of its bugs."""
    return f"{EXAMPLE} --bug {bug}" if bug else EXAMPLE


@contextmanager
def opened(name: str, end: int = 0) -> Iterator[StackUnderTest]:
    """The stack of that name; the test is skipped where the machine lacks it."""
    try:
        stack = stack_named(name, end)
    except NotHere as error:
        pytest.skip(str(error))
    try:
        yield stack
    finally:
        stack.close()


def judged(stack: StackUnderTest, rules: str, *moves: Move) -> tuple[list[Observation], Judged]:
    """What came of the moves on a fresh connection, and the verdict on it."""
    events = Runner(stack).run(moves)
    return events, Oracle.for_stack(STACKS[rules], stack).judged(events)
