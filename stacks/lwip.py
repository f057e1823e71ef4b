"""lwIP, as the distribution has it, in a process of its own: compiled at first use, with a clock
that takes no time."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from tcpmc.stacks.command import Command
from tcpmc.stacks.stack import NotHere

HEADERS = Path("/usr/include/lwip")
SHIM = "lwip_shim.c"


class Lwip(Command):
    """The library behind lines. Raises NotHere without a compiler or the library."""

    def __init__(self, address: str = "10.0.0.1", remote: str = "10.0.0.2") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tcpmc-lwip-")
        try:
            super().__init__(str(compiled(Path(self._folder.name))), address, remote)
        except BaseException:
            self._folder.cleanup()
            raise

    def close(self) -> None:
        """The process ends, and what was compiled goes."""
        super().close()
        self._folder.cleanup()


def compiled(folder: Path) -> Path:
    """The shim as a program in that folder."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NotHere("lwip: there is no C compiler: apt install gcc")
    if not HEADERS.is_dir():
        raise NotHere(f"lwip: there is no {HEADERS}: apt install liblwip-dev")
    program = folder / "lwip"
    with as_file(files(__package__).joinpath(SHIM)) as source:
        words = [compiler, "-O1", f"-I{HEADERS}", "-o", str(program), str(source), "-llwip"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.splitlines() or ["the compiler failed"])[0]
        raise NotHere(f"lwip: {said}: apt install liblwip-dev")
    return program
