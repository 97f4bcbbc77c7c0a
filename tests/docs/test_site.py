"""The pages of the site are those of the tree: all of them, with links that fit."""

import importlib.util

import pytest
from wheelhouse import ROOT

spec = importlib.util.spec_from_file_location("site_tool", ROOT / "tools" / "site.py")
site = importlib.util.module_from_spec(spec)
spec.loader.exec_module(site)


@pytest.fixture
def staged(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "STAGE", tmp_path / "build" / "docs")
    site.stage()
    return site.STAGE


def pages_in(entries):
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for below in entry.values():
                yield from pages_in(below)


def test_every_page_stands_in_the_navigation_once(staged):
    listed = list(pages_in(site.navigation()))
    assert sorted(listed) == sorted(str(path.relative_to(staged)) for path in staged.rglob("*.md"))


def test_the_sections_are_the_four_kinds_of_documentation(staged):
    titles = [next(iter(entry)) for entry in site.navigation() if not isinstance(entry, str)]
    assert titles == ["Tutorials", "How-to guides", "Reference", "Explanation", "Project"]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("[http](../../plugins/genblaze-http/README.md#x)", "[http](../distributions/genblaze-http.md#x)"),
        ("[home](../../README.md)", "[home](../index.md)"),
        ("[a test](../../tests/docs/test_site.py)", "a test"),
        ("[dead](nowhere.md)", "[dead](nowhere.md)"),
        ("[here](#part)", "[here](trace.md#part)"),
        ("`[code](../../README.md)`", "`[code](../../README.md)`"),
        ("```python file=a/b.py\n[x](../../README.md)\n```", '```python title="a/b.py"\n[x](../../README.md)\n```'),
        ("```console from-clone\n$ ls\n```", "```console\n$ ls\n```"),
    ],
)
def test_links_and_notes_are_rewritten_outside_of_code(written, wanted):
    assert site.Pages(site.sources()).rewritten(ROOT / "docs" / "how-to" / "trace.md", written) == wanted


def test_addresses_elsewhere_are_kept_and_listed():
    pages = site.Pages(site.sources())
    text = "[x](https://example.com/y)"
    assert pages.rewritten(ROOT / "docs" / "index.md", text) == text
    assert pages.elsewhere == {"https://example.com/y"}


def test_the_names_that_genblaze_exports_have_a_page_each():
    import genblaze

    assert {name for names in site.public_names().values() for name in names} >= set(genblaze.__all__) - {"__version__"}


def test_the_first_page_links_to_every_other():
    docs = ROOT / "docs"
    text = (docs / "index.md").read_text("utf-8")
    pages = {str(path.relative_to(docs)) for path in docs.rglob("*.md")} - {"index.md"}
    assert {page for page in pages if f"]({page})" not in text} == set()
