"""The published mocks: what they answer, count and keep."""

import time

import pytest

from genblaze import Asset, Pipeline, ProviderErrorCode, RetryPolicy, Step
from genblaze.mocks import MockAudioProvider, MockProvider, MockVideoProvider


@pytest.mark.parametrize(
    ("mock", "name", "url", "media_type", "digit"),
    [
        (MockProvider, "mock", "https://mock.test/output.bin", "application/octet-stream", "0"),
        (MockVideoProvider, "mock-video", "https://mock.test/video.mp4", "video/mp4", "1"),
        (MockAudioProvider, "mock-audio", "https://mock.test/audio.mp3", "audio/mpeg", "2"),
    ],
)
def test_the_default_answers_are_the_published_ones(mock, name, url, media_type, digit):
    provider = mock(cost_usd=0.1)
    step = provider.invoke(Step(provider=name, model="m"))
    asset = step.assets[0]
    assert (provider.name, asset.url, asset.media_type, asset.sha256) == (name, url, media_type, digit * 64)
    assert (step.status, step.cost_usd) == ("succeeded", 0.1)


def test_it_counts_calls_and_keeps_copies():
    provider = MockProvider()
    Pipeline("p").step(provider, model="m", prompt="a", params={"x": [1]}).batch_run(["a", "b"], max_concurrency=1)
    assert provider.call_count == 2
    assert [step.prompt for step in provider.received_steps] == ["a", "b"]


def test_it_fails_as_it_is_told():
    provider = MockProvider(should_fail=True, error_code=ProviderErrorCode.AUTH_FAILURE, error_message="no key")
    step = provider.invoke(Step(provider="mock", model="m"))
    assert (step.status, step.error, step.error_code) == ("failed", "no key", "auth_failure")


def test_how_it_answers_can_be_changed_between_calls():
    provider = MockProvider(should_fail=True)
    provider.should_fail = False
    assert provider.invoke(Step(provider="mock", model="m")).status == "succeeded"
    provider.should_fail, provider.error_message = True, "now"
    assert provider.invoke(Step(provider="mock", model="m")).error == "now"


def test_assets_can_be_given_or_made():
    asset = Asset(url="https://h/a.png", media_type="image/png", sha256="f" * 64)
    made = MockProvider(assets=lambda step: [asset, asset]).invoke(Step(provider="mock", model="m"))
    assert len(made.assets) == 2
    given = MockProvider(assets=[asset]).invoke(Step(provider="mock", model="m"))
    assert given.assets == [asset]
    assert given.assets[0] is not asset


def test_mocks_that_wait_wait_at_once(tmp_path):
    pipeline = Pipeline("mocks", output_dir=tmp_path, journal=False)
    mock = MockProvider(latency=0.3)
    for number in range(40):
        pipeline.step(mock, model="m", prompt=str(number))
    started = time.monotonic()
    pipeline.run(max_concurrency=40)
    assert time.monotonic() - started < 40 * 0.3 / 2


def test_latency_is_waited_and_base_options_are_taken():
    started = time.monotonic()
    MockProvider(latency=0.1, retry_policy=RetryPolicy.disabled(), probe_cache_ttl=1.0).invoke(
        Step(provider="mock", model="m")
    )
    assert time.monotonic() - started >= 0.1
