"""The formats of results: their list, what `-o` asks for, and where it goes."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from tcpmc.cli.command_settings import OutputSettings
from tcpmc.cli.output_formats import (
    ALL_FORMATS,
    PICTURE_FORMATS,
    RUN_FORMATS,
    TIMED_PICTURE_FORMATS,
    TRACE_FORMATS,
    Format,
)
from tcpmc.cli.outputs import Request, opening, requests
from tcpmc.errors import BadInput

EVERY = [*RUN_FORMATS.values(), *TRACE_FORMATS.values()]
JSON, TEXT = RUN_FORMATS["json"], RUN_FORMATS["text"]


def said(*outputs: str, form: str | None = None) -> OutputSettings:
    """What `-o` and `--format` say."""
    return OutputSettings(form, outputs, force=False)


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.writer)
def test_each_format_has_a_writer_of_one_argument(form: Format) -> None:
    module, _, function = form.writer.partition(":")
    assert len(inspect.signature(getattr(import_module(module), function)).parameters) == 1
    assert form.suffix.startswith(".")


@pytest.mark.parametrize("known", [RUN_FORMATS, TRACE_FORMATS], ids=["run", "trace"])
def test_formats_are_in_order_of_names(known: dict[str, Format]) -> None:
    assert [*known] == sorted(known)
    assert all(name == form.name for name, form in known.items())


@pytest.mark.parametrize(
    ("outputs", "form", "wanted"),
    [
        ([], None, [Request(TEXT)]),
        ([], "json", [Request(JSON)]),
        (["out.txt"], None, [Request(TEXT, "out.txt")]),
        (["out"], "json", [Request(JSON, "out")]),
        (["-"], "json", [Request(JSON)]),
        (["json"], None, [Request(JSON)]),
        (["json=-"], None, [Request(JSON)]),
        (["./json"], None, [Request(TEXT, "./json")]),
        (["json=a=b", "text"], None, [Request(JSON, "a=b"), Request(TEXT)]),
        (["json=text=x"], None, [Request(JSON, "text=x")]),
        (["./a=b"], None, [Request(TEXT, "./a=b")]),
        (["text=x"], "json", [Request(TEXT, "x"), Request(JSON)]),
        (["text=x", "y"], "json", [Request(TEXT, "x"), Request(JSON, "y")]),
        (["x.json"], None, [Request(JSON, "x.json")]),
        (["X.JSON"], None, [Request(JSON, "X.JSON")]),
        (["x.json"], "text", [Request(TEXT, "x.json")]),
        (["x.other"], None, [Request(TEXT, "x.other")]),
    ],
)
def test_what_is_asked_for(outputs: list[str], form: str | None, wanted: list[Request]) -> None:
    assert requests(said(*outputs, form=form)) == wanted


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        (["jsn=x"], "unknown format 'jsn'; nearest: json"),
        (["zzz=x"], r"unknown format 'zzz'; one of .*json.* \(a file of that name: -o ./zzz=x\)"),
        (["json="], "a path is missing after '='"),
        (["svg=x"], "svg shows one trace; see tcpmc trace, or --traces svg=FOLDER"),
        (["json", "text"], "two outputs have the same destination: json=- and text=-"),
        (["json=x", "text=./x"], "two outputs have the same destination: json=x and text=./x"),
        (["x", "x"], "two outputs have the same destination"),
        (["json=x", "folder/../x"], "two outputs have the same destination"),
        (["json=here", "link"], "two outputs have the same destination"),
        (["json=new", "text=dangling"], "two outputs have the same destination"),
    ],
)
def test_what_cannot_be(
    outputs: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("here").touch()
    Path("link").symlink_to("here")
    Path("dangling").symlink_to("new")
    with pytest.raises(BadInput, match=told):
        requests(said(*outputs))


@pytest.mark.parametrize(
    ("output", "name", "path"),
    [
        ("svg=k.svg", "svg", "k.svg"),
        ("k.svg", "svg", "k.svg"),
        ("k.dot", "dot", "k.dot"),
        ("k", "dot", "k"),
        ("png=-", "png", None),
        ("svg", "svg", None),
    ],
)
def test_a_picture_is_asked_for_in_the_same_words(output: str, name: str, path: str | None) -> None:
    (request,) = requests(said(output), PICTURE_FORMATS, "dot")
    assert (request.format.name, request.path) == (name, path)


def test_a_picture_of_no_known_kind_is_refused() -> None:
    with pytest.raises(BadInput, match=r"k\.gif: choose -o FORMAT=FILE, with one of dot, pdf"):
        requests(said("k.gif"), PICTURE_FORMATS, "dot")
    with pytest.raises(BadInput, match=r"k\.png: choose -o FORMAT=FILE, with one of svg"):
        requests(said("k.png"), TIMED_PICTURE_FORMATS, "svg")


def test_nowhere_may_be_asked_for_twice() -> None:
    assert len(requests(said("json=/dev/null", "text=/dev/null"))) == 2


def test_a_format_in_parts_has_a_file_for_each() -> None:
    form = Format("pair", "", ".pkt", "nowhere:pair", parts=("-A", "-B"))
    assert Request(form, "to/x.pkt").paths() == {"-A": "to/x-A.pkt", "-B": "to/x-B.pkt"}
    with pytest.raises(BadInput, match="pair writes several files: choose -o pair=PATH"):
        requests(said("pair=-"), {**ALL_FORMATS, "pair": form})


def test_a_path_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    asked = requests(said(f"json={tmp_path}/x", f"text={tmp_path}/no/y"))
    with pytest.raises(BadInput, match=r"cannot write .*/no/y: No such file"), opening(asked):
        pass
    assert list(tmp_path.iterdir()) == []
