"""The source line of each step: exact for labels that are computed, helpers and other files."""

from pathlib import Path

import pytest

from results import LOST, TIGHT, hostile
from tcpmc.checks.running.jobs import Result, select
from tcpmc.checks.running.run import run
from tcpmc.reports.places import Place, blamed, places

HELPER = """
from dataclasses import replace

def marked(step, what):
    return replace(step, rule=f"{what}: {step.tcb.state}")
"""
STACK = """
from dataclasses import replace
from helper import marked
from tcpmc.model import RFC9293, Variant

def close(host, tcb):
    step = RFC9293.close(host, tcb)
    return replace(step, rule=f"mine: CLOSE in {tcb.state}")

def segment_in_listen(host, tcb, seg):
    return marked(RFC9293.segment_in_listen(host, tcb, seg), "helped")

variant = Variant("mine", rules=replace(RFC9293, close=close, segment_in_listen=segment_in_listen))
"""


@pytest.fixture
def closing(tmp_path: Path) -> Result:
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    (tmp_path / "stack.py").write_text(STACK, encoding="utf-8")
    jobs = select(["closing"], [str(tmp_path / "stack.py")], TIGHT, ["explicit"])
    return run(jobs).results[0]


def line(place: Place) -> str:
    return Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1].strip()


def found(result: Result) -> dict[str, Place]:
    return {label: place for step in places(result) for label, place in step.items()}


def test_a_label_that_is_computed(closing: Result) -> None:
    place = found(closing)["mine: CLOSE in ESTABLISHED"]
    assert place.function == "close"
    assert line(place) == 'return replace(step, rule=f"mine: CLOSE in {tcb.state}")'


def test_a_label_that_a_helper_in_another_file_makes(closing: Result) -> None:
    place = found(closing)["helped: SYN-RECEIVED"]
    assert Path(place.file).name == "helper.py"
    assert line(place) == 'return replace(step, rule=f"{what}: {step.tcb.state}")'


def test_the_last_line_of_the_users_file_is_to_blame(closing: Result) -> None:
    assert blamed(closing) == found(closing)["mine: CLOSE in ESTABLISHED"]


def test_each_rule_of_the_rfc_is_found_where_it_is_written() -> None:
    for label, place in found(LOST).items():
        text = Path(place.file).read_text(encoding="utf-8")
        said = label.removesuffix(" skipped").partition(" in ")[0]
        assert said in text or place.function == "send_fin", label
        assert place.within(Path(place.file).parent.parent) is not None


def test_a_file_that_is_gone_has_a_first_line() -> None:
    assert blamed(hostile()).line >= 1


def test_a_path_outside_of_the_folder_has_no_name_in_it(tmp_path: Path) -> None:
    assert Place(str(tmp_path / "x.py"), 1).within(tmp_path / "deeper") is None
    assert Place(str(tmp_path / "deeper/../x.py"), 1).within(tmp_path / "deeper") is None
    assert Place(str(tmp_path / "a" / ".." / "x.py"), 1).within(tmp_path) == "x.py"
