"""Variant files that break Python or the model are refused on one line, with the place."""

from pathlib import Path

import pytest

from tcpmc.checks.running.loading import load_variant
from tcpmc.errors import BadInput
from tcpmc.model import SCOPES, Model
from tcpmc.model.endpoint.tcb import State, blank

RULE = """
from dataclasses import replace
from tcpmc.model import RFC9293, Variant
from tcpmc.model.segment import Segment
from tcpmc.model.sequence import Seq

def close(host, tcb):
    step = RFC9293.close(host, tcb)
    zero = tcb.iss
    {body}

variant = Variant("mine", rules=replace(RFC9293, close=close))
"""


def called(folder: Path, body: str) -> str:
    """What is said when the rule is called."""
    path = folder / "mine.py"
    path.write_text(RULE.format(body=body))
    variant = load_variant(str(path))
    with pytest.raises(BadInput) as error:
        variant.rules.close(Model(variant, SCOPES["small"]).hosts[0], blank(State.LISTEN, 10))
    assert "\n" not in str(error.value)
    return str(error.value)


TCBS = {
    "reopened=3": "whose reopened is 3, not a Tcb or None",
    "reopened=replace(step.tcb, held='x')": "whose held is 'x', not a number from 0",
    "queued=-1": "whose queued is -1, not a number from 0",
    "gap=None": "whose gap is None, not a number from 0",
    "ts_recent=1.5": "whose ts_recent is 1.5, not a number from 0",
    "passive=2": "whose passive is 2, not a bool",
    "held_fin='no'": "whose held_fin is 'no', not a bool",
    "snd_una=Seq('x', 10)": "whose snd_una is Seq('x'), and not of an int",
    "snd_una=Seq(1024, 10)": "whose snd_una is 1024, which has more than 10 bits",
    "rcv_nxt=Seq(-1, 10)": "whose rcv_nxt is -1, which has more than 10 bits",
    "state='LISTEN'": "whose state is 'LISTEN', not a State",
}
SEGMENTS = {
    "length=-1": "whose length is -1, not a number from 0",
    "SYN='yes'": "whose SYN is 'yes', not a bool",
    "stamp=None": "whose stamp is None, not a number from 0",
}


@pytest.mark.parametrize("change", TCBS)
def test_a_field_of_a_tcb_that_is_nonsense(change: str, tmp_path: Path) -> None:
    told = called(tmp_path, f"return replace(step, tcb=replace(step.tcb, {change}))")
    assert f"rule close returns a Tcb {TCBS[change]}" in told


@pytest.mark.parametrize("change", SEGMENTS)
def test_a_field_of_a_segment_that_is_nonsense(change: str, tmp_path: Path) -> None:
    told = called(tmp_path, f"return replace(step, send=(Segment(zero, zero, {change}),))")
    assert f"rule close sends a segment {SEGMENTS[change]}" in told


@pytest.mark.parametrize("error", ["RuntimeError", "KeyboardInterrupt", "SystemExit"])
def test_an_exception_whose_text_cannot_be_made(error: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        f"class E(Exception):\n    def __str__(self):\n        raise {error}\nraise E\n"
    )
    with pytest.raises(BadInput, match="E: \\(its text cannot be shown\\)"):
        load_variant(str(path))


@pytest.mark.parametrize("text", ["x = " + "-" * 100_000 + "1", "x = " + "(" * 100_000])
def test_a_file_that_is_nested_too_deeply(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"mine\.py"):
        load_variant(str(path))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            "replace(RFC9293, close_call=None)",
            "nearest: close; Rules has open_active, ",
        ),
        ("Profile(rst_in_timewait='x')", "nearest: rst_in_time_wait, time_wait, "),
        ("Variant(nam='x')", "nearest: name; Variant has name, title, profile, rules"),
    ],
)
def test_a_slot_that_does_not_exist_names_those_that_do(
    call: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from dataclasses import replace\nfrom tcpmc.model import *\n"
        f"from tcpmc.model import RFC9293, Profile, Variant\n{call}\n"
    )
    with pytest.raises(BadInput) as error:
        load_variant(str(path))
    assert ":4: TypeError: " in str(error.value) and told in str(error.value)
