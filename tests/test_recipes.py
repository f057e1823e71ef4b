"""docs/stack-in-c.md: its code is that of the files, and its tables name all that there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

import tcpmc
from checkout import ROOT
from tcpmc.model import Rules, Signal, Tcb
from tcpmc.model.endpoint.rules import CHECKS

PAGE = (ROOT / "docs/stack-in-c.md").read_text(encoding="utf-8")
RECIPES = sorted((ROOT / "docs/recipes").glob("*.py"))


def test_each_block_of_code_is_in_a_file() -> None:
    files = [path.read_text(encoding="utf-8") for path in [*RECIPES, ROOT / "docs/my_stack.py"]]
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    assert len(blocks) == len(files)
    for block in blocks:
        assert any(block in file for file in files), block


def test_it_names_every_field_every_signal_and_every_check_in_order() -> None:
    assert set(re.findall(r"`(\w+)`", PAGE)) >= {
        *(field.name for field in fields(Tcb)),
        *(signal.name for signal in Signal),
    }
    assert ", ".join(f"`{check}`" for check in CHECKS) in " ".join(PAGE.split())
    assert {*CHECKS} < {field.name for field in fields(Rules)}


def size(variant: str | Path) -> tuple[int, int]:
    """How many states and steps there are, with an octet of text each way."""
    space = tcpmc.explore(variant, scope="small", data=1, capacity=1)
    return space.states, space.transitions


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_recipe_is_a_variant_that_is_not_the_rfc(path: Path) -> None:
    assert size(path) != size("rfc9293")
