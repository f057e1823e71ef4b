"""A middlebox beside an end: what the engines say of it, and how one is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

import tcpmc
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.networkx_engine.graph_engine import NetworkxEngine
from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.running.middlebox_loading import beside
from tcpmc.checks.running.stacks_of_ends import between, find_stacks
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.checks.statespace import explore
from tcpmc.errors import BadInput
from tcpmc.model import PROPERTIES, VARIANTS
from tcpmc.model.middleboxes.middlebox import Middlebox, Passage
from tcpmc.model.middleboxes.shipped_middleboxes import MIDDLEBOXES
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.network.system import Model
from tcpmc.model.variants.pair import StackPair
from tcpmc.reports.formats.packetdrill_writer import packetdrill

TIGHT = SCOPES["small"].with_(capacity=1, duplication=False)
RFC = VARIANTS["rfc9293"]
WIRE = Middlebox("wire", "lets everything pass", lambda entry, seen: Passage(None, True, "passed"))
BESIDE_B = {
    "no-legal-drop": {
        "conntrack": "REFUTED",
        "conntrack-liberal": "REFUTED",
        "firewall": "REFUTED",
        "nat": "REFUTED",
        "drop-rst": "REFUTED",
    },
    "tracker-agrees": {"conntrack": "PROVED", "conntrack-idle": "REFUTED", "firewall": "REFUTED"},
    "no-black-hole": {
        "conntrack": "PROVED",
        "conntrack-idle": "REFUTED",
        "conntrack-idle-strict": "REFUTED",
        "firewall": "REFUTED",
        "firewall-idle": "REFUTED",
        "firewall-reset": "PROVED",
        "nat": "PROVED",
        "nat-idle": "REFUTED",
    },
}
"""What each does, by property and middlebox, with the rules of the RFC at both ends."""
ALL = [(name, box, word) for name, boxes in BESIDE_B.items() for box, word in boxes.items()]
CURED = [
    ("no-black-hole", "conntrack-idle", "conntrack"),
    ("no-black-hole", "firewall-idle", "firewall-reset"),
    ("no-black-hole", "nat-idle", "nat"),
    ("tracker-agrees", "conntrack-idle", "conntrack"),
    ("no-legal-drop", "firewall", "wire"),
    ("no-legal-drop", "drop-rst", "wire"),
]


def beside_b(box: Middlebox) -> StackPair:
    """The rules of the RFC at both ends, and the box beside B."""
    return StackPair(RFC, beside(RFC, box))


@pytest.mark.parametrize(("name", "box", "word"), ALL)
def test_verdict_beside_b(name: str, box: str, word: str) -> None:
    result = tcpmc.check(name, variant=between("rfc9293", [box]), scope="small", capacity=1)
    assert result.verdict == word


@pytest.mark.parametrize(("name", "bad", "cured"), CURED)
def test_what_cures_a_trouble_with_a_middlebox(name: str, bad: str, cured: str) -> None:
    prop = PROPERTIES[name]
    scope = prop.scope_for(TIGHT)
    words = [
        ExplicitEngine(Model(beside_b({"wire": WIRE, **MIDDLEBOXES}[box]), scope)).decide([prop])
        for box in (bad, cured)
    ]
    assert words[0][name].word == "REFUTED"
    assert words[1][name].word in ("PROVED", "VACUOUS")


def test_a_box_that_lets_everything_pass_changes_nothing() -> None:
    counts = {
        explore(TabulatedModel(Model(stacks, TIGHT))).states for stacks in (RFC, beside_b(WIRE))
    }
    assert len(counts) == 1


@pytest.mark.parametrize("box", ["conntrack", "firewall-reset", "nat-idle", "drop-rst"])
def test_networkx_agrees_on_a_middlebox(box: str) -> None:
    props = [
        PROPERTIES[name]
        for name in ("no-legal-drop", "tracker-agrees", "graceful-close", "close-completes")
    ]
    model = Model(beside_b(MIDDLEBOXES[box]), TIGHT)
    explicit, by_networkx = ExplicitEngine(model).decide(props), NetworkxEngine(model).decide(props)
    assert {name: answer.word for name, answer in explicit.items()} == {
        name: answer.word for name, answer in by_networkx.items()
    }


@pytest.mark.parametrize("box", sorted(MIDDLEBOXES))
def test_a_box_beside_a_mirrors_that_beside_b(box: str) -> None:
    a = StackPair(beside(RFC, MIDDLEBOXES[box]), RFC)
    mirrored = TIGHT.with_(iss=TIGHT.iss[::-1])
    assert (
        explore(TabulatedModel(Model(a, mirrored))).states
        == explore(TabulatedModel(Model(beside_b(MIDDLEBOXES[box]), TIGHT))).states
    )


def test_the_trace_says_what_the_box_did() -> None:
    result = tcpmc.check("no-legal-drop", variant=between("rfc9293", ["drop-rst"]), scope=TIGHT)
    assert result.trace is not None
    rules = [rule for step in result.trace.steps if step is not None for rule in step.rules]
    assert "drop-rst: RST from inside: dropped" in rules


# How one is asked for.


@pytest.mark.parametrize(
    ("source", "boxes", "text"),
    [
        ("rfc9293", ["nat"], "A=rfc9293,B=rfc9293+nat"),
        ("rfc9293", ["nat@A"], "A=rfc9293+nat,B=rfc9293"),
        ("rfc9293", ["nat@both"], "rfc9293+nat"),
        ("A=linux,B=lwip", ["nat@A", "firewall"], "A=linux+nat,B=lwip+firewall"),
    ],
)
def test_between(source: str, boxes: list[str], text: str) -> None:
    assert between(source, boxes) == text
    assert find_stacks(text).name == text


@pytest.mark.parametrize(
    ("boxes", "problem"),
    [
        (["nat@C"], "stands at A, B or both"),
        (["nat", "firewall"], "another middlebox stands beside B"),
    ],
)
def test_between_nonsense(boxes: list[str], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        between("rfc9293", boxes)


def test_an_unknown_middlebox_is_told_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="unknown middlebox 'contrack'; nearest: conntrack"):
        find_stacks("rfc9293+contrack")


def test_a_lemma_is_not_about_a_middlebox() -> None:
    with pytest.raises(BadInput, match="without a middlebox"):
        tcpmc.check("lemma-closed-forgets", variant="rfc9293+conntrack")


def test_z3_knows_no_middlebox() -> None:
    with pytest.raises(BadInput, match="z3 knows no middlebox"):
        tcpmc.check("closing", variant="rfc9293+conntrack", engine="z3")


def test_no_proof_leaves_a_middlebox_out() -> None:
    boxed, prop = beside(RFC, MIDDLEBOXES["drop-rst"]), PROPERTIES["synchronized"]
    assert Prover(boxed).prove(prop).word == "INCONCLUSIVE"
    solver = SolverEngine(Model(boxed, SCOPES["small"]))
    assert solver.decide([prop])["synchronized"].word == "INCONCLUSIVE"
    with pytest.raises(BadInput, match="without a middlebox"):
        tcpmc.prove("synchronized", variant="rfc9293+nat")
    with pytest.raises(BadInput, match="without a middlebox"):
        tcpmc.threshold("old-segments", variant="rfc9293+nat")


def test_a_variants_file_holds_no_middlebox(tmp_path: Path) -> None:
    path = tmp_path / "stack.py"
    path.write_text(
        "from tcpmc.model import Variant\n"
        "from tcpmc.model.middleboxes.shipped_middleboxes import MIDDLEBOXES\n"
        'variant = Variant("mine", middlebox=MIDDLEBOXES["nat"])\n'
    )
    with pytest.raises(BadInput, match="a middlebox is no part of a variant"):
        find_stacks(str(path))


OWN = """
from tcpmc.model.middleboxes.middlebox import Middlebox, Passage


