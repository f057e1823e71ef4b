"""Rules of a user that no verdict may be given about are refused on one line, by every engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tcpmc.checks.audit.cases import Case
from tcpmc.checks.audit.differences import VariantComparison
from tcpmc.checks.audit.joint import Both
from tcpmc.checks.audit.variant_audit import audit
from tcpmc.checks.explicit.quotient import grouped
from tcpmc.checks.own_rules.hangs_on import hangs_on
from tcpmc.checks.own_rules.line_budget import LINES
from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.running.jobs import Engine, select
from tcpmc.checks.running.loading import load_variant
from tcpmc.checks.running.run import run
from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion
from tcpmc.errors import BadInput
from tcpmc.model import PROPERTIES, SCOPES, Model, State
from tcpmc.model.endpoint.tcb import empty_tcb
from tcpmc.model.timed.theorems import THEOREMS
from tcpmc.model.variants.variant import Variant

SMALLEST = SCOPES["small"].with_(capacity=1, duplication=False)
HEAD = """
from dataclasses import dataclass, fields, replace
from functools import partial
from tcpmc.model import *
from tcpmc.model import RFC9293, Rules, Segment, Seq, Step, Tcb, Variant
"""
RULE = "\ndef close(host, tcb):\n    step = RFC9293.close(host, tcb)\n    {}\n"
MINE = '\nvariant = Variant("mine", rules=replace(RFC9293, close=close))\n'
ODD = """
class OddTcb(Tcb):
    def __eq__(self, other):
        return self.state == other.state
    def __hash__(self):
        return hash(self.state)
class OddSegment(Segment):
    pass
class OddSeq(Seq):
    pass
class OddInt(int):
    pass
class OddText(str):
    pass
class OddStep(Step):
    pass
def made(record, kind):
    return kind(**{one.name: getattr(record, one.name) for one in fields(record)})
