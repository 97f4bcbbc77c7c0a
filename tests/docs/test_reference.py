"""The reference says what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pluggy
import pytest

from genblaze import errors, hookspecs
from genblaze.config import Config
from genblaze.models.enums import RETRYABLE_ERROR_CODES, ProviderErrorCode

ROOT = Path(__file__).resolve().parents[2]
HOOKS = [value for value in vars(hookspecs).values() if hasattr(value, "genblaze_spec")]
EXAMPLE = re.compile(r"^ *```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def examples():
    texts = {"module": hookspecs.__doc__} | {spec.__name__: spec.__doc__ for spec in HOOKS}
    for name, text in texts.items():
        for number, match in enumerate(EXAMPLE.finditer(text or "")):
            lines = match[1].splitlines()
            margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
            yield pytest.param("\n".join(line[margin:] for line in lines), id=f"{name}-{number}")


@pytest.mark.parametrize("source", list(examples()))
def test_an_example_plugin_loads_and_implements_only_hooks_that_exist(source):
    plugin: dict[str, object] = {}
    exec(source, plugin)
    manager = pluggy.PluginManager("genblaze")
    manager.add_hookspecs(hookspecs)
    manager.register(
        type("Plugin", (), {name: staticmethod(value) for name, value in plugin.items() if callable(value)})
    )
    manager.check_pending()
    assert any(spec.__name__ in plugin for spec in HOOKS)


@pytest.mark.parametrize("spec", HOOKS, ids=lambda spec: spec.__name__)
def test_a_hook_says_when_it_is_called_and_whether_the_first_result_ends_the_call(spec):
    text = " ".join(spec.__doc__.split())
    assert "Called" in text
    assert ("Stops at first non-None result" in text) == bool(spec.genblaze_spec.get("firstresult"))


def test_the_generated_pages_are_what_the_code_says():
    tool = ROOT / "tools" / "reference.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "reference in step", "")


def test_the_tree_of_errors_is_the_one_in_the_code():
    page = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
    tree = errors.__doc__.partition("```\n")[2].partition("```")[0]
    assert f"```text\n{tree}```" in page
    assert {name for name in errors.__all__ if name not in page} == set()


def test_every_code_of_a_provider_is_described():
    page = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
    described = dict(re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| (yes|no)", page, re.MULTILINE))
    assert set(described) == {code.value for code in ProviderErrorCode}
    assert {code for code, retried in described.items() if retried == "yes"} == {*RETRYABLE_ERROR_CODES}


def test_every_setting_is_described_and_no_other():
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    described = set(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE))
    assert described == set(settings(Config))


def settings(struct: type[msgspec.Struct], prefix: str = ""):
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from settings(field.type, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"
