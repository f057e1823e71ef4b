"""Any program that speaks the protocol of docs/adapter.md, on its standard input and output, or on
a Unix socket."""

from __future__ import annotations

import select
import shlex
import socket
import subprocess
from collections.abc import Sequence
from typing import IO

from tcpmc.captures.packet import Endpoint
from tcpmc.stacks.stack import Broken, Call, NotHere, StackUnderTest

VERSION = "1"
ANSWER_WITHIN = 10.0
"""Seconds in which a line has to be answered."""

FIRST_PORT, LAST_PORT, REMOTE_PORT = 20000, 60000, 5000
LONGEST = 200
WORDS = {
    "passive OPEN": "open passive",
    "active OPEN": "open active",
    "SEND": "send",
    "CLOSE": "close",
    "ABORT": "abort",
}


class Command(StackUnderTest):
    """A stack behind lines: each is answered by `sent HEX` for what is sent, and then `ok` or
    `error`, with words. Raises NotHere where the program cannot be started."""

    def __init__(self, program: str, address: str = "10.0.0.1", remote: str = "10.0.0.2") -> None:
        self.local = Endpoint(address, FIRST_PORT)
        self.remote = Endpoint(remote, REMOTE_PORT)
        self._sent: list[bytes] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._program = program
        self._rest = b""
        self._begin()

    def _begin(self) -> None:
        """Start the program, and ask what it can do."""
        self._rest, self._ended = b"", False
        self._reader, self._writer = self._started(self._program)
        try:
            self.name, *able = self._ask(f"hello {VERSION}") or ["stack"]
        except Broken:
            self.close()
            raise
        self.virtual = "time" in able
        self.reports = "state" in able

    def _started(self, program: str) -> tuple[IO[bytes] | socket.socket, IO[bytes] | socket.socket]:
        if program.startswith("unix:"):
            one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                one.connect(program.removeprefix("unix:"))
            except OSError as error:
                one.close()
                raise NotHere(f"{program}: {error.strerror}: start the adapter first") from error
            return one, one
        try:
            words = shlex.split(program)
            process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        except (OSError, ValueError, IndexError) as error:
            raise NotHere(f"command:{program}: it cannot be started: {error}") from error
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        return process.stdout, process.stdin

    def _ask(self, line: str) -> list[str]:
        """Send a line; the words of its answer. Raises Broken for any other than `ok`."""
        words = self._answer(line)
        if words[0] != "ok":
            said = " ".join(words)[:LONGEST]
            raise Broken(f"{self._program}: {line.split(maxsplit=1)[0]}: {said}")
        return words[1:]

    def _answer(self, line: str) -> list[str]:
        try:
            return self._said(line)
        except Broken:
            self._ended = True
            raise

    def _said(self, line: str) -> list[str]:
        try:
            data = f"{line}\n".encode()
            if isinstance(self._writer, socket.socket):
                self._writer.sendall(data)
            else:
                self._writer.write(data)
        except OSError as error:
            raise Broken(f"{self._program}: it has ended: {error.strerror}") from error
        while True:
            words = self._line().split()
            if words[:1] == ["sent"] and len(words) == 2:
                self._sent.append(self._datagram(words[1]))
            elif words[:1] in (["ok"], ["error"]):
                return words
            else:
                raise Broken(f"{self._program}: it answered {' '.join(words)[:LONGEST]!r}")

    def _datagram(self, text: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise Broken(f"{self._program}: {text[:LONGEST]!r} is no hexadecimal") from error

    def _line(self) -> str:
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._reader], [], [], ANSWER_WITHIN)
            if not ready:
                raise Broken(f"{self._program}: no answer within {ANSWER_WITHIN:.0f} s")
            if isinstance(self._reader, socket.socket):
                data = self._reader.recv(1 << 16)
            else:
                data = self._reader.read(1 << 16)
            if not data:
                raise Broken(f"{self._program}: it has ended")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace")

    def fresh(self, local: Endpoint | None = None, remote: Endpoint | None = None) -> None:
        """`reset`, with the endpoints of the next connection. A program that has ended is started
        again."""
        if self._ended:
            self.close()
            self._begin()
        port = self.local.port + 1 if self.local.port < LAST_PORT else FIRST_PORT
        self.local = local or self.local._replace(port=port)
        self.remote = remote or self.remote
        self._ask(f"reset {self.local} {self.remote}")
        self._sent = []

    def call(self, call: Call, octets: int = 1) -> str:
        """`open`, `send`, `close` and `abort`: an error is the user's."""
        line = WORDS[call] + (f" {octets}" if call == "SEND" else "")
        words = self._answer(line)
        return " ".join(words[1:]) or "error" if words[0] == "error" else ""

    def deliver(self, datagram: bytes) -> None:
        """`deliver`."""
        self._ask(f"deliver {datagram.hex()}")

    def emitted(self) -> Sequence[bytes]:
        """What `sent` has told."""
        sent, self._sent = self._sent, []
        return sent

    def wait(self, seconds: float) -> None:
        """`advance`, in milliseconds."""
        self._ask(f"advance {round(seconds * 1000)}")

    def state(self) -> str | None:
        """`state`, where the adapter has said that it can."""
        return " ".join(self._ask("state")) if self.reports else None

    def close(self) -> None:
        """The end of its input is the end of the program."""
        self._writer.close()
        self._reader.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
