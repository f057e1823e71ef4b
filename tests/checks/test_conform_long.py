"""Long connections: what is explained in stretches is what is explained packet by packet."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from bulk import CLIENT, SERVER, Transfer, numbered
from mutated import mutants
from tcpmc.captures import Connection, Endpoint, Packet
from tcpmc.captures.packet_rows import PacketRows
from tcpmc.captures.summary import summed
from tcpmc.checks.conform import columns, long, stretch_proof
from tcpmc.checks.conform.columns import columns_of
from tcpmc.checks.conform.explaining import ManyTold
from tcpmc.checks.conform.judge import Judgement, judged
from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.conform.view import view_of
from truth import captures, opened

RFC9293 = STACKS["rfc9293"]
ASKED = "TCPMC_CAMPAIGNS" in os.environ
ENDS = {"client": CLIENT, "server": SERVER}


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses are made from the first packet on, and there are many blocks."""
    monkeypatch.setattr(long, "PATIENCE", 0)
    monkeypatch.setattr(columns, "BLOCK", 97)


def both_ways(packets: Sequence[Packet], end: Endpoint) -> tuple[Judgement, Judgement]:
    """The verdict packet by packet, and in stretches."""
    view, many = view_of(packets, end), columns_of(packets, end)
    assert many is not None
    until = view[-1].time
    return judged(view, RFC9293, "near", until), judged(many, RFC9293, "near", until)


def told(judgement: Judgement) -> list[object]:
    """All that is told of an end."""
    best, strict = judgement.best, judgement.strict
    return [
        (judgement.verdict, strict.verdict, judgement.refused, best.cost, strict.cost),
        *((one.states, one.rules, one.granted) for one in best.told),
        *(best.deviations, best.assumed, best.last),
    ]


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("path", captures()[::3], ids=lambda path: path.name)
def test_columns_are_the_view(path: Path) -> None:
    packets, _ = opened(path)
    pair = {packets[0].source, packets[0].destination}
    own = [p for p in packets if {p.source, p.destination} == pair]
    for end in pair:
        many = columns_of(own, end)
        assert many is not None
        assert list(many) == view_of(own, end)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("path", captures()[::8], ids=lambda path: path.name)
def test_real_captures_in_stretches(path: Path) -> None:
    one, other = both_ways(*opened(path))
    assert told(one) == told(other)


@pytest.mark.parametrize("end", ENDS)
def test_transfer_with_loss_in_stretches(end: str) -> None:
    for seed in range(1000 if ASKED else 1):
        loss = (0.03, 0, 0.01)[seed % 3]
        seen = Transfer(120, loss, seed, late=loss).run()[ENDS[end]]
        one, other = both_ways(numbered(seen), ENDS[end])
        assert one.verdict == "CONFORMS"
        assert told(one) == told(other)
        assert isinstance(other.best.told, ManyTold)


@pytest.mark.exhaustive
@pytest.mark.skipif(not ASKED, reason="a campaign of many minutes: set TCPMC_CAMPAIGNS=1")
def test_wrong_packets_in_stretches() -> None:
    chance = random.Random(9293)
    for seed in range(500):
        end = chance.choice([CLIENT, SERVER])
        seen = numbered(Transfer(100, 0.02, seed, late=0.01).run()[end])
        _, _, wrong = chance.choice([*mutants(seen, end)])
        one, other = both_ways(wrong, end)
        assert told(one) == told(other)


@pytest.mark.parametrize("end", ENDS)
def test_transfer_from_afar_is_decided(end: str) -> None:
    """What the other end sees of a transfer of thousands of packets with loss."""
    far = SERVER if end == "client" else CLIENT
    seen = numbered(Transfer(1000, 0.01, 5).run()[ENDS[end]])
    many = columns_of(seen, far)
    assert many is not None
    judgement = judged(many, RFC9293, "far", many[-1].time, monotonic() + 60)
    assert judgement.verdict == "CONFORMS"
    states = [one.state for one in judgement.best.told]
    assert states[len(states) // 2] == "ESTABLISHED"


def test_a_key_that_lacks_something_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were all packets of one kind, the rules would do different things with them."""
    monkeypatch.setattr(stretch_proof, "keys", lambda part, *_: np.zeros((1, len(part)), int))
    seen = numbered(Transfer(300, 0, 1).run()[SERVER])
    many = columns_of(seen, SERVER)
    assert many is not None
    assert judged(many, RFC9293).verdict == "DISAGREE"


def test_summary_of_columns() -> None:
    seen = numbered(Transfer(500, 0.03, 3).run()[CLIENT])
    ends = CLIENT, SERVER
    each = summed(Connection(1, ends, packets=seen))
    assert summed(Connection(1, ends, packets=PacketRows.of(seen))) == each
    assert "T" in each.history
