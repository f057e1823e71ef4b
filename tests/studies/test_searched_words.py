"""Words that people search for are explained."""

from __future__ import annotations

import shlex

import pytest

from tcpmc.model import PROPERTIES, VARIANTS
from tcpmc.studies.explain.explain import explain
from tcpmc.studies.explain.searched_words import WORDS, word_named


@pytest.mark.parametrize(
    "name",
    ["RST", "half-open", "simultaneous close", "reuse", "MAY-2", "MUST-13", "tcp_tw_reuse"]
    + ["tcp_fin_timeout", "Connection reset by peer", "address already in use"]
    + ["server answers SYN with ACK"],
)
def test_a_word_says_who_acts_and_what_shows_it(name: str) -> None:
    told = explain(name, VARIANTS["rfc9293"])
    assert told.kind == "word"
    assert all(told.parts[part] for part in ("means", "must act", "properties", "see it"))


def test_every_property_and_variant_of_a_word_is_there() -> None:
    for word in WORDS:
        assert set(word.properties) <= set(PROPERTIES)
        for line in word.shown:
            after = shlex.split(line)
            named = [
                after[i + 1] for i, text in enumerate(after) if text in ("--variant", "--stack")
            ]
            assert {name.rpartition("=")[2] for name in named} <= set(VARIANTS)


def test_no_spelling_is_two_words() -> None:
    names = [name for word in WORDS for name in word.names]
    assert [word_named(name).names.count(name) for name in names] == [1] * len(names)  # type: ignore[union-attr]
