"""What imports what: each room only the rooms below it, and the model the standard library only."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import tcpmc

ROOT = Path(tcpmc.__file__).parent
HEAVY = ("networkx", "numpy", "scipy", "z3", "jinja2", "msgspec", "graphviz", "pygraphviz")


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


# What each room may import beside itself: a room, or with a star a room and all within it. The
# longest name that fits a module is its room.
LAYERS: dict[str, tuple[str, ...]] = {
    "": ("api", "check_result", "diagrams", "errors", "model.*", "state_space"),
    "errors": ("",),
    "temporary": (),
    "model": ("model.*",),
    "model.endpoint": (),
    "model.middleboxes": ("model.endpoint",),
    "model.variants.variant": ("model.endpoint", "model.middleboxes"),
    "model.variants.pair": ("model.endpoint", "model.variants.variant"),
    "model.network": (
        *("model.endpoint", "model.middleboxes", "model.variants.pair", "model.variants.variant"),
    ),
    "model.properties": ("model.endpoint", "model.network"),
    "model.timed": ("model.endpoint", "model.network"),
    "model.variants": (
        *("model.endpoint", "model.middleboxes", "model.network", "model.variants.variant"),
        "model.variants.pair",
    ),
    "checks": ("", "errors", "model.*"),
    "checks.statespace": ("temporary",),
    "checks.symbolic": ("checks", "errors", "model.*"),
    "checks.explicit": (
        *("", "checks", "checks.own_rules", "checks.statespace", "errors", "model.*"),
    ),
    "checks.smt": (
        *("checks", "checks.explicit", "checks.statespace", "checks.symbolic"),
        *("errors", "model.*"),
    ),
    "checks.parametric": (
        *(
            "checks",
            "checks.explicit",
            "checks.own_rules",
            "checks.smt",
            "checks.statespace",
            "checks.symbolic",
        ),
        *("errors", "model.*"),
    ),
    "checks.timed": (
        *("checks", "checks.explicit", "checks.own_rules", "checks.statespace", "checks.symbolic"),
        *("errors", "model.*"),
    ),
    "checks.audit": ("checks.*", "errors", "model.*"),
    "checks.conform": ("captures", "checks", "checks.symbolic", "errors", "model.*"),
    "checks.drive": ("captures", "checks", "checks.conform", "errors", "model.*", "stacks"),
    "checks.suite": ("captures", "checks", "checks.conform", "checks.drive", "errors", "model.*"),
    "checks.networkx_engine": ("checks", "model.*"),
    "checks.own_rules": ("errors", "model.*"),
    "checks.running": ("", "checks.*", "errors", "model.*"),
    "checks.certificates": ("", "checks.*", "errors", "model.*"),
    "captures": ("", "errors", "model.*"),
    "stacks": ("captures", "errors"),
    "stacks.examples": (),
    "reports": ("", "captures", "checks.*", "errors", "model.*", "reports.*", "stacks"),
    "studies": ("", "captures", "checks.*", "errors", "model.*", "reports.*", "studies.*"),
    "diagrams": ("", "checks.*", "errors", "model.*", "reports.*", "temporary"),
    "web": ("", "captures", "checks.*", "diagrams", "errors", "model.*", "reports.*", "studies.*"),
    "check_result": ("checks.*", "diagrams", "errors", "model.*", "reports.*"),
    "state_space": ("check_result", "checks.*", "errors", "model.*"),
    "api": ("check_result", "checks.*", "errors", "model.*", "state_space"),
    "question": ("api", "checks.*", "errors", "model.*", "reports.*"),
    "pytest_plugin": ("checks.*", "errors", "model.*", "question"),
    "cli": (
        *("", "captures", "checks.*", "diagrams", "errors", "model.*", "reports.*", "state_space"),
        *("stacks", "studies.*", "temporary", "web"),
    ),
    "__main__": ("cli",),
}
FOLDERS = ("model", "captures", "checks", "reports", "stacks", "studies", "diagrams", "web", "cli")
FILES = [*ROOT.glob("*.py"), *(file for top in FOLDERS for file in (ROOT / top).rglob("*.py"))]


def name_of(path: Path) -> str:
    """The module without its `tcpmc.`."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix("__init__").removesuffix(".")


MODULES = {name_of(path): path for path in sorted(FILES)}


def room_of(module: str) -> str:
    return max((room for room in LAYERS if not room or within(module, room)), key=len)


def is_allowed(room: str, target: str) -> bool:
    """Whether a module of the room may import a module of the room `target`."""
    return any(
        within(target, part[:-2]) if part.endswith(".*") else target == part
        for part in (room, *LAYERS[room])
    )


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    for name in imported(MODULES[module]):
        top, _, target = name.partition(".")
        if top == "tcpmc":
            assert is_allowed(room_of(module), room_of(target)), f"{module} imports {target}"
        elif within(module, "model"):
            assert top in sys.stdlib_module_names, f"{module} imports {name}"


def twice(names: Iterable[str]) -> dict[str, int]:
    return {name: count for name, count in Counter(names).items() if count > 1}


def test_no_two_modules_have_one_name() -> None:
    """So that a traceback, a tab of an editor and a sentence say which file they mean."""
    stems = (path.stem for path in MODULES.values())
    assert twice(stem for stem in stems if stem not in ("__init__", "__main__")) == {}


def test_no_two_classes_have_one_name() -> None:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in MODULES.values())
    nodes = (node for tree in trees for node in ast.walk(tree))
    assert twice(node.name for node in nodes if isinstance(node, ast.ClassDef)) == {}


def test_help_imports_no_heavy_library() -> None:
    code = f"""
import sys
sys.argv = ["tcpmc", "check", "--help"]
from tcpmc.cli.entry_point import main
try:
    main()
finally:
    sys.stderr.write(",".join(sorted(set({HEAVY}) & set(sys.modules))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: tcpmc check" in done.stdout
    assert done.stderr == ""
