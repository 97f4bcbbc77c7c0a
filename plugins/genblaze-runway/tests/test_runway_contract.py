"""The contract of providers."""

import base64

import pytest

from genblaze import Modality, Step
from genblaze.testing import ProviderComplianceTests
from genblaze_runway import RunwayProvider


@pytest.fixture(autouse=True)
def _at_the_simulator(runway, task, mp4, tmp_path, monkeypatch):
    url = "data:video/mp4;base64," + base64.b64encode(mp4).decode()  # the contract takes no file at a plain http: URL
    runway.on("GET", "/v1/tasks/t1", task("SUCCEEDED", output=[url], cost={"credits": 96}))
    monkeypatch.chdir(tmp_path)


class TestRunway(ProviderComplianceTests):
    def make_provider(self):
        return RunwayProvider(poll_interval=0.01)

    def make_step(self):
        return Step(provider="runway", model="gen4.5", modality=Modality.VIDEO, prompt="a fox")
