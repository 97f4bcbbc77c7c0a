"""Provider classes of installed packages, and constructors that call their credential differently."""

import sys
from textwrap import dedent

import pytest

from genblaze import SyncProvider
from genblaze.plugins import PluginManager, set_default_plugins
from genblaze.providers.installed import discover_providers, instantiate_with_credential


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A distribution with one provider, one thing that is none, and one broken module."""
    (tmp_path / "acme_published.py").write_text(
        dedent("""
            from genblaze import SyncProvider

            class Acme(SyncProvider):
                name = "acme"

                def generate(self, step, config=None):
                    return step
        """)
    )
    info = tmp_path / "acme_published-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-published\nVersion: 1.0\n")
    points = "acme = acme_published:Acme\nodd = json:dumps\nbroken = no_such_module:X\n"
    (info / "entry_points.txt").write_text(f"[genblaze.providers]\n{points}")
    monkeypatch.syspath_prepend(str(tmp_path))
    previous = set_default_plugins(PluginManager())
    yield
    set_default_plugins(previous)
    sys.modules.pop("acme_published", None)


@pytest.mark.needs_plugins
def test_the_published_names_of_providers_lead_to_their_classes():
    found = discover_providers()
    published = {
        "google-gemini-image": "GeminiImageProvider",
        "google-imagen": "ImagenProvider",
        "google-veo": "VeoProvider",
        "luma": "LumaProvider",
        "openai-dalle": "DalleProvider",
        "openai-sora": "SoraProvider",
        "openai-tts": "OpenAITTSProvider",
        "replicate": "ReplicateProvider",
        "runway": "RunwayProvider",
    }
    assert {name: found[name].__name__ for name in published} == published


def test_classes_are_found_and_what_is_none_is_logged(installed, caplog):
    found = discover_providers()
    assert found["acme"]().name == "acme"
    assert not {"odd", "broken"} & found.keys()
    assert "odd" in caplog.text
    assert "broken" in caplog.text


class Plain(SyncProvider):
    def generate(self, step, config=None):
        return step


class Token(Plain):
    def __init__(self, *, api_token=None, **keywords):
        super().__init__(**keywords)
        self.token = api_token


class Needy(Plain):
    def __init__(self, region):
        self.region = region


def test_a_credential_goes_to_the_parameter_that_takes_it():
    assert instantiate_with_credential(Token, "secret").token == "secret"
    assert isinstance(instantiate_with_credential(Plain), Plain)
    assert instantiate_with_credential(Needy, region="eu").region == "eu"
    with pytest.raises(TypeError, match="region"):
        instantiate_with_credential(Needy)