"""


def variant_of(folder: Path, text: str) -> Variant:
    (folder / "mine.py").write_text(HEAD + text)
    return load_variant(str(folder / "mine.py"))


def check(variant: Variant, engine: Engine) -> None:
    source = str(vars(variant.rules)["close"].__code__.co_filename)
    (job,) = select(["no-deadlock"], ["rfc9293"], SMALLEST, (engine,))
    run([replace(job, variant=variant, source=source)])


def prove(variant: Variant) -> None:
    Prover(variant).prove(PROPERTIES["lemma-time-wait-entered"])


def threshold(variant: Variant) -> None:
    claim = THEOREMS["peer-done"].claim
    Finder(ThresholdQuestion("peer-done", claim, variant)).find()


ASKERS: dict[str, Callable[[Variant], object]] = {
    "explicit": lambda variant: check(variant, Engine.EXPLICIT),
    "networkx": lambda variant: check(variant, Engine.NETWORKX),
    "graph": lambda variant: grouped(Model(variant, SMALLEST)),
    "audit": lambda variant: audit(variant, "mine"),
    "prove": prove,
    "threshold": threshold,
}

OF_ANOTHER_CLASS = {
    "tcb=made(step.tcb, OddTcb)": "returns a Step whose tcb is a OddTcb, a class of its own, not",
    "send=(made(ack(tcb), OddSegment),)": "returns a Step whose send is not a tuple of Segment",
    "tcb=replace(tcb, iss=OddSeq(0, tcb.iss.bits))": "returns a Tcb whose iss is",
    "tcb=replace(tcb, iss=Seq(OddInt(0), tcb.iss.bits))": "iss is Seq(a OddInt), and not of an int",
    "tcb=replace(tcb, queued=True)": "returns a Tcb whose queued is True, not a number from 0",
    "tcb=replace(tcb, passive=1)": "returns a Tcb whose passive is 1, not a bool",
    "tcb=replace(tcb, gap=OddInt(0))": "returns a Tcb whose gap is a OddInt, not a number from 0",
    "send=(replace(ack(tcb), FIN=0),)": "sends a segment whose FIN is 0, not a bool",
    "rules=(OddText('x'),)": "whose rule is a OddText, a class of its own, not a str itself",
    "rules=['x']": "returns a Step whose rules is a list, not a tuple",
    "done='no'": "returns a Step whose done is 'no', not a bool",
}


@pytest.mark.parametrize("change", OF_ANOTHER_CLASS)
def test_a_part_of_a_step_that_is_of_another_class(change: str, tmp_path: Path) -> None:
    body = RULE.format(f"return replace(step, {change})")
    variant = variant_of(tmp_path, ODD + body + MINE)
    with pytest.raises(BadInput) as error:
        grouped(Model(variant, SMALLEST))
    assert OF_ANOTHER_CLASS[change] in str(error.value)
    assert "mine.py:" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("asker", ASKERS)
def test_each_engine_refuses_a_tcb_of_another_class(asker: str, tmp_path: Path) -> None:
    """Its `__eq__` compares states only: two engines counted different states."""
    body = RULE.format("return replace(step, tcb=made(step.tcb, OddTcb))")
    body += "\ndef check_fin(host, tcb, seg):\n    step = RFC9293.check_fin(host, tcb, seg)\n"
    body += "    return replace(step, tcb=made(step.tcb, OddTcb))\n"
    rules = "replace(RFC9293, close=close, check_fin=check_fin)"
    variant = variant_of(tmp_path, f"{ODD}{body}\nvariant = Variant('mine', rules={rules})\n")
    with pytest.raises(BadInput, match=r"mine.py:\d+: rule \w+ returns a Step whose tcb is a Odd"):
        ASKERS[asker](variant)


def test_a_number_that_is_changed_in_place(tmp_path: Path) -> None:
    body = RULE.format("step.tcb.snd_nxt.value += 1\n    return step")
    variant = variant_of(tmp_path, body + MINE)
    with pytest.raises(BadInput, match="rule close changes a number of what it is given"):
        grouped(Model(variant, SMALLEST))


# -- classes of the parts of a variant ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "class Mine(Rules):\n    def close(self, host, tcb): return 7\n"
            "variant = Variant('mine', rules=Mine())",
            "close of the class Mine is never called: an entry of Rules is given as Rules(close=",
        ),
        (
            "class Mine(Profile):\n    window = 3\nvariant = Variant('mine', profile=Mine())",
            "the variant's profile is a Mine, not a Profile itself",
        ),
        (
            "class Mine(Variant):\n    rules = 3\nvariant = Mine('mine')",
            "`variant` is a Mine, not a Variant itself",
        ),
    ],
)
def test_a_class_whose_attributes_would_not_be_seen(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        variant_of(tmp_path, text)
    assert told in str(error.value) and "\n" not in str(error.value)


NO_CLOSE = "Step('mine: CLOSE ignored', tcb)"
OVERRIDING = {
    "a class with its own call": f"""
class Mine(Rules):
    def call(self, event, host, tcb, octets=1):
        return {NO_CLOSE} if event == EventKind.CLOSE else super().call(event, host, tcb, octets)
variant = Variant("mine", rules=Mine())
""",
    "a data class with another default": f"""
def close(host, tcb):
    return {NO_CLOSE}
@dataclass(frozen=True)
class Mine(Rules):
    close: object = close
variant = Variant("mine", rules=Mine())
""",
    "an object that calls itself equal to any": f"""
class Mine:
    def __call__(self, host, tcb):
        return {NO_CLOSE}
    def __eq__(self, other):
        return True
variant = Variant("mine", rules=replace(RFC9293, close=Mine()))
""",
    "a partial": f"""
def close(told, host, tcb):
    return {NO_CLOSE}
variant = Variant("mine", rules=replace(RFC9293, close=partial(close, 3)))
""",
    "a method": f"""
class Mine:
    def close(self, host, tcb):
        return {NO_CLOSE}
