"""A program behind lines: the protocol of docs/adapter.md."""

import sys
from pathlib import Path

import pytest

from stacks_under_test import example, opened
from tcpmc.errors import BadInput
from tcpmc.stacks.command import Command
from tcpmc.stacks.datagram_codec import Written, datagram_of, packet_of
from tcpmc.stacks.named import stack_named
from tcpmc.stacks.stack import Broken, NotHere


def test_example_opens_and_closes() -> None:
    with opened(example()) as stack:
        stack.fresh()
        assert stack.call("active OPEN") == ""
        (syn,) = map(packet_of, stack.emitted())
        assert syn is not None and syn.SYN and syn.checksum == "good"
        assert syn.seq is not None
        answer = Written("SYN,ACK", 300, syn.seq + 1)
        stack.deliver(datagram_of(answer, stack.remote, stack.local))
        (ack,) = map(packet_of, stack.emitted())
        assert ack is not None and (ack.controls, ack.ack) == ("ACK", 301)
        assert stack.state() == "ESTABLISHED"


def test_a_refused_call_is_no_failure() -> None:
    with opened(example()) as stack:
        stack.fresh()
        assert stack.call("CLOSE") == "connection does not exist"


def test_time_is_the_stacks_own() -> None:
    with opened(example()) as stack:
        stack.fresh()
        stack.call("active OPEN")
        stack.emitted()
        stack.wait(3.5)
        assert stack.virtual
        assert len(stack.emitted()) == 2


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('nonsense', flush=True)", "it answered 'nonsense'"),
        ("print('sent xyz', flush=True)", "'xyz' is no hexadecimal"),
        ("print('error busy', flush=True)", "hello: error busy"),
        ("", "it has ended"),
    ],
)
def test_what_is_no_answer_is_named(tmp_path: Path, program: str, said: str) -> None:
    (tmp_path / "adapter.py").write_text(f"input()\n{program}\n")
    with pytest.raises(Broken, match=said):
        Command(f"{sys.executable} {tmp_path / 'adapter.py'}")


def test_a_program_that_is_not_there_is_missing() -> None:
    with pytest.raises(NotHere, match="cannot be started"):
        stack_named("command:/no/such/program")


def test_a_socket_that_is_not_there_is_missing() -> None:
    with pytest.raises(NotHere, match="start the adapter first"):
        stack_named("unix:/no/such/socket")


@pytest.mark.parametrize("name", ["windows", "command:", "unix:", "command"])
def test_an_unknown_stack_is_bad_input(name: str) -> None:
    with pytest.raises(BadInput, match="unknown stack"):
        stack_named(name)


def test_a_program_that_ends_is_started_again(tmp_path: Path) -> None:
    script = tmp_path / "adapter.py"
    script.write_text(
        "import sys\n"
        "for line in sys.stdin:\n"
        "    if line == 'close\\n': sys.exit()\n"
        "    print('ok once', flush=True)\n"
    )
    stack = Command(f"{sys.executable} {script}")
    stack.fresh()
    with pytest.raises(Broken, match="it has ended"):
        stack.call("CLOSE")
    stack.fresh()
    assert stack.call("SEND") == ""
    stack.close()
