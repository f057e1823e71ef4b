"""Both ends together: two captures held against each other; what one end cannot tell."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from mutated import Mutant, as_a_whole, reset_ignored
from tcpmc.captures import Endpoint, Packet, conversations, read
from tcpmc.checks.conform.conform import ConnectionReport, conform
from tcpmc.checks.conform.explaining import Verdict
from tcpmc.checks.conform.judge import Asked
from tcpmc.checks.conform.search import FROM_AFAR, STRICT
from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.conform.view import view_of
from truth import ADDRESSES, DEVIATIONS, EMPTY, FOLDER, captures, name_of, opened

RFC9293 = STACKS["rfc9293"]
ASKED = "TCPMC_CAMPAIGNS" in os.environ


def of(name: str, end: str) -> list[Packet]:
    """The capture at one end, as the first or second of two files."""
    return [p._replace(file="AB".index(end)) for p in read([str(FOLDER / f"{name}.{end}.pcap")])]


def both(one: list[Packet], other: list[Packet]) -> ConnectionReport:
    """The report on both captures."""
    packets = sorted([*one, *other], key=lambda p: p.time or 0)
    (found,) = conform(packets, RFC9293).connections
    return found


def strict(report: ConnectionReport) -> dict[str, Verdict]:
    return {end.endpoint.address: end.judgement.strict.verdict for end in report.ends}


@pytest.mark.parametrize("missing", [0, 2, 3, 5, 7])
def test_what_arrived_and_is_not_among_what_was_sent_is_told(missing: int) -> None:
    """The SYN, the ACK of the SYN,ACK, the FIN, the ACK of text, and the ACK of the FIN."""
    sent, there = of("half_close", "A"), of("half_close", "B")
    number = there[missing].number
    found = both([*sent[:missing], *sent[missing + 1 :]], there)
    judgement = next(e.judgement for e in found.ends if e.endpoint.address == ADDRESSES["A"])
    assert judgement.verdict == "INCOMPLETE"
    if judgement.strict.verdict == "INCOMPLETE":
        (_, note), *_ = judgement.best.assumed
        assert f"packet {number} of the other" in note.text
    else:  # this end cannot do without it
        assert missing == 3


def test_what_an_end_cannot_have_sent_is_forged() -> None:
    """The wire injected a SYN and a RST that the rules exclude, and an exact RST at the end."""
    found = both(of("challenge_ack_syn", "A"), of("challenge_ack_syn", "B"))
    assert strict(found) == {ADDRESSES["A"]: "INCOMPLETE", ADDRESSES["B"]: "CONFORMS"}
    sender = found.ends[0].judgement
    assert [note.split()[-1] for note in sender.notes] == ["(SYN)", "(RST)"]
    assert [note.text.split()[-1] for _, note in sender.best.assumed] == ["(RST)"]


@pytest.mark.parametrize("name", ["half_close", "lost_fin", "simul_close", "rst_in_syn_rcvd"])
def test_two_captures_agree_whatever_their_clocks_say(name: str) -> None:
    late = [p._replace(time=p.time + 10**8) for p in of(name, "B") if p.time is not None]
    for there in (of(name, "B"), late):
        found = both(of(name, "A"), there)
        assert set(strict(found).values()) == {"CONFORMS"}


def test_packets_of_several_files_are_in_the_order_of_time() -> None:
    paths = [str(FOLDER / f"half_close.{end}.pcap") for end in "AB"]
    ((one,),) = conversations(read(paths).tables())
    times = [packet.time or 0 for packet in one.packets]
    assert times == sorted(times)
    assert {packet.file for packet in one.packets[:2]} == {0, 1}


def refused(packets: list[Packet], end: Endpoint) -> bool:
    """Whether one capture, made at this end, strictly speaks against either end."""
    other = next(e for e in (packets[0].source, packets[0].destination) if e != end)
    for one, excuses in ((end, STRICT), (other, FROM_AFAR)):
        view = view_of(packets, one)
        if Asked(view, RFC9293, excuses, packets[-1].time).conforming()[0] is None:
            return True
    return False


def mutated(kinds: set[str]) -> list[tuple[Path, Endpoint, Mutant]]:
    """The mutants of these kinds of all captures of a connection that conforms."""
    found = []
    for path in captures():
        if name_of(path) not in DEVIATIONS:
            packets, end = opened(path)
            pair = {packets[0].source, packets[0].destination}
            own = [p for p in packets if {p.source, p.destination} == pair]
            made = [*reset_ignored(own, end), *as_a_whole(own, end)]
            found += [(path, end, one) for one in made if one[0] in kinds]
    return found


def test_exact_reset_ignored() -> None:
    """Docs/conform.md has those that are explained: a SYN,ACK sent again after a RST can be the
    answer to another SYN."""
    exact = 0
    made = mutated({"RST ignored"})
    for _, end, (_, place, packets) in made:
        view = view_of(packets, end)
        _, run = Asked(view, RFC9293, STRICT, view[-1].time).conforming()
        exact += run.refused in (place - 1, place)
    assert exact >= 0.98 * len(made)


@pytest.mark.exhaustive
@pytest.mark.skipif(not ASKED, reason="a campaign: set TCPMC_CAMPAIGNS=1")
@pytest.mark.parametrize(("kind", "least"), [("FIN bit off", 0.94), ("swapped", 0.8)])
def test_one_capture_and_both_ends(kind: str, least: float) -> None:
    made = mutated({kind})
    found = sum(refused(packets, end) for _, end, (_, _, packets) in made)
    assert found >= least * len(made)


@pytest.mark.exhaustive
@pytest.mark.skipif(not ASKED, reason="a campaign: set TCPMC_CAMPAIGNS=1")
def test_two_captures_and_both_ends() -> None:
    made, found = Counter[str](), Counter[str]()
    for path, end, (kind, _, packets) in mutated({"FIN bit off", "not sent"}):
        name, own, _ = path.name.split(".")
        there = path.with_name(f"{name}.{'BA'['AB'.index(own)]}.pcap")
        if there.exists() and there.stat().st_size > EMPTY:
            numbered = [p._replace(file=1) for p in read([str(there)])]
            report = both(packets, numbered)
            made[kind] += 1
            found[kind] += set(strict(report).values()) != {"CONFORMS"}
        assert end
    assert found["FIN bit off"] >= 0.95 * made["FIN bit off"]
    assert found["not sent"] >= 0.8 * made["not sent"]
