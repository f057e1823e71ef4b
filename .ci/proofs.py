"""Write the proofs that are shipped with the package anew, after a change of the rules of closing
or of how invariants are found. `--missing` writes those that are not there, and removes what no
question is about. (That each is still a proof, tests/checks/test_shipped_proofs.py tests.)

Run it by the Python of an environment in which tcpmc is installed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tcpmc.checks.certificates.shipping import questions, write
from tcpmc.checks.timed.shipped_proofs import file_name

FOLDER = Path(__file__).resolve().parent.parent / "checks" / "timed" / "invariants"


def main() -> None:
    """Write them, one after the other."""
    asked = {FOLDER / file_name(one, one.variant.name): one for one in questions()}
    for path in set(FOLDER.glob("*.txt")) - asked.keys():
        path.unlink()
    for path, question in asked.items():
        if "--missing" not in sys.argv or not path.exists():
            print(write(question, FOLDER).relative_to(FOLDER), flush=True)


if __name__ == "__main__":
    main()