def sees(entry, seen):
    {body}


middlebox = Middlebox("mine", "a box of one's own", sees)
"""


def test_a_middlebox_of_ones_own(tmp_path: Path) -> None:
    box = tmp_path / "box.py"
    box.write_text(OWN.format(body='return Passage(None, not seen.segment.FIN, "no FIN passes")'))
    result = tcpmc.check("closing", variant=between("rfc9293", [str(box)]), scope=TIGHT)
    assert result.variant.name == "A=rfc9293,B=rfc9293+mine"
    assert result.verdict == "UNREACHABLE"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("return 1 / 0", "in rule sees: ZeroDivisionError"),
        ("return None", "sees returns a NoneType, not a Passage"),
        ('return Passage([], True, "x")', "cannot be remembered"),
        ("raise SystemExit(0)", "in rule sees: SystemExit"),
        ('import random; return Passage(random.random(), True, "x")', "sees is not pure"),
    ],
)
def test_a_middlebox_that_does_nonsense(tmp_path: Path, body: str, problem: str) -> None:
    box = tmp_path / "box.py"
    box.write_text(OWN.format(body=body))
    with pytest.raises(BadInput, match=problem):
        tcpmc.check("closing", variant=between("rfc9293", [str(box)]), scope=TIGHT)


def test_a_packetdrill_script_has_what_the_kernel_sees() -> None:
    """Not what the box drops on the way in, but what it drops on the way out."""
    stacks = between("rfc9293", ["conntrack-idle"])
    result = tcpmc.check("no-black-hole", variant=stacks, scope=TIGHT, closer="A")
    script = packetdrill(result.decided)["-B"]
    fins = [line for line in script.splitlines() if "> F." in line]
    assert len(fins) > 1
    assert script.count("< F.") == 1
