"""The page of a run in a browser: every trace stepped through, by keyboard and by mouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser import opened
from results import EVENTFUL, HOSTILE, LASSO, LOST, TIGHT, endless, hostile
from tcpmc.checks.running.jobs import Outcome, Result, select
from tcpmc.checks.running.run import run
from tcpmc.checks.verdict import PROVED
from tcpmc.reports.story import trace_of
from tcpmc.web.verdict_page import html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.exhaustive
Write = Callable[..., str]
WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 400, "height": 800}
LASSO_AT = "#trace/peer-leaves-last-ack@no-time-wait-silent"


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Writes the page of some results, or of an outcome; its address."""

    def page(*results: Result, outcome: Outcome | None = None) -> str:
        path = tmp_path_factory.mktemp("page") / "report.html"
        path.write_text(html(outcome or Outcome([*results])), encoding="utf-8")
        return path.as_uri()

    return page


@pytest.fixture(scope="module")
def catalogue(write: Write) -> tuple[Outcome, str]:
    outcome = run(select([], [], TIGHT, ["explicit"]))
    return outcome, write(outcome=outcome)


def lit(page: Page) -> list[str]:
    """The places that are lit in the two diagrams."""
    places = "all => all.map(g => g.dataset.place)"
    return [*page.locator("#figures .state.lit").evaluate_all(places)]


SELECTED = '[role="option"][aria-selected="true"] .number'


def selected(page: Page) -> str | None:
    return page.locator(SELECTED).text_content()


