"""A variant as a stack under test: the rules behind the same wire as a real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tcpmc.captures.packet import Endpoint
from tcpmc.checks.conform.hypothesis import BITS
from tcpmc.checks.conform.view import segment_of
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb, blank
from tcpmc.model.variants.variant import Variant
from tcpmc.stacks.datagram_codec import Written, datagram_of, packet_of
from tcpmc.stacks.stack import Call, StackUnderTest

FIRST_PORT, PORTS, REMOTE_PORT, WINDOW = 20000, 40000, 5000, 4096
BETWEEN_ISSES = 1 << 20
RTO, TIME_WAIT = 1.0, 240.0
"""Seconds of the clock of its own."""


class ModelStack(StackUnderTest):
    """The rules of a variant, with a window of 4096 octets and without timestamps."""

    virtual = True

    def __init__(
        self, variant: Variant, address: str = "10.0.0.1", remote: str = "10.0.0.2"
    ) -> None:
        self.name = f"model:{variant.name}"
        self.local, self.remote = Endpoint(address, FIRST_PORT), Endpoint(remote, REMOTE_PORT)
        self._rules = variant.rules
        self._profile = replace(variant.profile, window=WINDOW, timestamps=False)
        self._iss = Seq(0, BITS)
        self._sent: list[bytes] = []
        self._tcb = blank(State.CLOSED, BITS)
        self._timer: float | None = None

    def fresh(self, local: Endpoint | None = None, remote: Endpoint | None = None) -> None:
        """A TCB with nothing in it, and another ISS."""
        self._tcb, self._sent, self._timer = blank(State.CLOSED, BITS), [], None
        port = FIRST_PORT + (self.local.port + 1 - FIRST_PORT) % PORTS
        self.local = local or self.local._replace(port=port)
        self.remote = remote or self.remote

    def _host(self) -> Host:
        self._iss += BETWEEN_ISSES
        return Host(self._profile, self._iss, may_open=False, max_snd_wnd=65535)

    def call(self, call: Call, octets: int = 1) -> str:
        """The rule of the call; the error that it signals."""
        step = self._rules.call(EventKind(call), self._host(), self._tcb, octets)
        self._after(step)
        return next((signal.error for signal in step.signals if signal.error), "")

    def deliver(self, datagram: bytes) -> None:
        """SEGMENT ARRIVES."""
        packet = packet_of(datagram)
        if packet is not None and packet.destination == self.local:
            seg = segment_of(packet._replace(tsval=None), None)
            self._after(self._rules.segment_arrives(self._host(), self._tcb, seg))

    def _after(self, step: Step) -> None:
        self._tcb = step.tcb
        for seg in step.send:
            written = Written(seg.controls, seg.seq.value, seg.ack.value, seg.length, WINDOW)
            self._sent.append(datagram_of(written, self.local, self.remote))
        if step.starts_time_wait:
            self._timer = TIME_WAIT
        elif step.tcb.snd_una == step.tcb.snd_nxt and step.tcb.state != State.TIME_WAIT:
            self._timer = None
        elif self._timer is None:
            self._timer = RTO

    def emitted(self) -> Sequence[bytes]:
        """What the rules have sent."""
        sent, self._sent = self._sent, []
        return sent

    def wait(self, seconds: float) -> None:
        """The clock goes on: timers expire."""
        while self._timer is not None and self._timer <= seconds:
            seconds -= self._timer
            self._timer = None
            kind = EventKind.RETRANSMISSION_TIMEOUT
            if self._tcb.state == State.TIME_WAIT:
                kind = EventKind.TIME_WAIT_TIMEOUT
            self._after(self._rules.call(kind, self._host(), self._tcb))
        if self._timer is not None:
            self._timer -= seconds

    @property
    def tcb(self) -> Tcb:
        """Its TCB."""
        return self._tcb

    def state(self) -> str:
        """The state of its TCB."""
        return str(self._tcb.state)

    def close(self) -> None:
        """There is nothing to give back."""
