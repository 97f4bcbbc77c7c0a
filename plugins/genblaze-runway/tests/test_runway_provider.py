"""What the provider sends to Runway, and what it makes of the answers, good and bad."""

import base64

import pytest

from genblaze import Asset, Pipeline, PipelineError, RetryPolicy
from genblaze.testing import Answer
from genblaze_runway import RunwayProvider

SUBMIT, TASK = "/v1/[a-z_]+", "/v1/tasks/t1"
TWICE = RetryPolicy(max_attempts=2, initial_backoff_sec=0.01)
PICTURE = Asset(url="https://a.example/x.png", media_type="image/png")
LAST = Asset(url="https://a.example/y.png", media_type="image/png")
FILM = Asset(url="https://a.example/x.mp4", media_type="video/mp4")


def pipeline(folder, model="gen4.5", **more):
    asked = {"prompt": "a fox", "modality": "video", **more}
    return Pipeline("p", output_dir=folder).step(RunwayProvider(poll_interval=0.01, timeout=5), model=model, **asked)


def failed(folder, **more):
    with pytest.raises(PipelineError) as caught:
        pipeline(folder, **more).run()
    return caught.value.result.run.steps[0]


# --- what is sent ----------------------------------------------------------------------------------------------------

TURBO = {"model": "gen4_turbo", "promptText": "a fox", "ratio": "1280:720"}


@pytest.mark.parametrize(
    ("asked", "path", "body"),
    [
        (
            {"seed": 7},
            "text_to_video",
            {"model": "gen4.5", "promptText": "a fox", "ratio": "1280:720", "duration": 8, "seed": 7},
        ),
        (
            {"model": "gen4_turbo", "external_inputs": [PICTURE], "duration": 5},
            "image_to_video",
            {**TURBO, "promptImage": PICTURE.url, "duration": 5},
        ),
        ({"model": "gen4_turbo", "image": PICTURE.url}, "image_to_video", {**TURBO, "promptImage": PICTURE.url}),
        (
            {"model": "veo3.1", "external_inputs": [PICTURE, LAST], "aspect_ratio": "9:16", "audio": True},
            "image_to_video",
            {
                "model": "veo3.1",
                "promptText": "a fox",
                "ratio": "720:1280",
                "audio": True,
                "promptImage": [
                    {"uri": PICTURE.url, "position": "first"},
                    {"uri": LAST.url, "position": "last"},
                ],
            },
        ),
        (
            {"model": "aleph2", "external_inputs": [FILM]},
            "video_to_video",
            {"model": "aleph2", "promptText": "a fox", "videoUri": FILM.url},
        ),
        (
            {"model": "seedance2", "external_inputs": [FILM, PICTURE], "aspect_ratio": "1280:720"},
            "video_to_video",
            {
                "model": "seedance2",
                "promptText": "a fox",
                "ratio": "1280:720",
                "promptVideo": FILM.url,
                "references": [{"uri": PICTURE.url}],
            },
        ),
        (
            {"model": "enhance_frame_rate", "prompt": None, "external_inputs": [FILM], "targetFramerate": "60"},
            "video_upscale",
            {"model": "enhance_frame_rate", "videoUri": FILM.url, "targetFramerate": "60"},
        ),
    ],
)
def test_modality_and_inputs_decide_where_a_video_is_asked_for(runway, tmp_path, asked, path, body):
    result = pipeline(tmp_path, **asked).run()
    (call,) = runway.sent("POST", SUBMIT)
    assert (call.path, call.body) == (f"/v1/{path}", body)
    assert call.headers["x-runway-version"] == "2024-11-06"
    assert result.run.steps[0].upstream_id == "t1"
    assert "aspect_ratio" not in result.run.steps[0].params, "the published provider records it as ratio"


def test_pictures_guide_a_picture(runway, tmp_path):
    pipeline(tmp_path, model="gen4_image", modality="image", external_inputs=[PICTURE, LAST]).run()
    (call,) = runway.sent("POST", "/v1/text_to_image")
    assert call.body["referenceImages"] == [{"uri": PICTURE.url}, {"uri": LAST.url}]


