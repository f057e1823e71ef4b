"""The Z3 engine on stacks made up at random, against the explorer.

`TCPMC_RANDOM_Z3=200 pytest tests/checks/test_random_variants_z3.py` looks at so many, in order.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from random_variants import random_variant, stop_at_limit
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.parametric.prover import catalogue
from tcpmc.checks.smt import smt_engine
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.checks.verdict import DISAGREE, merged
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Lemma

COUNT = int(os.environ.get("TCPMC_RANDOM_Z3", "2"))
PROPS = [prop for prop in catalogue() if not isinstance(prop, Lemma)] + [PROPERTIES["closing"]]


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(COUNT))
def test_both_engines_say_the_same_of_a_random_variant(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smt_engine, "PATIENCE", 10.0)
    print(f"random-{seed}", said_of(seed))


def said_of(seed: int) -> dict[str, str]:
    """The words of the Z3 engine; it is an assertion that the explicit one does not say other."""
    model = Model(random_variant(seed), SCOPES["small"])
    props = Random(seed).sample(PROPS, 2)
    explicit = ExplicitEngine(model, progress=stop_at_limit).decide(props)
    solver = SolverEngine(model)
    words = {}
    for prop in props:
        answer = solver.decide([prop])[prop.name]
        words[prop.name] = answer.word
        assert merged([explicit[prop.name], answer]) != DISAGREE, (prop.name, answer)
    return words
