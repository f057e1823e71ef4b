"""Claims files, what becomes of a claim, how it is shown, and that no verdict is there by itself.

The claims themselves are decided by `tcpmc claims`; here they are asked in small scopes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from checkout import ROOT
from command_line import assert_one_line, tcpmc
from tcpmc.checks.running.jobs import Outcome
from tcpmc.errors import BadInput
from tcpmc.model import RFC9293, VARIANTS, Host, Profile, Segment, State, Step, Tcb, Variant
from tcpmc.model.endpoint.user_calls import send_fin
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.timed.figures import FIGURES
from tcpmc.reports.markdown_text import escaped
from tcpmc.studies.claims.chinese import Chinese
from tcpmc.studies.claims.claims_file import (
    FAILS,
    HOLDS,
    Ask,
    Book,
    FigureQuestion,
    TextClaim,
    load,
)
from tcpmc.studies.claims.claims_json import as_json
from tcpmc.studies.claims.claims_markdown import page
from tcpmc.studies.claims.claims_pages import pages
from tcpmc.studies.claims.claims_text import full, table
from tcpmc.studies.claims.decide import Answered, Decided, decide_claims, exit_code

HEAD = '[[claims]]\nid = "M1"\ntext = "Mine."\nsources = ["S"]\n'
GOOD = HEAD + 'stated = ["figure keepalive-linux holds"]\nexpected = "PROVED"\n'
EXACT = 'condition = "If so."\nexact = ["figure keepalive-linux holds"]\n'

# --- a claims file --------------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path: Path) -> Callable[[str], Book]:
    """Loads a claims file of this text."""

    def loaded(text: str) -> Book:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return loaded


def test_the_built_in_claims_are_all_there() -> None:
    claims = load().claims
    numbers = [*range(1, 9), *range(10, 25), *range(30, 39), *range(40, 47)]
    assert [*claims] == [f"C{number:02}" for number in numbers]
    for claim in claims.values():
        assert set(claim.sources) <= load().sources.keys()


def test_a_claims_file_of_ones_own(book: Callable[[str], Book]) -> None:
    loaded = book('[sources]\nS = "A text"\n' + GOOD + EXACT)
    (claim,) = loaded.claims.values()
    assert loaded.sources == {"S": "A text"}
    assert (claim.name, claim.text, claim.sources) == ("M1", "Mine.", ("S",))
    assert claim.stated == claim.exact == (FigureQuestion(FIGURES["keepalive-linux"], "holds"),)


def test_a_question_is_a_property_on_a_variant_and_a_verdict(book: Callable[[str], Book]) -> None:
    stated = 'stated = ["closing WITNESS", "graceful-close@no-time-wait REFUTED"]\n'
    (claim,) = book(HEAD + stated + 'expected = "PROVED"\n').claims.values()
    assert claim.stated == (
        Ask("closing", "rfc9293", "WITNESS"),
        Ask("graceful-close", "no-time-wait", "REFUTED"),
    )
    assert [str(ask) for ask in claim.stated] == ["closing", "graceful-close@no-time-wait"]


def stating(question: str) -> str:
    return HEAD + f'stated = ["{question}"]\nexpected = "PROVED"\n'


BAD = {
    "": "no claims; each begins with a line [[claims]]",
    "claims = 3": "Expected `array`, got `int` - at `$.claims`",
    "claims = [3]": "claim number 1: Expected `object`, got `int`",
    'sources = "D1"\n' + GOOD: "Expected `object`, got `str` - at `$.sources`",
    "claims = ": "invalid TOML: Invalid value",
    "text = '\ufeff": "invalid TOML",
    "text = " + "9" * 5000: "invalid TOML: Exceeds the limit",
    HEAD: "claim M1: Object missing required field `stated`",
    '[[claims]]\ntext = "Mine."\n': "claim number 1: Object missing required field `id`",
    GOOD + "more = 1\n": "claim M1: Object contains unknown field `more`",
    GOOD.replace('"Mine."', "3"): "claim M1: Expected `str`, got `int` - at `$.text`",
    GOOD.replace('["S"]', '"S"'): "claim M1: Expected `array`, got `str` - at `$.sources`",
    GOOD.replace('["S"]', "[1]"): "claim M1: Expected `str`, got `int` - at `$.sources[0]`",
    GOOD.replace(
        '["figure keepalive-linux holds"]', "[]"
    ): "claim M1: Expected `array` of length >= 1",
    GOOD.replace('"PROVED"', '"TRUE"'): "'expected' is 'TRUE': choose PROVED or REFUTED",
    GOOD.replace('"M1"', '"x) <b>"'): "claim number 1: invalid 'id'",
    GOOD + 'condition = "If so."\n': "'condition' and 'exact' must be given together",
    GOOD + 'exact = ["closing WITNESS"]\n': "'condition' and 'exact' must be given together",
    GOOD + GOOD: "claim M1 appears twice",
    GOOD + GOOD.replace("M1", "m1"): "claim M1 appears twice",
    stating("clsing WITNESS"): "claim M1: unknown property 'clsing'; nearest: closing",
    stating("closing@no-time-wat WITNESS"): "unknown variant 'no-time-wat'; nearest: no-time-wait",
    stating("closing HOLDS"): "'closing HOLDS'; expected 'PROPERTY[@VARIANT] VERDICT'",
    stating("closing VACUOUS"): "invalid question 'closing VACUOUS'",
    stating("closing"): "invalid question 'closing'",
    stating("figure nothing holds"): "unknown figure 'nothing': choose one of msl-by-the-standard",
    stating("figure keepalive-linux PROVED"): "invalid question",
}


@pytest.mark.parametrize("text", BAD)
def test_a_wrong_claims_file_is_one_clear_line(book: Callable[[str], Book], text: str) -> None:
    with pytest.raises(BadInput) as error:
        book(text)
    assert BAD[text] in str(error.value)
    assert "mine.toml: " in str(error.value)
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match=r"mine\.toml: invalid TOML"):
        load(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("claims C99", "unknown claim 'C99'; nearest: "),
        ("claims xyz", "unknown claim 'xyz' (see: tcpmc claims)"),
        ("claims --file nowhere.toml", "cannot read nowhere.toml: No such file or directory"),
        ("claims --file .", "cannot read .: Is a directory"),
        ("claims --file mine.toml", "mine.toml: claim M1: Object missing required field"),
        ("claims C43 --format page", "'page' is not one of"),
        ("claims C43 -o /no/such/folder/x", "cannot write /no/such/folder/x: No"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(words: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(HEAD, encoding="utf-8")
    assert_one_line(tcpmc(*words.split(), folder=tmp_path), told)


def test_a_claim_in_full_by_a_name_in_any_case() -> None:
    done = tcpmc("claims", "c43")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("C43  PROVED  (as expected)\n")
    assert "7200 s + 9 x 75 s = 2 h 11 min 15 s" in done.stdout


# --- the verdict on a claim -----------------------------------------------------------------------

ASK = Ask("closing", "rfc9293", "WITNESS")
NUMBER = FigureQuestion(FIGURES["keepalive-linux"], "holds")


def decided(*words: str, exact: tuple[str, ...] = (), expected: str = "PROVED") -> Decided:
    """A claim whose questions need WITNESS, or `holds`, and were answered so."""
    stated, condition = (
        tuple(Answered(NUMBER if word in (HOLDS, FAILS) else ASK, word) for word in answers)
        for answers in (words, exact)
    )
    return Decided(TextClaim("M1", "Mine.", ("S",), (), expected), stated, condition)


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (("WITNESS",), "PROVED"),
        (("WITNESS", "holds"), "PROVED"),
        (("UNREACHABLE",), "REFUTED"),
        (("fails",), "REFUTED"),
        (("WITNESS", "UNREACHABLE"), "REFUTED"),
        (("WITNESS", "VACUOUS"), "VACUOUS"),
        (("UNREACHABLE", "VACUOUS"), "VACUOUS"),
        (("WITNESS", "INCONCLUSIVE"), "INCONCLUSIVE"),
        (("UNREACHABLE", "INCONCLUSIVE"), "INCONCLUSIVE"),
        (("WITNESS", "HOLDS<=8"), "INCONCLUSIVE"),
        (("VACUOUS", "INCONCLUSIVE"), "VACUOUS"),
        (("WITNESS", "VACUOUS", "DISAGREE"), "DISAGREE"),
    ],
)
def test_the_verdict_of_a_claim(words: tuple[str, ...], verdict: str) -> None:
    """PROVED if every question is answered as the claim needs it."""
    assert decided(*words).word == verdict
    assert decided("WITNESS", exact=words).exact_word == verdict


def test_a_claim_without_a_condition_has_no_verdict_on_it() -> None:
    assert decided("WITNESS").exact_word is None


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (decided("WITNESS"), 0),
        (decided("UNREACHABLE", expected="REFUTED"), 0),
        (decided("UNREACHABLE", expected="REFUTED", exact=("WITNESS",)), 0),
        (decided("UNREACHABLE"), 1),
        (decided("WITNESS", expected="REFUTED"), 1),
        (decided("WITNESS", exact=("UNREACHABLE",)), 1),
        (decided("VACUOUS"), 1),
        (decided("VACUOUS", expected="REFUTED"), 1),
        (decided("WITNESS", exact=("VACUOUS",)), 1),
        (decided("INCONCLUSIVE"), 3),
        (decided("WITNESS", exact=("INCONCLUSIVE",)), 3),
        (decided("INCONCLUSIVE", exact=("UNREACHABLE",)), 1),
        (decided("UNREACHABLE", exact=("INCONCLUSIVE",)), 1),
        (decided("DISAGREE"), 4),
        (decided("UNREACHABLE", exact=("DISAGREE",)), 4),
    ],
)
def test_exit_code(one: Decided, code: int) -> None:
    assert exit_code([one]) == code
    assert exit_code([decided("WITNESS"), one, decided("WITNESS")]) == code
    assert one.as_expected is (code == 0)


def test_exit_code_the_worst_claim_decides() -> None:
    inconclusive, wrong, split = map(decided, ("INCONCLUSIVE", "UNREACHABLE", "DISAGREE"))
    assert exit_code([inconclusive, wrong]) == 1
    assert exit_code([inconclusive, wrong, split]) == 4
    assert exit_code([]) == 0


def test_an_unexpected_verdict_is_marked_in_the_table_and_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(stating("figure keepalive-75-minutes holds"))
    done = tcpmc("claims", "--file", "mine.toml", folder=tmp_path)
    assert done.returncode == 1
    assert "! M1    REFUTED" in done.stdout
    assert "1 claims: 1 REFUTED; 0 as expected." in done.stdout


# --- as it is shown -------------------------------------------------------------------------------

HOSTILE = r"""- <script>alert(1)</script> `a` | [b](javascript:c) &lt; **d** \u001b[31m ~~e~~

# f"""


def hostile_book(book: Callable[[str], Book]) -> Book:
    text = json.dumps(HOSTILE).replace(r"\\u001b", r"\u001b")
    return book(f"[sources]\nS = {text}\n" + (GOOD + EXACT).replace('"Mine."', text))


def test_hostile_text_is_shown_as_text_in_markdown(book: Callable[[str], Book]) -> None:
    loaded = hostile_book(book)
    shown = page(decide_claims([*loaded.claims.values()])[0], loaded)
    told = (
        r"\- \<script\>alert(1)\</script\> \`a\` \| \[b\](javascript:c) \&lt; \*\*d\*\* "
        r"�\[31m \~\~e\~\~ \# f"
    )
    assert f"\n{told} (S)\n" in shown
    assert f"| [M1](#m1) | PROVED | PROVED | {told} |\n" in shown
    assert f"* S: {told}\n" in shown
    assert "\x1b" not in shown
    assert [line for line in shown.splitlines() if line.startswith("#")][1:] == ["## M1"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, and well-known", "plain, and well-known"),
        ("1. one", r"1\. one"),
        ("- one", r"\- one"),
        ("== one", r"\== one"),
        ("a_b", r"a\_b"),
        ("two\n\nparagraphs", "two paragraphs"),
    ],
)
def test_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_hostile_text_does_not_steer_the_terminal(book: Callable[[str], Book]) -> None:
    loaded = hostile_book(book)
    answers, _ = decide_claims([*loaded.claims.values()])
    for shown in (table(answers), full(answers[0], loaded)):
        assert "�[31m" in shown
        assert "\x1b" not in shown


