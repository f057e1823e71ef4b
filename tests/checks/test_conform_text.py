"""What tcpdump prints of a capture has the verdicts and states of the capture itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from checkout import TESTS
from tcpmc.captures import read
from tcpmc.checks.conform.conform import ConnectionReport, conform
from tcpmc.checks.conform.stacks import STACKS

TRUTH = sorted((TESTS / "captures/truth").glob("*.pcap"))
LEAST = 25
"""Octets of a capture that has a packet."""


def told(connections: tuple[ConnectionReport, ...]) -> list[object]:
    return [
        (end.judgement.strict.verdict, end.judgement.verdict, [t.states for t in best.told])
        for one in connections
        for end in one.ends
        for best in [end.judgement.best]
        if end.judgement.vantage == "near"
    ]


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
@pytest.mark.parametrize("path", TRUTH, ids=lambda path: path.name)
def test_text_has_the_verdicts_of_the_capture(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(["tcpdump", "-n", "-r", str(path)], capture_output=True, check=True)
    if path.stat().st_size < LEAST:
        pytest.skip("the capture has no packet")
    text = tmp_path / "text"
    text.write_bytes(done.stdout)
    end = "10.0.0.1" if ".A." in path.name else "10.0.0.2"
    own, shown = (
        conform(list(read([str(source)])), STACKS["rfc9293"], end).connections
        for source in (path, text)
    )
    assert told(own) == told(shown)
