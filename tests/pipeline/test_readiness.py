"""What planning finds out about a provider before anything is paid."""

import logging
from datetime import date

import pytest

from genblaze import Capability, GenblazeError, Pipeline, SyncProvider, hookimpl
from genblaze.catalogue import KnownModel
from genblaze.plugins import PluginManager

GONE = KnownModel(name="acme-1", shutdown=date(2020, 5, 12), replacement="acme-2", source="acme.example")


class AcmePlugin:
    @hookimpl
    def provides(self):
        return [Capability(hook="generate", key="acme", environment=("ACME_KEY", "ACME_TOKEN"), models=(GONE,))]

    @hookimpl
    def generate(self, request, context):
        raise AssertionError("planning is enough to find this out")


class Keyless(SyncProvider):
    name = "acme"

    def check_ready(self):
        raise GenblazeError("acme has no API key. Set ACME_KEY")

    def generate(self, step, config=None):
        raise AssertionError("planning is enough to find this out")


@pytest.fixture
def plugins():
    manager = PluginManager(autoload=False)
    manager.register(AcmePlugin(), "acme")
    return manager


def plan_of(provider, plugins, model="acme-2", **params):
    from genblaze.pipeline.plan import plan

    pipeline = Pipeline("ready", plugins=plugins, journal=False)
    return plan(pipeline.step(provider, model=model, prompt="a fox", **params))


def test_a_named_provider_without_its_key_is_refused_and_the_variables_are_named(plugins, monkeypatch):
    monkeypatch.delenv("ACME_KEY", raising=False)
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    with pytest.raises(GenblazeError, match=r"step 0: acme has no API key. Set ACME_KEY or ACME_TOKEN"):
        plan_of("acme", plugins)


def test_a_named_provider_is_asked_about_its_programs_and_parameters_when_planning():
    class Checked:
        @hookimpl
        def provides(self):
            return [Capability(hook="generate", key="checked", check=self.check)]

        generate = AcmePlugin.generate

        def check(self, params):
            if params.get("speed", 0) > 2:
                raise GenblazeError(f"speed is {params['speed']}: at most 2")

    manager = PluginManager(autoload=False)
    manager.register(Checked(), "checked")
    assert plan_of("checked", manager, speed=1).steps[0].candidates[0].params == {"speed": 1}
    with pytest.raises(GenblazeError, match=r"step 0: speed is 3: at most 2"):
        plan_of("checked", manager, speed=3)


def test_one_of_the_variables_is_enough(plugins, monkeypatch):
    monkeypatch.setenv("ACME_TOKEN", "k")
    assert plan_of("acme", plugins).steps[0].candidates[0].name == "acme"


def test_a_provider_object_is_asked_itself(plugins):
    with pytest.raises(GenblazeError, match="step 0: acme has no API key"):
        plan_of(Keyless(), plugins)


def test_a_model_that_is_gone_is_warned_about_and_not_refused(plugins, monkeypatch, caplog):
    monkeypatch.setenv("ACME_KEY", "k")
    with caplog.at_level(logging.WARNING, logger="genblaze.pipeline"):
        plan_of("acme", plugins, model="acme-1")
    assert "acme-1 was shut down by its vendor on 2020-05-12; use acme-2 instead" in caplog.text


def test_a_model_that_goes_soon_is_told_of_and_one_that_stays_is_not():
    model = KnownModel(name="acme-1", shutdown=date(2026, 12, 1))
    assert "will be shut down" in model.warning(date(2026, 11, 25))
    assert model.warning(date(2026, 6, 1)) is None
    assert KnownModel(name="acme-2").warning(date(2026, 11, 25)) is None
