"""Everything that a rule of 3.10 uses can be imported from `tcpmc.model`."""

import inspect
from dataclasses import fields

import pytest

import tcpmc.model as model
from tcpmc.model.endpoint import (
    reassembly,
    reopening,
    segment,
    segment_arrives,
    sequence,
    tcb,
    timeouts,
    timestamps,
    user_calls,
)
from tcpmc.model.endpoint.rules import Rules

MODULES = (
    reassembly,
    reopening,
    segment,
    segment_arrives,
    sequence,
    tcb,
    timeouts,
    timestamps,
    user_calls,
)
RULES = {field.name for field in fields(Rules)}
HELPERS = [
    (module.__name__, name)
    for module in MODULES
    for name, found in vars(module).items()
    if inspect.isfunction(found) and found.__module__ == module.__name__
    if not name.startswith("_") and name not in RULES
]


@pytest.mark.parametrize(("module", "name"), HELPERS)
def test_a_helper_of_the_rules_is_importable(module: str, name: str) -> None:
    assert name in model.__all__, f"{module}.{name}"
    assert hasattr(model, name)


@pytest.mark.parametrize(
    ("former", "name"),
    [
        ("blank", "empty_tcb"),
        ("closed", "delete_tcb"),
        ("go_on", "continue_processing"),
        ("FIN_SENT_STATES", "FIN_UNACKNOWLEDGED"),
    ],
)
def test_former_names_are_importable_too(former: str, name: str) -> None:
    assert former in model.__all__
    assert getattr(model, former) is getattr(model, name) is getattr(tcb, former)
