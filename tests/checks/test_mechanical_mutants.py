"""Mutants made from the source of the rules: how many the properties of steps notice.

A mutant is reachable if some step of a run of RFC 9293, in the scopes of those properties (with
ABORT, user timeout, crashes, forged and old segments), would be another one with it. It is noticed
if such a step breaks a property.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from mechanical import Mutant, mutants
from tcpmc.checks.explicit.steps import tabulated_steps
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import explore
from tcpmc.model import RFC9293, SCOPES, VARIANTS, Model, Rules, Step
from tcpmc.model.network.product import EndStep
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.kinds import EveryStep
from tcpmc.model.properties.step import STEPS

Taken = list[tuple[EndStep, tuple[Any, ...]]]


@cache
def steps_of_runs() -> list[tuple[list[EveryStep], Taken]]:
    """By scope: the properties asked there, and each step of the RFC's rules with its effect."""
    by_scope: dict[Scope, list[EveryStep]] = {}
    for prop in STEPS:
        by_scope.setdefault(prop.scope_for(SCOPES["default"]), []).append(prop)
    found = []
    for scope, props in by_scope.items():
        explore(table := TabulatedModel(Model(VARIANTS["rfc9293"], scope)))
        steps = {
            (step.host, step.event, step.tcb, step.segment, step.history): step
            for _, step in tabulated_steps(table)
            if step.event != "crash"
        }
        found.append((props, [(step, effect(again(RFC9293, step))) for step in steps.values()]))
    return found


def again(rules: Rules, taken: EndStep) -> Step:
    """What these rules do in place of the step."""
    if taken.arrives:
        return rules.segment_arrives(taken.host, taken.tcb, taken.segment)
    return rules.call(taken.event, taken.host, taken.tcb)


def effect(step: Step) -> tuple[Any, ...]:
    """All of a step but its label."""
    return step.tcb, step.send, step.signals, step.starts_time_wait


def outcome(mutant: Mutant) -> tuple[bool, set[str]]:
    """Whether the mutant is reachable, and the properties that notice it. A rule that raises is
    noticed by whoever runs it."""
    reachable, noticed = False, set()
    for props, taken in steps_of_runs():
        for step, rfc in taken:
            try:
                own = again(mutant.rules, step)
                if effect(own) == rfc:
                    continue
                mutated = replace(step, step=own)
                noticed |= {p.name for p in props if p.premise(mutated) and not p.claim(mutated)}
            except (TypeError, AttributeError, UnboundLocalError):
                noticed.add("it raises")
            reachable = True
    return reachable, noticed


@pytest.mark.exhaustive
def test_nine_of_ten_reachable_mutants_are_noticed() -> None:
    reachable, unnoticed = 0, set()
    for mutant in mutants():
        reached, noticed = outcome(mutant)
        reachable += reached
        if reached and not noticed:
            unnoticed.add(str(mutant))
    assert len(unnoticed) <= reachable / 10, "\n".join(sorted(unnoticed))
