"""The contracts of genblaze.testing, over the plugins and providers of every vendor."""

import pytest
from played_vendors import PLAYED

from genblaze import Step
from genblaze.testing import PluginContract, VendorContract

pytestmark = pytest.mark.needs_plugins


class Provider(VendorContract):
    """The rules, over a provider of `PLAYED`."""

    def __init_subclass__(cls, name, downloads=None):
        cls.played = played = PLAYED[name]
        cls.step = Step(provider=name, prompt="a fox", **played.step)
        cls.paid, cls.cancelled_by, cls.downloads = played.paid, played.cancelled, downloads
        cls.cancellable = played.cancelled is not None

    def play(self, vendor):
        self.played.play(vendor)

    def make_provider(self):
        return self.played.make(self.vendor.url, self.secret)

    def make_step(self):
        return self.step.model_copy(deep=True)


class TestDalle(Provider, name="openai-dalle"):
    """Pictures by OpenAI."""


class TestOpenAITTS(Provider, name="openai-tts"):
    """Speech by OpenAI."""


class TestSora(Provider, name="openai-sora"):
    """Videos by OpenAI."""


class TestGeminiImage(Provider, name="google-gemini-image"):
    """Pictures by Google."""


class TestGeminiTTS(Provider, name="google-tts"):
    """Speech by Google."""


class TestVeo(Provider, name="google-veo"):
    """Videos by Google, as they were."""


class TestOmni(Provider, name="google-omni"):
    """Videos by Google."""


class TestReplicate(Provider, name="replicate", downloads="/out/.*"):
    """Predictions."""


class TestRunway(Provider, name="runway", downloads="/out/.*"):
    """Tasks."""


class TestLuma(Provider, name="luma", downloads="/out/.*"):
    """Generations."""


class TestOpenAIPlugin(PluginContract):
    plugin = "genblaze_openai._plugin"


class TestGooglePlugin(PluginContract):
    plugin = "genblaze_google._plugin"


class TestReplicatePlugin(PluginContract):
    plugin = "genblaze_replicate._plugin"


class TestRunwayPlugin(PluginContract):
    plugin = "genblaze_runway._plugin"


class TestLumaPlugin(PluginContract):
    plugin = "genblaze_luma._plugin"
