"""Inputs that are wrong in every way: samples of each kind, damaged, and the command run on them.

A damaged input is made from its kind and a number, so that a failure is seen again by both.
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from checkout import ROOT, TESTS
from results import EVENTFUL, LASSO
from tcpmc.checks.certificates.smtlib import certificate_of_proof
from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.running.jobs import Outcome
from tcpmc.checks.running.monitor import Limits
from tcpmc.cli import main as command_line
from tcpmc.cli.command_settings import LimitSettings
from tcpmc.errors import BadInput
from tcpmc.model import PROPERTIES, VARIANTS
from tcpmc.reports.saved import read_traces
from tcpmc.reports.verdict_json import as_json

ENOUGH = 600
"""Octets of a capture in which there is a connection."""
DOCUMENTED, USAGE = {0, 1, 2, 3, 4, 5}, 2
VARIANT = b"""from dataclasses import replace
from tcpmc.model import RFC9293, Profile, Variant
from tcpmc.model.segment import Segment

def close(host, tcb):
    step = RFC9293.close(host, tcb)
    return replace(step, tcb=replace(step.tcb, queued=0))

variant = Variant(
    "mine", "a stack", Profile(rst_in_time_wait="ignore"), replace(RFC9293, close=close)
)
"""
SS = b"""State      Recv-Q Send-Q   Local Address:Port    Peer Address:Port   Process
LISTEN     0      128            0.0.0.0:443          0.0.0.0:*     users:(("nginx",pid=7,fd=6))
CLOSE-WAIT 1      0            192.0.2.10:443    198.51.100.8:50123 users:(("java",pid=4242,fd=77))
LAST-ACK   0      1            192.0.2.10:443    198.51.100.8:50125 timer:(on,1.2sec,4)
\t cubic wscale:7,7 rto:204 rtt:0.5/0.25
FIN-WAIT-2 0      0          [2001:db8::1]:443   [2001:db8::2]:50124 timer:(timewait,59sec,0)
"""
CLAIMS = b"""[sources]
S = "a book"
[[claims]]
id = "M1"
text = "TIME-WAIT exists."
sources = ["S"]
stated = ["closing WITNESS", "figure keepalive-linux holds"]
expected = "PROVED"
condition = "Always."
exact = ["no-deadlock@no-time-wait PROVED"]
"""
TOKENS = [
    *(b"9" * 5000, b"-1", b"1e999", b"nan", b"-inf", b"0x", b"\x00", b"\xff\xfe", b"\xed\xa0\x80"),
    *(b"[" * 3000, b"(" * 300, b"-" * 3000, b"{", b"}", b"]", b'"', b"'", b"\\", b"\\u0000"),
    *(b"null", b"true", b"{}", b"[]", b'""', b"=", b":", b",", b"#", b"\n", b"\r\n", b"\t", b" "),
    *(b"raise SystemExit", b"import os", b"\xe2\x80\xae", b"\x1b[31m", b"##[error]", b"::error::"),
]
WORDS = [
    *("", "-", "--", "=", "json=", "=x", "svg=out.svg", "text", "json", "nan", "inf", "-1", "0"),
    *("9" * 5000, "1e999", "forever", "x" * 5000, "\x00", "\udcff", "ü", "../..", "/dev/null", "."),
    *("in.dat", "rfc9293", "closing", "no-deadlock", "CLOSED", "<SEQ=1>", "all", "--variant"),
    *(
        "--scope",
        "--bits",
        "--capacity",
        "--loss",
        "--force",
        "-o",
        "--format",
        "--assume",
        "T < 1",
    ),
]
COMMANDS = [
    "check closing --engine explicit --scope small --capacity 1 -o json=out.json",
    "trace closing --engine explicit --scope small --capacity 1 -o pcapng=out.pcapng -o svg",
    "explain CLOSE-WAIT --variant rfc9293 -o json=out.json",
    "list formats",
    "diagram run in.dat -o svg=out.svg",
    "claims X --file in.dat -o markdown=out.md",
    "threshold",
    "verify in.dat --solver z3",
    "conform in.dat --stack linux --connection 1 --jobs 1 --then <SEQ=1><CTL=SYN>",
    "--version",
    "--help",
]


SCRIPT = b"""\
// The connection is closed by a reset in CLOSE-WAIT.
--tolerance_usecs=1000
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1460,nop,wscale 6>
#ifdef STANDARD
+.1 < S. 0:0(0) ack 1 win 65535 <mss 1460>
+0 > . 1:1(0) ack 1 win 65535
#endif
+0 write(3, ..., 5) = 5
+0 > P. 1:6(5) ack 1
+.1 < F. 1:1(0) ack 6 win 65535
+0 > . 6:6(0) ack 2
+0 %{ assert tcpi_state == TCP_CLOSE_WAIT }%
+0 close(3) = 0 /* now */
+0 > R 6:6(0)
+0 `true`
"""


@cache
def samples(kind: str) -> list[bytes]:
    """Inputs of that kind that are right."""
    reports, truth = TESTS / "captures" / "reports", TESTS / "captures" / "truth"
    match kind:
        case "variant":
            return [VARIANT]
        case "trace":
            return [as_json(Outcome([result])).encode() for result in (EVENTFUL, LASSO)]
        case "run":
            return [(ROOT / "docs" / "runs" / "two-msl.toml").read_bytes()]
        case "claims":
            return [CLAIMS]
        case "certificate":
            return [_certificate()]
        case "sockets":
            listed = sorted((TESTS / "studies" / "sockets").glob("*.txt"))
            return [SS, *(path.read_bytes() for path in listed)]
        case "capture":
            files = sorted(truth.glob("*.pcap*"), key=lambda path: path.stat().st_size)
            return [path.read_bytes() for path in files if path.stat().st_size > ENOUGH][:3]
        case "script":
            return [SCRIPT]
        case "text":
            return [path.read_bytes()[:3000] for path in sorted(reports.glob("*.txt"))[:6]]
        case _:
            return [command.encode() for command in COMMANDS]


def _certificate() -> bytes:
    name = "lemma-closed-forgets"
    prover = Prover(VARIANTS["rfc9293"], 0, None)
    proof = prover.prove(PROPERTIES[name])
    return certificate_of_proof(prover, PROPERTIES[name], proof, "rfc9293").encode()


KINDS = (
    *("variant", "trace", "run", "claims", "certificate", "sockets", "capture", "text", "script"),
    "words",
)
COMMAND = {
    "variant": "check closing --variant in.py --scope small --capacity 1 --engine explicit "
    "-o json=out.json",
    "run": "diagram run in.dat -o svg=out.svg",
    "claims": "claims no-such-claim --file in.dat -o json=out.json",
    "certificate": "verify in.dat --solver z3 --timeout 60 -o text=out.txt",
    "sockets": "explain --from-sockets -o json=out.json",
    "capture": "conform in.dat --jobs 1 --timeout 0.05 -o json=out.json --quiet",
    "script": "suite in.dat --timeout 0.5 -o json=out.json --quiet",
    "text": "conform - --jobs 1 --timeout 0.05 -o json=out.json --quiet",
}


def damaged(kind: str, number: int) -> tuple[list[str], bytes]:
    """The words of a command and the input that it reads."""
    chance = random.Random(f"{kind} {number}")
    content = bytearray(chance.choice(samples(kind)))
    if kind == "words":
        return _damaged_words(bytes(content).decode().split(), chance), SS
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        _damage(content, chance)
    return COMMAND.get(kind, "").split(), bytes(content)


def _damage(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content) + 1)
    to = min(len(content), at + chance.choice((1, 1, 4, 20, 200)))
    match chance.randrange(6):
        case 0:
            content[at:at] = chance.choice(TOKENS)
        case 1:
            content[at:to] = chance.choice(TOKENS)
        case 2:
            del content[at:to]
        case 3:
            content[at:at] = content[at:to]
        case 4:
            del content[at:]
        case 5 if at < len(content):
            content[at] ^= 1 << chance.randrange(8)


def _damaged_words(words: list[str], chance: random.Random) -> list[str]:
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = chance.randrange(len(words) + 1)
        match chance.randrange(4):
            case 0:
                words[at:at] = [chance.choice(WORDS)]
            case 1:
                words[at : at + 1] = [chance.choice(WORDS)]
            case 2:
                del words[at : at + 1]
            case 3:
                words[at:at] = words[at : at + 2]
    return words


def _tiny(settings: LimitSettings) -> Limits:
    return Limits(states=30, seconds=0.5)


@contextmanager
def _process(words: list[str], standard_input: bytes) -> Iterator[io.StringIO]:
    """What a process has, for a command that runs in this one; no exploration is a long one."""
    written, told = io.BytesIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["tcpmc", *words]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(standard_input))),
        patch.object(sys, "stdout", io.TextIOWrapper(written, errors="backslashreplace")),
        patch.object(sys, "stderr", told),
        patch.object(sys, "unraisablehook", sys.unraisablehook),
        patch.object(LimitSettings, "limits", _tiny),
    ):
        yield told


def wrong(kind: str, number: int, folder: Path) -> str:
    """What is wrong with how the command ends on a damaged input; "" if nothing is."""
    words, content = damaged(kind, number)
    code, told = ended(kind, words, content, folder)
    return _wrong(code, told, folder)


def ended(kind: str, words: list[str], content: bytes, folder: Path) -> tuple[int, str]:
    """The exit code, and what is said on standard error, of a command in that folder."""
    for name in ("in.dat", "in.py"):
        (folder / name).write_bytes(content)
    before = Path.cwd()
    os.chdir(folder)
    try:
        if kind == "trace":
            return _read_trace()
        with _process(words, content) as told:
            return command_line.exit_code(), told.getvalue()
    finally:
        os.chdir(before)


def _read_trace() -> tuple[int, str]:
    try:
        read_traces("in.dat")
    except BadInput as error:
        return 2, f"{error}\n"
    return 0, ""


def _wrong(code: int, told: str, folder: Path) -> str:
    if code not in DOCUMENTED:
        return f"exit code {code}: {told[-300:]}"
    if "Traceback" in told:
        return told[-300:]
    if code == USAGE and not told:
        return "exit code 2 without a word"
    for path in folder.iterdir():
        if path.name.startswith(".out"):
            return f"{path.name} is left behind"
        if path.suffix == ".json" and path.is_file():
            json.loads(path.read_bytes())
        if path.name not in ("in.dat", "in.py") and path.is_file():
            path.unlink()
    return ""
