"""`tcpmc list`: what there is, as text and as the pages of the reference."""

from __future__ import annotations

from dataclasses import fields

import pytest

from tcpmc.checks.verdict import EXIT_CODES
from tcpmc.cli.list_command import KINDS, listing, markdown
from tcpmc.model import PROPERTIES, VARIANTS, Profile, Rules

NAMES = {
    "properties": [*PROPERTIES],
    "variants": [*VARIANTS, "./FILE.py"],
    "rules": [field.name for field in fields(Rules)],
    "switches": [field.name for field in fields(Profile)],
    "exit-codes": [str(code) for code in EXIT_CODES],
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_list_names_everything_of_its_kind(kind: str) -> None:
    text = listing((kind,))
    assert [line[2:] for line in text.splitlines() if line.startswith("  ") and line[2] != " "] == (
        NAMES[kind]
    )
    page = markdown((kind,)).replace("\\", "")
    assert [line[3:] for line in page.splitlines() if line.startswith("## ")] == NAMES[kind]


def test_a_rule_has_its_citation_and_a_switch_its_values() -> None:
    assert "Eighth, check the FIN bit (RFC 9293, 3.10.7.4)." in listing(("rules",))
    assert "`accept`: RST ends TIME-WAIT (3.10.7.4, second)" in markdown(("switches",))


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_is_wider_than_the_terminal(kind: str) -> None:
    assert max(map(len, listing((kind,), 60).splitlines())) <= 60
