"""Names that are misspelt, and variant files with something wrong in them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.running.loading import find_property, find_scope, find_variant
from tcpmc.errors import BadInput
from tcpmc.model import PROPERTIES, SCOPES, VARIANTS, Model

GOOD = '''\
from dataclasses import replace
from tcpmc.model import RFC9293, Step, Variant, ack

def check_fin(host, tcb, seg):
    """A FIN is acknowledged, and otherwise ignored."""
    if seg.FIN:
        return Step("mine: FIN ignored", tcb, send=(ack(tcb),))
    return RFC9293.check_fin(host, tcb, seg)

variant = Variant("mine", "ignores FIN", rules=replace(RFC9293, check_fin=check_fin))
'''
Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> str:
        path = tmp_path / "my_stack.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def test_names_are_found() -> None:
    assert find_property("closing") is PROPERTIES["closing"]
    assert find_variant("no-time-wait") is VARIANTS["no-time-wait"]
    assert find_scope("small") is SCOPES["small"]


@pytest.mark.parametrize(
    ("find", "name", "told"),
    [
        (find_property, "clsing", "unknown property 'clsing'; nearest: closing"),
        (find_variant, "no-time-wat", "nearest: no-time-wait"),
        (find_scope, "smal", "nearest: small"),
        (find_scope, "xyz", "unknown scope 'xyz' (see: tcpmc list scopes)"),
        (find_variant, "./my_stack", "a Python file whose name ends in .py"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    find: Callable[[str], object], name: str, told: str
) -> None:
    with pytest.raises(BadInput) as error:
        find(name)
    assert told in str(error.value)


def test_a_variant_from_a_file(write: Write) -> None:
    variant = find_variant(write(GOOD))
    assert variant.name == "mine"
    closing = PROPERTIES["closing"]
    engine = ExplicitEngine(Model(variant, SCOPES["small"].with_(capacity=1)))
    assert engine.decide([closing])["closing"].word == "UNREACHABLE"
    assert "mine: FIN ignored" in engine.table.rules


def test_a_file_may_import_the_modules_beside_it(write: Write, tmp_path: Path) -> None:
    (tmp_path / "beside_my_stack.py").write_text("NAME = 'from beside'\n", encoding="utf-8")
    text = "from beside_my_stack import NAME\nfrom tcpmc.model import Variant\n"
    assert find_variant(write(f"{text}variant = Variant(NAME)\n")).name == "from beside"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("variant = (\n", ":1: syntax error"),
        ("\n\nimport no_such_module\n", ":3: ModuleNotFoundError: No module named"),
        ("import sys\nsys.exit(1)\n", ":2: SystemExit: 1"),
        ("def f():\n    raise ValueError('a\\nb')\nf()\n", ":2: ValueError: a b"),
        ("stack = 1\n", ": defines no `variant`"),
        ("x = 1\nvariant = 'rfc9293'\n", ":2: `variant` is a str, not a Variant"),
        (
            "from tcpmc.model import *\nvariant = Variant('a', profile=Profile(time_wait='no'))\n",
            ":2: ValueError: time_wait='no': choose one of quiet, any-moment, none",
        ),
        (
            "from tcpmc.model import *\nvariant = Variant('a', profile={})\n",
            ":2: the variant's profile is a dict, not a Profile",
        ),
        (
            "from tcpmc.model import *\nvariant = Variant('a', rules=Rules(close=None))\n",
            ":2: the rule close is a NoneType, not a function",
        ),
        ("from tcpmc.model import *\nvariant = Variant('rfc9293')\n", ":2: the name 'rfc9293' is"),
        ("\0", "null bytes"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_on_one_line(write: Write, text: str, told: str) -> None:
    path = write(text)
    with pytest.raises(BadInput) as error:
        find_variant(path)
    assert str(error.value).startswith(path)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.py: No such file"):
        find_variant(str(tmp_path / "nowhere.py"))
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(BadInput, match=r"folder\.py: "):
        find_variant(str(tmp_path / "folder.py"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("if seg.FIN:", "if seg.FIN / 0:", ":6: in rule check_fin: ZeroDivisionError"),
        ("    return RFC", "    RFC", ":4: rule check_fin returns a NoneType, not a Step"),
        ("ack(tcb),)", "tcb,)", "a Step whose send is not a tuple of Segment"),
        ("(ack(tcb),)", "ack(tcb)", "a Step whose send is not a tuple of Segment"),
        ('", tcb,', '", None,', "Step() misses its tcb"),
        ('", tcb,', '", replace(tcb, state="CLOSED"),', "state is 'CLOSED', not a State"),
        ('", tcb,', '", replace(tcb, rcv_nxt=7),', "a Tcb whose rcv_nxt is 7, not a Seq"),
        ('", tcb,', '", replace(tcb, iss=Seq(7)),', "whose iss has 32 bits where the scope has 10"),
        ("(ack(tcb),)", "(replace(ack(tcb), seq=1),)", "a segment whose seq is 1, not a Seq"),
        ('"mine: FIN ignored"', "3", "a Step whose rule is a int, not a str"),
    ],
)
def test_a_rule_that_goes_wrong_is_named_with_its_line(
    write: Write, old: str, new: str, told: str
) -> None:
    assert old in GOOD
    path = write(GOOD.replace(old, new).replace("import RFC", "import Seq, RFC"))
    model = Model(find_variant(path), SCOPES["small"].with_(capacity=1))
    with pytest.raises(BadInput) as error:
        ExplicitEngine(model).decide([PROPERTIES["closing"]])
    assert str(error.value).startswith(path)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
