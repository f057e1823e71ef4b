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


@pytest.mark.parametrize("path", files("model"), ids=lambda path: path.name)
def test_model_imports_itself_and_the_standard_library_only(path: Path) -> None:
    for module in imported(path):
        top = module.partition(".")[0]
        assert within(module, "tcpmc.model") or top in sys.stdlib_module_names, module


@pytest.mark.parametrize("path", files("checks"), ids=lambda path: path.name)
def test_only_the_command_line_imports_diagrams(path: Path) -> None:
    if path.name not in ("cli.py", "cli_diagram.py", "cli_explore.py"):
        assert not [module for module in imported(path) if within(module, "tcpmc.diagrams")]


@pytest.mark.parametrize("path", files("diagrams"), ids=lambda path: path.name)
def test_diagrams_do_not_import_the_command_line(path: Path) -> None:
    assert not [module for module in imported(path) if within(module, "tcpmc.checks.cli")]


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
