"""Whether each property holds in each state of a trace, by its own predicates."""

from __future__ import annotations

from collections.abc import Sequence

from tcpmc.model.network.product import System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Always, Lemma, Property, Reachable

MET, NOT_MET = "met", "not met"
HOLDS, UNTOUCHED, BROKEN = "holds", "premise not met", "broken"
ELSEWHERE = "asked in another scope"


def _about(prop: Property) -> str | None:
    """What a property is about, where that is not a single state; else None."""
    if isinstance(prop, Lemma):
        return "about one step with any numbers, not about one state"
    if isinstance(prop, Always) or (isinstance(prop, Reachable) and len(prop.goals) == 1):
        return None
    return "about a whole run, not about one state"


def holds(model: Model, states: Sequence[System]) -> dict[str, list[str] | str]:
    """For each property of the catalogue, what it says of every one of the states; or one text
    where no single state can say it, or the property is asked in another scope than this one."""
    truths: dict[str, list[str] | str] = {}
    for prop in PROPERTIES.values():
        reason = _about(prop)
        if reason is None and prop.scope_for(model.scope) != model.scope:
            reason = ELSEWHERE
        truths[prop.name] = reason or [_of_state(model, prop, state) for state in states]
    return truths


def _of_state(model: Model, prop: Property, state: System) -> str:
    if isinstance(prop, Reachable):
        return MET if prop.goals[0](model, state) else NOT_MET
    assert isinstance(prop, Always)
    if not prop.premise(model, state):
        return UNTOUCHED
    return HOLDS if prop.claim(model, state) else BROKEN
