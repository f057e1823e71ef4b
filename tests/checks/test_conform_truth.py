"""Captures of a real kernel, near end: verdicts, the kernel's own states, and mutants."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mutated import mutants
from tcpmc.captures import Endpoint, Packet
from tcpmc.checks.conform.judge import Judgement, judged, strictly_refused
from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.conform.view import view_of
from truth import DEVIATIONS, captures, kernel_states, name_of, opened

RFC9293 = STACKS["rfc9293"]

NOT_SHOWN = {
    # States that no packet shows: a timer ended them, or a bucket was missing.
    ("last_ack_giveup.B", 9),
    ("tw_buckets0.A", 6),
}
EXACT = (
    *("ACK of a FIN +-1", "ACK of a SYN,ACK +-1", "ACK +1", "ACK bit off"),
    *("text after FIN", "second FIN", "SEQ +-1"),
)


def judgement(packets: list[Packet], end: Endpoint, stack: str = "rfc9293") -> Judgement:
    view = view_of(packets, end)
    return judged(view, STACKS[stack], "near", view[-1].time)


@pytest.mark.parametrize("path", captures(), ids=name_of)
def test_truth_near_end(path: Path) -> None:
    found = judgement(*opened(path))
    if name_of(path) in DEVIATIONS:
        packet, text = DEVIATIONS[name_of(path)]
        assert found.strict.verdict == "DEVIATES"
        assert found.refused == packet - 1
        assert text in found.strict.deviations[0].text
    else:
        assert found.strict.verdict == "CONFORMS"
        assert found.verdict == "CONFORMS"


@pytest.mark.parametrize("path", captures(), ids=name_of)
def test_truth_states_are_those_of_the_kernel(path: Path) -> None:
    if path.name.startswith("lwip"):
        pytest.skip("the log does not say when packets were delivered")
    found, kernel = judgement(*opened(path)).strict, kernel_states(path)
    assert len(found.told) == len(kernel)
    for told, states in zip(found.told, kernel, strict=True):
        number = told.seen.packet.number
        if states is not None and (name_of(path), number) not in NOT_SHOWN:
            assert states & set(told.states), f"packet {number}: kernel {states}, {told.states}"


@pytest.mark.parametrize("name", ["fw2_timeout.A", "tw_reuse_delay10.A"])
def test_truth_linux_explains_what_linux_does(name: str) -> None:
    path = next(p for p in captures() if name_of(p) == name)
    assert judgement(*opened(path), stack="linux").strict.verdict == "CONFORMS"


def test_truth_mutants_are_refused_at_their_packet() -> None:
    """Each wrong number, bit or segment of the near end, but for a SYN's own number: that of a
    lone SYN is as good as any other."""
    made: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for path in captures():
        if name_of(path) in DEVIATIONS:
            continue
        packets, end = opened(path)
        for kind, place, mutant in mutants(packets, end):
            if kind not in EXACT:
                continue
            made[kind] += 1
            view = view_of(mutant, end)
            refused[kind] += strictly_refused(view, RFC9293, view[-1].time) == place
    assert refused == made
    assert made["ACK +1"] > 150
