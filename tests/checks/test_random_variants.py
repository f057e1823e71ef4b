"""Proofs on stacks made up at random, against the explorer: nothing that is proved is ever seen.

`TCPMC_RANDOM=1000 pytest tests/test_random_variants.py` looks at so many, in order.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from random import Random

import numpy as np
import pytest

from random_variants import random_variant, stop_at_limit
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.local_steps import local_steps, states_by_pair
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.parametric.explored import Explored
from tcpmc.checks.parametric.iss_conditions import Excluded
from tcpmc.checks.parametric.locations import Invariant
from tcpmc.checks.parametric.prover import LIMITS, Prover, catalogue
from tcpmc.checks.parametric.symbolic_endpoint import BITS
from tcpmc.checks.statespace import PAIR_MASK, Ints, unpack
from tcpmc.checks.verdict import INCONCLUSIVE, PROVED, REFUTED, UNREACHABLE, VACUOUS, WITNESS
from tcpmc.model.network.channel import Contents
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Always, Lemma, Reachable
from tcpmc.model.variants.variant import Variant

COUNT = int(os.environ.get("TCPMC_RANDOM", "4"))
ISS = (100, 300)
SECONDS = 10.0
PROPS = [prop for prop in catalogue() if not isinstance(prop, Lemma)] + [PROPERTIES["closing"]]
EVERYTHING = Always(
    name="everything", meaning="", citation="", expected={},
    premise=lambda model, system: False, claim=lambda model, system: True,
)  # fmt: skip
CONTRADICTS = {
    (PROVED, REFUTED),
    (VACUOUS, REFUTED),
    (VACUOUS, PROVED),
    (UNREACHABLE, WITNESS),
}
"""What a proof about every run says, and what some runs are, that cannot both be."""


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(COUNT))
def test_what_is_proved_is_never_seen(seed: int) -> None:
    variant = random_variant(seed)
    found = Counter(said_of(variant, Random(seed)))
    print(f"random-{seed}", dict(found))


def said_of(variant: Variant, chance: Random) -> Iterator[str]:
    """The words of the prover; it is an assertion that none of them is wrong."""
    small, larger = explored_at(variant, 2), explored_at(variant, 3)
    seen = larger.decide(PROPS)
    prover = Prover(variant, seconds=SECONDS)
    prover.begin()
    try:
        explored = Explored(prover.formulas, ISS)
        assert not list(explored.unmatched(local_steps(small.table, levels(small))))
        assert_kept(prover.invariant(Excluded()), explored, larger.table, levels(larger))
    except LIMITS as limit:
        yield f"no proof: {limit}"
        return
    states = list(states_by_pair(small.table, levels(small)))
    for prop in chance.sample(PROPS, 2):
        assert isinstance(prop, Always | Reachable)
        prover.begin()
        try:
            word = prover.proof_alone(prop).word
            assert not list(explored.misjudged(prop, states))
        except LIMITS:
            word = INCONCLUSIVE
        assert (word, seen[prop.name].word) not in CONTRADICTS, prop.name
        yield word


def explored_at(variant: Variant, capacity: int) -> ExplicitEngine:
    """The explicit engine with the graph of a small scope."""
    scope = Scope("small", bits=BITS, iss=ISS, data=0, capacity=capacity)
    engine = ExplicitEngine(Model(variant, scope), progress=stop_at_limit)
    engine.decide([EVERYTHING])
    return engine


def levels(engine: ExplicitEngine) -> Iterable[Ints]:
    """The states of the graph."""
    assert engine.graph is not None
    return engine.graph.levels


def assert_kept(
    kept: Invariant, explored: Explored, table: TabulatedModel, found: Iterable[Ints]
) -> None:
    """Every state that was found is one of those that the invariant leaves."""
    flying = [
        np.array([flags(explored, which, contents) for contents in table.contents.values], object)
        for which in (0, 1)
    ]
    for level in found:
        _, _, ab, ba = unpack(level)
        sent = flying[0][ab] | flying[1][ba]
        pairs, first, of = np.unique(level & PAIR_MASK, return_index=True, return_inverse=True)
        seen = np.zeros(len(pairs), object)
        np.bitwise_or.at(seen, of, sent)
        for index, all_sent in zip(first.tolist(), seen.tolist(), strict=True):
            known = kept.known[explored.location(table.system(int(level[index])).ends)]
            assert all_sent & ~known.may == 0


def flags(explored: Explored, which: int, contents: Contents) -> int:
    """The kinds in a channel, as bits of `Sent`."""
    kinds = len(explored.formulas.endpoint.kinds)
    found = 0
    for flight in contents:
        with suppress(KeyError):  # it is in the other channel
            found |= 1 << which * kinds + explored.kind(which, flight.segment)
    return found
