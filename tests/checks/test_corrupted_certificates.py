"""Certificates changed by hand and by machine, of dense time and of every ISS: none is accepted.

None of these can change what is put to a solver, for that is made from the model. So most are found
by comparing, without a solver; a changed invariant, if it can be read, fails an obligation.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path

import pytest

from certificates import by_z3, forged, of_property, of_theorem, parts, with_invariant
from command_line import tcpmc
from tcpmc.checks.certificates.regenerate import UnknownStatement
from tcpmc.checks.certificates.smtlib import certificate_of_proof
from tcpmc.checks.certificates.verifier import LARGEST, Named
from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.running.loading import find_variant
from tcpmc.model.properties.catalogue import PROPERTIES

pytestmark = pytest.mark.exhaustive

TIMED, UNTIMED = "old-segments", "no-deadlock"
HEADING = {
    "theorem": TIMED,
    "variant": "rfc9293",
    "assume": "acks-arrive",
    "condition": "T >= 2 MSL",
}
KINDS: dict[str, Callable[[], str]] = {
    TIMED: lambda: of_theorem(TIMED),
    UNTIMED: lambda: of_property(UNTIMED),
}

COMMANDS = (
    "(reset)", "(reset-assertions)", "(exit)", "(push 1)", "(pop 1)", "(assert false)",
    "(assert true)", "(check-sat)", '(echo "unsat")', "(set-option :produce-models true)",
    '(set-option :regular-output-channel "/dev/null")', "(set-logic ALL)", "(set-logic QF_LRA)",
    "(declare-const parameters Bool)", "(declare-const fresh Bool)", "(declare-fun f (Real) Real)",
    "(define-fun parameters () Bool false)", "(define-fun condition () Bool false)",
    "(define-fun not ((x Bool)) Bool true)", "(define-fun fresh () Bool false)",
    "(define-fun-rec fresh () Bool fresh)", "(define-const fresh Bool true)",
    "(define-sort Real () Int)", "(declare-sort Copy 0)", "(get-value (MSL))", "(simplify true)",
    '(set-info :status "unsat")', '(set-info :theorem "peer-done")', '(set-info :version "2.6")',
    '(include "other.smt2")', "(check-sat-assuming (false))", "; a comment", "; \x00", "é", " ", "",
    "(declare-datatypes ((T 0)) (((c))))", "(minimize T)", "(apply simplify)", "#|", "\r", "\t",
)  # fmt: skip
"""What has no business in a certificate, wherever it is put."""


def inserted(text: str) -> Iterator[str]:
    """With one command more: before the logic, within the statement, at the invariant, at the
    obligations, or at the end."""
    lines = text.split("\n")
    logic = next(n for n, line in enumerate(lines) if line.startswith("(set-logic"))
    invariant = next(n for n, line in enumerate(lines) if line.startswith("(define-fun invariant"))
    asked = next(n for n, line in enumerate(lines) if line.startswith("(echo"))
    places = (0, 1, logic, logic + 2, invariant, asked, asked + 2, len(lines) - 1)
    for number, command in enumerate(COMMANDS):
        place = places[number % len(places)]
        yield "\n".join([*lines[:place], command, *lines[place:]])


def lines_changed(text: str) -> Iterator[str]:
    """With a line of the statement or the obligations dropped, doubled, or exchanged with the next;
    in the invariant that is seen by its brackets."""
    before, body, after = parts(text)
    chance = random.Random(1)
    head, tail = before.split("\n"), after.split("\n")
    for lines, first in ((head, True), (tail, False)):
        distinct = [n for n in range(len(lines) - 1) if lines[n] != lines[n + 1] and lines[n]]
        for n in chance.sample(distinct, 8):
            for new in (
                [*lines[:n], *lines[n + 1 :]],
                [*lines[: n + 1], *lines[n:]],
                [*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]],
            ):
                changed = "\n".join(new)
                yield changed + body + after if first else before + body + changed


def octets_changed(text: str) -> Iterator[str]:
    """With one character of the statement or the obligations changed."""
    before, body, after = parts(text)
    chance = random.Random(2)
    for place in chance.sample(range(len(before)), 10):
        yield before[:place] + chr(ord(before[place]) ^ 1) + before[place + 1 :] + body + after
    for place in chance.sample(range(len(after)), 10):
        yield before + body + after[:place] + chr(ord(after[place]) ^ 1) + after[place + 1 :]


def truncated(text: str) -> Iterator[str]:
    """Cut off, at either end."""
    for part in (0, 0.01, 0.2, 0.5, 0.9, 0.999):
        yield text[: int(part * len(text))]
        yield text[len(text) - int(part * len(text)) :]
    yield text[:-1]


def sections_swapped(text: str) -> Iterator[str]:
    """With two definitions exchanged, or each for another."""
    names = ("parameters", "initial", "step", "broken", "premise", "condition", "invariant")
    for one, other in pairwise(names):
        swapped = text.replace(f"define-fun {one} ", "define-fun \0 ")
        swapped = swapped.replace(f"define-fun {other} ", f"define-fun {one} ")
        yield swapped.replace("\0", other)
    for name in names[:-1]:
        begin = text.index(f"(define-fun {name} ")
        end = text.index("\n(", text.index("Bool\n", begin) + 5)
        yield text[:begin] + text[end + 1 :]
        yield re.sub(
            rf"(\(define-fun {name} .*? Bool\n).*?(?=\n\(de)",
            r"\1false)",
            text,
            count=1,
            flags=re.S,
        )
        yield text[:begin] + text[begin : end + 1] + text[begin:]
    before, body, after = parts(text)
    yield before + after.lstrip("\n") + body
    yield text + text
    yield text.replace(": unsat", ": sat")
    yield text.replace("(check-sat)", "", 1)


def headings_changed(text: str) -> Iterator[str]:
    """Another theorem, variant, assumption, condition or run; twice, unknown, or out of order. Of a
    variant whose system is the same the proof holds too: `no-restart` but for the clock, and
    `hasty-time-wait` with it."""
    said = dict(re.findall(r'\(set-info :(\w+) "(.*)"\)', text))
    other_system = "no-restart" if said["theorem"] == TIMED else "hasty-time-wait"
    other = {
        "theorem": ("2msl-tight", "no-old-data", "2msl-sufficient", "peer-done", "graceful-close",
                    "old-segments-for-ever", "lemma-closed-forgets", "synchronized", "", "é"),
        "variant": (other_system, "rfc793", "no-such", "./evil.py", "no-time-wait"),
        "assume": ("gives-up", "", "acks-arrive; T < 0", "acks-arrive; acks-arrive", "acks",
                   "1 octets of text each way", "3 octets of text each way", "T>0", "any TCB"),
        "condition": ("always", "never", "T >= 3 MSL", "T >= MSL", "T>=2 MSL", "T < 0",
                      "iss.A != 7", "iss.A != 4294967294", "T >= 2 MSL and T >= 2 MSL",
                      "T >= 2 MSL or T < 0"),
        "premise": ("", "0", "1 2 3", "-1", "9999999999", "1  2", "x"),
    }  # fmt: skip
    for key, values in other.items():
        line = f'(set-info :{key} "{said[key]}")'
        for value in values:
            if value != said[key]:
                yield text.replace(line, f'(set-info :{key} "{value}")', 1)
        yield text.replace(line + "\n", "", 1)
        yield text.replace(line, line + "\n" + line, 1)
        yield text.replace(line, f'(set-info :{key} "peer-done")\n{line}', 1)
        yield text.replace(line, f'{line}\n(set-info :{key} "peer-done")', 1)
        yield text.replace(line, f"(set-info :{key} {said[key]})", 1)
        yield text.replace(f":{key} ", f":{key}s ", 1)


def invariants_changed(text: str) -> Iterator[str]:
    """Another invariant: none, a weaker or a stronger one, of another theorem, or no formula."""
    _, body, _ = parts(text)
    for new in ("true", "false", "", "true)", "(not true)", f"(not {body})", f"(or true {body})",
                f"(and false {body})", f"(let ((x {body})) x)", f"{body} {body}", f"({body})",
                f"(! {body} :named whole)", f"(forall ((q Bool)) {body})", body + "\n(exit)",
                f"(and {body} undeclared)", f"(=> {body} invariant)", "(initial)", "|true|",
                body.replace("and", "or", 1), body[:-1], body + ")", f"(and {body} |\x00|)",
                f'(and {body} "é")', f"(and {body} (> 1 0))", f"(and {body} ((as const Bool)))",
                body + ")\n(define-fun broken () Bool false", "(" * 10**5,
                "a" * 10**5):  # fmt: skip
        yield with_invariant(text, new)
    others = (of_theorem("peer-done"), of_property("synchronized"), of_property("graceful-close"))
    for one in others:
        yield with_invariant(text, parts(one)[1])


CHANGES = (
    inserted, lines_changed, octets_changed, truncated, sections_swapped, headings_changed,
    invariants_changed,
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_corrupted_certificate_is_rejected(
    kind: str, change: Callable[[str], Iterator[str]]
) -> None:
    """A third of those with other headings, each of which is a statement to be made anew, unless
    the campaigns are asked for."""
    text = KINDS[kind]()
    third = change is headings_changed and "TCPMC_CAMPAIGNS" not in os.environ
    changed = islice(change(text), 0, None, 3 if third else 1)
    accepted = [one for one in changed if one != text and by_z3(one).accepted]
    assert accepted == []


def test_there_are_hundreds_of_them() -> None:
    counts = {
        change.__name__: sum(one != text() for one in change(text()))
        for text in KINDS.values()
        for change in CHANGES
    }
    assert sum(counts.values()) >= 200
    assert all(counts.values())


def test_the_originals_are_accepted() -> None:
    """Else it would be no wonder that the others are not."""
    assert all(by_z3(text()).accepted for text in KINDS.values())


# --- false and empty claims -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["no-old-data", "2msl-tight", "2msl-sufficient", "orderly-close"])
def test_a_claim_outside_of_the_scope_of_the_proofs_is_refused(name: str) -> None:
    """In it their premise never is the case, and so `true` would prove them."""
    text = with_invariant(of_property(UNTIMED).replace(f'"{UNTIMED}"', f'"{name}"', 1), "true")
    found = by_z3(text)
    assert (found.accepted, found.obligation) == (False, "statement")
    assert "not a safety property of a single connection" in found.reason


@pytest.mark.parametrize(
    ("theorem", "variant", "reason"),
    [
        ("old-segments", "no-time-wait", "vacuous"),
        ("peer-done", "no-time-wait", "is never entered"),
        ("old-segments-for-ever", "rfc9293", "never"),
    ],
)
def test_what_the_catalogue_refutes_or_finds_empty_is_refused(
    theorem: str, variant: str, reason: str
) -> None:
    text = of_theorem(TIMED).replace('"old-segments"', f'"{theorem}"', 1)
    text = text.replace('"rfc9293"', f'"{variant}"', 1)
    if theorem.endswith("ever"):
        text = text.replace('"acks-arrive"', '""', 1)
    found = by_z3(text)
    assert (found.accepted, found.obligation) == (False, "statement")
    assert reason in found.reason


def test_a_weaker_condition_is_refused() -> None:
    """Proved by the same invariant, and less than the theorem says."""
    _, body, _ = parts(of_theorem(TIMED))
    text = of_theorem(TIMED).replace('"T >= 2 MSL"', '"T >= 3 MSL"', 1)
    found = by_z3(text)
    assert (found.accepted, found.reason) == (
        False,
        "old-segments on rfc9293 holds if T >= 2 MSL, not only if T >= 3 MSL",
    )
    for more in ("acks-arrive; T >= 0", "acks-arrive; MSL = 30"):
        with pytest.raises(UnknownStatement, match="not only if T >= 3 MSL"):
            forged(body, HEADING | {"assume": more, "condition": "T >= 3 MSL"})
    found = by_z3(forged(body, HEADING | {"condition": "always"}, (0,)))
    assert not found.accepted


@pytest.mark.parametrize("iss", [7, 4294967295])
def test_an_iss_with_which_nothing_is_broken_cannot_be_left_out(iss: int) -> None:
    """Not even one that a rule singles out."""
    more = of_property(UNTIMED).replace('"iss.A != 4294967294', f'"iss.A != {iss}', 1)
    found = by_z3(more)
    assert (found.accepted, found.obligation) == (False, "statement")
    assert found.reason == f"with ISS {iss} of A no run breaks it: it is not to be left out"


def test_a_condition_on_no_parameter_is_refused() -> None:
    with pytest.raises(UnknownStatement, match="R is not a parameter of old-segments"):
        forged("true", {**HEADING, "variant": "rfc793", "condition": "T > R"})


# --- files ----------------------------------------------------------------------------------------


def test_a_file_of_100_megabytes_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.smt2"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    done = tcpmc("verify", str(large))
    assert done.returncode == 1
    assert f"REJECTED  {large}  reading: more than {LARGEST:,} octets" in done.stdout


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\x00", "é".encode(), b"(" * 1_000_000])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    found = by_z3(data)
    assert (found.accepted, found.obligation) == (False, "reading")


MINE = """
from pathlib import Path
from tcpmc.model import Variant
Path({marker!r}).write_text("run")
variant = Variant("mine")
"""


def test_a_variants_file_is_run_only_if_the_user_names_it(tmp_path: Path) -> None:
    marker, stack = tmp_path / "marker", tmp_path / "mine.py"
    stack.write_text(MINE.format(marker=str(marker)), encoding="utf-8")
    prover = Prover(find_variant(str(stack)))
    prop = PROPERTIES["lemma-closed-forgets"]
    proof = certificate_of_proof(prover, prop, prover.prove(prop), str(stack))
    marker.unlink()
    (tmp_path / "mine.smt2").write_text(proof, encoding="ascii")
    arguments = ("verify", str(tmp_path / "mine.smt2"), "--solver", "z3")
    done = tcpmc(*arguments)
    assert done.returncode == 1 and not marker.exists()
    assert "name that with --variant FILE" in done.stdout
    done = tcpmc(*arguments, "--variant", str(stack))
    assert done.returncode == 0 and marker.exists()
    assert f"lemma-closed-forgets on {stack}" in " ".join(done.stdout.split())
    named = Named("rfc9293", find_variant("rfc9293"))
    assert by_z3(proof, named).obligation == "statement"
