"""The pictures: what is in them, that they are drawn on any machine, and byte by byte the same."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from golden_files import assert_golden
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.quotient import grouped
from tcpmc.checks.symbolic.transitions import Arrow, state_changes
from tcpmc.checks.trace import Trace, replay
from tcpmc.diagrams.dot import digraph, node
from tcpmc.diagrams.ladder_diagram import ladder_dot
from tcpmc.diagrams.product_diagram import product_dot
from tcpmc.diagrams.render import FONTS, FORMATS, render
from tcpmc.diagrams.state_diagram import endpoint_dot
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.network.product import Event
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.reports.flows import flows

RFC = VARIANTS["rfc9293"]
HOSTILE = "\"<b>&amp;\\n\\\n'</TD> ü \x07 end\\"
TINY = Scope("tiny", channel="fifo", loss="none", duplication=False, data=0, start="established")

# RFC 9293, Figure 5, from top to bottom; the last line is note 2.
FIGURE_5 = """
CLOSED        passive OPEN             create TCB           LISTEN
CLOSED        active OPEN              create TCB, snd SYN  SYN-SENT
LISTEN        CLOSE                    delete TCB           CLOSED
SYN-SENT      CLOSE                    delete TCB           CLOSED
SYN-RECEIVED  rcv RST (note 1)         x                    LISTEN
LISTEN        rcv SYN                  snd SYN,ACK          SYN-RECEIVED
LISTEN        SEND                     snd SYN              SYN-SENT
SYN-SENT      rcv SYN                  snd SYN,ACK          SYN-RECEIVED
SYN-RECEIVED  rcv ACK of SYN           x                    ESTABLISHED
SYN-SENT      rcv SYN,ACK              snd ACK              ESTABLISHED
SYN-RECEIVED  CLOSE                    snd FIN              FIN-WAIT-1
ESTABLISHED   CLOSE                    snd FIN              FIN-WAIT-1
ESTABLISHED   rcv FIN                  snd ACK              CLOSE-WAIT
FIN-WAIT-1    rcv FIN                  snd ACK              CLOSING
FIN-WAIT-1    rcv ACK of FIN           x                    FIN-WAIT-2
CLOSE-WAIT    CLOSE                    snd FIN              LAST-ACK
FIN-WAIT-2    rcv FIN                  snd ACK              TIME-WAIT
CLOSING       rcv ACK of FIN           x                    TIME-WAIT
LAST-ACK      rcv ACK of FIN           x                    CLOSED
TIME-WAIT     Timeout=2MSL             delete TCB           CLOSED
FIN-WAIT-1    rcv FIN and ACK of FIN   snd ACK              TIME-WAIT
"""


def change(line: str) -> Arrow:
    """The state change that a line in columns describes."""
    source, event, action, target = (part.strip() for part in line.split("  ") if part.strip())
    return Arrow(State(source), event, action.replace(", ", "\n"), State(target))


ARROWS = [change(line) for line in FIGURE_5.strip().splitlines()]
BEYOND_FIGURE_5 = {
    change("LISTEN  active OPEN  snd SYN  SYN-SENT"),
    change("SYN-RECEIVED  rcv SYN (note 1)  x  LISTEN"),
    change("SYN-RECEIVED  rcv ACK of SYN (CLOSE queued)  snd FIN  FIN-WAIT-1"),
    change("SYN-RECEIVED  rcv FIN and ACK of SYN  snd ACK  CLOSE-WAIT"),
    change("SYN-RECEIVED  rcv FIN and ACK of SYN (CLOSE queued)  snd FIN  LAST-ACK"),
}


def played(model: Model, *moves: str) -> Trace:
    """The run in which each move, such as "A CLOSE" or "B deliver SYN", is the first possible."""
    system, events = model.initial(), list[Event]()
    for move in moves:
        for event, _, after in model.successors(system):
            controls = event.flight.segment.controls if event.flight else ""
            if f"{'AB'[event.end]} {event.kind} {controls}".rstrip() == move:
                events.append(event)
                system = after
                break
        else:
            raise AssertionError(f"{move} is not possible")
    return replay(model, events)


DEFAULT = Model(RFC, SCOPES["default"])
EVENTFUL = played(
    DEFAULT,
    "B passive OPEN",
    "A active OPEN",
    "A duplicate SYN",
    "B deliver SYN",
    "B deliver SYN",
    "A deliver SYN,ACK",
    "A deliver ACK",
    "A lose ACK",
    "B retransmission timeout",
    "A SEND",
)
TICKING = played(
    Model(RFC, Scope("ticks", start="established", clock=True, msl=1, time_wait=2)),
    "A CLOSE",
    "A tick",
    "A expire FIN,ACK",
    "A retransmission timeout",
    "B deliver FIN,ACK",
)


def found(name: str, variant: str, scope: Scope) -> tuple[Model, Trace]:
    """The model and the trace that the explicit engine finds for a property."""
    prop = PROPERTIES[name]
    model = Model(VARIANTS[variant], prop.scope_for(scope))
    trace = ExplicitEngine(model).decide([prop])[name].trace
    assert trace is not None
    return model, trace


def texts(svg: bytes) -> list[str]:
    """All texts of an SVG, which has to be well-formed."""
    root = ET.fromstring(svg)
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


# The state diagram


@pytest.mark.parametrize("arrow", ARROWS, ids=lambda c: f"{c.source}-{c.target}-{c.event}")
def test_the_rules_make_each_change_of_figure_5(arrow: Arrow) -> None:
    assert arrow in state_changes(RFC)


def test_the_rules_make_no_other_change_but_aborts_and_two_steps_in_one_segment() -> None:
    others = {c for c in state_changes(RFC) if not c.aborts} - set(ARROWS)
    assert others == BEYOND_FIGURE_5


def test_a_reset_leads_from_every_state_with_a_connection_to_closed() -> None:
    sources = {c.source for c in state_changes(RFC) if c.event == "rcv RST" and c.aborts}
    assert sources == set(State) - {State.CLOSED, State.LISTEN}


def test_an_abort_that_enters_time_wait_is_a_change_of_its_own() -> None:
    sends_rst = replace(RFC, profile=replace(RFC.profile, after_abort="time-wait"))
    changes = set(state_changes(sends_rst))
    assert Arrow(State.ESTABLISHED, "ABORT", "snd RST", State.TIME_WAIT) in changes
    assert not [c for c in changes - set(state_changes(RFC)) if c.event != "ABORT"]


def test_any_ack_in_last_ack_is_not_called_the_ack_of_the_fin() -> None:
    ours = set(state_changes(VARIANTS["smoltcp-470"])) ^ set(state_changes(RFC))
    assert ours == {
        Arrow(State.LAST_ACK, "rcv ACK", "x", State.CLOSED),
        Arrow(State.LAST_ACK, "rcv ACK of FIN", "x", State.CLOSED),
    }


def test_figure_7_establishes_on_the_syn_ack_itself() -> None:
    changes = set(state_changes(VARIANTS["figure-7"])) - set(state_changes(RFC))
    new = {(c.source.value, c.event, c.target.value) for c in changes}
    assert ("SYN-RECEIVED", "rcv SYN,ACK", "ESTABLISHED") in new


def test_endpoint_dot() -> None:
    assert_golden("endpoint-rfc9293.dot", endpoint_dot(RFC).source)


def test_endpoint_against_another_has_both_colours_and_what_is_never_entered() -> None:
    dot = endpoint_dot(VARIANTS["freertos-1303"], RFC).source
    assert_golden("endpoint-freertos-1303-rfc9293.dot", dot)
    arrows = [line for line in dot.splitlines() if "->" in line]
    green = {line.split(" [")[0].strip() for line in arrows if "#009E73" in line}
    red = {line.split(" [")[0].strip() for line in arrows if "#D55E00" in line}
    assert '"FIN-WAIT-1" -> "FIN-WAIT-1 to LAST-ACK, 1"' in green
    assert '"FIN-WAIT-1 to CLOSING, 1" -> CLOSING' in red
    assert all("dashed" in line for line in arrows if "#D55E00" in line)
    assert dot.count('style="rounded,dashed"') == 2


def test_endpoint_against_itself_differs_in_nothing() -> None:
    dot = endpoint_dot(RFC, RFC).source
    assert "No state change differs." in dot
    assert "-> " in dot and "penwidth=2.6" not in dot


# The product


def test_product_counts_every_state_and_every_change() -> None:
    model = Model(RFC, TINY)
    groups = grouped(model)
    assert groups.sizes.total() == groups.states
    assert next(iter(groups.sizes)) == (State.ESTABLISHED, State.ESTABLISHED)
    moves = groups.moves[(State.FIN_WAIT_1, State.FIN_WAIT_1), (State.CLOSING, State.FIN_WAIT_1)]
    assert set(moves) == {(0, "rcv FIN")}
    assert all(source != target for source, target in groups.moves)


def test_product_dot_with_a_trace() -> None:
    model, trace = found("closing-both", "rfc9293", TINY)
    dot = product_dot(model, trace).source
    assert_golden("product-closing-both.dot", dot)
    assert dot == product_dot(model, trace).source
    assert "<B>step 4</B>" in dot and "the trace, 4 steps" in dot


def test_product_refuses_the_trace_of_another_model() -> None:
    _, trace = found("closing-both", "rfc9293", TINY)
    with pytest.raises(ValueError, match="not one of this model"):
        product_dot(Model(VARIANTS["freertos-1303"], TINY), trace)


def test_product_draws_a_small_graph_state_by_state() -> None:
    model, trace = found("closing-both", "rfc9293", TINY)
    dot = product_dot(model, trace, group=False).source
    states = grouped(model).states
    assert states <= 300
    assert dot.count('"rounded,filled"') == states
    assert dot.count("penwidth=3]") == len(trace)


def test_product_refuses_to_draw_a_big_graph_state_by_state() -> None:
    model = Model(RFC, TINY.with_(start="closed"))
    nodes = f"{grouped(model).states:,} nodes"
    with pytest.raises(ValueError, match=f"{nodes}.* more than 300 .*grouped"):
        product_dot(model, group=False)


def test_product_reports_progress_and_can_be_stopped() -> None:
    depths = []
    product_dot(Model(RFC, TINY), progress=lambda graph: depths.append(graph.depth))
    assert depths == list(range(len(depths))) and len(depths) > 5


# The ladder


def test_ladder_matches_deliveries_with_sendings() -> None:
    shown = [(f"{f.segment}", f.sent, f.copied, f.ended, f.fate) for f in flows(EVENTFUL)]
    assert shown == [
        ("<SEQ=100><CTL=SYN>", 2, None, 4, "delivered"),
        ("<SEQ=100><CTL=SYN>", 2, 3, 5, "delivered"),
        ("<SEQ=300><ACK=101><CTL=SYN,ACK>", 4, None, 6, "delivered"),
        ("<SEQ=301><ACK=101><CTL=ACK>", 5, None, 7, "delivered"),
        ("<SEQ=101><ACK=301><CTL=ACK>", 6, None, 8, "lost"),
        ("<SEQ=300><ACK=101><CTL=SYN,ACK>", 9, None, 10, "in flight"),
        ("<SEQ=101><ACK=301><DATA=1><CTL=ACK>", 10, None, 10, "in flight"),
    ]


def test_ladder_delivers_from_the_sent_set_again_and_again() -> None:
    model = Model(RFC, SCOPES["default"].with_(channel="sent-set"))
    trace = played(model, "B passive OPEN", "A active OPEN", *["B deliver SYN"] * 2)
    syns = [(f.sent, f.ended, f.fate) for f in flows(trace) if f.segment.SYN and not f.sender]
    assert syns == [(2, 3, "delivered"), (2, 4, "delivered")]


def test_ladder_dot() -> None:
    assert_golden("ladder-eventful.dot", ladder_dot(DEFAULT, EVENTFUL, "everything").source)
    model = Model(RFC, Scope("ticks", start="established", clock=True, msl=1, time_wait=2))
    dot = ladder_dot(model, TICKING, "ticks").source
    assert "label=tick" in dot and "✕ expired" in dot


def test_ladder_of_a_lasso_marks_its_loop() -> None:
    model, trace = found("peer-leaves-last-ack", "no-time-wait-silent", TINY.with_(loss="any"))
    assert trace.loop is not None
    assert "for<BR/>ever" in ladder_dot(model, trace, "lasso").source
    assert "for<BR/>ever" not in ladder_dot(DEFAULT, EVENTFUL, "no lasso").source


# Rendering


@pytest.mark.parametrize(
    ("format", "magic"),
    [("svg", b"<?xml"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-"), ("dot", b"digraph")],
)
def test_every_format_renders_and_renders_the_same_again(format: str, magic: bytes) -> None:
    assert format in FORMATS
    for drawn in (endpoint_dot(RFC), ladder_dot(DEFAULT, EVENTFUL, "everything")):
        dot = drawn.source
        picture = render(dot, format)
        assert picture.startswith(magic)
        assert render(dot, format) == picture


def test_dot_is_passed_through() -> None:
    assert render("digraph { a }", "dot") == b"digraph { a }"


def test_a_format_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="'gif': choose one of svg, png, pdf, dot"):
        render("digraph { a }", "gif")


def test_svg_has_every_state_and_label() -> None:
    shown = texts(render(endpoint_dot(RFC).source, "svg"))
    assert {state.value for state in State} <= set(shown)
    assert {"snd SYN,ACK", "rcv FIN and ACK of FIN", "Timeout=2MSL"} <= set(shown)


def test_rendering_is_silent_and_leaves_the_environment_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = dict(os.environ)
    render(endpoint_dot(RFC).source, "png")
    assert capfd.readouterr() == ("", "")
    assert dict(os.environ) == before


def test_rendering_needs_no_program_no_home_and_no_font_of_the_machine(tmp_path: Path) -> None:
    code = (
        "import sys; from tcpmc.diagrams.render import render;"
        "sys.stdout.buffer.write(render('digraph { a [label=\"LISTEN →\"] }', 'png'))"
    )
    lonely = {"PATH": str(tmp_path), "HOME": str(tmp_path / "none"), "XDG_CACHE_HOME": "/none"}
    lonely["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code], env=lonely, cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stdout == render('digraph { a [label="LISTEN →"] }', "png")
    assert done.stderr == b""
    assert not list(tmp_path.iterdir())


def test_the_fonts_come_with_their_licence() -> None:
    assert {path.suffix for path in FONTS.iterdir()} == {".ttf", ""}
    assert "Bitstream Vera" in (FONTS / "LICENSE-DejaVu").read_text(encoding="utf-8")


# Hostile names


@pytest.mark.parametrize(
    "text", [HOSTILE, "\\", '"', "a\\", "<b>", "\\N \\G", "&lt;", "<>", "x" * 300]
)
def test_any_text_shows_as_it_stands(text: str) -> None:
    dot = digraph([node(text, label=text)]).source
    shown = texts(render(dot, "svg"))
    assert "\n".join(shown).replace("\xa0", " ") == text.replace("\x07", "�").strip("\n")


def test_hostile_names_are_shown_and_break_nothing() -> None:
    hostile = replace(RFC, name=HOSTILE, title=HOSTILE)
    model = Model(hostile, replace(TINY, name=HOSTILE))
    trace = played(model, "A CLOSE")
    for drawn in (
        endpoint_dot(hostile),
        endpoint_dot(hostile, RFC),
        product_dot(model, trace),
        product_dot(model, group=False),
        ladder_dot(model, trace, HOSTILE),
    ):
        shown = " ".join(texts(render(drawn.source, "svg")))
        assert "\"<b>&amp;\\n\\ '</TD> ü � end\\" in shown
