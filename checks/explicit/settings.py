"""How the engines go to work: what explores, where it is kept meanwhile, how much is proved."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcpmc.errors import BadInput, one_line
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.pair import Stacks

if TYPE_CHECKING:
    from tcpmc.checks.statespace.backend import Backend
    from tcpmc.checks.statespace.checkpoint import Checkpoint
    from tcpmc.checks.statespace.machine import Machine

BACKENDS = ("auto", "kernel", "numpy")


@dataclass(frozen=True)
class Exploring:
    """`backend` is one of BACKENDS; `threads` are the kernel's, None for one each processor. In
    `folder` each exploration keeps its levels, and with `resume` it goes on from those in it;
    `note` tells the user what became of that. With `cluster`, `local:N` or an address, it runs on
    Ray. `thorough` is for the solver, which then proves with text too. With `next_capacity` what
    met the capacity of the channels is decided with a larger one too. `each` is called with a
    `Job`, an engine and its `Answer`, as soon as that is there."""

    backend: str = "auto"
    threads: int | None = None
    folder: Path | None = None
    resume: bool = False
    note: Callable[[str], None] = lambda text: None
    cluster: str | None = None
    thorough: bool = False
    next_capacity: bool = False
    each: Callable[[Any, str, Any], None] = lambda job, engine, answer: None

    def backend_for(self, machine: Machine) -> Backend:
        """A backend for one exploration."""
        from tcpmc.checks.statespace.backend import backend_for

        if self.cluster:
            from tcpmc.checks.statespace.cluster import RayBackend, connect
            from tcpmc.checks.statespace.table_arrays import FlatTables

            return RayBackend(FlatTables(machine), connect(self.cluster), self.backend)
        return backend_for(machine, self.backend, self.threads)

    def checkpoint_for(self, model: Model) -> Checkpoint | None:
        """Where the exploration of a model is kept, if it is."""
        from tcpmc import __version__
        from tcpmc.checks.statespace.checkpoint import Checkpoint

        if self.folder is None:
            return None
        folder = self.folder / _folder_of(model.variant, model.scope)
        scope = ", ".join(f"{name}={value}" for name, value in vars(model.scope).items())
        identity = f"tcpmc {__version__}, variant {model.variant.name}, {scope}"
        return Checkpoint(folder, identity, self.note)

    def check(self, explorations: Sequence[tuple[Stacks, Scope]]) -> None:
        """Raise BadInput where there is nothing to go on from, or something would be overwritten,
        or the backend is not there."""
        from tcpmc.checks.statespace.backend import kernel_is_there

        if self.backend == "kernel" and not kernel_is_there():
            raise BadInput("the compiled kernel is not installed: omit --backend kernel")
        if self.cluster:
            _connect(self.cluster)
        if self.folder is None:
            return
        folders = [self.folder / _folder_of(*exploration) for exploration in explorations]
        there = any(path.is_dir() for path in folders)
        if self.resume and not there:
            raise BadInput(f"{self.folder} has no checkpoint of this exploration")
        if not self.resume and there:
            raise BadInput(
                f"{self.folder} already has a checkpoint of this: use --resume to continue"
            )
        writable_folder(str(self.folder))


def writable_folder(text: str) -> Path:
    """The folder, which is made if it is not there. Raises BadInput where it cannot be written."""
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"cannot write to the folder {text}: {reason}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise BadInput(f"cannot write to the folder {text}: Permission denied")
    return path


def _connect(cluster: str) -> None:
    """Raise BadInput where there is no such cluster."""
    try:
        from tcpmc.checks.statespace.cluster import Unreachable, connect
    except ImportError as problem:
        raise BadInput("--cluster needs Ray: pip install 'tcpmc[ray]'") from problem
    try:
        connect(cluster)
    except Unreachable as problem:
        raise BadInput(one_line(problem)) from problem


def _folder_of(variant: Stacks, scope: Scope) -> str:
    return f"{variant.name}-{hashlib.sha256(repr(scope).encode()).hexdigest()[:12]}"
