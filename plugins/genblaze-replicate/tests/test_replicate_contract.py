"""The contract of providers."""

import base64

import pytest

from genblaze import Step
from genblaze.testing import Answer, ProviderComplianceTests
from genblaze_replicate import ReplicateProvider


@pytest.fixture(autouse=True)
def _at_the_simulator(replicate, prediction, png, tmp_path, monkeypatch):
    url = "data:image/png;base64," + base64.b64encode(png).decode()  # the contract takes no file at a plain http: URL
    replicate.on("GET", "/v1/predictions/p1", Answer(body=prediction(status="succeeded", output=url)))
    monkeypatch.chdir(tmp_path)


class TestReplicate(ProviderComplianceTests):
    def make_provider(self):
        return ReplicateProvider(poll_interval=0.01)

    def make_step(self):
        return Step(provider="replicate", model="black-forest-labs/flux-schnell", prompt="a fox")