def test_table_and_claim_stay_within_80_columns() -> None:
    claims = load()
    answers, _ = decide_claims([claims.claims[name] for name in ("C40", "C41", "C42", "C43")])
    assert max(map(len, table(answers).splitlines())) <= 80
    assert max(map(len, table(answers, 60).splitlines())) <= 60
    for one in answers:
        assert max(map(len, full(one, claims).splitlines())) <= 80


def test_json_has_the_fields_of_its_schema() -> None:
    (claim,) = load().chosen(["C42"])
    answers, outcome = decide_claims([claim])
    told = json.loads(as_json(answers, outcome))
    assert [*told] == ["schema", "version", "exit_code", "stopped", "claims", "results"]
    assert (told["schema"], told["exit_code"], told["stopped"]) == ("tcpmc/claims/1", 0, None)
    (one,) = told["claims"]
    assert one == {
        "claim": "C42",
        "text": claim.text,
        "sources": ["D1"],
        "verdict": "REFUTED",
        "expected": "REFUTED",
        "as_expected": True,
        "stated": [
            answer_json("keepalive-two-hours", "holds", True),
            answer_json("keepalive-75-minutes", "fails", False),
        ],
        "condition": claim.condition,
        "condition_verdict": "PROVED",
        "exact": [
            answer_json("keepalive-two-hours", "holds", True),
            answer_json("keepalive-linux", "holds", True),
        ],
    }


