"""The adapter in C of stacks/examples: it compiles, and answers as a host without a connection."""

import shutil
import subprocess
from pathlib import Path

import pytest

from checkout import ROOT
from stacks_under_test import judged, opened
from tcpmc.checks.drive.moves import Arrival

SOURCE = ROOT / "stacks" / "examples" / "adapter.c"


def test_a_closed_host_in_c(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler (cc)")
    made = tmp_path / "adapter"
    flags = ("-Wall", "-Wextra", "-Werror", "-O2")
    subprocess.run([compiler, *flags, "-o", str(made), str(SOURCE)], check=True)
    with opened(f"command:{made}") as stack:
        for kind in ("SYN", "FIN,ACK", "text"):
            events, verdict = judged(stack, "rfc9293", Arrival(kind))
            assert events[0].packets[1].RST
            assert verdict.difference is None
        events, verdict = judged(stack, "rfc9293", Arrival("RST"))
        assert len(events[0].packets) == 1 and verdict.difference is None
