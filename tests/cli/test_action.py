"""The GitHub Action and the pre-commit hook, run on the demonstration repository as a CI does."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from checkout import ROOT
from command_line import PACKAGE, environment, tcpmc

DEMO = ROOT / "tests" / "demo"
WORKFLOW = DEMO / ".github" / "workflows" / "tcp.yml"


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


ACTION = read(ROOT / "action.yml")


class Runner:
    """A step after the other, as GitHub's runner does it: inputs and contexts filled in, outputs
    and the job summary in files."""

    def __init__(self, folder: Path, given: dict[str, str]) -> None:
        self.workspace = Path(shutil.copytree(DEMO, folder / "work"))
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.summary, self.output = folder / "summary", folder / "output"
        self.summary.touch()
        self.context = {"github.action_path": str(ROOT)}
        inputs = {name: spec.get("default") for name, spec in ACTION["inputs"].items()} | given
        for name, value in inputs.items():
            assert value is not None, f"the input {name} is required"
            self.context[f"inputs.{name}"] = self.filled(value)

    def filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda found: self.context[found[1]], text)

    def run(self, step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """One step with a script. What it sets is in the context for the next ones."""
        assert "${{" not in step["run"], "a script takes inputs from its environment only"
        self.output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=self.workspace,
            check=False,
            env=environment(
                **{name: self.filled(value) for name, value in step["env"].items()},
                CI="true",
                GITHUB_ACTIONS="true",
                GITHUB_OUTPUT=str(self.output),
                GITHUB_STEP_SUMMARY=str(self.summary),
                GITHUB_WORKSPACE=str(self.workspace),
                PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                PIP_NO_INDEX="1",
                PYTHONPATH=os.pathsep.join([PACKAGE, *sys.path]),
                RUNNER_TEMP=str(self.temporary),
            ),
        )
        for line in self.output.read_text().splitlines():
            name, _, value = line.partition("=")
            self.context[f"steps.{step.get('id')}.outputs.{name}"] = value
        return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A package that has nothing but the command `tcpmc`, so that the step that installs needs no
    network and no build; what the command runs is the code under test."""
    path = tmp_path_factory.mktemp("wheel") / "tcpmc_command-1-py3-none-any.whl"
    info = "tcpmc_command-1.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tcpmc-command\nVersion: 1\n"
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        scripts = "[console_scripts]\ntcpmc = tcpmc.cli.entry_point:main\n"
        file.writestr(f"{info}/entry_points.txt", scripts)
        names = ("METADATA", "WHEEL", "entry_points.txt", "RECORD")
        file.writestr(f"{info}/RECORD", "".join(f"{info}/{name},,\n" for name in names))
    return str(path)


MENDED = """
from dataclasses import replace

from tcpmc.model import RFC9293, Variant


def check_fin(host, tcb, seg):
    return RFC9293.check_fin(host, tcb, seg)


variant = Variant("mended-stack", rules=replace(RFC9293, check_fin=check_fin))
"""


def job(tmp_path: Path, **changes: str) -> Runner:
    """The demonstration's job, before its first step."""
    (used,) = (s for s in read(WORKFLOW)["jobs"]["tcpmc"]["steps"] if "tcpmc" in s["uses"])
    return Runner(tmp_path, {**used["with"], **changes})


