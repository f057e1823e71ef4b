"""How the answers of engines become one word, and the words of a run one exit code."""

from dataclasses import replace

import pytest

from tcpmc.checks.verdict import Answer, Verdict, exit_code, holds_up_to, merged
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Word
from tcpmc.model.variants.shipped import VARIANTS


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ([], "INCONCLUSIVE"),
        (["PROVED"], "PROVED"),
        (["PROVED", "PROVED"], "PROVED"),
        (["PROVED", "INCONCLUSIVE"], "PROVED"),
        (["INCONCLUSIVE", "REFUTED"], "REFUTED"),
        (["PROVED", "HOLDS<=9"], "PROVED"),
        (["HOLDS<=9", "INCONCLUSIVE"], "HOLDS<=9"),
        (["INCONCLUSIVE", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["PROVED", "VACUOUS"], "VACUOUS"),
        (["VACUOUS", "REFUTED"], "DISAGREE"),
        (["PROVED", "REFUTED"], "DISAGREE"),
        (["WITNESS", "UNREACHABLE"], "DISAGREE"),
    ],
)
def test_merged(words: list[str], word: str) -> None:
    assert merged([Answer(engine, "method") for engine in words]) == word


def test_merged_narrower_answer_settles_nothing() -> None:
    narrow = Answer("PROVED", "inductive", narrower="no text is sent")
    assert merged([narrow]) == "INCONCLUSIVE"
    assert merged([Answer("REFUTED", "shortest trace"), narrow]) == "REFUTED"


def verdict(*words: str, name: str = "closing", variant: str = "rfc9293") -> Verdict:
    answers = {f"engine {n}": Answer(word, "told") for n, word in enumerate(words)}
    return Verdict(PROPERTIES[name], VARIANTS[variant], SCOPES["small"], answers)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([], 5),
        ([verdict("WITNESS")], 0),
        ([verdict("UNREACHABLE")], 1),
        ([verdict("UNREACHABLE", variant="freertos-1303")], 0),
        ([verdict("INCONCLUSIVE")], 3),
        ([verdict(holds_up_to(7))], 3),
        ([verdict("WITNESS"), verdict("INCONCLUSIVE")], 3),
        ([verdict("UNREACHABLE"), verdict("INCONCLUSIVE")], 1),
        ([verdict("UNREACHABLE"), verdict("WITNESS", "UNREACHABLE")], 4),
    ],
)
def test_exit_code(verdicts: list[Verdict], code: int) -> None:
    assert exit_code(verdicts) == code


def test_nothing_is_unexpected_where_nothing_is_expected() -> None:
    elsewhere = verdict("UNREACHABLE", variant="rfc1337")
    assert elsewhere.expected is None
    assert elsewhere.as_expected
    assert exit_code([elsewhere]) == 0


def test_a_seeded_bug_is_expected_to_turn_the_verdict_of_what_catches_it() -> None:
    assert verdict(variant="freertos-1303").expected == "UNREACHABLE"
    assert verdict(name="no-deadlock", variant="freertos-1303").expected is None
    assert verdict(name="close-survives-crash", variant="utcp-28").expected == "REFUTED"


def test_the_verdict_of_another_variant_can_be_expected() -> None:
    one = replace(verdict("UNREACHABLE", variant="hasty-time-wait"), expected_override=Word.WITNESS)
    assert one.expected == "WITNESS" and not one.as_expected
