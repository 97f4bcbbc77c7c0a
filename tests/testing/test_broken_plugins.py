"""Each rule for plugins of every kind, broken once on purpose: it fails, and says which rule it is."""

import sys

import pytest
from broken_rules import complaint_of, own_rules

from genblaze.testing import PluginContract

GOOD = """
from genblaze import Capability, hookimpl

@hookimpl
def provides():
    return [Capability(hook="generate", key="mine", summary="Mine")]

@hookimpl
def generate(request, context):
    return None if request.provider != "mine" else object()
"""

BROKEN = {
    "it_loads_and_implements_hooks_that_exist_as_plain_functions": (
        GOOD.replace("def generate(", "async def generate("),
        "generate is an async function",
    ),
    "each_capability_has_a_line_for_people": (GOOD.replace(', summary="Mine"', ""), "has no summary"),
    "loading_it_imports_nothing_heavy": ("import pytest\n" + GOOD, "pytest"),
    "loading_it_opens_no_connection_file_thread_or_process": (
        "open(__file__ + '.log', 'w').close()\n" + GOOD,
        "for writing",
    ),
    "a_request_for_another_provider_is_declined": (
        GOOD.replace('None if request.provider != "mine" else object()', "object()"),
        "None means not mine",
    ),
}


@pytest.fixture
def contract_of(tmp_path, monkeypatch, request):
    monkeypatch.syspath_prepend(tmp_path)

    def made(source):
        name = f"plugin_at_hand_{abs(hash(source))}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("", "utf-8")
        (tmp_path / name / "_plugin.py").write_text(source, "utf-8")
        request.addfinalizer(lambda: [sys.modules.pop(each, None) for each in (name, f"{name}._plugin")])
        return type("Checked", (PluginContract,), {"plugin": f"{name}._plugin"})

    return made


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(PluginContract)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_plugin_that_keeps_a_rule_passes(rule, contract_of):
    getattr(contract_of(GOOD)(), f"test_{rule}")()


@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_of_plugins_says_which(rule, contract_of, tmp_path):
    source, complaint = BROKEN[rule]
    assert complaint in complaint_of(contract_of(source), rule, tmp_path)
