"""A step tells which rules applied, one label each, however a rule has given them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tcpmc.model.endpoint.tcb import State, Step, empty_tcb

TCB = empty_tcb(State.LISTEN, 32)
ACK_ADVANCES = Step("ACK advances", TCB, done=False)
FIN_ACKNOWLEDGED = Step("FIN acknowledged", TCB, done=False)


def test_steps_that_continue_one_another_have_the_labels_of_each() -> None:
    step = ACK_ADVANCES.then(Step("", TCB, done=False)).then(FIN_ACKNOWLEDGED)
    assert step.rules == ("ACK advances", "FIN acknowledged")
    assert step.rule == "ACK advances + FIN acknowledged"


def test_a_step_with_nothing_to_tell_has_no_label() -> None:
    assert Step("", TCB).rules == Step(tcb=TCB).rules == ()


@pytest.mark.parametrize(
    "changed",
    [{"rule": "mine + yours"}, {"rules": ("mine", "yours")}],
)
def test_a_rule_may_label_a_step_anew_by_text_or_by_labels(changed: dict[str, Any]) -> None:
    step = replace(ACK_ADVANCES, **changed)
    assert (step.rules, step.tcb, step.done) == (("mine", "yours"), TCB, False)


def test_the_labels_stay_when_another_part_of_a_step_is_replaced() -> None:
    assert replace(ACK_ADVANCES, done=True).rules == ACK_ADVANCES.rules


def test_a_step_needs_a_tcb() -> None:
    with pytest.raises(TypeError, match="tcb"):
        Step("mine")
