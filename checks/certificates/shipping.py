"""Which proofs in dense time are shipped with the package, and how their files are made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tcpmc.checks.timed.at_scope import counterpart
from tcpmc.checks.timed.shipped_proofs import file_name, written
from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import PROVED
from tcpmc.model.timed.theorems import CLOCKED, THEOREMS
from tcpmc.model.variants.shipped import VARIANTS

UNPROVED = "never", "vacuous"
"""What is expected of a theorem where there is nothing to prove."""


def questions() -> Iterator[ThresholdQuestion]:
    """What is proved in dense time: properties with the clock on, in their own scope, and theorems
    for all parameters; of each variant of which that is expected."""
    for name in CLOCKED:
        prop = PROPERTIES[name]
        claim = counterpart(name, prop.scope_for(SCOPES["default"]))
        assert claim is not None, f"{name} is asked in its own scope"
        proved = (variant for variant, word in prop.expected.items() if word == PROVED)
        yield from (ThresholdQuestion(name, claim[0], VARIANTS[v], claim[1]) for v in proved)
    for theorem in THEOREMS.values():
        for variant, condition in theorem.holds.items():
            if condition not in UNPROVED:
                yield ThresholdQuestion(
                    theorem.name, theorem.claim, VARIANTS[variant], theorem.assume
                )


def write(question: ThresholdQuestion, folder: Path) -> Path:
    """Search the proof anew and write its file to the folder; the path."""
    threshold = Finder(question, anew=True).find()
    if threshold.proof is None:
        raise RuntimeError(
            f"{question.name} on {question.variant.name}: {threshold.word} {threshold.how}"
        )
    path = folder / file_name(question, question.variant.name)
    path.write_text(written(threshold.proof), "ascii")
    return path
