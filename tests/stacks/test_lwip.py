"""lwIP by its shim: compiled where the machine has the library, else skipped with the reason."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks_under_test import judged, opened
from tcpmc.checks.drive.moves import Arrival, Timeout, UserCall
from tcpmc.stacks import lwip
from tcpmc.stacks.stack import NotHere, StackUnderTest

OPEN, CLOSE = UserCall("active OPEN"), UserCall("CLOSE")
SYN_ACK, ACK = Arrival("SYN,ACK", ack="good"), Arrival("ACK", ack="good")
CLOSED_FIRST = (OPEN, SYN_ACK, CLOSE, ACK, Arrival("FIN,ACK", ack="good"))


@pytest.fixture(scope="module")
def library() -> Iterator[StackUnderTest]:
    with opened("lwip") as stack:
        yield stack


def test_two_msl_take_no_time(library: StackUnderTest) -> None:
    events, verdict = judged(library, "lwip", *CLOSED_FIRST, Timeout("TIME-WAIT timeout"))
    assert [event.state for event in events[-3:]] == ["FIN-WAIT-2", "TIME-WAIT", "CLOSED"]
    assert verdict.difference is None


def test_a_bare_syn_in_syn_sent_is_ignored(library: StackUnderTest) -> None:
    events, verdict = judged(library, "lwip", OPEN, Arrival("SYN"))
    assert events[-1].state == "SYN-SENT"
    assert verdict.difference is not None
    assert "simultaneous open" in verdict.difference.expected


def test_a_new_syn_does_not_reopen_from_time_wait(library: StackUnderTest) -> None:
    """The RFC permits to reopen (MAY-2); lwIP answers a reset and stays."""
    events, verdict = judged(library, "lwip", *CLOSED_FIRST, Arrival("SYN", "inside"))
    assert events[-1].state == "TIME-WAIT"
    assert [packet.controls for packet in events[-1].packets] == ["SYN", "RST,ACK"]
    assert verdict.difference is None


def test_without_a_compiler_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NotHere, match="no C compiler"):
        lwip.compiled(tmp_path)


def test_without_the_library_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/cc")
    monkeypatch.setattr(lwip, "HEADERS", tmp_path / "none")
    with pytest.raises(NotHere, match="apt install liblwip-dev"):
        lwip.compiled(tmp_path)
