"""Whole packetdrill scripts: statements of both dialects, comments, and what is refused."""

import pytest

from tcpmc.captures.text.line import NotRead
from tcpmc.captures.text.packetdrill_script import (
    Code,
    OtherPacket,
    ScriptPacket,
    Shell,
    SocketCall,
    read_script,
)

SCRIPT = """\
// A connection of one octet.
--tolerance_usecs=1000
`sysctl -w a=1
 sysctl -w b=2`
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3 /* a comment
  of two lines */
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) win 65535 <mss 1460,nop,wscale 6>
+.1 < S. 0:0(0) ack 1 win 100 <mss 1000>
+0 sendmsg(3, {msg_name(...)=...,
     msg_iov(1)=[{..., 5}]}, 0) = 5
+0 %{
assert tcpi_state == TCP_ESTABLISHED  # Python's own
}%
+0 > P. 1:6(5) ack 1
+0 < icmp unreachable host_unreachable [1:6(5)]
"""


def test_a_script_of_googles_dialect() -> None:
    script = read_script(SCRIPT)
    kinds = [type(statement) for statement in script.statements]
    assert kinds == [
        *(Shell, SocketCall, SocketCall, ScriptPacket, ScriptPacket),
        *(SocketCall, Code, ScriptPacket, OtherPacket),
    ]
    lines = [statement.line for statement in script.statements]
    assert lines == [3, 5, 7, 8, 9, 10, 12, 15, 16]
    assert script.options == ("tolerance_usecs=1000",)
    assert script.comments == ((1, "A connection of one octet."), (5, "a comment of two lines"))


def test_a_call_has_its_arguments_and_its_error() -> None:
    script = read_script(SCRIPT)
    connect, sendmsg = script.statements[2], script.statements[5]
    assert connect == SocketCall(7, "connect", ("3", "...", "..."), -1, "EINPROGRESS")
    assert isinstance(sendmsg, SocketCall)
    assert len(sendmsg.arguments) == 3
    assert sendmsg.result == 5


def test_a_script_of_freebsds_dialect() -> None:
    script = read_script(
        "# a comment\n"
        "+ 0.00 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
        "+0.10 < (tos 0x28) F . 1:1(0) ack 1 win 32767\n"
        "#ifdef STANDARD\n+0.00 >  . 1:1(0) ack 2 win 65535\n#endif\n"
        "#ifdef FreeBSD\n+0.00 > R 1:1(0)\n#endif\n"
        "+0.00 > R. 0:0(0)! ack 1 win 0\n"
        "+0.00 < R 7:7(0) ack 9 win 0\n"
    )
    packets = [s.packet for s in script.statements if isinstance(s, ScriptPacket)]
    assert [packet.controls for packet in packets] == ["FIN,ACK", "ACK", "RST,ACK", "RST"]
    assert [packet.ack for packet in packets] == [1, 2, 1, None]
    assert script.comments == ((1, "a comment"),)


def test_a_comment_does_not_begin_within_a_command() -> None:
    script = read_script('+0 `echo "//" > /tmp/a`\n+0 < S 0:0(0) win 1\n')
    assert script.statements[0] == Shell(1, 'echo "//" > /tmp/a')
    assert not script.comments


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no packet and no call"),
        ("0 `true`", "no packet and no call"),
        ("hello", "line 1: no packet, call or command"),
        ("+0 < S what\n", "line 1: not read as a packet"),
        ("+0 < S 0:0(0) win 1\n+0 close(3\n", "line 2: it has no end"),
        ("+0 < S 0:0(0) win 1\n#endif\n", "line 2: #endif without #ifdef"),
        ("+0 < S 99999999999:0(0) win 1\n", "line 1: 99999999999 is too large"),
        ("a\0b", "binary"),
        ("x" * 2**21, "longer than"),
    ],
)
def test_what_is_no_script_is_refused(text: str, says: str) -> None:
    with pytest.raises(NotRead, match=says):
        read_script(text)
