"""docs/first-question.ipynb, run as a user runs it, and what its cells show."""

from __future__ import annotations

import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from checkout import ROOT

nbclient = pytest.importorskip("nbclient", reason="nbclient runs notebooks")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel", reason="the kernel that runs the cells")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The output of each of the four cells, run by this Python."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(ROOT / "docs/first-question.ipynb", as_version=4)
    nbformat.validate(notebook)
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("JUPYTER_PATH", _kernels(folder))
        changed.setenv("IPYTHONDIR", str(folder))
        nbclient.NotebookClient(notebook, timeout=300, kernel_name="this").execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [len(cell.outputs) for cell in cells] == [1, 1, 1, 1]
    return [cell.outputs[0] for cell in cells]


def _kernels(folder: Path) -> str:
    """A folder with a kernel of this Python, which may not be the machine's own."""
    kernel = folder / "kernels/this"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "this", "language": "python"}
    (kernel / "kernel.json").write_text(str(spec).replace("'", '"'), encoding="utf-8")
    return os.pathsep.join([str(folder), os.environ.get("JUPYTER_PATH", "")])


@pytest.mark.exhaustive
def test_a_result_shows_its_verdict_and_its_trace_as_a_picture(outputs: list[Any]) -> None:
    html = outputs[0]["data"]["text/html"]
    assert html.startswith("<div><b>WITNESS closing on rfc9293: shortest trace, 9 steps</b>")
    assert "<div>assumed: " in html or "<div>scope small: " in html
    assert "CLOSING" in _texts(html[html.index("<svg") :])
    assert outputs[0]["data"]["text/plain"].startswith("<WITNESS closing on rfc9293")


@pytest.mark.exhaustive
def test_a_printed_trace_is_the_ladder(outputs: list[Any]) -> None:
    lines = outputs[1]["text"].splitlines()
    assert lines[0].split() == ["A", "B", "rule"]
    assert any("<SEQ=100><CTL=SYN> -->" in line for line in lines)
    assert any("3.10.7.4 eighth: FIN," in line for line in lines)


@pytest.mark.exhaustive
def test_a_diagram_is_a_picture_of_the_states(outputs: list[Any]) -> None:
    svg = outputs[2]["data"]["image/svg+xml"]
    assert {"ESTABLISHED", "LAST-ACK"} <= _texts(svg[svg.index("<svg") :])


@pytest.mark.exhaustive
def test_the_states_are_a_networkx_graph(outputs: list[Any]) -> None:
    assert " 560,\n 1496)" in outputs[3]["data"]["text/plain"]


def _texts(svg: str) -> set[str]:
    """The words that a picture shows."""
    return {(element.text or "").strip() for element in ET.fromstring(svg).iter()}