def answer_json(figure: str, answer: str, supports: bool) -> dict[str, object]:
    question = f"figure {figure}"
    return {"question": question, "answer": answer, "needed": "holds", "supports": supports}


def test_json_names_the_results_of_properties() -> None:
    claim = replace(load().claims["C11"], stated=(Ask("a-closes-first", "rfc9293", "WITNESS"),))
    told = json.loads(as_json(*_decided_small(claim)))
    assert [result["property"] for result in told["results"]] == ["a-closes-first"]
    assert told["claims"][0]["condition"] is told["claims"][0]["condition_verdict"] is None


def _decided_small(claim: TextClaim) -> tuple[list[Decided], Outcome]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SCOPES, "default", SMALL)
        return decide_claims([claim])


# --- no verdict is there by itself ----------------------------------------------------------------
#
# Each mutant is the RFC's rules with an error, or with a switch set, in the rule on which the claim
# rests. The verdict on the claim, or on its condition, is then another one. The scope is small, and
# only the questions concerned are asked.

SMALL = Scope("default", data=0, capacity=1)
TEXT = Scope("default", data=1, capacity=1)
"""For the claims about text."""
TWO = Scope("default", data=0)
"""For those that need two segments in flight."""


def ignores_syn_in_syn_sent(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """No simultaneous open."""
    if seg.SYN and not seg.ACK:
        return Step("mutant", tcb)
    return RFC9293.segment_in_syn_sent(host, tcb, seg)


def syn_takes_two_numbers(host: Host, tcb: Tcb) -> Step:
    """SND.NXT is one too far after a SYN."""
    step = RFC9293.open_active(host, tcb)
    if step.tcb.state != State.SYN_SENT:
        return step
    return replace(step, tcb=replace(step.tcb, snd_nxt=step.tcb.snd_nxt + 1))


def listen_acknowledges_too_much(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The SYN,ACK acknowledges x + 2."""
    step = RFC9293.segment_in_listen(host, tcb, seg)
    if step.tcb.state != State.SYN_RECEIVED:
        return step
    return replace(step, send=(replace(step.send[0], ack=step.send[0].ack + 1),))


def ack_takes_a_number(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The third segment of the handshake consumes a sequence number."""
    step = RFC9293.segment_in_syn_sent(host, tcb, seg)
    if step.tcb.state != State.ESTABLISHED:
        return step
    return replace(step, tcb=replace(step.tcb, snd_nxt=step.tcb.snd_nxt + 1))


def no_close_in_syn_received(host: Host, tcb: Tcb) -> Step:
    """CLOSE waits for ESTABLISHED."""
    if tcb.state == State.SYN_RECEIVED:
        return Step("mutant", replace(tcb, close_queued=True))
    return RFC9293.close(host, tcb)


def no_text_after_close(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """No text is received once CLOSE was called: no half-close."""
    if tcb.state in (State.FIN_WAIT_1, State.FIN_WAIT_2) and seg.length:
        return Step("mutant", tcb)
    return RFC9293.process_text(host, tcb, seg)


def no_fin_with_the_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """In FIN-WAIT-1 a FIN that brings the ACK as well is dropped."""
    if tcb.state == State.FIN_WAIT_1 and seg.FIN and seg.ack == tcb.snd_nxt:
        return Step("mutant", tcb)
    return RFC9293.check_sequence(host, tcb, seg)


def established_goes_to_closing(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A FIN in ESTABLISHED leads to CLOSING, without a FIN of our own."""
    step = RFC9293.check_fin(host, tcb, seg)
    if step.tcb.state != State.CLOSE_WAIT or tcb.state != State.ESTABLISHED:
        return step
    return replace(step, tcb=replace(step.tcb, state=State.CLOSING))


def closing_is_never_left(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The ACK of the FIN is not noticed in CLOSING."""
    return Step("mutant", tcb) if tcb.state == State.CLOSING else RFC9293.check_ack(host, tcb, seg)


def fin_wait_2_is_the_end(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """FIN-WAIT-2 takes no FIN: TIME-WAIT is not entered from there."""
    if tcb.state == State.FIN_WAIT_2 and seg.FIN:
        return Step("mutant", tcb)
    return RFC9293.check_fin(host, tcb, seg)


def last_ack_waits(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The passive closer, too, goes to TIME-WAIT."""
    step = RFC9293.check_ack(host, tcb, seg)
    if tcb.state != State.LAST_ACK or step.tcb.state != State.CLOSED:
        return step
    return replace(step, tcb=replace(tcb, state=State.TIME_WAIT, snd_una=seg.ack))


def close_goes_to_last_ack(host: Host, tcb: Tcb) -> Step:
    """CLOSE in ESTABLISHED is the last thing that is done."""
    if tcb.state == State.ESTABLISHED:
        return send_fin("mutant", tcb, State.LAST_ACK)
    return RFC9293.close(host, tcb)


def fin_wait_1_goes_to_time_wait(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A FIN in FIN-WAIT-1 leads to TIME-WAIT, though ours is not acknowledged."""
    step = RFC9293.check_fin(host, tcb, seg)
    if step.tcb.state != State.CLOSING:
        return step
    return replace(step, tcb=replace(step.tcb, state=State.TIME_WAIT))


def fin_is_not_retransmitted(host: Host, tcb: Tcb) -> Step:
    """A FIN is sent once."""
    step = RFC9293.retransmission_timeout(host, tcb)
    return Step("mutant", tcb) if any(seg.FIN for seg in step.send) else step


def rules(**changed: Any) -> Variant:
    """The RFC's rules, but for these."""
    return Variant("rfc9293", "mutant", rules=replace(RFC9293, **changed))


def switched(**switches: Any) -> Variant:
    """The RFC's rules with these switches set."""
    return Variant("rfc9293", "mutant", Profile(**switches))


@dataclass(frozen=True)
class Mutant:
    """A mutant for a claim: the question that it changes, in which scope, and the claim's part that
    is then decided otherwise, with the verdict before and after."""

    question: str
    variant: Variant
    before: str
    after: str
    scope: Scope = SMALL


NO_TIME_WAIT = switched(time_wait="none")
TO_CLOSING = rules(check_fin=established_goes_to_closing)
TO_LAST_ACK = rules(close=close_goes_to_last_ack)

MUTANTS = {
    "C01": Mutant("simultaneous-open", rules(segment_in_syn_sent=ignores_syn_in_syn_sent),
                  "PROVED", "REFUTED", TWO),
    "C02": Mutant("syn-consumes-one", rules(open_active=syn_takes_two_numbers),
                  "PROVED", "REFUTED"),
    "C03": Mutant("syn-ack-acknowledges-syn", rules(segment_in_listen=listen_acknowledges_too_much),
                  "PROVED", "REFUTED"),
    "C04": Mutant("ack-consumes-nothing", rules(segment_in_syn_sent=ack_takes_a_number),
                  "PROVED", "REFUTED"),
    "C06": Mutant("refused", switched(closed_replies="silent"), "PROVED", "REFUTED"),
    "C08": Mutant("close-in-syn-received", rules(close=no_close_in_syn_received),
                  "PROVED", "REFUTED"),
    "C10": Mutant("orderly-close", NO_TIME_WAIT, "PROVED", "REFUTED"),
    "C11": Mutant("a-closes-first", NO_TIME_WAIT, "PROVED", "REFUTED"),
    "C12": Mutant("half-close-data", rules(process_text=no_text_after_close),
                  "PROVED", "REFUTED", TEXT),
    "C13": Mutant("close-takes-four", rules(check_sequence=no_fin_with_the_ack),
                  "REFUTED", "PROVED"),
    "C14": Mutant("closing-awaits-ack", TO_CLOSING, "PROVED", "REFUTED"),
    "C15": Mutant("closing-only-simultaneous", TO_CLOSING, "PROVED", "REFUTED"),
    "C16": Mutant("time-wait-from-closing", rules(check_ack=closing_is_never_left),
                  "PROVED", "REFUTED"),
    "C17": Mutant("three-segment-close", rules(check_sequence=no_fin_with_the_ack),
                  "PROVED", "REFUTED"),
    "C18": Mutant("time-wait-from-fin-wait-2", rules(check_fin=fin_wait_2_is_the_end),
                  "PROVED", "REFUTED"),
    "C19": Mutant("close-passes-time-wait", NO_TIME_WAIT, "PROVED", "REFUTED"),
    "C20": Mutant("time-wait-active-closer", rules(check_ack=last_ack_waits),
                  "PROVED", "REFUTED"),
    "C21": Mutant("last-ack-passive-closer", TO_LAST_ACK, "PROVED", "REFUTED"),
    "C22": Mutant("last-ack-from-active-closer", TO_LAST_ACK, "PROVED", "REFUTED"),
    "C23": Mutant("second-fin-repaired", rules(retransmission_timeout=fin_is_not_retransmitted),
                  "PROVED", "REFUTED"),
    "C24": Mutant("passive-closer-first", switched(time_wait="any-moment"), "PROVED", "REFUTED"),
    "C30": Mutant("graceful-close", NO_TIME_WAIT, "PROVED", "REFUTED"),
    "C32": Mutant("time-wait-sends-nothing-again", rules(check_fin=fin_wait_1_goes_to_time_wait),
                  "PROVED", "REFUTED"),
    "C34": Mutant("no-old-data", switched(rst_in_time_wait="ignore"), "PROVED", "REFUTED", TWO),
    "C36": Mutant("time-wait-reopened", switched(reopening="sequence"), "PROVED", "REFUTED", TWO),
    "C45": Mutant("time-wait-reopened", switched(tw_reuse="always"), "PROVED", "REFUTED", TWO),
}  # fmt: skip
"""For each claim, the mutant of the rule that it rests on."""


def verdict(name: str, mutant: Mutant) -> str | None:
    """The verdict on the claim, or on its condition, by the one question."""
    claim = load().claims[name]
    asked = tuple(ask for ask in (*claim.stated, *claim.exact) if str(ask) == mutant.question)
    assert asked, f"{name} does not rest on {mutant.question}"
    ((one,), _) = decide_claims([replace(claim, stated=asked[:1], exact=())])
    return one.word


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_of_its_rule_changes_the_verdict(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = MUTANTS[name]
    monkeypatch.setitem(SCOPES, "default", mutant.scope)
    assert verdict(name, mutant) == mutant.before
    monkeypatch.setitem(VARIANTS, "rfc9293", mutant.variant)
    assert verdict(name, mutant) == mutant.after


FORMULAS = {
    "C40": ("MSL", 30),
    "C41": ("MSL", 255),
    "C42": ("LINUX_KEEPALIVE", (7200, 75 * 60, 10)),
    "C43": ("keepalive_detection", lambda idle, interval, probes: idle + (probes + 1) * interval),
}
"""The number or formula of model/timed/figures.py on which a claim rests, and another one."""


@pytest.mark.parametrize("name", FORMULAS)
def test_another_number_or_formula_changes_the_verdict(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = load().claims[name]
    ((before,), _) = decide_claims([claim])
    part, changed = FORMULAS[name]
    monkeypatch.setattr(f"tcpmc.model.timed.figures.{part}", changed)
    ((after,), _) = decide_claims([claim])
    assert before.as_expected
    assert (before.word, before.exact_word) != (after.word, after.exact_word)


def test_at_least_fifteen_claims_have_a_mutant() -> None:
    """And each mutant is of a question that the claim asks of rfc9293."""
    assert len(MUTANTS.keys() | FORMULAS.keys()) >= 15


# --- pages ----------------------------------------------------------------------------------------


def test_pages_are_an_index_and_one_for_each_text(book: Callable[[str], Book]) -> None:
    mine = book('[sources]\nS = "A text"\n' + GOOD)
    decided, _ = decide_claims(list(mine.claims.values()))
    made = pages(decided, mine)
    assert [*made] == [
        "claims.md",
        "claims/S.md",
    ]  # none in Chinese
    assert "[S](claims/S.md): A text" in made["claims.md"]
    assert "[M1](claims/S.md#m1)" in made["claims.md"] and "## M1" in made["claims/S.md"]


def test_the_built_in_claims_their_properties_and_figures_are_all_there_in_chinese() -> None:
    chinese = Chinese.load()
    for claim in load().claims.values():
        said = chinese.claims[claim.name]
        assert bool(claim.condition) == ("condition" in said)
        for question in (*claim.stated, *claim.exact):
            if isinstance(question, Ask):
                assert question.property in chinese.tables["properties"]
            else:
                assert question.figure.name in chinese.tables["figures"]
                shown = question.figure.shown()
                assert chinese.rewritten("methods", shown) != shown


def test_no_sentence_in_chinese_stands_for_more_than_its_own() -> None:
    tables = Chinese.load().tables
    patterns = [*tables["assumptions"], *tables["methods"]]
    assert not [pattern for pattern in patterns if ".*" in pattern]  # what follows would be lost


def test_a_claim_in_chinese_has_its_numbers_and_assumptions_in_chinese() -> None:
    text = (ROOT / "docs/claims.zh.md").read_text(encoding="utf-8")
    assert all(term in text for term in ("三次握手", "四次挥手", "报文段"))
    left = re.findall(r"(?:\b[a-z]{2,}\b[ ,;]+){3,}", re.sub(r"`[^`]*`", "", text))
    assert left == []


def test_no_page_of_claims_is_too_long_to_read() -> None:
    made = [*(ROOT / "docs").glob("claims*.md"), *(ROOT / "docs/claims").glob("*.md")]
    assert len(made) == 6
    assert all(page.stat().st_size < 60_000 for page in made)


def test_the_command_writes_the_pages_to_a_folder(tmp_path: Path) -> None:
    done = tcpmc("claims", "C43", "--pages", "made", "--quiet", folder=tmp_path)
    assert done.returncode == 0
    made = sorted(str(page.relative_to(tmp_path)) for page in tmp_path.rglob("*.md"))
    assert made == ["made/claims.md", "made/claims.zh.md", "made/claims/D3.md"]
    (tmp_path / "file").touch()
    assert_one_line(
        tcpmc("claims", "C43", "--pages", "file", folder=tmp_path), "cannot write to the folder"
    )
