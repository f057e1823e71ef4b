"""What the user is told: the RFC's signals and no others, and nothing rests on them that should
rest on what is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from command_line import TIGHT, assert_one_line, tcpmc
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.verdict import REFUTED, UNREACHABLE
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import (
    CONNECTION_CLOSING,
    Signal,
    State,
    Step,
    Tcb,
    delete_tcb,
    empty_tcb,
)
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES, UNTIMED
from tcpmc.model.properties.closing import CLOSING
from tcpmc.model.properties.opening import OPENING
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import RFC9293, Variant

SMALLEST = SCOPES["small"].with_(capacity=1)
ECONNRESET = """
from dataclasses import replace
from tcpmc.model import RFC9293, Variant, Profile
def check_reset(host, tcb, seg):
    step = RFC9293.check_reset(host, tcb, seg)
    return replace(step, signals=("ECONNRESET",)) if step.signals else step
variant = Variant("econnreset", "no TIME-WAIT; the user is told ECONNRESET",
                  Profile(time_wait="none"), rules=replace(RFC9293, check_reset=check_reset))
"""

# -- which signals there are ----------------------------------------------------------------------


def test_a_signal_that_the_rfc_does_not_have_ends_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "econnreset.py"
    file.write_text(ECONNRESET)
    done = tcpmc("check", "graceful-close", *TIGHT, "--engine", "explicit", "--variant", str(file))
    told = f"{file}:6: in rule check_reset: ValueError: unknown signal 'ECONNRESET'; one of "
    assert_one_line(done, told + ", ".join(f"Signal.{signal.name}" for signal in Signal))
    assert done.returncode == 2


@pytest.mark.parametrize(
    "signals", ["ECONNRESET", ("error: connection reset",), [Signal.CONNECTION_RESET], (None,)]
)
def test_a_step_has_a_tuple_of_signals(signals: Any) -> None:
    with pytest.raises(ValueError, match="signal"):
        Step("mine", empty_tcb(State.CLOSED, 32), signals=signals)


def test_signals_are_spelled_as_in_the_rfc() -> None:
    assert str(Signal.CONNECTION_RESET) == "error: connection reset"
    assert Signal.CONNECTION_RESET.error == "connection reset"
    assert str(Signal.CONNECTION_CLOSING) == "connection closing"
    assert Signal.CONNECTION_CLOSING.error == ""


# -- what they say hides nothing ------------------------------------------------------------------


def saying(variant: Variant, change: Callable[[Step], tuple[Signal, ...]]) -> Variant:
    """The variant, whose rules do the same and say something else."""

    def said(rule: Callable[..., Step]) -> Callable[..., Step]:
        @wraps(rule)
        def otherwise(*arguments: Any) -> Step:
            step = rule(*arguments)
            return replace(step, signals=change(step))

        return otherwise

    rules = {field.name: said(getattr(variant.rules, field.name)) for field in fields(Rules)}
    return replace(variant, rules=replace(variant.rules, **rules))


LIES: dict[str, Callable[[Step], tuple[Signal, ...]]] = {
    "says nothing": lambda step: (),
    "does not say that the connection is closing": lambda step: tuple(
        signal for signal in step.signals if signal != CONNECTION_CLOSING
    ),
    "says that the connection is closing": lambda step: (*step.signals, CONNECTION_CLOSING),
    "says refused for reset": lambda step: tuple(
        Signal.CONNECTION_REFUSED if signal == Signal.CONNECTION_RESET else signal
        for signal in step.signals
    ),
}
SAID = ("refused",)
"""What is about a signal itself."""


def verdicts(variant: Variant) -> dict[str, str]:
    """What the explicit engine says of every property in the smallest scope that is not about a
    signal itself."""
    known = [prop for prop in (*UNTIMED, *OPENING, *CLOSING) if prop.name not in SAID]
    asked = [prop for prop in known if prop.scope_for(SMALLEST) == SMALLEST]
    answers = ExplicitEngine(Model(variant, SMALLEST)).decide(asked)
    return {name: answer.word for name, answer in answers.items()}


@pytest.mark.exhaustive
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("name", ["rfc9293", "no-time-wait", "hasty-time-wait", "freertos-1303"])
def test_the_verdicts_do_not_hang_on_what_the_user_is_told(name: str, lie: str) -> None:
    assert verdicts(saying(VARIANTS[name], LIES[lie])) == verdicts(VARIANTS[name])


@pytest.mark.parametrize("lie", ["says nothing", "says refused for reset"])
def test_a_user_who_is_not_told_of_the_refusal_is_noticed(lie: str) -> None:
    variant = saying(VARIANTS["rfc9293"], LIES[lie])
    answer = ExplicitEngine(Model(variant, SMALLEST)).decide([PROPERTIES["refused"]])["refused"]
    assert answer.word == UNREACHABLE


# -- connections that end before they are over ----------------------------------------------------


def graceful_close(**rules: Any) -> str:
    variant = Variant("drops", rules=replace(RFC9293, **rules))
    return (
        ExplicitEngine(Model(variant, SMALLEST))
        .decide([PROPERTIES["graceful-close"]])["graceful-close"]
        .word
    )


def test_established_fin_drops_the_connection() -> None:
    def check_fin(host: Host, tcb: Tcb, seg: Segment) -> Step:
        step = RFC9293.check_fin(host, tcb, seg)
        if tcb.state == State.FIN_WAIT_1 and step.tcb.state == State.CLOSING:
            return Step("bug: FIN in FIN-WAIT-1, connection dropped", delete_tcb(tcb))
        return step

    assert graceful_close(check_fin=check_fin) == REFUTED


def test_fin_wait_1_retransmission_timeout_drops_the_connection() -> None:
    def retransmission_timeout(host: Host, tcb: Tcb) -> Step:
        if tcb.state == State.FIN_WAIT_1:
            return Step("bug: gives up at once", delete_tcb(tcb))
        return RFC9293.retransmission_timeout(host, tcb)

    assert graceful_close(retransmission_timeout=retransmission_timeout) == REFUTED


def test_established_close_drops_the_connection() -> None:
    def close(host: Host, tcb: Tcb) -> Step:
        if tcb.state == State.ESTABLISHED:
            return Step("bug: CLOSE drops the connection", delete_tcb(tcb))
        return RFC9293.close(host, tcb)

    assert graceful_close(close=close) == REFUTED