def accessible(page: Page) -> None:
    """No violation that axe-core finds, by the tags of WCAG 2.2 AA and its best practices."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


# -- stepping ---------------------------------------------------------------------------------


STEP_ALL = """async names => {
  const selected = () =>
    document.querySelector('[role="option"][aria-selected="true"] .number')?.textContent;
  const turn = () => new Promise(done => setTimeout(done)); // a frame each would take minutes
  const lit = () =>
    [...document.querySelectorAll("#figures .state.lit")].map(state => state.dataset.place);
  const stepped = {};
  for (const [name, steps] of names) {
    location.hash = `#trace/${name}/0`;
    stepped[name] = [];
    for (let step = 0; step <= steps; step++) {
      // The page follows its address in its own time.
      for (const start = Date.now(); ; ) {
        if (selected() === String(step) && location.hash.endsWith(`#trace/${name}/${step}`)) break;
        if (Date.now() - start > 20_000) throw new Error(`${name} never shows step ${step}`);
        await turn();
      }
      stepped[name].push(lit());
      document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    }
  }
  return stepped;
}"""
"""Steps each trace from its start to its end; the lit places after each step."""


def test_every_trace_is_stepped_to_its_end(
    browser: Browser, catalogue: tuple[Outcome, str]
) -> None:
    outcome, address = catalogue
    states = {}
    for result in outcome.results:
        trace = result.verdict.trace
        if trace is None:
            continue
        name, variant = result.job.prop.name, result.job.variant.name
        own = name if variant == "rfc9293" else f"{name}@{variant}"
        states[own] = [[end.state.value for end in state.ends] for state in trace.states]
        states[own] = states[own][: len(trace) + 1]
    with opened(browser, address, viewport=WIDE) as page:
        page.locator(".verdicts, main").first.wait_for()
        stepped = page.evaluate(STEP_ALL, [[own, len(of) - 1] for own, of in states.items()])
    assert {
        own: [[place.removesuffix(" at the end") for place in places] for places in of]
        for own, of in stepped.items()
    } == states


def test_steps_by_keyboard(browser: Browser, write: Write) -> None:
    address, last = write(LOST), len(trace_of(LOST))
    with opened(browser, f"{address}#trace/graceful-close@no-time-wait/4") as page:
        for key, step in [("ArrowRight", 5), ("ArrowLeft", 4), ("ArrowLeft", 3)]:
            page.keyboard.press(key)
            assert selected(page) == str(step)
        page.get_by_role("listbox").focus()
        for key, step in [("ArrowDown", 4), ("ArrowUp", 3), ("End", last), ("Home", 0)]:
            page.keyboard.press(key)
            assert selected(page) == str(step)
        assert page.url.endswith("#trace/graceful-close@no-time-wait/0")


def test_steps_by_mouse_and_says_them(browser: Browser, write: Write) -> None:
    with opened(browser, f"{write(LOST)}#trace/graceful-close@no-time-wait/0") as page:
        page.get_by_role("button", name="Last").click()
        assert page.locator("#position").text_content() == "step 14 of 14"
        page.get_by_role("option").nth(9).click()
        assert selected(page) == "9"
        assert "A: CLOSE." in (page.locator("#step .sentence").text_content() or "")
        page.get_by_role("button", name="Back").click()
        assert "is lost" in (page.locator("#announcement").text_content() or "")


def test_a_step_lights_its_arrow_and_names_rule_segments_and_properties(
    browser: Browser,
    write: Write,
) -> None:
    with opened(browser, f"{write(LOST)}#trace/graceful-close@no-time-wait/14") as page:
        step = page.locator("#step")
        rule = step.get_by_role("link", name="3.10.7.4 second: reset")
        section = "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7.4"
        assert rule.get_attribute("href") == section
        assert "error: connection reset" in (step.locator(".rules").text_content() or "")
        row = step.get_by_role("row", name="graceful-close")
        assert "broken" in (row.text_content() or "")
        arrows = page.locator("#figures .arrow.lit")
        assert arrows.evaluate_all("all => all.map(a => [a.dataset.from, a.dataset.to])") == [
            ["LAST-ACK", "CLOSED at the end"]
        ]


def test_an_arrow_that_the_figure_lacks_is_added(browser: Browser, write: Write) -> None:
    with opened(browser, f"{write(LOST)}#trace/graceful-close@no-time-wait/10") as page:
        assert page.locator("#figures .arrow.added.lit").count() == 1
        page.keyboard.press("ArrowRight")
        assert page.locator("#figures .arrow.added").count() == 0


def test_a_lasso_goes_round(browser: Browser, write: Write) -> None:
    trace = trace_of(LASSO)
    assert trace.loop is not None
    with opened(browser, f"{write(LASSO)}{LASSO_AT}/{len(trace)}") as page:
        assert "For ever" in (page.locator("#loop").text_content() or "")
        assert page.locator(".wires .loop").count() == 1
        for lap in (2, 3):
            page.keyboard.press("ArrowRight")
            assert selected(page) == str(trace.loop + 1)
            assert f"round {lap}" in (page.locator("#position").text_content() or "")
            for _ in range(len(trace) - trace.loop - 1):
                page.keyboard.press("ArrowRight")
            assert selected(page) == str(len(trace))


# -- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "step"),
    [("/4", "4"), ("", "0"), ("/999", "14"), ("/-3", "0"), ("/x", "0"), ("/4/more", "4")],
)
def test_an_address_names_a_step(browser: Browser, write: Write, address: str, step: str) -> None:
    with opened(browser, f"{write(LOST)}#trace/graceful-close@no-time-wait{address}") as page:
        assert selected(page) == step
        assert page.title() == "graceful-close on no-time-wait · tcpmc"


@pytest.mark.parametrize(
    "address", ["#trace/closing/4", "#trace/%E0%A4%A/1", "#__proto__", "#trace/toString/1"]
)
def test_an_unknown_address_shows_the_verdicts(
    browser: Browser, write: Write, address: str
) -> None:
    with opened(browser, write(LOST) + address) as page:
        assert page.get_by_role("heading", name="Verdicts").is_visible()


def test_an_unknown_trace_is_said(browser: Browser, write: Write) -> None:
    with opened(browser, write(LOST) + "#trace/<b>x/4") as page:
        assert page.locator("#shown").text_content() == "There is no trace named <b>x on this page."


# -- the table --------------------------------------------------------------------------------


def test_filters(browser: Browser, write: Write) -> None:
    with opened(browser, write(LOST, LASSO, EVENTFUL)) as page:
        shown = page.locator("#shown")
        assert shown.text_content() == "3 of 3 verdicts"
        page.get_by_label("Search").fill("last-ack left")
        assert shown.text_content() == "1 of 3 verdicts"
        page.get_by_label("Search").fill("")
        page.locator("#filter-word").select_option("REFUTED")
        assert shown.text_content() == "2 of 3 verdicts"
        page.locator("#filter-variant").select_option("no-time-wait")
        assert page.locator("tbody tr:visible").count() == 1
        page.get_by_label("with a trace").check()
        assert shown.text_content() == "1 of 3 verdicts"


def test_what_is_not_as_expected_comes_first(browser: Browser, write: Write) -> None:
    answers = {name: replace(one, word=PROVED) for name, one in LASSO.verdict.answers.items()}
    odd = replace(LASSO, verdict=replace(LASSO.verdict, answers=answers))
    with opened(browser, write(LOST, EVENTFUL, odd)) as page:
        assert "odd" in (page.locator("tbody tr").first.get_attribute("class") or "")


def test_a_verdict_says_what_it_rests_on(browser: Browser, write: Write) -> None:
    with opened(browser, write(LOST)) as page:
        page.locator("summary").first.click()
        told = page.locator("details dl").first.text_content() or ""
        for text in (*LOST.job.prop.assumptions, LOST.job.scope.describe(), "tcpmc trace"):
            assert text in told


# -- everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("address", ["", f"{LASSO_AT}/12"])
def test_no_barrier_that_axe_finds(
    browser: Browser,
    write: Write,
    address: str,
    size: Any,
    colours: Any,
) -> None:
    results = write(LASSO, LOST, EVENTFUL)
    # axe is itself an inline script, which the policy of the page rightly refuses.
    with opened(
        browser, results + address, viewport=size, color_scheme=colours, bypass_csp=True
    ) as page:
        accessible(page)


@pytest.mark.parametrize("address", ["", f"{LASSO_AT}/12", "#trace/established/9"])
def test_nothing_is_wider_than_a_telephone(browser: Browser, write: Write, address: str) -> None:
    with opened(browser, write(LASSO, EVENTFUL) + address, viewport=NARROW) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_two_segments_are_written_over_each_other(
    browser: Browser, write: Write, size: Any
) -> None:
    with opened(browser, write(LASSO, LOST, EVENTFUL), viewport=size) as page:
        for name in (
            "peer-leaves-last-ack@no-time-wait-silent",
            "graceful-close@no-time-wait",
            "established",
        ):
            page.goto(page.url.partition("#")[0] + f"#trace/{name}/1")
            page.locator(".wires .label").first.wait_for()
            boxes = [label.bounding_box() for label in page.locator(".wires .label").all()]
            assert len(boxes) > 1
            for one, other in combinations(boxes, 2):
                assert one and other
                apart = (
                    one["y"] + one["height"] <= other["y"] + 3
                    or other["y"] + other["height"] <= one["y"] + 3
                )
                beside = (
                    one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                )
                assert apart or beside


def test_on_paper_everything_is_open(browser: Browser, write: Write) -> None:
    with opened(browser, write(LOST)) as page:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("details[open]").count() == 0
        assert page.pdf().startswith(b"%PDF")


# -- hostile ----------------------------------------------------------------------------------


def test_hostile_names_are_shown_as_text(browser: Browser, write: Write) -> None:
    result = hostile()
    with opened(browser, write(result)) as page:
        assert page.locator("td.wide").first.text_content() == HOSTILE
        page.get_by_role("link", name="steps").first.click()
        page.get_by_role("button", name="Last").click()
        for _ in range(len(trace_of(result))):
            page.keyboard.press("ArrowLeft")
            assert page.locator("script:not([type])").count() == 0
        assert HOSTILE in (page.locator("#trace-title").text_content() or "")


def test_a_long_trace_is_drawn(browser: Browser, write: Write) -> None:
    result = endless(100)
    with opened(browser, f"{write(result)}#trace/established@no-time-wait-silent/150") as page:
        assert selected(page) == "150"


def test_without_scripts_it_says_so(browser: Browser, write: Write, tmp_path: Path) -> None:
    with opened(browser, write(LOST), java_script_enabled=False) as page:
        assert "print the same as text" in (page.locator("noscript").text_content() or "")
