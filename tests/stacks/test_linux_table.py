"""The kernel through the whole table: what differs is known, and told in docs/stacks.md."""

from collections.abc import Iterator

import pytest

from stacks_under_test import opened
from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.drive.state_event_table import DriveTable, experiments, groups
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.drive.drive_page import about
from tcpmc.stacks.stack import StackUnderTest


@pytest.fixture(scope="module")
def kernel() -> Iterator[StackUnderTest]:
    with opened("linux") as stack:
        yield stack


def driven(kernel: StackUnderTest, *states: State) -> DriveTable:
    found = DriveTable(kernel.name, STACKS["linux"])
    for _ in experiments(kernel, STACKS["linux"], found, states):
        pass
    return found


def unknown(table: DriveTable) -> list[str]:
    return [str(g.first) for g in groups(table.cells) if not about("linux", g.first)]


def test_each_difference_before_established_is_known(kernel: StackUnderTest) -> None:
    found = driven(kernel, State.SYN_RECEIVED)
    assert unknown(found) == []


@pytest.mark.exhaustive
def test_each_difference_is_known(kernel: StackUnderTest) -> None:
    found = driven(kernel)
    assert unknown(found) == []
    done = len(found.of("agrees")) + len(found.of("differs"))
    assert done >= 11 * 9 * 5
    assert len(found.of("agrees")) >= 0.95 * done
