"""Videos by Veo: asked for once, polled, downloaded with the key."""

import base64
import logging

import pytest

from genblaze import Pipeline, PipelineError, verify_file
from genblaze.testing import Answer
from genblaze_google import GeminiImageProvider, VeoProvider

MODEL = "veo-3.1-generate-preview"
OPERATION = f"/v1beta/models/{MODEL}/operations/op1"
SUBMIT = f"/v1beta/models/{MODEL}:predictLongRunning"


def run(folder, provider=None, **more):
    provider = provider or VeoProvider(poll_interval=0.01)
    pipeline = Pipeline("p", output_dir=folder)
    return pipeline.step(provider, model=MODEL, prompt="a fox", modality="video", **more).run()


def failed(folder, **more):
    with pytest.raises(PipelineError) as caught:
        run(folder, **more)
    return caught.value.result.run.steps[0]


def test_a_video_is_downloaded_with_the_key_and_verifies(google, mp4, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        step = run(tmp_path, duration="8", negative_prompt="a wolf").run.steps[0]
    assert f"{MODEL} was shut down by its vendor" in caplog.text
    (asset,) = step.assets
    assert (step.provider, asset.size_bytes, asset.media_type) == ("google-veo", len(mp4), "video/mp4")
    assert step.params == {"duration_seconds": "8"}, "as the published provider records it"
    assert verify_file(tmp_path / f"{asset.asset_id}.mp4").ok
    (download,) = google.sent("GET", "/v1beta/files/f1:download")
    assert (download.query, download.headers["x-goog-api-key"][:10]) == ([("alt", "media")], "AIzaCanary")
    parameters = {"durationSeconds": 8, "negativePrompt": "a wolf"}
    assert google.paid()[0].body == {"instances": [{"prompt": "a fox"}], "parameters": parameters}


def test_the_key_is_not_sent_to_where_a_download_is_redirected(google, mp4, tmp_path):
    elsewhere = google.url.replace("127.0.0.1", "localhost") + "/storage/f1"
    google.on("GET", "/v1beta/files/f1:download", Answer(status=302, headers={"location": elsewhere}))
    google.on("GET", "/storage/f1", Answer(body=mp4, headers={"content-type": "video/mp4"}))
    failed(tmp_path)  # this machine, under another name, is not what base_url= names
    assert google.sent("GET", "/storage/f1") == []


def test_a_picture_leads_the_film(google, jpeg, tmp_path):
    pipeline = Pipeline("p", output_dir=tmp_path, chain=True)
    pipeline.step(GeminiImageProvider(), model="gemini-3-pro-image", prompt="a fox", modality="image")
    pipeline.step(VeoProvider(poll_interval=0.01), model=MODEL, prompt="it runs", modality="video").run()
    (call,) = google.sent("POST", SUBMIT)
    image = call.body["instances"][0]["image"]
    assert image["mimeType"] == "image/jpeg"
    assert base64.b64decode(image["bytesBase64Encoded"]).startswith(jpeg[:3])
