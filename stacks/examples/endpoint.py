"""A small TCP endpoint behind the protocol of docs/adapter.md, for tests and as an example.

It stands alone: the standard library only, and nothing of the model that judges it. It is RFC 9293
without options, for one connection, with a clock that the other side advances. `--bug NAME` makes
one mistake of real stacks; `--list` names them.
"""

from __future__ import annotations

import argparse
import socket
import struct
import sys
from dataclasses import dataclass, field

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
WINDOW = 4096
RTO, DELETE_AFTER, TIME_WAIT = 1000, 8, 240_000
"""Milliseconds until a segment is sent again, how often it is, and 2 MSL."""

BUGS = {
    "any-ack-closes": "LAST-ACK ends on any ACK (smoltcp 470)",
    "fin-not-sent": "CLOSE enters FIN-WAIT-1 and sends no FIN (smoltcp 279)",
    "bare-syn-dropped": "SYN-SENT drops a SYN without ACK (smoltcp 1001; lwIP)",
    "fin-to-close-wait": "a FIN in FIN-WAIT-1 or 2 leads to LAST-ACK (FreeRTOS+TCP 1303)",
    "repeated-fin-ignored": "TIME-WAIT does not acknowledge a repeated FIN (Zephyr 46407)",
    "close-drops": "CLOSE in ESTABLISHED forgets the connection (Zephyr 728)",
    "close-ends-time-wait": "CLOSE in TIME-WAIT ends it (gVisor 3106)",
    "closing-repeats-ack": "CLOSING sends its FIN again without the FIN bit (Demikernel 1537)",
    "close-wait-silent": "CLOSE-WAIT does not send text again (uTCP 24)",
    "fin-sent-once": "FIN is not sent again (Tricep 27)",
    "syn-ack-refused": "SYN-RECEIVED ignores a SYN,ACK (INET 92)",
    "close-wait-to-closing": "CLOSE in CLOSE-WAIT enters CLOSING (RFC 793's error)",
    "closed-resets": "ABORT in CLOSED sends RST (a specification of TCP in TLA+)",
    "blind-reset": "a RST is obeyed wherever it is",
    "unsent-acknowledged": "an ACK of what was never sent is believed",
    "reset-unnumbered": "CLOSED answers an ACK by a RST with the number 0",
    "fin-out-of-order": "a FIN beyond RCV.NXT is taken as if it were next",
    "short-time-wait": "TIME-WAIT lasts a second",
}


@dataclass
class Header:
    """A segment with the numbers of its header, and the length of its text."""

    seq: int
    ack: int = 0
    bits: int = 0
    length: int = 0

    @property
    def end(self) -> int:
        """The number behind it."""
        return self.seq + self.length + bool(self.bits & SYN) + bool(self.bits & FIN)


def before(a: int, b: int) -> bool:
    """Whether a < b, modulo 2**32."""
    return 0 < (b - a) % 2**32 < 2**31


