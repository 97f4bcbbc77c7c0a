"""The contract of providers, over each of Google's."""

import pytest

from genblaze import Modality, Step
from genblaze.testing import ProviderComplianceTests
from genblaze_google import GeminiImageProvider, GeminiOmniProvider, ImagenProvider, VeoProvider


@pytest.fixture(autouse=True)
def _at_the_simulator(google, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class TestGeminiImage(ProviderComplianceTests):
    def make_provider(self):
        return GeminiImageProvider()

    def make_step(self):
        return Step(provider="google-gemini-image", model="gemini-3.1-flash-image", prompt="a fox")


class TestImagen(ProviderComplianceTests):
    expects_cost = False

    def make_provider(self):
        return ImagenProvider()

    def make_step(self):
        model = "imagen-4.0-generate-001"
        return Step(provider="google-imagen", model=model, prompt="a fox", modality=Modality.IMAGE)


class TestVeo(ProviderComplianceTests):
    expects_cost = False

    def make_provider(self):
        return VeoProvider(poll_interval=0.01)

    def make_step(self):
        model = "veo-3.1-generate-preview"
        return Step(provider="google-veo", model=model, prompt="a fox", modality=Modality.VIDEO)


class TestOmni(ProviderComplianceTests):
    def make_provider(self):
        return GeminiOmniProvider(poll_interval=0.01)

    def make_step(self):
        model, params = "gemini-omni-1.2-flash", {"duration": 8}
        return Step(provider="google-omni", model=model, prompt="a fox", modality=Modality.VIDEO, params=params)
