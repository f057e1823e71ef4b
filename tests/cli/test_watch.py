"""`tcpmc check --watch` runs again when the file of the variant changes, and ends by Ctrl-C."""

import signal
import subprocess
import sys
from pathlib import Path

from command_line import RULE, TIGHT, assert_one_line, environment, tcpmc


def told(process: subprocess.Popen[str], text: str) -> None:
    """Wait for the text on its standard error."""
    assert process.stderr is not None
    assert any(text in line for line in process.stderr), f"it ended without: {text}"


def test_a_change_of_the_variant_is_checked(tmp_path: Path) -> None:
    path, out = tmp_path / "mine.py", tmp_path / "out.json"
    path.write_text(RULE.format(body="return RFC9293.close(host, tcb)"))
    words = ("check", "closing", "--variant", "mine.py", *TIGHT, "--quiet", "--watch")
    with subprocess.Popen(
        [sys.executable, "-m", "tcpmc", *words, "-o", f"json={out}"],
        stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(),
    ) as process:  # fmt: skip
        told(process, "exit code 0; waiting")
        assert '"WITNESS"' in out.read_text()
        path.write_text(RULE.format(body="return Nothing"))
        told(process, "exit code 2; waiting")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 2


def test_there_has_to_be_a_file() -> None:
    assert_one_line(tcpmc("check", "closing", "--watch"), "--watch watches the file of a variant")
