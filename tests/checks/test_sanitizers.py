"""The kernel under the address, undefined-behaviour and thread sanitizers, on small systems.

It is compiled for it here; where the compiler lacks a sanitizer, its test is skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from checkout import ROOT

SOURCE = ROOT / "checks" / "statespace" / "kernel.c"
EXPLORE = """
import importlib.machinery, importlib.util, sys
import tcpmc.checks.statespace as package
loader = importlib.machinery.ExtensionFileLoader("tcpmc.checks.statespace._kernel", sys.argv[1])
spec = importlib.util.spec_from_loader(loader.name, loader)
package._kernel = sys.modules[loader.name] = kernel = importlib.util.module_from_spec(spec)
loader.exec_module(kernel)

from tcpmc.checks.statespace import by_kernel, explore
from tcpmc.checks.statespace.table_arrays import FlatTables
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.model import SCOPES, VARIANTS, Model

by_kernel.CHUNK, by_kernel.SMALL = 64, 16
tiny = SCOPES["small"].with_(capacity=1)
for scope in (tiny, tiny.with_(clock=True, start="established"), tiny.with_(channel="sent-set")):
    table = TabulatedModel(Model(VARIANTS["rfc9293"], scope))
    graph = explore(table, backend=by_kernel.KernelBackend(FlatTables(table), 3))
    numpy = explore(table, backend=package.backend.backend_for(table, "numpy"))
    assert (graph.states, graph.edges, graph.depth) == (numpy.states, numpy.edges, numpy.depth)
print("explored")
"""


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("sanitizer", "library", "options"),
    [
        ("address", "libasan.so", {"ASAN_OPTIONS": "detect_leaks=0"}),
        ("undefined", "libubsan.so", {"UBSAN_OPTIONS": "halt_on_error=1"}),
        ("thread", "libtsan.so", {"TSAN_OPTIONS": "halt_on_error=1"}),
    ],
)
def test_the_kernel_is_clean(
    tmp_path: Path, sanitizer: str, library: str, options: dict[str, str]
) -> None:
    compiler = shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs gcc on Linux")
    built = tmp_path / "_kernel.abi3.so"
    flags = [
        f"-fsanitize={sanitizer}",
        "-fno-sanitize-recover=all",
        "-O1",
        "-g",
        "-shared",
        "-fPIC",
    ]
    include = sysconfig.get_paths()["include"]
    command = [compiler, *flags, f"-I{include}", str(SOURCE), "-o", str(built)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip(f"the compiler has no {sanitizer} sanitizer")
    found = subprocess.run(
        [compiler, f"-print-file-name={library}"], capture_output=True, text=True, check=True
    )
    environment = os.environ | options | {"LD_PRELOAD": found.stdout.strip()}
    done = subprocess.run(
        [sys.executable, "-c", EXPLORE, str(built)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "explored\n"), done.stderr[-3000:]
