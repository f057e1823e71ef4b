"""The web page as a file: what is in it, that it is safe, and that it is always the same."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from checkout import TESTS
from command_line import environment, tcpmc
from results import HOSTILE, LASSO, LOST, TIGHT, hostile
from tcpmc.checks.running.jobs import Outcome, Result, select
from tcpmc.checks.running.run import run
from tcpmc.checks.symbolic.transitions import state_changes
from tcpmc.diagrams.figure5 import END, FIGURE, PLACES, end_of
from tcpmc.model import SCOPES, VARIANTS, Model
from tcpmc.reports.story import trace_of
from tcpmc.web.document import document, embedded
from tcpmc.web.holds import holds
from tcpmc.web.state_figure import figure_svg
from tcpmc.web.trace_data import link
from tcpmc.web.verdict_page import html

INLINE = {"script": '<script type="module">(.*?)</script>', "style": "<style>(.*?)</style>"}


def page_of(*results: Result) -> str:
    return html(Outcome([*results]))


def data_of(page: str) -> dict[str, Any]:
    found = re.search('<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


# -- what is in it ----------------------------------------------------------------------------


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    words = ("closing", "--scope", "small", "--capacity", "1", "--engine", "explicit")
    done = tcpmc("check", *words, "-o", "html=report.html", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert [*data_of(page)["traces"]] == ["closing"]


def test_one_trace_as_a_page() -> None:
    done = tcpmc("trace", "closing", "--scope", "small", "--capacity", "1", "-o", "html")
    assert [*data_of(done.stdout)["traces"]] == ["closing"]


@pytest.mark.exhaustive
def test_the_catalogue_is_far_below_two_megabytes() -> None:
    page = html(run(select([], [], TIGHT, ["explicit"])))
    assert len(page.encode()) < 1_000_000


def test_a_trace_has_a_state_more_than_steps_and_names_its_loop() -> None:
    trace = data_of(page_of(LASSO))["traces"]["peer-leaves-last-ack@no-time-wait-silent"]
    assert len(trace["states"]) == len(trace["steps"]) + 1
    assert trace["loop"] == trace_of(LASSO).loop
    assert trace["states"][-1] == trace["states"][trace["loop"]]


def test_the_diagram_has_what_the_rules_of_the_rfc_can_do() -> None:
    changes = [change for change in state_changes(VARIANTS["rfc9293"]) if not change.aborts]
    assert {(c.source.value, end_of(c.source, c.target)) for c in changes} == FIGURE.keys()
    drawn = re.findall('data-from="(.*?)" data-to="(.*?)"', figure_svg())
    assert drawn == [*FIGURE]
    assert re.findall('data-place="(.*?)"', figure_svg()) == [*PLACES]


def test_closed_is_the_lower_one_after_a_connection() -> None:
    trace = data_of(page_of(LOST))["traces"]["graceful-close@no-time-wait"]
    places = [state["places"] for state in trace["states"]]
    assert places[0] == ["CLOSED", "CLOSED"]
    assert places[-1] == [END, END]
    for which in (0, 1):
        ways = [way for way in pairwise(places) if way[0][which] != way[1][which]]
        assert [now[which] for _, now in ways].count(END) == 1
        assert ways[-1][1][which] == END


def test_properties_are_judged_in_every_state_by_their_predicates() -> None:
    trace, model = trace_of(LOST), Model(LOST.job.variant, LOST.job.scope)
    found = holds(model, trace.states)
    assert found["graceful-close"][0] == "premise not met"
    assert found["graceful-close"][-1] == "broken"
    assert set(found["closing"]) == {"not met"}
    assert found["close-completes"] == "about a whole run, not about one state"
    assert found["simultaneous-open"] == "about a whole run, not about one state"
    assert found["2msl-sufficient"] == "asked in another scope"
    assert "one step" in found["lemma-closed-forgets"]


@pytest.mark.parametrize(
    ("label", "address"),
    [
        ("3.10.7.4 fifth: ACK", "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7.4"),
        ("3.10.4: CLOSE in LISTEN", "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.4"),
        ("RFC 1337 F1: ignored", "https://www.rfc-editor.org/rfc/rfc1337"),
        ("my stack: FIN", None),
        ('3.10.4"><script>: no section', None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_rule_links_to_its_section_and_to_nothing_else(label: str, address: str | None) -> None:
    assert link(label) == address


# -- safe -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", INLINE)
def test_the_policy_names_the_one_script_and_the_one_style(kind: str) -> None:
    page = page_of(LOST)
    (content,) = re.findall(INLINE[kind], page, re.DOTALL)
    digest = b64encode(sha256(content.encode()).digest()).decode()
    policy = re.search('Content-Security-Policy" content="(.*?)"', page)
    assert policy
    assert f"{kind}-src 'sha256-{digest}'" in policy[1].split("; ")
    assert policy[1].startswith("default-src 'none'; ")
    assert "connect-src" not in policy[1] and "unsafe" not in policy[1]


def test_nothing_is_loaded_from_anywhere() -> None:
    page = page_of(LOST)
    for word in ("src=", "@import", "url(http", "fetch(", "EventSource"):
        assert word not in page
    assert set(re.findall('href="(.*?)"', page)) == {"#", "data:,"}


def test_hostile_names_stand_in_the_data_only_and_escaped() -> None:
    page = page_of(hostile())
    for char in "<>&":
        assert char not in page.partition('id="data">')[2].partition("</script>")[0]
    assert HOSTILE.split()[0] not in page
    (result,) = data_of(page)["results"]
    assert result["variant"] == HOSTILE


def test_embedded_data_is_the_data() -> None:
    data = {"</script><!--": ["\u2028", "{{ style }}", "&amp;", "\ud800", "__proto__"]}
    assert json.loads(embedded(data)) == data
    assert "<" not in embedded(data)


def test_what_looks_like_a_placeholder_is_data() -> None:
    page = document({"title": "{{ figure }} {% raw %}"})
    assert data_of(page)["title"] == "{{ figure }} {% raw %}"
    assert "{{" not in page.replace("{{ figure }}", "")


# -- the same ---------------------------------------------------------------------------------


def test_the_same_run_gives_the_same_bytes() -> None:
    code = """
from results import LASSO, LOST
from tcpmc.checks.running.jobs import Outcome
from tcpmc.web.verdict_page import html
import hashlib
print(hashlib.sha256(html(Outcome([LASSO, LOST])).encode()).hexdigest())
"""
    here = str(TESTS / "helpers")
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=here,
            env=environment(PYTHONHASHSEED=seed),
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert digests.pop().strip() == sha256(page_of(LASSO, LOST).encode()).hexdigest()


def test_scopes_and_assumptions_are_there_once() -> None:
    data = data_of(page_of(LASSO, LOST))
    assert len(data["scopes"]) == 1
    assert len(data["notes"]) == len({*LASSO.all_assumptions, *LOST.all_assumptions})
    assert SCOPES["small"].with_(capacity=1).describe() in data["scopes"][0]
