"""What imports what: model nothing of ours, checks no diagrams, diagrams no command line."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tcpmc

ROOT = Path(tcpmc.__file__).parent
HEAVY = ("networkx", "numpy", "scipy", "z3", "rich", "graphviz", "pygraphviz")


def files(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def imported(path: Path) -> Iterator[str]:
    """Every module that the file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno} is a relative import"
            yield f"{node.module}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def is_of(module: str, *parts: str) -> bool:
    """Whether the module belongs to one of these parts of `tcpmc.checks`."""
    return any(within(module, f"tcpmc.checks.{part}") for part in parts)


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", files("model"), ids=place)
def test_model_imports_itself_and_the_standard_library_only(path: Path) -> None:
    for module in imported(path):
        top = module.partition(".")[0]
        assert within(module, "tcpmc.model") or top in sys.stdlib_module_names, module


@pytest.mark.parametrize("path", files("checks"), ids=place)
def test_only_the_command_line_imports_diagrams(path: Path) -> None:
    if place(path) not in ("checks/commands/diagram.py", "checks/commands/explore.py"):
        assert not [module for module in imported(path) if within(module, "tcpmc.diagrams")]


@pytest.mark.parametrize("path", files("diagrams"), ids=place)
def test_diagrams_do_not_import_the_command_line(path: Path) -> None:
    assert not [module for module in imported(path) if is_of(module, "cli", "commands")]


@pytest.mark.parametrize("path", files("checks/explore"), ids=place)
def test_the_explorer_knows_nothing_of_tcp(path: Path) -> None:
    for module in imported(path):
        assert not within(module, "tcpmc.model"), module
        assert not within(module, "tcpmc.checks") or is_of(module, "explore"), module


ENGINES = [p for folder in ("explicit", "solver", "unbounded") for p in files(f"checks/{folder}")]
SAYING = ("cli", "commands", "reporting", "formats", "explaining", "jobs", "run", "output")


@pytest.mark.parametrize("path", ENGINES, ids=place)
def test_engines_do_not_import_what_reports_on_them(path: Path) -> None:
    assert not [module for module in imported(path) if is_of(module, *SAYING)]


def test_help_imports_no_heavy_library() -> None:
    code = f"""
import sys
sys.argv = ["tcpmc", "check", "--help"]
from tcpmc.checks.cli import main
try:
    main()
finally:
    sys.stderr.write(",".join(sorted(set({HEAVY}) & set(sys.modules))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: tcpmc check" in done.stdout
    assert done.stderr == ""
