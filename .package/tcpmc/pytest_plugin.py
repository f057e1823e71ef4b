"""The pytest plugin: a test that asks a property of a variant, in one line.

    def test_my_stack_closes(tcpmc_check):
        tcpmc_check("graceful-close", variant="my_stack.py", scope="small")

    @pytest.mark.tcpmc("graceful-close", "closing", variant="my_stack.py", scope="small")
    def test_my_stack(): ...

A marker makes one test of each property. What the markers of a session ask about the same states
is decided together, when the first of it is asked: a scope is explored once. A test fails with
the verdict, the trace and the command that shows it again. What costs time to import is imported
where a question is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from os import fspath
from os.path import relpath
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tcpmc.checks.verdict import Verdict
    from tcpmc.question import Question

MARKER = (
    "tcpmc(*properties, variant='rfc9293', scope='default', expect='rfc9293', verdict=None, "
    "engine=None, timeout=None, **bounds): before the test, decide each property on the variant; "
    "see tcpmc.pytest_plugin"
)
PARAMETER = "_tcpmc_asked"
RESULTS = pytest.StashKey[dict[Any, Any]]()

Asked = tuple[str, dict[str, Any]]
"""A property and the settings of its question, as a marker has them."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)
    config.stash[RESULTS] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each property of each marker."""
    test = metafunc.definition
    questions: list[Asked] = []
    for marker in test.iter_markers("tcpmc"):
        if not marker.args:
            pytest.fail(f"{test.nodeid}: the marker tcpmc names no property", pytrace=False)
        questions += [(name, dict(marker.kwargs)) for name in marker.args]
    if questions:
        metafunc.fixturenames.append(PARAMETER)
        metafunc.parametrize(PARAMETER, questions, indirect=True, ids=map(_identifier, questions))


def _identifier(asked: Asked) -> str:
    name, settings = asked
    return f"{name}-{PurePath(_text(settings)).stem}" if "variant" in settings else name


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Decide the property of a marked test, before its own body runs."""
    asked = _marked(pyfuncitem)
    if asked is not None:
        _decide(pyfuncitem, asked)


def _marked(item: pytest.Item) -> Asked | None:
    """What a marker asks in this test."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get(PARAMETER) if callspec is not None else None


@pytest.fixture
def tcpmc_check(request: pytest.FixtureRequest) -> Callable[..., Verdict]:
    """A function that decides one property, and fails the test unless it is as expected:
    `tcpmc_check(property, variant="rfc9293", scope="default", expect="rfc9293",
    verdict=None, engine=None, timeout=None, **bounds)`.

    variant
        A name, or a Python file that defines `variant`: from the folder of the test, or from that
        of pytest's configuration.
    scope, bounds
        Named bounds, and changes of them: `capacity=1`, `data=0`, `clock=True`.
    expect
        A variant whose verdicts are expected, as `tcpmc check --expect`.
    verdict
        The verdict that is expected, such as "REFUTED", instead.
    engine
        "explicit", "z3" or "networkx"; by default the first, and z3 for lemmas. "auto": both.
    timeout
        In seconds; a question that is not settled by then fails.

    Returns the verdict, with its trace.
    """

    def check(name: str, **settings: Any) -> Verdict:
        return _decide(request.node, (name, settings))

    return check


def _decide(item: pytest.Item, asked: Asked) -> Verdict:
    """Decide the question; fail the test if the verdict is not as expected, or there is none."""
    from tcpmc.checks.trace import ReplayError
    from tcpmc.errors import BadInput
    from tcpmc.question import answer, failure

    try:
        question = _question(item, asked)
        results = item.config.stash[RESULTS]
        if question not in results:
            with suppress(BadInput):  # of another, which is told where that is asked
                results.update(answer(question, _beside(item, question)))
        if question not in results:
            results.update(answer(question))
        verdict: Verdict = results[question].verdict
        message = failure(results[question])
    except BadInput as error:
        message = f"tcpmc: {error}"
    except ReplayError as error:
        message = f"tcpmc: a trace failed its replay, which is a bug in tcpmc: {error}"
    if message:
        pytest.fail(message, pytrace=False)
    return verdict


def _question(item: pytest.Item, asked: Asked) -> Question:
    """The question with its variant's file found."""
    from tcpmc.checks.running.stacks_of_ends import with_files
    from tcpmc.question import question

    name, settings = asked
    folders = (item.config.rootpath, item.path.parent)
    text = with_files(_text(settings), lambda file: _from(folders, file))
    return question(name, **{**settings, "variant": text})


def _from(folders: Sequence[Path], file: str) -> str:
    """The file by its path from here, in the last of the folders in which it is."""
    return next(
        (relpath(folder / file) for folder in folders[::-1] if (folder / file).exists()), file
    )


def _text(settings: Mapping[str, Any]) -> str:
    """The variant that is asked about as text: `{"A": "linux", "B": "lwip"}` names two."""
    stacks = settings.get("variant", "rfc9293")
    if isinstance(stacks, Mapping):
        return ",".join(f"{end}={fspath(source)}" for end, source in stacks.items())
    return str(fspath(stacks))


def _beside(item: pytest.Item, first: Question) -> list[Question]:
    """The other questions of the session's markers about the same states, each once. (What cannot
    be asked is told where it is asked.)"""
    from tcpmc.errors import BadInput

    if first.timeout is not None:  # which is for this question alone
        return []
    questions: dict[Question, None] = {}
    for other in item.session.items:
        asked = _marked(other)
        if asked is not None:
            with suppress(BadInput):
                questions[_question(other, asked)] = None
    return [
        question for question in questions if question.about == first.about and question != first
    ]
