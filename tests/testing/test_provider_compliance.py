"""The contract of providers: it passes those that keep to it, asks them once, and names what is wrong."""

import subprocess
import sys
from unittest import SkipTest

import pytest

from genblaze import Asset, BaseProvider, Modality, ProviderCapabilities, SyncProvider
from genblaze.mocks import MockAudioProvider, MockProvider, MockVideoProvider
from genblaze.testing import ProviderComplianceTests


class TestMock(ProviderComplianceTests):
    expects_cost = False

    def make_provider(self):
        return MockProvider()


class TestMockVideo(ProviderComplianceTests):
    def make_provider(self):
        return MockVideoProvider(cost_usd=0.1)


class TestMockAudio(ProviderComplianceTests):
    expects_cost = False

    def make_provider(self):
        return MockAudioProvider()


class Jobs(BaseProvider):
    name = "jobs"
    poll_interval = 0.001
    submitted = 0

    def submit(self, step, config=None):
        type(self).submitted += 1
        return "job-1"

    def poll(self, prediction_id, config=None):
        return True

    def fetch_output(self, prediction_id, step):
        step.assets = [Asset(url="https://h/x.png", media_type="image/png")]
        step.cost_usd = 0.5
        return step


class AsyncJobs(Jobs):
    name = "async-jobs"

    async def submit(self, step, config=None):
        return super().submit(step)

    async def poll(self, prediction_id, config=None):
        return True

    async def fetch_output(self, prediction_id, step):
        return super().fetch_output(prediction_id, step)


class TestJobs(ProviderComplianceTests):
    def make_provider(self):
        return Jobs()

    def test_the_vendor_is_asked_once_for_all_tests(self):
        assert self._call.done.assets
        assert self._call is type(self)()._call
        assert Jobs.submitted == 1


class TestAsyncJobs(ProviderComplianceTests):
    def make_provider(self):
        return AsyncJobs()


class Careless(SyncProvider):
    """Does everything wrong."""

    def __init__(self):
        super().__init__()

    def get_capabilities(self):
        return ProviderCapabilities(accepts_chain_input=True, supported_modalities=[Modality.AUDIO])

    def normalize_params(self, params, modality=None):
        return params | {"calls": params.get("calls", 0) + 1}

    def generate(self, step, config=None):
        step.assets = [Asset(url="http://h/x.mp3", media_type="audio/mpeg")]
        return step


class OfCareless(ProviderComplianceTests):
    def make_provider(self):
        return Careless()


@pytest.mark.parametrize(
    ("test", "complaint"),
    [
        ("test_has_name", "still that of BaseProvider"),
        ("test_accepts_probe_cache_kwargs", "unexpected keyword"),
        ("test_normalize_params_idempotent", "changes its own result"),
        ("test_invoke_populates_cost", "expects_cost = False"),
        ("test_assets_have_valid_urls", "is at none of https://"),
        ("test_audio_providers_populate_audio_metadata", "nothing about its sound"),
        ("test_chain_input_urls_validated", "an http: address"),
    ],
)
def test_what_is_wrong_is_named(test, complaint):
    with pytest.raises((AssertionError, TypeError), match=complaint):
        getattr(OfCareless(), test)()


def test_what_does_not_apply_is_skipped():
    with pytest.raises(SkipTest):
        TestMock().test_poll_returns_bool()
    with pytest.raises(SkipTest):
        TestJobs().test_sync_provider_generate_is_sufficient()


def test_the_contracts_are_imported_without_pytest():
    code = "import sys, genblaze.testing as t; t.ProviderComplianceTests; sys.exit('pytest' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