variant = Variant("mine", rules=replace(RFC9293, close=Mine().close))
""",
}


@pytest.mark.parametrize("text", OVERRIDING)
def test_a_rule_is_overridden_in_whatever_way(text: str, tmp_path: Path) -> None:
    """CLOSE does nothing: the audit finds it, and nobody ever closes."""
    variant = variant_of(tmp_path, OVERRIDING[text])
    comparison = VariantComparison(variant)
    both, case = Both(comparison.rfc, comparison.own), Case(State.ESTABLISHED, "close")
    assert list(comparison.gaps_of(both, case)) and "close" in comparison.suspects()
    pairs = grouped(Model(variant, SMALLEST)).sizes
    assert not any(State.FIN_WAIT_1 in pair for pair in pairs)


# -- purity ---------------------------------------------------------------------------------------

IMPURE = {
    "a global": "COUNT = [0]" + RULE.format("COUNT[0] += 1\n    return step"),
    "a default": "def close(host, tcb, seen=[]):\n    seen.append(1)\n"
    "    return RFC9293.close(host, tcb)\n",
    "a closure": "def made():\n    seen = {}\n    def close(host, tcb):\n"
    "        seen[len(seen)] = 1\n        return RFC9293.close(host, tcb)\n    return close\n"
    "close = made()\n",
    "an object": "class Close:\n    n = 0\n    def __call__(self, host, tcb):\n"
    "        self.n = self.n + 1\n        return RFC9293.close(host, tcb)\nclose = Close()\n",
    "an iterator": "from itertools import count\nCOUNT = count()\n"
    + RULE.format("next(COUNT)\n    return step"),
    "a class": "class Seen:\n    n = 0\n" + RULE.format("setattr(Seen, 'n', Seen.n + 1)")
    + "    return step\n",
    "globals()": "N = 0\n" + RULE.format("globals()['N'] += 1\n    return step"),
    "chance": "import random\n" + RULE.format("random.random()\n    return step"),
    "the time": RULE.format("import time\n    return step if time.time() else None"),
    "an address": RULE.format("return step if id(tcb) else None"),
    "a hash": RULE.format("return step if hash('x') else None"),
    "the order of a set": RULE.format("return [step for _ in {'a', 'b'}][0]"),
}  # fmt: skip


@pytest.mark.parametrize("text", IMPURE)
def test_a_rule_that_hangs_on_more_than_its_arguments(text: str, tmp_path: Path) -> None:
    variant = variant_of(tmp_path, IMPURE[text] + MINE)
    with pytest.raises(BadInput, match=r"mine.py:?\d*: rule close is not pure: it \w+") as error:
        grouped(Model(variant, SMALLEST))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("calls", [12, 13, 30, 31])
def test_a_rule_that_changes_its_mind_after_some_calls(calls: int, tmp_path: Path) -> None:
    """Its count is in a generator, which nothing can look into."""
    text = (
        f"def counted():\n    for n in range(1 << 40):\n        yield n >= {calls}\nN = counted()\n"
    )
    text += RULE.format("return Step('late', tcb) if next(N) else step")
    variant = variant_of(tmp_path, text + MINE)
    with pytest.raises(BadInput, match="rule close is not pure: called again with equal"):
        grouped(Model(variant, SMALLEST))


PURE = {
    "a constant": "STATES = {State.LISTEN: 1}\n" + RULE.format("STATES.get(tcb.state)")
    + "    return step\n",
    "a memo": "from functools import cache\n@cache\ndef known(state):\n    return state\n"
    + RULE.format("known(tcb.state)\n    return step"),
    "a set that is asked": RULE.format("tcb.state in {State.LISTEN, State.CLOSED}")
    + "    return step\n",
}  # fmt: skip


@pytest.mark.parametrize("text", PURE)
def test_a_pure_rule_is_not_refused(text: str, tmp_path: Path) -> None:
    variant = variant_of(tmp_path, PURE[text] + MINE)
    assert grouped(Model(variant, SMALLEST)).states > 0
    assert not hangs_on(variant.rules.close)


# -- loops ----------------------------------------------------------------------------------------

COUNTING_DOWN = RULE.format("n = tcb.rcv_nxt - tcb.irs\n    while n: n -= 1\n    return step")


def test_a_loop_over_a_number_is_stopped(tmp_path: Path) -> None:
    variant = variant_of(tmp_path, RULE.format("while True: pass") + MINE)
    host = Model(variant, SMALLEST).hosts[0]
    with pytest.raises(BadInput, match=rf"mine.py:9: in rule close: .* more than {LINES:,} lines"):
        variant.rules.close(host, empty_tcb(State.LISTEN, 10))


def test_the_audit_of_a_loop_over_a_number_holds_and_says_why(tmp_path: Path) -> None:
    found = audit(variant_of(tmp_path, COUNTING_DOWN + MINE), "mine")
    assert found.word == "HOLDS"
    assert "a loop over a number" in dict(found.tried)["close"]
