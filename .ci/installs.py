"""Install tcpmc from everything that a user may have, and run one check with each.

A zip of the repository and a clone by Git for Windows have text files where the repository has
symbolic links. Run it in a checkout, by the Python of an environment with the test dependencies;
each install has an environment of its own, which takes the dependencies from that one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", "*.so"
)
CHECK = ("-m", "tcpmc", "check", "closing", "--scope", "small", "--engine", "explicit", "--quiet")


def run(*command: str | Path, folder: Path) -> None:
    """Run a command; its output is shown where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def without_links(folder: Path) -> Path:
    """A copy of the checkout in which each symbolic link is a text file with its target."""
    copy = folder / "tcpmc-main"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=LEFT_OUT)
    for path in copy.rglob("*"):
        if path.is_symlink():
            target = path.readlink()
            path.unlink()
            path.write_text(str(target), encoding="utf-8")
    return copy


def zipped(folder: Path) -> Path:
    """A zip of the repository."""
    archive = folder / "tcpmc.zip"
    tree = without_links(folder)
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(tree.rglob("*")):
            file.write(path, path.relative_to(folder))
    shutil.rmtree(tree)
    return archive


COMPILED_AT_FIRST_USE = {"tcpmc/stacks/lwip_shim.c", "tcpmc/stacks/examples/adapter.c"}
"""The C sources that a wheel needs; the kernel is in it compiled."""


def built(folder: Path, kind: str) -> Path:
    """An sdist of a checkout without links, or the wheel of that sdist."""
    only = ["--sdist"] if kind == "sdist" else []
    tree, out = without_links(folder), folder / "out"
    run(sys.executable, "-m", "build", *only, "--outdir", out, tree, folder=folder)
    (product,) = out.glob("*.tar.gz" if kind == "sdist" else "*.whl")
    if kind == "wheel":
        sources = {n for n in zipfile.ZipFile(product).namelist() if n.endswith((".c", ".h"))}
        if sources != COMPILED_AT_FIRST_USE:
            sys.exit(f"the wheel has other C sources than it needs: {sorted(sources)}")
        there = {Path(n).name for n in zipfile.ZipFile(product).namelist() if "/invariants/" in n}
        if there != {path.name for path in (ROOT / "checks" / "timed" / "invariants").iterdir()}:
            sys.exit(f"the wheel has other proofs than the checkout: {sorted(there)}")
    return product


KINDS: dict[str, Callable[[Path], tuple[str | Path, ...]]] = {
    "a zip of the repository": lambda folder: (zipped(folder),),
    "a clone without symbolic links": lambda folder: (without_links(folder),),
    "an editable install without symbolic links": lambda folder: ("-e", without_links(folder)),
    "an sdist": lambda folder: (built(folder, "sdist"),),
    "a wheel": lambda folder: (built(folder, "wheel"),),
}


def main() -> None:
    """Install from each kind, in a fresh environment each."""
    shared = sysconfig.get_path("purelib")
    for kind, source in KINDS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            venv.create(folder / "env", with_pip=True)
            python = folder / "env" / "bin" / "python"
            site = next((folder / "env").glob("lib/python*/site-packages"))
            (site / "shared.pth").write_text(f"{shared}\n", encoding="utf-8")
            words = source(folder)
            run(python, "-m", "pip", "install", "--quiet", "--no-deps", *words, folder=folder)
            run(python, *CHECK, folder=folder)
            print(f"  {kind}: installed, and one check run", flush=True)


if __name__ == "__main__":
    main()
