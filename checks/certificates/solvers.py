"""One question to a solver, in a process of its own: SMT-LIB 2 on stdin, its answers on stdout.

python -m tcpmc.checks.certificates.solvers z3|cvc5
"""

from __future__ import annotations

import subprocess
import sys

SOLVERS = ("z3", "cvc5")


class Missing(Exception):
    """The solver is not installed; says how to get it."""


def answers(solver: str, text: str, seconds: float) -> list[str]:
    """What the solver prints, line by line, with its errors; ["timeout"] where it takes too long.
    Raises Missing."""
    if solver == "cvc5" and not _installed():
        raise Missing("cvc5 is not installed: pip install 'tcpmc[solvers]' (or: pip install cvc5)")
    command = [sys.executable, "-m", "tcpmc.checks.certificates.solvers", solver]
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return ["timeout"]
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


def _installed() -> bool:
    from importlib.util import find_spec

    return find_spec("cvc5") is not None


def _z3(text: str) -> None:
    import z3

    context = z3.Context()
    sys.stdout.write(z3.Z3_eval_smtlib2_string(context.ref(), text))


def _cvc5(text: str) -> None:
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "certificate")
    symbols = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        sys.stdout.write(command.invoke(solver, symbols))


if __name__ == "__main__":
    {"z3": _z3, "cvc5": _cvc5}[sys.argv[1]](sys.stdin.read())
