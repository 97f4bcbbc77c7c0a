"""No two vendors' plugins repeat each other: what they share belongs into genblaze-http."""

import io
import keyword
import re
import tokenize
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "providers.md"
VENDORS = sorted(
    path.parent
    for path in ROOT.glob("*/*/src/*/vendor.py")
    if "from genblaze_http import Vendor" in path.read_text("utf-8")
)
FIRST_PARTY = [folder for folder in VENDORS if "plugins" in folder.parts]
#: Lines of code in a row that two plugins may not have in common.
RUN = 15
_UNSAID = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(source):
    """The physical lines of code, each as its tokens; without imports, comments and blank lines."""
    lines = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _UNSAID:
            lines.setdefault(token.start[0], []).append((token.type, token.string))
    return [line for _, line in sorted(lines.items()) if line[0][1] not in ("import", "from")]


def shape(lines):
    """Lines with every name and constant replaced by a number, so that a renamed copy has the shape of its model."""
    numbers = {}

    def number(kind, text):
        fixed = kind == tokenize.OP or keyword.iskeyword(text) or kind == tokenize.NEWLINE
        return text.strip() if fixed else numbers.setdefault(text, len(numbers))

    return tuple(tuple(number(*token) for token in line) for line in lines)


def shapes(source):
    """The shape of every run of lines, and the number of code lines before it."""
    lines = code_lines(source)
    return {shape(lines[at : at + RUN]): at for at in range(len(lines) - RUN + 1)}


def repeated(one, other):
    """The modules of two packages that have a run in common."""
    return [
        (first.name, second.name)
        for first in sorted(one.glob("*.py"))
        for second in sorted(other.glob("*.py"))
        if shapes(first.read_text("utf-8")).keys() & shapes(second.read_text("utf-8")).keys()
    ]


@pytest.mark.parametrize(("one", "other"), list(combinations(VENDORS, 2)), ids=lambda path: path.name)
def test_two_vendors_plugins_have_no_run_of_lines_in_common(one, other):
    assert repeated(one, other) == []


def test_a_copy_is_found_although_everything_in_it_is_renamed():
    source = (VENDORS[0] / "vendor.py").read_text("utf-8")
    renamed = re.sub(r"\w{4,}", lambda word: word[0] if keyword.iskeyword(word[0]) else f"{word[0]}_x", source)
    assert shapes(source).keys() & shapes(renamed).keys()


def test_the_page_of_providers_lists_every_module_with_about_its_length():
    told = dict(re.findall(r"^\| `(\w+/\w+\.py)` \| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    real = {f"{folder.name}/{path.name}": path for folder in FIRST_PARTY for path in folder.glob("[!_]*.py")}
    assert sorted(told) == sorted(real)
    for name, path in real.items():
        assert abs(int(told[name]) - len(path.read_text("utf-8").splitlines())) <= 20, name
