"""Every published name works here, or the documentation says why not; signatures are compared, not believed."""

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs_plugins

TOOL = Path(__file__).resolve().parents[2] / "tools" / "compatibility.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("compatibility", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_packages_say_and_every_difference_has_its_reason():
    done = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("published", "ours", "problem"),
    [
        ("(a, b=1)", lambda a, b=1, *, more=None: None, None),
        ("(*, a, b=1)", lambda b=1, a=None: None, None),
        ("(*, a=1, b=...)", lambda **keywords: None, None),
        ("(a, b)", lambda b, a: None, "`a` stands elsewhere; `b` stands elsewhere"),
        ("(a)", lambda *, a: None, "`a` stands elsewhere"),
        ("(a)", lambda: None, "has no parameter `a`"),
        ("(a=1)", lambda a: None, "`a` has no default"),
        ("(a=1)", lambda a=2: None, "`a` is 2 unless given, not 1"),
        ("()", lambda a: None, "needs `a`"),
        ("(**options)", lambda a=None: None, "takes no `**options`"),
    ],
)
def test_a_signature_works_if_every_published_call_does(tool, published, ours, problem):
    found = tool.problems(tool.parse_signature(published), inspect.signature(ours))
    assert ("; ".join(found) or None) == problem


def test_absent_names_and_other_values_are_found(tool):
    assert tool.examine(tool.parse("NoSuchName(a)")).absent
    assert tool.examine(tool.parse("Modality.IMAGE = 'image'")).problem is None
    assert tool.examine(tool.parse("Modality.IMAGE = 'picture'")).problem == "is 'image', not 'picture'"
    assert "not asynchronous" in tool.examine(tool.parse("async Pipeline.run(*, timeout=None)")).problem
