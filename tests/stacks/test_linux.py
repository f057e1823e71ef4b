"""The kernel of this machine, in namespaces of its own: it answers, and nothing is left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import environment
from stacks_under_test import judged, opened
from tcpmc.checks.drive.moves import Arrival, Timeout, UserCall
from tcpmc.stacks import linux, namespaces
from tcpmc.stacks.stack import NotHere

OPEN, CLOSE = UserCall("active OPEN"), UserCall("CLOSE")
SYN_ACK = Arrival("SYN,ACK", ack="good")

HOLDS_A_STACK = """
import sys
from tcpmc.stacks.linux import Linux
stack = Linux()
stack.fresh()
stack.call("active OPEN")
print(stack.state(), flush=True)
sys.stdin.read()
"""


def interfaces() -> list[str]:
    return sorted(path.name for path in Path("/sys/class/net").iterdir())


def namespace() -> str:
    return str(Path("/proc/thread-self/ns/net").readlink())


def of_the_host() -> dict[str, object]:
    """What a stack could leave behind: interfaces, namespaces, sockets, switches."""
    switches = sorted(Path("/proc/sys/net/ipv4").glob("tcp_*"))
    listed = subprocess.run(["lsns", "-t", "net", "-n"], capture_output=True, check=False).stdout
    return {
        "interfaces": interfaces(),
        "namespace": namespace(),
        "namespaces": len(listed.splitlines()),
        "switches": {p.name: p.read_text() for p in switches if os.access(p, os.R_OK)},
        "routes": Path("/proc/net/route").read_text(),
    }


def stateless(told: dict[str, object]) -> dict[str, object]:
    """Without switches in which the kernel counts by itself."""
    switches = told["switches"]
    assert isinstance(switches, dict)
    return {**told, "switches": {k: v for k, v in switches.items() if "fastopen_key" not in k}}


def test_nothing_is_left_after_kill() -> None:
    with opened("linux"):
        pass  # skips without root
    before = stateless(of_the_host())
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_STACK], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"SYN-SENT\n"
        process.send_signal(signal.SIGKILL)
    assert stateless(of_the_host()) == before


def test_this_thread_stays_where_it_was() -> None:
    before = stateless(of_the_host())
    with opened("linux") as stack:
        stack.fresh()
        stack.call("active OPEN")
        assert interfaces() == before["interfaces"]
        assert namespace() == before["namespace"]
    assert stateless(of_the_host()) == before


def test_the_active_closer_reaches_time_wait() -> None:
    with opened("linux") as stack:
        events, verdict = judged(
            stack, "linux", OPEN, SYN_ACK, CLOSE, Arrival("ACK", ack="good"),
            Arrival("FIN,ACK", ack="good"), Timeout("TIME-WAIT timeout"),
        )  # fmt: skip
    states = [event.state for event in events]
    assert states == [
        "SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED",
    ]  # fmt: skip
    assert events[-1].stood_in
    assert verdict.difference is None


def test_simultaneous_close() -> None:
    with opened("linux") as stack:
        events, verdict = judged(
            stack, "rfc9293", OPEN, SYN_ACK, CLOSE, Arrival("FIN,ACK", ack="again"),
            Arrival("ACK", ack="good"),
        )  # fmt: skip
    assert [event.state for event in events[-2:]] == ["CLOSING", "TIME-WAIT"]
    assert verdict.difference is None


def test_a_wrong_ack_of_a_simultaneous_open_is_taken() -> None:
    """The kernel takes an ACK of SND.UNA in SYN-RECEIVED; 3.10.7.4, fifth, answers it by RST."""
    with opened("linux") as stack:
        events, verdict = judged(stack, "linux", OPEN, Arrival("SYN"), Arrival("ACK", ack="again"))
    assert events[-1].state == "ESTABLISHED"
    assert verdict.difference is not None
    assert verdict.difference.requirement == "3.10.7.4 fifth"


def test_without_root_one_line_says_so() -> None:
    """As a user with no rights; that user has to be able to read the checkout."""
    nobody = 65534 if os.geteuid() == 0 else None
    asked = [sys.executable, "-m", "tcpmc", "drive", "--on", "linux"]
    try:
        done = subprocess.run(
            asked, user=nobody, capture_output=True, text=True, env=environment(), check=False
        )
    except PermissionError:
        pytest.skip("a user without rights cannot run this Python")
    if "tcpmc" not in done.stderr or "No module" in done.stderr:
        pytest.skip("a user without rights cannot read this checkout")
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "tcpmc: a network namespace needs root (CAP_SYS_ADMIN): run it with sudo"
    ]


def test_a_refused_namespace_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(name: str, *arguments: int) -> None:
        raise PermissionError(1, f"{name}: Operation not permitted")

    monkeypatch.setattr(namespaces, "_call", refused)
    monkeypatch.setattr(namespaces, "here", lambda: os.open("/", os.O_RDONLY))
    with pytest.raises(NotHere, match="needs root"):
        linux.Linux()


def test_without_tun_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened("linux"):
        pass
    monkeypatch.setattr(linux, "TUN", "/dev/net/no-such-device")
    with pytest.raises(NotHere, match="modprobe tun"):
        linux.Linux()
