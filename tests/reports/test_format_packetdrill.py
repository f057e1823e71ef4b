"""The scripts: read by a parser of packetdrill's grammar, and run against the model's own rules in
the kernel's place."""

import re
from dataclasses import dataclass, field

import pytest

from golden_files import assert_golden
from harness import Peer, segment
from packetdrill_scripts import Call, Command, Packet, read
from results import EVENTFUL, LASSO, LOST, broken_lemma, found, hostile, played
from tcpmc.checks.running.jobs import Result
from tcpmc.model import Scope, State
from tcpmc.reports.formats.packetdrill_writer import packetdrill
from tcpmc.reports.story import trace_of

OPEN = Scope("open", data=1, aborts=True, opens=2)
HANDSHAKE = ("B passive", "A active", "B deliver SYN", "A deliver SYN", "B deliver ACK")
SENT = ("A SEND", "B deliver ACK")
ABORTED = played(
    OPEN, *HANDSHAKE, *SENT, "A ABORT", "B deliver RST", "B passive OPEN", "A active OPEN"
)
REFUSED = played(OPEN, "A active", "B deliver SYN", "A deliver RST")
SIMULTANEOUS = played(
    OPEN, "A active", "B active", "A deliver SYN", "B deliver SYN", "A CLOSE", "B CLOSE"
)
CLOSED_EARLY = played(OPEN, "B passive", "B CLOSE", "A active", "A CLOSE")
CASES = {
    "lost": LOST,
    "lasso": LASSO,
    "eventful": EVENTFUL,
    "closing": found("closing"),
    "hostile": hostile(),
    "aborted": ABORTED,
    "refused": REFUSED,
    "simultaneous": SIMULTANEOUS,
    "closed-early": CLOSED_EARLY,
}


@dataclass
class Kernel:
    """The rules in the place of the kernel that a script tests."""

    peer: Peer
    iss: tuple[int, int]
    connecting: list[str] = field(default_factory=list)

    def run(self, script: str) -> None:
        for _, action in read(script):
            if isinstance(action, Packet):
                self.packet(action)
            elif isinstance(action, Call):
                self.call(action)

    def packet(self, packet: Packet) -> None:
        mine, others = self.iss if packet.outbound else self.iss[::-1]
        names = {"F": "FIN", "S": "SYN", "R": "RST", ".": "ACK"}
        controls = ",".join(names[flag] for flag in packet.flags if flag != "P")
        from_nothing = packet.flags == "R." and packet.seq == 0
        seq = 0 if from_nothing else (packet.seq + mine) % 2**32
        ack = "" if packet.ack is None else f"<ACK={(packet.ack + others) % 2**32}>"
        data = f"<DATA={packet.octets}>" if packet.octets else ""
        text = f"<SEQ={seq}>{ack}{data}<CTL={controls}>"
        assert ("P" in packet.flags) == bool(packet.octets)
        if not packet.outbound:
            self.peer.receive(text)
            return
        if not self.peer.outbox:
            self.peer.call("retransmission_timeout")
        assert str(segment(self.peer.outbox.pop(0))) == str(segment(text))

    def call(self, call: Call) -> None:
        aborting = call.name == "setsockopt" and call.arguments[2] == "SO_LINGER"
        meaning = {"listen": "open_passive", "connect": "open_active", "shutdown": "close"}
        if aborting:
            self.peer.call("abort")
        elif call.name == "write":
            self.peer.call("send", int(call.arguments[2]))
        elif call.name == "close" and self.peer.state in (State.LISTEN, State.SYN_SENT):
            self.peer.call("close")
        elif call.name in meaning:
            self.peer.call(meaning[call.name])


def scripts(result: Result) -> list[str]:
    parts = packetdrill(result)
    assert [*parts] == ["-A", "-B"]
    return [*parts.values()]


@pytest.mark.parametrize("name", CASES)
def test_a_script_is_what_its_end_does_by_the_rules(name: str) -> None:
    result = CASES[name]
    last = trace_of(result).states[-1]
    for end, script in enumerate(scripts(result)):
        if "no call of the socket interface" in script or name == "hostile":
            assert read(script)
            continue
        iss = result.job.scope.iss[:: 1 - 2 * end]
        kernel = Kernel(Peer(iss[0], result.job.variant.at(0).profile), (iss[0], iss[1]))
        kernel.run(script)
        assert kernel.peer.outbox == []
        if "TIME-WAIT timeout" not in script:
            assert kernel.peer.state == last.ends[end].state


def test_a_refutation_with_losses() -> None:
    for name, script in packetdrill(LOST).items():
        assert_golden(f"packetdrill-graceful-close{name}.pkt", script)


def test_every_descriptor_is_made_before_it_is_used_and_once() -> None:
    for result in CASES.values():
        for script in scripts(result):
            made: list[int] = []
            for _, action in read(script):
                if isinstance(action, Call) and action.name in ("socket", "accept"):
                    made.append(action.result)
                if isinstance(action, Call) and action.name != "socket":
                    assert int(action.arguments[0]) in made
            assert made == list(range(3, 3 + len(made)))


def test_a_retransmission_may_come_at_any_time() -> None:
    times = [time for time, action in read(scripts(LOST)[0]) if time == "*"]
    assert times == ["*"]


def test_losses_are_comments_at_both_ends() -> None:
    a, b = scripts(LOST)
    assert "// step 5: <SEQ=101><ACK=301><CTL=ACK> from here is lost\n" in a
    assert "// step 5: <SEQ=101><ACK=301><CTL=ACK> to here is lost\n" in b


def test_what_the_socket_interface_cannot_do_is_said() -> None:
    assert "no call of the socket interface does this: CLOSE in SYN-RECEIVED" in scripts(LOST)[1]


def test_a_lemma_has_no_script_and_says_so() -> None:
    for script in scripts(broken_lemma()):
        assert "from where no script can lead" in script
        assert [action for _, action in read(script)] == [Command("`true`")]


def test_hostile_text_stays_in_comments() -> None:
    clean = [re.sub(r"//[^\n]*\n", "", script) for script in scripts(hostile())]
    assert not any("script>" in script or "`" in script for script in clean)
    assert all(char == "\n" or char.isprintable() for char in "".join(scripts(hostile())))
