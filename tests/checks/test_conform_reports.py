"""Packets as people put them into bug reports, each with the answer that is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcpmc.captures import read
from tcpmc.checks.conform.conform import EndReport, conform
from tcpmc.checks.conform.stacks import STACKS, stack_of
from tcpmc.model.variants.shipped import VARIANTS

FOLDER = Path(__file__).parents[1] / "captures" / "reports"


def ends(name: str, stack: str = "rfc9293", at: str | None = None) -> dict[str, EndReport]:
    """The ends of the one connection in a text, by address."""
    report = conform(read([str(FOLDER / f"{name}.txt")]), stack_of(VARIANTS[stack]), at)
    (connection,) = report.connections
    return {end.endpoint.address: end for end in connection.ends}


def last_states(end: EndReport) -> set[str]:
    return set(end.judgement.best.told[-1].states)


def states(end: EndReport) -> list[str | None]:
    return [told.state for told in end.judgement.best.told]


def test_idle_close() -> None:
    found = ends("idle-close")
    client, server = found["198.51.100.7"], found["192.0.2.21"]
    assert server.judgement.vantage == "near"
    assert client.judgement.verdict == server.judgement.verdict == "CONFORMS"
    assert states(server)[3:] == ["FIN-WAIT-1", "TIME-WAIT", "TIME-WAIT"]
    assert states(client)[4] == "LAST-ACK"


def test_half_open() -> None:
    """Figure 10: the reset is exact, and the next SYN opens anew."""
    found = ends("half-open")
    client, server = found["198.51.100.9"].judgement, found["192.0.2.40"].judgement
    assert client.verdict == server.verdict == "CONFORMS"
    assert [note.kind for _, note in client.best.assumed] == ["crash"]
    assert states(found["192.0.2.40"])[3:8] == [
        *("ESTABLISHED", "ESTABLISHED", "CLOSED", "SYN-RECEIVED", "SYN-RECEIVED"),
    ]


def test_old_syn_ack() -> None:
    """The client owes an RST, which the capture does not have."""
    client = ends("old-syn-ack")["198.51.100.8"].judgement
    assert client.strict.verdict == "DEVIATES"
    (deviation,) = client.strict.deviations
    assert (deviation.packet, deviation.text) == (1, "no reply was sent")
    assert "3.10.7.3 first: unacceptable ACK, RST sent" in deviation.expected
    assert client.best.told[-1].states == ("ESTABLISHED",)


def test_reopening_ignored() -> None:
    """The ACK to the new SYN is right; the exact RST was ignored, or never arrived."""
    judgement = ends("reopening-ignored")["192.0.2.1"].judgement
    assert judgement.partial
    assert judgement.strict.verdict == "DEVIATES"
    assert judgement.refused == 7
    assert "<RST> received and not acted upon" in judgement.strict.deviations[0].text
    assert judgement.best.told[4].states == ("TIME-WAIT",)


@pytest.mark.parametrize("stack", ["rfc1337", "lwip"])
def test_reopening_ignored_where_time_wait_ignores_rst(stack: str) -> None:
    assert ends("reopening-ignored", stack)["192.0.2.1"].judgement.strict.verdict == "CONFORMS"


def test_fin_unanswered() -> None:
    found = ends("fin-unanswered")
    assert last_states(found["192.0.2.40"]) == {"FIN-WAIT-1"}
    assert {end.judgement.verdict for end in found.values()} == {"CONFORMS"}


def test_rst_obeyed_late_near_the_server() -> None:
    server = ends("rst-obeyed-late")["192.0.2.40"].judgement
    assert (server.vantage, server.strict.verdict, server.refused) == ("near", "DEVIATES", 5)


@pytest.mark.parametrize("at", ["198.51.100.9", "middle"])
def test_rst_obeyed_late_from_elsewhere(at: str) -> None:
    assert ends("rst-obeyed-late", at=at)["192.0.2.40"].judgement.verdict == "CONFORMS"


def test_flags_only() -> None:
    """Without numbers a simultaneous close and an ordinary one with FIN,ACK (note 2) explain it."""
    found = ends("flags-only")
    assert {end.judgement.verdict for end in found.values()} == {"CONFORMS"}
    states_after_fin = set(found["192.0.2.5"].judgement.best.told[3].states)
    assert {"CLOSING", "TIME-WAIT"} <= states_after_fin
    assert {"CLOSING", "TIME-WAIT"} <= {
        str(h.state) for h in found["192.0.2.5"].judgement.best.last
    }
    assert {"FIN-WAIT-1", "LAST-ACK"} <= set(found["198.51.100.20"].judgement.best.told[3].states)


def test_every_stack_has_a_name_of_a_variant() -> None:
    assert set(STACKS) <= set(VARIANTS)
