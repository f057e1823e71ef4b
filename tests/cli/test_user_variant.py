"""A user's own endpoint: the README's example, checked as a user checks it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from checkout import ROOT

EXAMPLE = ROOT / "docs" / "my_stack.py"


def test_an_endpoint_that_never_enters_closing(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path)
    command = "check closing --variant ./my_stack.py --scope small --engine explicit"
    found = subprocess.run(
        [sys.executable, "-m", "tcpmc", *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert "UNREACHABLE" in found.stdout
    assert "my-stack" in found.stdout