def test_a_picture_by_name_is_upscaled(runway, tmp_path):
    asked = {"modality": "image", "prompt": None, "external_inputs": [PICTURE], "scaleFactor": 2}
    pipeline(tmp_path, model="magnific_precision_upscaler_v2", **asked).run()
    (call,) = runway.sent("POST", "/v1/image_upscale")
    assert call.body == {"model": "magnific_precision_upscaler_v2", "imageUri": PICTURE.url, "scaleFactor": 2}


def test_a_picture_chains_into_a_film_within_the_request(runway, png, tmp_path):
    chain = Pipeline("p", output_dir=tmp_path, chain=True)
    for model, modality in (("gen4_image", "image"), ("gen4_turbo", "video")):
        chain = chain.step(RunwayProvider(poll_interval=0.01), model=model, prompt="a fox", modality=modality)
    chain.run()
    picture = runway.sent("POST", "/v1/image_to_video")[0].body["promptImage"]
    assert base64.b64decode(picture.removeprefix("data:image/png;base64,")) == png


@pytest.mark.parametrize(
    ("modality", "inputs"), [("image", [FILM]), ("video", [FILM, FILM]), ("video", [PICTURE, LAST, PICTURE])]
)
def test_inputs_without_a_place_are_refused_before_anything_is_sent(runway, tmp_path, modality, inputs):
    assert failed(tmp_path, modality=modality, external_inputs=inputs).error_code == "invalid_input"
    assert runway.calls == []


@pytest.mark.parametrize("place", ["uploads", "storage"])
def test_an_upload_that_failed_leaves_nothing_in_doubt(runway, tmp_path, place):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(3_700_000))
    told = {"uploadUrl": f"{runway.url}/storage", "fields": {}, "runwayUri": "runway://1"}
    runway.on("POST", "/v1/uploads", Answer(body=told) if place == "storage" else Answer(status=500))
    runway.on("POST", "/storage", Answer(status=500))
    step = failed(tmp_path, external_inputs=[Asset(url=path.as_uri(), media_type="video/mp4")], step_retry=TWICE)
    assert step.error_code == "server_error"
    assert runway.sent("POST", "/v1/video_to_video") == []


@pytest.mark.parametrize("url", ["http://storage.example/x", "https://10.0.0.1/x", "file:///etc/passwd"])
def test_an_upload_goes_to_public_addresses_only(runway, tmp_path, url):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(3_700_000))
    runway.on("POST", "/v1/uploads", Answer(body={"uploadUrl": url, "fields": {}, "runwayUri": "runway://1"}))
    step = failed(tmp_path, external_inputs=[Asset(url=path.as_uri(), media_type="video/mp4")], step_retry=TWICE)
    assert "URLPolicyError" in step.error
    assert runway.sent("POST", "/v1/video_to_video") == []


# --- what comes back -------------------------------------------------------------------------------------------------


def test_the_film_is_fetched_at_its_real_price_and_the_file_verifies(runway, mp4, tmp_path):
    result = pipeline(tmp_path).run()
    (asset,) = result.run.steps[0].assets
    assert (asset.media_type, asset.size_bytes, asset.width) == ("video/mp4", len(mp4), 64)
    assert result.run.steps[0].cost_usd == pytest.approx(0.25)
    assert result.manifest.verify()
    assert "signed" not in result.manifest.to_canonical_json()


def test_a_task_that_somebody_cancelled_is_not_waited_for(runway, task, tmp_path):
    runway.on("GET", TASK, task("CANCELLED"))
    assert "t1 CANCELLED" in failed(tmp_path).error


@pytest.mark.slow
def test_runway_is_found_by_its_name(runway, task, tmp_path):
    runway.on("GET", TASK, task("SUCCEEDED", output=[f"{runway.url}/out/0.mp4"]))
    step = Pipeline("p", output_dir=tmp_path).step("runway", model="gen4.5", prompt="a fox", modality="video")
    assert step.run().manifest.verify()
