"""The package list of pyproject.toml against the folders: what an install has, and has not."""

import tomllib

import pytest

from checkout import ROOT

SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "setuptools"
]
NO_DATA = (".py", ".pyc")
ROOMS = sorted({name.removeprefix("tcpmc.") for name in SETUPTOOLS["package-dir"]} - {"tcpmc"})


def test_every_package_is_listed() -> None:
    there = {
        ".".join(("tcpmc", *init.parent.relative_to(ROOT).parts))
        for room in ROOMS
        for init in (ROOT / room).rglob("__init__.py")
    }
    assert sorted(SETUPTOOLS["packages"]) == sorted({"tcpmc"} | there)


@pytest.mark.parametrize("room", ROOMS)
def test_every_folder_with_code_is_a_package(room: str) -> None:
    for file in (ROOT / room).rglob("*.py"):
        assert (file.parent / "__init__.py").exists(), file


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_a_link_for_tools_that_read_the_source(room: str) -> None:
    link = ROOT / ".package" / "tcpmc" / room
    if not link.is_symlink():
        pytest.skip("this checkout has no symbolic links")
    assert link.resolve() == ROOT / room


def test_a_package_says_what_it_is() -> None:
    for name in SETUPTOOLS["packages"]:
        folder = ROOT.joinpath(*name.split(".")[1:]) if name != "tcpmc" else ROOT / ".package/tcpmc"
        first = (folder / "__init__.py").read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith('"""') and len(first) > 20, name


def test_what_is_read_at_run_time_is_package_data() -> None:
    listed = SETUPTOOLS["package-data"]["tcpmc.checks.timed"]
    folder = ROOT / "checks" / "timed"
    data = {path for path in folder.rglob("*") if path.is_file() and path.suffix not in NO_DATA}
    assert data and data == {path for pattern in listed for path in folder.glob(pattern)}
