"""The command line as a user starts it: a process of its own, with what it prints."""

import os
import re
import subprocess
import sys
from pathlib import Path

import tcpmc as package

PACKAGE = str(Path(package.__file__).parent.parent)
PROGRESS = re.compile(r"^ *\d+ s  .*\n", re.MULTILINE)
OURS = ("COLUMNS", "CI", "GITHUB_ACTIONS", "GITHUB_WORKSPACE")
TIGHT = ("--scope", "small", "--capacity", "1", "--engine", "explicit")
RULE = """
from dataclasses import replace
from tcpmc.model import RFC9293, Variant

def close(host, tcb):
    {body}

variant = Variant("mine", rules=replace(RFC9293, close=close))
"""


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {"PYTHONPATH": PACKAGE} | changes


def tcpmc(*words: str, folder: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """The finished command. What it told of its progress is left out: that depends on the
    machine."""
    done = subprocess.run(
        [sys.executable, "-m", "tcpmc", *words],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=folder,
        env=environment(**env),
        check=False,
    )
    done.stderr = PROGRESS.sub("", done.stderr)
    return done


def assert_one_line(done: subprocess.CompletedProcess[str], told: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert (len(lines) == 1 and lines[0].startswith("tcpmc: ")) or lines[0].startswith("Usage: ")