@pytest.mark.exhaustive
def test_the_action_fails_on_the_broken_stack_and_shows_why(tmp_path: Path, wheel: str) -> None:
    runner = job(tmp_path, install=wheel)
    install, check, upload = ACTION["runs"]["steps"]
    installed = runner.run(install)
    assert installed.returncode == 0, installed.stderr
    done = runner.run(check)
    assert done.returncode == 1
    assert "REFUTED  graceful-close on demo-stack  (expected PROVED, " in done.stdout
    stack = (DEMO / "stack.py").read_text(encoding="utf-8").splitlines()
    line = 1 + [*map(str.strip, stack)].index(
        "return replace(step, tcb=delete_tcb(tcb), "
        'rules=("stack.c: FIN in FIN-WAIT-2, PCB freed",))'
    )
    assert f"\n::error file=stack.py,line={line},title=tcpmc%3A REFUTED graceful" in done.stderr
    assert done.stderr.count("::error") == 1

    summary = runner.summary.read_text(encoding="utf-8")
    assert "| ❌ | REFUTED | <code>graceful-close</code> | <code>demo-stack</code> |" in summary
    assert "```mermaid\nsequenceDiagram" in summary
    assert runner.context["steps.check.outputs.exit-code"] == "1"
    results = runner.workspace / runner.context["steps.check.outputs.results"]
    assert {str(p.relative_to(results)) for p in results.rglob("*") if p.is_file()} == {
        "junit.xml",
        "summary.md",
        "tcpmc.sarif",
        "traces/graceful-close-demo-stack.json",
        "traces/graceful-close-demo-stack.svg",
        "traces/graceful-close-demo-stack.txt",
        "verdicts.json",
    }
    assert upload["uses"].startswith("actions/upload-artifact@")
    assert runner.filled(upload["with"]["path"]) == "tcpmc-results"
    assert upload["if"].startswith("always()")


@pytest.mark.exhaustive
def test_the_action_passes_where_the_verdicts_are_as_expected(tmp_path: Path, wheel: str) -> None:
    runner = job(tmp_path, install=wheel, variant="mended.py", properties="closing\nestablished")
    (runner.workspace / "mended.py").write_text(MENDED, encoding="utf-8")
    install, check, _ = ACTION["runs"]["steps"]
    assert runner.run(install).returncode == 0
    done = runner.run(check)
    assert done.returncode == 0, done.stderr
    verdicts = json.loads((runner.workspace / "tcpmc-results/verdicts.json").read_text())
    assert [result["property"] for result in verdicts["results"]] == ["established", "closing"]
    assert "::error" not in done.stderr
    assert "| ✅ | WITNESS |" in runner.summary.read_text(encoding="utf-8")


def test_the_action_installs_itself_by_default() -> None:
    assert ACTION["inputs"]["install"]["default"] == "${{ github.action_path }}"
    assert (ROOT / "pyproject.toml").exists()


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("github-actions", ROOT / "action.yml"),
        ("github-workflows", WORKFLOW),
        ("github-workflows", ROOT / ".github" / "workflows" / "ci.yml"),
        ("github-workflows", ROOT / ".github" / "workflows" / "wheels.yml"),
    ],
)
def test_files_for_github_follow_their_schemas(schema: str, path: Path) -> None:
    words = ["check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_expression_of_the_action_has_a_value() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    known = {f"inputs.{name}" for name in ACTION["inputs"]} | {
        "github.action_path",
        "steps.check.outputs.results",
        "steps.check.outputs.exit-code",
    }
    assert set(re.findall(r"\$\{\{ *([\w.-]+) *\}\}", text)) == known


def test_the_readme_shows_steps_that_the_action_takes() -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (steps,) = re.findall("```yaml\n(.*?)```", text, re.S)
    checkout, used = YAML(typ="safe").load(steps)
    assert checkout["uses"].startswith("actions/checkout@")
    assert "/tcpmc@" in used["uses"]
    required = {name for name, spec in ACTION["inputs"].items() if spec.get("required")}
    assert required <= set(used["with"]) <= set(ACTION["inputs"])


def test_the_hook_of_pre_commit_fails_on_the_broken_stack(tmp_path: Path) -> None:
    (hook,) = read(ROOT / ".pre-commit-hooks.yaml")
    assert hook["language"] == "python" and not hook["pass_filenames"]
    command, *words = hook["entry"].split()
    assert command == "tcpmc"
    folder = shutil.copytree(DEMO, tmp_path / "work")
    done = tcpmc(
        *words, "--capacity", "1", "--variant", "stack.py", "graceful-close", folder=folder
    )
    assert done.returncode == 1
    assert "REFUTED  graceful-close on demo-stack" in done.stdout
    assert done.stderr == ""