@dataclass
class SmallTcp:
    """One connection; `bug` is the mistake that it makes, or ""."""

    bug: str = ""
    state: str = "CLOSED"
    passive: bool = False
    iss: int = 0
    una: int = 0
    nxt: int = 0
    rcv: int = 0
    irs: int = 0
    text: int = 0
    closing: bool = False
    timer: int | None = None
    tries: int = 0
    now: int = 0
    out: list[Header] = field(default_factory=list)

    # Calls ------------------------------------------------------------------------------------

    def open(self, how: str) -> None:
        """OPEN (3.10.1)."""
        if self.state != "CLOSED" and not (self.state == "LISTEN" and how == "active"):
            raise ValueError("connection already exists")
        if how == "passive":
            self.state = "LISTEN"
            return
        self.choose()
        self.state, self.passive = "SYN-SENT", False
        self.say(Header(self.iss, 0, SYN))

    def choose(self) -> None:
        """A new ISS, beyond all that was used (3.4.1)."""
        self.iss = (self.nxt + 100_000) % 2**32
        self.una, self.nxt = self.iss, self.iss + 1

    def send(self, octets: int) -> None:
        """SEND (3.10.2). The other end is known, so that LISTEN becomes active."""
        if self.state == "CLOSED":
            raise ValueError("connection does not exist")
        if self.state == "LISTEN":
            self.open("active")
        if self.closing or self.state not in ("SYN-SENT", "SYN-RECEIVED", *OPEN):
            raise ValueError("connection closing")
        self.text += octets
        self.flush()

    def close(self) -> None:
        """CLOSE (3.10.4)."""
        if self.state == "CLOSED":
            raise ValueError("connection does not exist")
        if self.state == "TIME-WAIT" and self.bug == "close-ends-time-wait":
            self.forget()
            return
        if self.state in ("LISTEN", "SYN-SENT"):
            self.forget()
            return
        if self.state == "ESTABLISHED" and self.bug == "close-drops":
            self.forget()
            return
        if self.closing or self.state not in ("SYN-RECEIVED", *OPEN):
            raise ValueError("connection closing")
        self.closing = True
        if self.state != "SYN-RECEIVED" or not self.text:
            self.fin()

    def abort(self) -> None:
        """ABORT (3.10.5)."""
        if self.state == "CLOSED":
            if self.bug == "closed-resets" and self.nxt:
                self.say(Header(self.nxt, 0, RST), count=False)
            raise ValueError("connection does not exist")
        if self.state in ("SYN-RECEIVED", *OPEN, "FIN-WAIT-1", "FIN-WAIT-2"):
            self.say(Header(self.nxt, 0, RST), count=False)
        self.forget()

    def flush(self) -> None:
        """Send what waits for ESTABLISHED."""
        if self.state not in OPEN:
            return
        if self.text:
            self.say(Header(self.nxt, self.rcv, ACK | PSH, self.text))
            self.text = 0
        if self.closing:
            self.fin()

    def fin(self) -> None:
        """Send FIN, and enter the state that follows."""
        if self.state == "CLOSE-WAIT":
            to = "CLOSING" if self.bug == "close-wait-to-closing" else "LAST-ACK"
        else:
            to = "FIN-WAIT-1"
        self.state, self.closing = to, True
        if self.bug != "fin-not-sent":
            self.say(Header(self.nxt, self.rcv, ACK | FIN))

    def forget(self) -> None:
        """The TCB is deleted; the numbers go on from what was used."""
        self.state, self.timer, self.text, self.closing = "CLOSED", None, 0, False

    # Segments ---------------------------------------------------------------------------------

    def say(self, seg: Header, count: bool = True) -> None:
        """Send a segment; what takes up numbers is sent again until it is acknowledged."""
        self.out.append(seg)
        if count and before(self.nxt, seg.end):
            self.nxt = seg.end % 2**32
        if count and seg.end != seg.seq:
            self.timer, self.tries = self.now + RTO, 0

    def acknowledge(self) -> None:
        """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>"""
        self.out.append(Header(self.nxt, self.rcv, ACK))

    def reset(self, seg: Header) -> None:
        """The reset that answers a segment (3.10.7.1)."""
        if seg.bits & ACK:
            number = 0 if self.bug == "reset-unnumbered" and self.state == "CLOSED" else seg.ack
            self.out.append(Header(number, 0, RST))
        else:
            self.out.append(Header(0, seg.end % 2**32, RST | ACK))

    def arrives(self, seg: Header) -> None:
        """SEGMENT ARRIVES (3.10.7)."""
        if self.state == "CLOSED":
            if not seg.bits & RST:
                self.reset(seg)
        elif self.state == "LISTEN":
            self.in_listen(seg)
        elif self.state == "SYN-SENT":
            self.in_syn_sent(seg)
        else:
            self.checks(seg)

    def in_listen(self, seg: Header) -> None:
        """3.10.7.2."""
        if seg.bits & RST:
            return
        if seg.bits & ACK:
            self.reset(seg)
        elif seg.bits & SYN:
            self.choose()
            self.irs, self.rcv = seg.seq, (seg.seq + 1) % 2**32
            self.state, self.passive = "SYN-RECEIVED", True
            self.say(Header(self.iss, self.rcv, SYN | ACK))

    def in_syn_sent(self, seg: Header) -> None:
        """3.10.7.3."""
        good = seg.bits & ACK and seg.ack == self.nxt
        if seg.bits & ACK and not good:
            if not seg.bits & RST:
                self.reset(seg)
            return
        if seg.bits & RST:
            if good:
                self.forget()
            return
        if not seg.bits & SYN or (not good and self.bug == "bare-syn-dropped"):
            return
        self.irs, self.rcv = seg.seq, (seg.seq + 1) % 2**32
        if good:
            self.una, self.timer, self.state = seg.ack, None, "ESTABLISHED"
            if self.text or self.closing:
                self.flush()
            else:
                self.acknowledge()
        else:
            self.state = "SYN-RECEIVED"
            self.say(Header(self.iss, self.rcv, SYN | ACK))

    def in_window(self, seg: Header) -> bool:
        """Table 6."""
        last = (seg.end - 1 - self.rcv) % 2**32
        return (seg.seq - self.rcv) % 2**32 < WINDOW or (seg.end != seg.seq and last < WINDOW)

    def checks(self, seg: Header) -> None:
        """3.10.7.4: sequence number, RST, SYN, ACK, text, FIN."""
        bits = seg.bits
        if bits & RST and self.bug == "blind-reset":
            self.forget()
            return
        if not self.in_window(seg):
            self.unacceptable(seg)
            return
        if bits & RST:
            if seg.seq != self.rcv:
                self.acknowledge()
            elif self.state == "SYN-RECEIVED" and self.passive:
                self.forget()
                self.state = "LISTEN"
            else:
                self.forget()
            return
        if bits & SYN:
            if self.state == "SYN-RECEIVED" and self.passive and not before(seg.seq, self.rcv):
                self.forget()
                self.state = "LISTEN"
            else:
                self.acknowledge()
            return
        if bits & ACK and self.takes_ack(seg):
            self.takes_text(seg)

    def unacceptable(self, seg: Header) -> None:
        """First, check sequence number: not acceptable."""
        if seg.bits & RST:
            return
        if self.bug == "syn-ack-refused" and self.state == "SYN-RECEIVED" and seg.bits & SYN:
            return
        if self.state == "TIME-WAIT" and seg.bits & FIN and seg.end == self.rcv:
            if self.bug == "repeated-fin-ignored":
                return
            self.timer = self.now + TIME_WAIT
        self.acknowledge()

    def takes_ack(self, seg: Header) -> bool:
        """Fifth, check the ACK field; whether to go on."""
        if self.state == "SYN-RECEIVED":
            if seg.ack != self.nxt:
                if before(seg.ack, self.una) and before(self.una - WINDOW, seg.ack):
                    self.reset(seg)
                elif before(seg.ack, self.una) or before(self.nxt, seg.ack):
                    self.acknowledge()
                else:
                    self.reset(seg)
                return False
            self.state = "ESTABLISHED"
        beyond = before(self.nxt, seg.ack)
        if beyond and self.bug == "unsent-acknowledged":
            self.una = self.nxt = seg.ack
        elif beyond or before(seg.ack, self.una - 65535):
            self.acknowledge()
            return False
        if before(self.una, seg.ack):
            self.una = seg.ack
        if self.state == "LAST-ACK" and self.bug == "any-ack-closes":
            self.forget()
            return False
        if self.una == self.nxt and self.state != "TIME-WAIT":
            self.timer, was = None, self.state
            self.all_acknowledged()
            return was not in ("CLOSING", "LAST-ACK")
        return self.state != "CLOSING"

    def all_acknowledged(self) -> None:
        """What the acknowledgment of our FIN changes."""
        if self.state == "FIN-WAIT-1":
            self.state = "FIN-WAIT-2"
        elif self.state == "CLOSING":
            self.time_wait()
        elif self.state == "LAST-ACK":
            self.forget()

    def takes_text(self, seg: Header) -> None:
        """Seventh and eighth: text and FIN, in order; what is beyond is sent again."""
        new = (seg.seq + seg.length - self.rcv) % 2**32
        here = self.state in ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2")
        ahead = before(self.rcv, seg.seq)
        if ahead and self.bug == "fin-out-of-order" and seg.bits & FIN:
            self.rcv, ahead, new = seg.seq, False, seg.length
        answer = bool(ahead and seg.end != seg.seq)
        if here and not ahead and 0 < new <= WINDOW:
            self.rcv = (self.rcv + new) % 2**32
            answer = True
        if seg.bits & FIN and not ahead and (seg.end - 1) % 2**32 == self.rcv:
            self.rcv = (self.rcv + 1) % 2**32
            self.takes_fin()
            answer = True
        queued = self.text or (self.closing and self.state in OPEN)
        if queued:
            self.flush()
        elif answer:
            self.acknowledge()

    def takes_fin(self) -> None:
        """Eighth, check the FIN bit."""
        if self.bug == "fin-to-close-wait" and self.state in ("FIN-WAIT-1", "FIN-WAIT-2"):
            self.state = "LAST-ACK"
        elif self.state == "ESTABLISHED":
            self.state = "CLOSE-WAIT"
        elif self.state == "FIN-WAIT-1":
            self.state = "CLOSING"
        elif self.state == "FIN-WAIT-2":
            self.time_wait()

    def time_wait(self) -> None:
        """Enter TIME-WAIT, and start its timer."""
        lasts = 1000 if self.bug == "short-time-wait" else TIME_WAIT
        self.state, self.timer = "TIME-WAIT", self.now + lasts

    # Time -------------------------------------------------------------------------------------

    def advance(self, milliseconds: int) -> None:
        """Let time pass, timer by timer."""
        end = self.now + milliseconds
        while self.timer is not None and self.timer <= end:
            self.now, self.timer = self.timer, None
            self.expires()
        self.now = end

    def expires(self) -> None:
        """3.10.8: 2 MSL are over, or the front of the queue is sent again."""
        if self.state == "TIME-WAIT" or self.tries == DELETE_AFTER:
            self.forget()
            return
        self.tries += 1
        self.timer = self.now + RTO * 2**self.tries
        if self.una == self.iss:
            first = SYN if self.state == "SYN-SENT" else SYN | ACK
            self.out.append(Header(self.iss, self.rcv if first & ACK else 0, first))
            return
        after_fin = self.state in ("FIN-WAIT-1", "CLOSING", "LAST-ACK")
        octets = (self.nxt - self.una - after_fin) % 2**32
        if octets and not (self.state == "CLOSE-WAIT" and self.bug == "close-wait-silent"):
            self.out.append(Header(self.una, self.rcv, ACK | PSH, octets))
        elif not octets and self.bug != "fin-sent-once":
            bare = self.bug == "closing-repeats-ack" and self.state == "CLOSING"
            self.out.append(Header(self.una, self.rcv, ACK if bare else ACK | FIN))


