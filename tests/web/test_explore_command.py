"""`tcpmc explore`: the server, who may speak to it, when it ends; and the page on it."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser import opened
from command_line import assert_one_line, environment, tcpmc
from results import LASSO, LOST
from tcpmc.checks.running.jobs import Outcome
from tcpmc.model import SCOPES, VARIANTS, Model
from tcpmc.reports.saved import LONGEST, read_traces
from tcpmc.reports.verdict_json import as_json
from tcpmc.web.live import LiveModels
from tcpmc.web.server import MOST_PAGES, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SMALL = Model(VARIANTS["rfc9293"], SCOPES["small"].with_(capacity=1))


@contextmanager
def serving(live: LiveModels | None = None, grace: float = 3600) -> Iterator[Server]:
    """A server, until the end of the block or of its last page."""
    with Server(live or LiveModels([SMALL], ["rfc9293"]), grace=grace) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=30)
        assert not thread.is_alive()


def asked(server: Server, name: str = "", method: str = "GET", **headers: str) -> tuple[int, str]:
    """The status and the body that the server answers with."""
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    connection.request(method, f"/{server.token}/{name}", headers=given)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def view(server: Server, *path: int, at: int | None = None) -> Any:
    words = "" if at is None else f"&at={at}"
    status, body = asked(server, f"view?model=0&path={'.'.join(map(str, path))}{words}")
    assert status == 200, body
    return json.loads(body)


# -- what it answers --------------------------------------------------------------------------


def test_the_view_of_a_path_says_what_can_follow_and_why_nothing_else() -> None:
    with serving() as server:
        first = view(server)
        choices = [(one["kind"], one["end"]) for one in first["choices"]]
        assert choices == [
            ("active OPEN", 0),
            ("passive OPEN", 0),
            ("active OPEN", 1),
            ("passive OPEN", 1),
        ]
        reasons = {(one["kind"], one["end"]): one["reason"] for one in first["impossible"]}
        assert reasons["tick", None] == "time is off (--no-clock)"
        assert reasons["deliver", 0] == "nothing is in flight"
        second = view(server, first["choices"][0]["place"])
        assert second["trace"]["states"][1]["states"] == ["SYN-SENT", "CLOSED"]
        assert view(server, 0, at=0)["choices"] == first["choices"]


def test_the_way_to_a_state_is_a_shortest_path_to_it() -> None:
    with serving() as server:
        status, body = asked(server, "way?model=0&state=closing")
        path = json.loads(body)["path"]
        assert (status, len(path)) == (200, 9)
        assert "CLOSING" in json.dumps(view(server, *path)["trace"]["states"][-1])


def test_every_variant_and_scope_can_be_chosen() -> None:
    live = LiveModels.around(SMALL, "rfc9293")
    assert live.models[0] == SMALL
    assert len(live.models) == len(live.sources) == 1 + len(VARIANTS) * len(SCOPES)


def test_a_path_can_be_saved_and_read(tmp_path: Path) -> None:
    with serving() as server:
        status, body = asked(server, "path.json?model=0&path=0.1")
    assert status == 200
    (tmp_path / "path.json").write_text(body)
    (saved,) = read_traces(str(tmp_path / "path.json"))
    assert saved.path == (0, 1)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("view?model=0&path=99", "step 1 of the path is not possible"),
        ("view?model=0&path=" + ".".join(["0"] * (LONGEST + 1)), f"at most {LONGEST} steps"),
        ("view?model=1", "no such question"),
        ("view?model=-1", "no such question"),
        ("view?model=x", "no such question"),
        ("view", "no such question"),
        ("view?model=0&path=a.b", "no such question"),
        ("view?model=0&at=9", "the path has no step 9"),
        ("view?model=0&at=-1", "the path has no step -1"),
        ("view?" + "&".join(["model=0"] * 9), "no such question"),
    ],
)
def test_a_wrong_question_is_an_error_and_no_more(name: str, told: str) -> None:
    with serving() as server:
        status, body = asked(server, name)
        assert status == 400
        assert told in json.loads(body)["error"]
        assert asked(server, "view?model=0")[0] == 200


# -- who may ask ------------------------------------------------------------------------------


def test_the_page_may_ask_and_is_told_to_keep_to_itself() -> None:
    with serving() as server:
        origin = {"Origin": f"http://{server.authority}", "Sec_Fetch_Site": "same-origin"}
        assert asked(server, **origin)[0] == 200
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
        connection.request("GET", f"/{server.token}/")
        headers: HTTPResponse = connection.getresponse()
        assert headers.headers["Cache-Control"] == "no-store"
        assert headers.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert headers.headers["X-Content-Type-Options"] == "nosniff"
        assert headers.headers["Access-Control-Allow-Origin"] is None
        assert "connect-src 'self'" in headers.read().decode()
        connection.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example:80"},
        {"Host": "localhost"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
@pytest.mark.parametrize("name", ["", "view?model=0", "path.json?model=0", "alive"])
def test_another_page_is_refused(name: str, headers: dict[str, str]) -> None:
    with serving() as server:
        assert asked(server, name, **headers)[0] == 403


@pytest.mark.parametrize("token", ["", "x", "%2e%2e", "{}x"])
def test_without_the_token_there_is_nothing(token: str) -> None:
    with serving() as server:
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
        connection.request("GET", f"/{token.format(server.token)}/view?model=0")
        assert connection.getresponse().status == 404
        connection.close()


@pytest.mark.parametrize("target", ["http://[x", "//[", "*", "/%", "/\xff/view"])
def test_an_odd_target_is_not_found(target: str, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as server, socket.create_connection(("127.0.0.1", server.server_port)) as own:
        own.settimeout(30)
        head = f"GET {target} HTTP/1.1\r\nHost: {server.authority}\r\n\r\n"
        own.sendall(head.encode("latin-1"))
        assert b" 404 " in own.recv(200)
    assert capfd.readouterr().err == ""


def test_tokens_are_long_and_differ() -> None:
    with serving() as one, serving() as other:
        assert one.token != other.token
        assert len(one.token) >= 32
        assert one.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_no_other_method_is_answered(method: str) -> None:
    with serving() as server:
        assert asked(server, "view?model=0", method)[0] == 501


def test_an_endless_request_is_cut_off() -> None:
    with serving() as server, socket.create_connection(("127.0.0.1", server.server_port)) as own:
        own.settimeout(30)
        own.sendall(b"GET /" + b"x" * 100_000)
        assert b" 414 " in own.recv(200)


# -- when it ends -----------------------------------------------------------------------------


@contextmanager
def reading(server: Server) -> Iterator[None]:
    """A page that is open."""
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request("GET", f"/{server.token}/alive")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.readline() == b": here\n"
    yield
    answer.close()
    connection.close()


def test_it_ends_with_its_last_page() -> None:
    with Server(LiveModels([SMALL], ["rfc9293"]), grace=0.2) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        with reading(server):
            with reading(server):
                pass
            assert view(server)
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_it_outlives_a_page_that_is_loaded_anew() -> None:
    with serving(grace=3600) as server:
        for _ in range(3):
            with reading(server):
                assert view(server)


def test_too_many_pages_are_refused() -> None:
    with serving() as server:
        server._pages = MOST_PAGES
        assert asked(server, "alive")[0] == 503
        server._pages = 0


# -- the command ------------------------------------------------------------------------------


def test_a_port_in_use_is_one_line() -> None:
    with serving() as server:
        done = tcpmc("explore", "--no-browser", "--port", str(server.server_port))
    assert_one_line(done, f"tcpmc: port {server.server_port}: Address already in use")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--variant rfc929", "nearest: rfc9293"),
        ("--port 70000", "70000 is not in the range"),
        ("--trace nowhere.json", "nowhere.json: No such file or directory"),
        ("--trace trace.json --data 1", "--trace has its own scope: omit --data"),
        ("--trace trace.json --scope small", "--trace has its own scope: omit --scope"),
        ("--trace trace.json --variant rfc9293", "is rfc9293, and the trace is of no-time-wait"),
        ("--trace old.json", "unknown schema 'tcpmc/verdicts/0'; expected 'tcpmc/verdicts/1'"),
        ("--capacity 0", "capacity=0: choose 1 to 8"),
    ],
)
def test_wrong_input_is_one_line(words: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "trace.json").write_text(as_json(Outcome([LOST])))
    (tmp_path / "old.json").write_text('{"schema": "tcpmc/verdicts/0"}')
    assert_one_line(tcpmc("explore", "--no-browser", *words.split(), folder=tmp_path), told)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_it_prints_its_address_and_ends_quietly_by_ctrl_c() -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "tcpmc", "explore", "--no-browser", "--clock"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert running.stdout is not None
    address = running.stdout.readline()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/\n", address)
    running.send_signal(signal.SIGINT)
    try:
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert (running.returncode, out, err) == (0, "", "")


# -- the page on it ---------------------------------------------------------------------------


def choose(page: Page, group: str, name: str) -> None:
    """Press the button, and wait for the step that it takes."""
    step = page.locator('[role="option"]').count()
    section = (
        page.locator(".ways")
        .first.locator("section")
        .nth(["A", "Network", "B", "Time"].index(group))
    )
    section.get_by_role("button", name=name).first.click()
    page.locator(f"#row-{step}").wait_for()


@pytest.mark.exhaustive
def test_a_path_is_chosen_taken_back_and_saved(browser: Browser, tmp_path: Path) -> None:
    with serving() as server, opened(browser, server.address) as page:
        page.locator(".ways button").first.wait_for()
        choose(page, "B", "passive OPEN")
        choose(page, "A", "active OPEN")
        choose(page, "Network", "lose")
        page.get_by_role("button", name="Take back").click()
        page.locator("#row-3").wait_for(state="detached")
        choose(page, "B", "receive")
        assert page.locator("#figures .state.lit").nth(1).text_content() == "SYN-RECEIVED"
        page.locator("#explore > details summary").click()
        assert "no text is left (--data 0)" in (
            page.locator("#explore details").text_content() or ""
        )
        with page.expect_download() as download:
            page.get_by_role("link", name="Save as a trace").click()
        download.value.save_as(tmp_path / "path.json")
        (saved,) = read_traces(str(tmp_path / "path.json"))
        assert [event.kind for event in saved.trace.events] == [
            "passive OPEN",
            "active OPEN",
            "deliver",
        ]


@pytest.mark.exhaustive
def test_another_variant_and_scope_and_the_way_to_a_state(browser: Browser) -> None:
    live = LiveModels.around(SMALL, "rfc9293")
    with serving(live) as server, opened(browser, server.address) as page:
        page.locator(".ways button").first.wait_for()
        assert page.locator("#explore").get_by_label("Scope").input_value() == "as asked"
        page.locator("#explore").get_by_label("Scope").select_option("small")
        page.wait_for_function("document.body.textContent.includes('2 in flight each way')")
        page.locator("#explore").get_by_label("Variant").select_option("no-time-wait")
        page.locator("#trace-title", has_text="no-time-wait").wait_for()
        page.locator("#explore").get_by_label("Take me to").select_option("CLOSING")
        page.locator("#row-7").wait_for()
        lit = page.locator("#figures .state.lit").all_text_contents()
        assert "CLOSING" in lit


@pytest.mark.exhaustive
def test_another_choice_at_an_earlier_step_replaces_what_follows(browser: Browser) -> None:
    with serving() as server, opened(browser, server.address) as page:
        page.locator(".ways button").first.wait_for()
        for group, name in (("A", "active OPEN"), ("B", "passive OPEN"), ("B", "receive")):
            choose(page, group, name)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        page.get_by_role("button", name="CLOSE").first.wait_for()
        page.get_by_role("button", name="CLOSE").first.click()
        page.locator("#row-3").wait_for(state="detached")
        assert page.locator("#row-2").get_attribute("aria-label") == "2. A: CLOSE. A enters CLOSED."


@pytest.mark.exhaustive
def test_from_a_step_of_a_saved_trace(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "trace.json").write_text(as_json(Outcome([LOST, LASSO])))
    live = LiveModels.of(read_traces(str(tmp_path / "trace.json")))
    with serving(live) as server, opened(browser, server.address) as page:
        page.locator('a[href="#trace/peer-leaves-last-ack@no-time-wait-silent/0"]').click()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.get_by_role("link", name="Explore from step 2").click()
        page.locator(".ways button").first.wait_for()
        assert page.locator('[role="option"]').count() == 3
        assert "no-time-wait-silent" in (page.locator("#trace-title").text_content() or "")


@pytest.mark.exhaustive
def test_the_server_ends_when_the_page_is_closed(browser: Browser) -> None:
    with Server(LiveModels([SMALL], ["rfc9293"]), grace=0.2) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        with opened(browser, server.address) as page:
            page.locator(".ways button").first.wait_for()
            assert thread.is_alive()
        thread.join(timeout=30)
        assert not thread.is_alive()
