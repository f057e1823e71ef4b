"""However the command ends, it says so on one line, and leaves no file half written or behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from command_line import TIGHT, environment, tcpmc

CLOSING = ["check", "closing", *TIGHT]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def shell(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a shell, which redirects its streams."""
    return subprocess.run(
        f"'{sys.executable}' -m tcpmc {words}",
        shell=True,
        capture_output=True,
        text=True,
        timeout=300,
        cwd=folder,
        env=environment(),
        check=False,
    )


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--help >/dev/full", "cannot write: No space left on device"),
        ("check --help >/dev/full", "cannot write: No space left on device"),
        ("list >/dev/full", "cannot write to standard output: No space left on device"),
        ("list >&-", "cannot write to standard output: Bad file descriptor"),
        ("--help >&-", "cannot write: Bad file descriptor"),
        ("explain CLOSED -o json >&-", "cannot write to standard output: Bad file descriptor"),
        ("explain --from-sockets <&-", "standard input"),
        ("explain CLOSED -o json=a", "cannot write 'a': Symlink loop"),
        ("explain CLOSED --variant a.py", "a.py: Too many levels of symbolic links"),
        ("check closing --traces a", "cannot write to the folder a: "),
        ("check closing --checkpoint a", "cannot write to the folder a: "),
        ("check closing --max-memory inf", "Invalid value for '--max-memory'"),
        ("check closing --timeout nan", "Invalid value for '--timeout'"),
    ],
)
def test_what_the_system_refuses_is_one_line(words: str, told: str, tmp_path: Path) -> None:
    for name, target in (("a", "b"), ("b", "a"), ("a.py", "a.py")):
        (tmp_path / name).symlink_to(target)
    done = shell(words, tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    assert names(tmp_path) == ["a", "a.py", "b"]


def test_a_reader_who_leaves_and_a_standard_error_that_is_closed(tmp_path: Path) -> None:
    assert shell("list | head -1", tmp_path).stderr == ""
    done = shell("check nonsense 2>&-", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_characters_that_the_terminal_does_not_have() -> None:
    done = tcpmc(*CLOSING, "-o", "markdown", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "1 of 1 verdicts as expected" in done.stdout and done.stdout.isascii()


def started(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", "from tcpmc.cli.entry_point import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(),
    )


def until(folder: Path, process: "subprocess.Popen[str]") -> None:
    """Wait for the command to have a temporary file open."""
    while process.poll() is None and not names(folder):
        time.sleep(0.01)


@pytest.mark.parametrize("words", [("check", "--all"), ("compare", "rfc9293", "no-time-wait")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_file(words: tuple[str, ...], number: int, tmp_path: Path) -> None:
    process = started(tmp_path, *words, "-o", "json=x.json")
    until(tmp_path, process)
    process.send_signal(number)
    told = process.communicate(timeout=300)[1]
    assert process.returncode == (3 if number == signal.SIGINT else 128 + number)
    assert "Traceback" not in told
    assert names(tmp_path) in ([], ["x.json"]), (
        "a document that says that it was interrupted, or nothing"
    )


def test_ctrl_c_while_modules_are_imported(tmp_path: Path) -> None:
    """`-X importtime` tells of each import on standard error: the first of ours is the moment."""
    code = "from tcpmc.cli.entry_point import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-c", code, *CLOSING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    assert process.stderr is not None
    lines = [process.stderr.readline()]
    while "tcpmc.cli.entry_point" not in lines[-1]:
        lines.append(process.stderr.readline())
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=300)[1]
    assert process.returncode == 3
    assert "tcpmc: interrupted" in told and "Traceback" not in told
