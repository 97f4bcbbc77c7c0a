"""What a user of ours relies on."""

import pytest

from genblaze import Pipeline, ProviderError, Step, verify_file
from genblaze_acme import AcmeProvider, _plugin
from genblaze_acme.provider import picture


def test_a_picture_is_written_and_verifies(tmp_path):
    pipeline = Pipeline("test", output_dir=tmp_path)
    result = pipeline.step(AcmeProvider(), model="acme-1", prompt="a red fox").run()
    path = result.local_path(result.assets[0])
    assert path.read_bytes().startswith(b"\x89PNG")
    assert verify_file(path).ok


def test_the_prompt_decides_the_picture():
    assert picture("a fox") == picture("a fox") != picture("a dog")


def test_a_step_without_a_prompt_is_refused():
    with pytest.raises(ProviderError, match="needs a prompt"):
        AcmeProvider().generate(Step(provider="acme", model="acme-1"))


def test_the_plugin_offers_the_provider_by_its_name():
    (offer,) = _plugin.provides()
    assert (offer.hook, offer.key) == ("generate", "acme")