OPEN = ("ESTABLISHED", "CLOSE-WAIT")


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@dataclass
class Adapter:
    """The protocol: a line in, lines out."""

    bug: str = ""
    connection: SmallTcp = field(default_factory=SmallTcp)
    local: tuple[bytes, int] = (b"\0\0\0\0", 0)
    remote: tuple[bytes, int] = (b"\0\0\0\0", 0)

    def answer(self, line: str) -> str:
        """The lines that answer a line."""
        words = line.split() or [""]
        try:
            said = self.does(words[0], words[1:])
        except ValueError as error:
            said = f"error {error}"
        sent = "".join(f"sent {self.datagram(seg).hex()}\n" for seg in self.connection.out)
        self.connection.out.clear()
        return f"{sent}{said}\n"

    def does(self, word: str, rest: list[str]) -> str:
        """One line; the answer to it."""
        one = self.connection
        match word, rest:
            case "hello", [_]:
                return "ok example state time"
            case "reset", [local, remote]:
                self.connection = SmallTcp(self.bug, nxt=one.nxt, now=one.now)
                self.local, self.remote = (endpoint(text) for text in (local, remote))
            case "open", [how]:
                one.open(how)
            case "send", [octets]:
                one.send(int(octets))
            case "close", []:
                one.close()
            case "abort", []:
                one.abort()
            case "deliver", [data]:
                self.deliver(bytes.fromhex(data))
            case "advance", [milliseconds]:
                one.advance(int(milliseconds))
            case "state", []:
                return f"ok {one.state}"
            case _:
                raise ValueError(f"unknown line {word!r}")
        return "ok"

    def deliver(self, data: bytes) -> None:
        """An IPv4 packet; what is not for this connection is dropped."""
        at = (data[0] & 15) * 4
        source, destination, seq, ack, offset, bits = struct.unpack_from("!HHIIBB", data, at)
        ours = (data[16:20], destination) == self.local and (data[12:16], source) == self.remote
        if ours:
            length = len(data) - at - (offset >> 4) * 4
            self.connection.arrives(Header(seq, ack, bits, length))

    def datagram(self, seg: Header) -> bytes:
        """The segment as an IPv4 packet."""
        (here, port), (there, to) = self.local, self.remote
        numbers = seg.seq % 2**32, seg.ack % 2**32 if seg.bits & ACK else 0
        head = struct.pack("!HHIIBBHHH", port, to, *numbers, 0x50, seg.bits, WINDOW, 0, 0)
        body = head + b"x" * seg.length
        pseudo = here + there + struct.pack("!BBH", 0, 6, len(body))
        body = body[:16] + struct.pack("!H", checksum(pseudo + body)) + body[18:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, 6, 0) + here + there
        return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + body


def endpoint(text: str) -> tuple[bytes, int]:
    """`10.0.0.1:20001` as octets and a port."""
    address, _, port = text.rpartition(":")
    return socket.inet_aton(address), int(port)


def main() -> None:
    """Answer line by line until the input ends."""
    parser = argparse.ArgumentParser(description="A small TCP endpoint behind lines.")
    parser.add_argument("--bug", choices=sorted(BUGS), default="", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="name the bugs")
    asked = parser.parse_args()
    if asked.list:
        print("\n".join(f"{name:22} {what}" for name, what in BUGS.items()))
        return
    adapter = Adapter(asked.bug)
    for line in sys.stdin:
        sys.stdout.write(adapter.answer(line))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
