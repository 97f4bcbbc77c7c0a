"""Credentials that others put into answers, URLs and errors are in nothing that a run leaves behind."""

from __future__ import annotations

import traceback

import pytest
from sample_pipelines import Painter

from genblaze import Asset, ObjectStorageSink, Pipeline, PipelineError, StepCache, verify_file
from genblaze.models.asset_url import shown_url
from genblaze.storing import LocalFolderStore

CANARY = "CANARYs3cr3tQ9zK7vT2mW5xY8bN4"
URLS = (
    f"https://vendor.test/a.png?X-Amz-Signature={CANARY}&size=2",
    f"https://vendor.test/a.png?token={CANARY}&size=2",
    f"https://user:{CANARY}@vendor.test/a.png?size=2",
)


class Indiscreet(Painter):
    """Tells more than it should, in every place that it can state."""

    paid = True

    def painted(self, step):
        step = super().painted(step)
        told = {"headers": {"authorization": f"Bearer {CANARY}"}, "keys": [f"sk-{CANARY}"], "size": 2}
        step.provider_payload = told
        step.metadata = told
        step.assets[0].metadata = told
        step.assets += [Asset(url=url, media_type="image/png", sha256="a" * 64) for url in URLS]
        return step


class Failing(Painter):
    def painted(self, step):
        try:
            raise ValueError(f"api_key={CANARY}")
        except ValueError as error:
            raise RuntimeError(f"401 for {', '.join(URLS)}, https://h.test/?key={CANARY}") from error


def left_behind(folder):
    return {path.name for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()}


def test_what_a_provider_states_is_recorded_without_its_secrets(new, folder, tmp_path):
    given = [Asset(url=url, media_type="image/png", sha256="b" * 64) for url in URLS]
    made = new(journal=False).cache(StepCache(tmp_path / "cache"))
    made.step(Indiscreet(folder), model="m", external_inputs=given)
    result = made.run(sink=ObjectStorageSink(LocalFolderStore(tmp_path / "store")))
    result.save_manifest(tmp_path / "manifest.json")
    assert left_behind(tmp_path) == set()
    assert result.assets[0].metadata["size"] == 2
    assert verify_file(result.local_path(result.assets[0])).ok
    assert [asset.url for asset in result.run.steps[0].inputs] == list(URLS)  # whoever asked has what was asked for


def test_what_only_an_expiring_url_leads_to_is_not_cached(new, folder, tmp_path):
    painter = Indiscreet(folder)
    made = new(journal=False).cache(StepCache(tmp_path / "cache")).step(painter, model="m")
    assert not any(made.run().run.steps[0].cached for _ in range(2))


def test_an_error_says_nothing_of_the_secrets_in_its_text(new, folder, caplog):
    caplog.set_level(1)
    made = new().step(Failing(folder), model="m")
    with pytest.raises(PipelineError) as failed:
        made.run()
    result = failed.value.result
    shown = [str(failed.value), repr(result), result.error_summary(), result.manifest.to_canonical_json(), caplog.text]
    assert [text for text in shown if CANARY in text] == []
    assert "401 for https://" in str(failed.value)
    assert CANARY not in "".join(traceback.format_exception(failed.value))


@pytest.mark.parametrize("url", URLS)
def test_a_shown_url_keeps_what_is_no_credential(url):
    assert shown_url(url) == "https://vendor.test/a.png?size=2"


@pytest.mark.parametrize(
    "url", ["https://h/b?z=1&a=2#t=3", "file:///tmp/a%20b.png", "data:image/png;base64,a@b?token=c", "s3://b/a@b"]
)
def test_a_url_without_credentials_is_shown_as_it_is(url):
    assert shown_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        f"file://u:{CANARY}@/tmp/x",
        pytest.param(f"s3://key:{CANARY}@bucket/prefix", marks=pytest.mark.needs_plugins),
    ],
)
def test_a_refused_sink_shows_no_secret_of_its_url(tmp_path, painter, url):
    with pytest.raises(Exception) as refused:
        Pipeline("p", output_dir=tmp_path).step(painter, model="m").run(sink=url)
    assert CANARY not in str(refused.value)
