"""Rules of users on symbols: what Python can do with a number is done right, or refused.

Each rule here ignores a FIN with 777 octets of text, and comes to know of the 777 in a way of its
own. Where that cannot be run on symbols the audit has to say so, even if the rule goes on: it must
not say PROVED.
"""

import math
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tcpmc.model import RFC9293, Host, Segment, State, Step, Tcb, Variant

pytest.importorskip("z3")

from tcpmc.checks.audit.cases import SEGMENT, Case
from tcpmc.checks.audit.differences import VariantComparison
from tcpmc.checks.audit.joint import Both
from tcpmc.checks.own_rules.hangs_on import hangs_on

Told = Callable[[int], bool]
FIN_ACK = Case(State.ESTABLISHED, SEGMENT, (False, True, True, False))


def ignores(told: Told) -> Variant:
    def own(host: Host, tcb: Tcb, seg: Segment) -> Step:
        if seg.FIN and tcb.state == State.ESTABLISHED and told(seg.length):
            return Step("FIN ignored", tcb)
        return RFC9293.check_fin(host, tcb, seg)

    return Variant("mine", rules=replace(RFC9293, check_fin=own))


def of_one_case(told: Told) -> tuple[int, dict[str, str]]:
    """How many gaps are found on symbols, and which rules want numbers."""
    comparison = VariantComparison(ignores(told))
    gaps = list(comparison.gaps_of(Both(comparison.rfc, comparison.own), FIN_ACK))
    return len(gaps), comparison.tried


def matched(octets: int) -> bool:
    match octets:
        case 777:
            return True
        case _:
            return False


def asked_for_its_type(octets: int) -> bool:
    return isinstance(octets, int) and octets == 777


def generated(octets: int) -> bool:
    def numbers() -> Iterator[int]:
        yield octets

    return next(numbers()) == 777


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(matched, id="match"),
        pytest.param(asked_for_its_type, id="isinstance"),
        pytest.param(generated, id="generator"),
        pytest.param(lambda octets: any(one == octets for one in (5, 777)), id="comprehension"),
        pytest.param(lambda octets: octets in (5, 777), id="in a tuple"),
        pytest.param(lambda octets: sorted([octets, 777]) == [777, 777], id="sorted"),
        pytest.param(lambda octets: min(octets, 777) == max(octets, 777), id="min and max"),
        pytest.param(lambda octets: -octets == -777, id="minus"),
        pytest.param(lambda octets: octets - 778 < 0 <= octets - 777, id="below zero"),
        pytest.param(lambda octets: sum([octets, 1]) == 778, id="sum"),
        pytest.param(lambda octets: octets & 0xFFF == 777 == octets, id="bits"),
        pytest.param(lambda octets: None not in (octets,) and octets == 777, id="none"),
    ],
)
def test_found_on_symbols(told: Told) -> None:
    gaps, tried = of_one_case(told)
    assert gaps
    assert not tried


def looped(octets: int) -> bool:
    return sum(1 for _ in range(octets)) == 777


def counted_down(octets: int) -> bool:
    while octets > 777:
        octets -= 1
    return octets == 777


def recursive(octets: int) -> bool:
    return octets == 777 or (octets != 0 and recursive(octets - 1))


def caught(octets: int) -> bool:
    try:
        return int(octets) == 777
    except Exception:
        return False


def caught_in_a_dict(octets: int) -> bool:
    try:
        return {777: True}[octets]
    except Exception:
        return False


def caught_attribute(octets: int) -> bool:
    try:
        return octets.bit_length() == 10 and octets == 777
    except AttributeError:
        return False


@pytest.mark.parametrize(
    "told",
    [
        looped,
        counted_down,
        recursive,
        caught,
        caught_in_a_dict,
        caught_attribute,
        pytest.param(lambda octets: {777: True}.get(octets, False), id="dict"),
        pytest.param(lambda octets: octets in {777}, id="set"),
        pytest.param(lambda octets: math.floor(octets) == 777, id="math.floor"),
        pytest.param(lambda octets: f"{octets}" == "777", id="f-string"),
        pytest.param(lambda octets: "%d" % octets == "777", id="percent"),  # noqa: UP031
        pytest.param(lambda octets: str(octets) == "777", id="str"),
        pytest.param(lambda octets: repr(octets) == "777", id="repr"),
        pytest.param(lambda octets: octets * 2 == 1554, id="product"),
        pytest.param(lambda octets: octets // 7 == 111, id="quotient"),
        pytest.param(lambda octets: octets >> 3 == 97, id="shift"),
        pytest.param(lambda octets: octets == 777.0, id="fraction"),
        pytest.param(lambda octets: octets + 2**39 == 777 + 2**39, id="beyond the room"),
        pytest.param(lambda octets: octets < 2**39 and octets == 777, id="beyond the sign"),
    ],
)
def test_wants_a_number_and_is_said_to(told: Told) -> None:
    _, tried = of_one_case(told)
    assert set(tried) == {"check_fin"}


# -- what a rule hangs on besides its arguments ---------------------------------------------------

COUNT = 0
SEVEN = 7


def counts(host: Host, tcb: Tcb, seg: Segment) -> Step:
    global COUNT  # noqa: PLW0603
    COUNT += 1
    return RFC9293.check_fin(host, tcb, seg)


def by_chance(host: Host, tcb: Tcb, seg: Segment) -> Step:
    return Step("lost", tcb) if one_in(9) else RFC9293.check_fin(host, tcb, seg)


def one_in(many: int) -> bool:
    return random.randrange(many) == 0


def by_chance_imported(host: Host, tcb: Tcb, seg: Segment) -> Step:
    from time import time

    return Step("late", tcb) if time() > SEVEN else RFC9293.check_fin(host, tcb, seg)


def with_a_secret(host: Host, tcb: Tcb, seg: Segment) -> Step:
    return Step("lost", tcb) if secrets.randbelow(9) else RFC9293.check_fin(host, tcb, seg)


def remembering() -> Callable[[Host, Tcb, Segment], Step]:
    last = 0

    def rule(host: Host, tcb: Tcb, seg: Segment) -> Step:
        nonlocal last
        last += 1
        return RFC9293.check_fin(host, tcb, seg)

    return rule


@pytest.mark.parametrize(
    "rule", [counts, by_chance, by_chance_imported, with_a_secret, remembering()]
)
def test_a_rule_that_may_change_is_only_tried(rule: Callable[..., Step]) -> None:
    assert hangs_on(rule)
    mine = Variant("mine", rules=replace(RFC9293, check_fin=rule))
    assert set(VariantComparison(mine).tried) == {"check_fin"}


def test_rules_of_the_model_hang_on_their_arguments() -> None:
    assert not any(hangs_on(rule) for rule in vars(RFC9293).values())


def test_a_constant_and_a_local_count_are_not_kept() -> None:
    def rule(host: Host, tcb: Tcb, seg: Segment) -> Step:
        count = 0

        def more() -> None:
            nonlocal count
            count += SEVEN

        more()
        return RFC9293.check_fin(host, tcb, seg)

    assert not hangs_on(rule)
