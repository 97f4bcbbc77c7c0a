"""The contract of providers, over each of OpenAI's."""

import pytest

from genblaze import Modality, Step
from genblaze.testing import ProviderComplianceTests
from genblaze_openai import DalleProvider, OpenAITTSProvider, SoraProvider


@pytest.fixture(autouse=True)
def _at_the_simulator(openai, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class TestDalle(ProviderComplianceTests):
    expects_cost = False  # the played answer states no tokens

    def make_provider(self):
        return DalleProvider()


class TestSpeech(ProviderComplianceTests):
    def make_provider(self):
        return OpenAITTSProvider()

    def make_step(self):
        return Step(provider="openai-tts", model="tts-1", prompt="hello", modality=Modality.AUDIO)


class TestSora(ProviderComplianceTests):
    def make_provider(self):
        return SoraProvider(poll_interval=0.01)

    def make_step(self):
        return Step(provider="openai-sora", model="sora-2", prompt="a fox", modality=Modality.VIDEO)
