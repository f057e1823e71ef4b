"""The space-time diagram of a timed run: what is in it, to scale, and which files are no run."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from checkout import ROOT
from tcpmc.cli.main import cli
from tcpmc.diagrams.timed_diagrams import TALL, timed_svg
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.timed.flights import DELIVERED, LEFT, LOST, flights, spans
from tcpmc.reports.timed.recorded import Recorded, recorded

SVG = "{http://www.w3.org/2000/svg}"
TWO_MSL = ROOT / "docs" / "runs" / "two-msl.toml"
LAST_ACK_LOST = """
theorem = "peer-done-giving-up"
parameters = { MSL = 60, T = 80, R = 110 }
happens = [
    [0, "A", "CLOSE"],
    [6, "B", "receives 1"],
    [12, "B", "CLOSE"],
    [18, "A", "receives 3"],
    [30, "B", "retransmission timeout"],
    [40, "A", "receives 5"],
]
over = 120
"""
PASSED = (
    State.ESTABLISHED, State.FIN_WAIT_1, State.CLOSE_WAIT, State.LAST_ACK, State.TIME_WAIT,
    State.CLOSED,
)  # fmt: skip
ONCE = 'theorem = "old-segments"\nparameters = { MSL = 60, T = 9 }\nover = 9\n'


def drawn(run: Recorded) -> ET.Element:
    return ET.fromstring(timed_svg(run.trace, "a <title>", run.theorem.meaning))


def of_class(svg: ET.Element, name: str) -> list[ET.Element]:
    return [element for element in svg.iter() if element.get("class") == name]


def two_msl() -> Recorded:
    return recorded(TWO_MSL.read_text(encoding="utf-8"))


def test_each_flight_has_one_arrow() -> None:
    svg = drawn(two_msl())
    assert [len(of_class(svg, fate)) for fate in (DELIVERED, LOST, LEFT)] == [4, 0, 1]
    svg = drawn(recorded(LAST_ACK_LOST))
    assert [len(of_class(svg, fate)) for fate in (DELIVERED, LOST, LEFT)] == [3, 3, 0]


def test_a_lost_segment_ends_in_a_cross_between_the_ends() -> None:
    svg = drawn(recorded(LAST_ACK_LOST))
    crosses, lost = of_class(svg, "cross"), of_class(svg, LOST)
    assert [cross.get("x") for cross in crosses] == [line.get("x2") for line in lost]
    assert {line.get("marker-end") for line in lost} == {None}


def test_an_arrow_falls_by_the_time_of_its_flight() -> None:
    run = two_msl()
    arrows = of_class(drawn(run), DELIVERED)
    assert len({line.get("x1") for line in arrows}) == 2
    for line, flight in zip(
        arrows, (one for one in flights(run.trace) if one.fate == DELIVERED), strict=True
    ):
        assert flight.arrived is not None
        fall = float(line.get("y2", "")) - float(line.get("y1", ""))
        assert fall == pytest.approx(scaled(run, flight.arrived - flight.copy.sent), abs=0.2)


def test_time_wait_is_a_bar_as_long_as_it_lasts() -> None:
    run = two_msl()
    (bar,) = of_class(drawn(run), "timer")
    assert float(bar.get("height", "")) == pytest.approx(scaled(run, Fraction(100)), abs=0.2)


def test_a_segment_that_is_left_has_a_bracket_of_its_lifetime() -> None:
    run = two_msl()
    (bracket,) = of_class(drawn(run), "lifetime")
    _, top, _, bottom, _ = bracket.get("d", "").replace("M", "").replace("H", "").split()
    tall = float(bottom.removeprefix("V")) - float(top)
    assert tall == pytest.approx(scaled(run, Fraction(60)), abs=0.2)


def test_the_violation_is_marked_and_said() -> None:
    svg = drawn(recorded(LAST_ACK_LOST))
    assert len(of_class(svg, "violation")) == len(list(svg.iter(f"{SVG}circle"))) == 1
    assert "At 120, A: TIME-WAIT ends, but B is still in LAST-ACK." in texts(svg)
    assert "a <title>" in texts(svg)


def test_states_stand_beside_the_lifelines() -> None:
    said = "\n".join(texts(drawn(two_msl())))
    for state in State:
        assert (str(state) in said) == (state in PASSED)


def test_a_restart_is_within_the_bar() -> None:
    (span,) = spans(recorded(LAST_ACK_LOST).trace)
    assert [span.since, *span.started, span.until] == [18, 18, 40, 120]


def test_times_are_named_by_their_parameters() -> None:
    said = texts(drawn(two_msl()))
    assert {"22 + T = 122", "TIME-WAIT, T = 100", "may live MSL = 60"} <= set(said)


def texts(svg: ET.Element) -> list[str]:
    return ["".join(element.itertext()).strip() for element in svg.iter(f"{SVG}text")]


def scaled(run: Recorded, time: Fraction) -> float:
    left = (copy.sent + copy.life for copy in run.trace.left)
    return TALL * float(time / max([run.trace.over, *left]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theorem", "invalid TOML"),
        ("over = " + "9" * 5000, "invalid TOML: Exceeds the limit"),
        ("theorem = 1", r"invalid run: Expected `str`, got `int` - at `\$\.theorem`"),
        (ONCE + "happens = []\nmore = 1", "invalid run: Object contains unknown field `more`"),
        (ONCE.replace("old-", "new-") + "happens = []", "unknown theorem 'new-segments'"),
        (ONCE.replace("MSL = 60, ", "") + "happens = []", "the parameter 'MSL' is missing"),
        (ONCE + 'happens = [[0, "C", "CLOSE"]]', "invalid run: Invalid enum value 'C'"),
        (ONCE + 'happens = [[22, "A", {}]]', "invalid run: Expected `str`, got `object`"),
        (ONCE + 'happens = [["x", "A", "CLOSE"]]', "'x' is not a number"),
        (ONCE + 'happens = [["1/0", "A", "CLOSE"]]', "'1/0' is not a number"),
        (ONCE + 'happens = [[nan, "A", "CLOSE"]]', "'nan' is not a number"),
        (ONCE + 'happens = [[inf, "A", "CLOSE"]]', "'inf' is not a number"),
        (ONCE + 'happens = [[0, "A"]]', "invalid run: Expected `array` of length 3"),
        (ONCE + 'happens = [[0, "A", "receives"]]', "receives is not possible"),
        (ONCE + 'happens = [[0, "A", "receives x"]]', "invalid run: "),
        (ONCE + 'happens = [[0, "A", "sleep"]]', "sleep is not possible at 0"),
        (ONCE + 'happens = [[0, "A", "receives 1"]]', "receives 1: event 1 sends nothing"),
        (ONCE + 'happens = [[0, "A", "CLOSE"]]', "the run does not break the claim"),
    ],
)
def test_what_is_no_run_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        recorded(text)


def test_a_run_found_by_the_solver_is_drawn(tmp_path: Path) -> None:
    target = tmp_path / "run.svg"
    asked = ["diagram", "threshold", "peer-done-for-ever", "-o", str(target)]
    assert CliRunner().invoke(cli, asked).exit_code == 0
    svg = ET.parse(target).getroot()
    assert len(of_class(svg, "violation")) == 1
    assert of_class(svg, DELIVERED)


def test_a_timed_run_is_drawn_as_svg_alone(tmp_path: Path) -> None:
    answer = CliRunner().invoke(cli, ["diagram", "run", str(TWO_MSL), "-o", "run.png"])
    assert "run.png: choose -o FORMAT=FILE, with one of svg" in str(answer.exception)
