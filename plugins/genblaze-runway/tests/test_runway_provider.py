"""What the provider sends to Runway, and what it makes of the answers, good and bad."""

import base64
import json
import logging

import pytest

from genblaze import Asset, Pipeline, PipelineError, RetryPolicy
from genblaze.testing import Answer
from genblaze_runway import RunwayProvider

KEY = "key_canary6f1d0c7e52ab4c1d9e"
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


def problem(status, **more):
    return Answer(status=status, body={"error": "no", **more}, headers={"retry-after-ms": "5"})


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


# --- what comes back -------------------------------------------------------------------------------------------------


def test_the_film_is_fetched_at_its_real_price_and_the_file_verifies(runway, mp4, tmp_path):
    result = pipeline(tmp_path).run()
    (asset,) = result.run.steps[0].assets
    assert (asset.media_type, asset.size_bytes, asset.width) == ("video/mp4", len(mp4), 64)
    assert result.run.steps[0].cost_usd == pytest.approx(0.25)
    assert result.manifest.verify()
    assert "signed" not in result.manifest.to_canonical_json()


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("SAFETY.INPUT.TEXT", "content_policy"),
        ("SAFETY.OUTPUT.VIDEO", "content_policy"),
        ("INPUT_PREPROCESSING.SAFETY.TEXT", "content_policy"),
        ("INPUT_PREPROCESSING.INTERNAL", "server_error"),
        ("INTERNAL.BAD_OUTPUT.CODE01", "server_error"),
        ("INTERNAL", "server_error"),
        ("ASSET.INVALID", "invalid_input"),
        ("SOMETHING.NEW", "model_error"),
    ],
)
def test_a_failed_task_says_runways_code_and_is_not_bought_again(runway, task, tmp_path, word, code):
    runway.on("GET", TASK, task("FAILED", failure="it went wrong", failureCode=word))
    step = failed(tmp_path, step_retry=TWICE)
    assert (step.error_code, len(runway.sent("POST", SUBMIT))) == (code, 1)
    assert f"t1 FAILED: {word} it went wrong" in step.error


def test_a_task_that_somebody_cancelled_is_not_waited_for(runway, task, tmp_path):
    runway.on("GET", TASK, task("CANCELLED"))
    assert "t1 CANCELLED" in failed(tmp_path).error


ONCE, AGAIN = 1, 2


@pytest.mark.parametrize(
    ("answer", "code", "times"),
    [
        (problem(400), "invalid_input", ONCE),
        (problem(400, issues=[{"path": ["model"], "message": "gone"}]), "model_error", ONCE),
        (problem(400, issues=[{"path": ["ratio"], "message": "no"}]), "invalid_input", ONCE),
        (problem(401), "auth_failure", ONCE),
        (problem(404), "model_error", ONCE),
        (problem(405), "invalid_input", ONCE),
        (problem(429), "rate_limit", AGAIN),
        (problem(503), "server_error", AGAIN),
    ],
)
def test_refusals_have_their_codes_and_are_sent_again_only_where_nothing_was_bought(
    runway, tmp_path, answer, code, times
):
    runway.on("POST", SUBMIT, answer)
    step = failed(tmp_path, step_retry=TWICE)
    assert (step.error_code, len(runway.sent("POST", SUBMIT))) == (code, times)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(fault="reset"),
        pytest.param(Answer(fault="silence"), marks=pytest.mark.slow),
        problem(500),
        problem(502),
        problem(504),
    ],
)
def test_a_request_that_may_have_been_taken_is_sent_once(runway, tmp_path, answer):
    runway.on("POST", SUBMIT, answer)
    assert "Outcome unknown" in failed(tmp_path, step_retry=TWICE).error
    assert len(runway.sent("POST", SUBMIT)) == 1


@pytest.mark.slow
def test_a_step_that_takes_too_long_is_cancelled_at_runway(runway, task, tmp_path):
    runway.on("GET", TASK, task("RUNNING"))
    assert failed(tmp_path, step_timeout=5).error_code == "timeout"
    assert len(runway.sent("DELETE", TASK)) == 1


@pytest.mark.slow
def test_runway_is_found_by_its_name(runway, task, tmp_path):
    runway.on("GET", TASK, task("SUCCEEDED", output=[f"{runway.url}/out/0.mp4"]))
    step = Pipeline("p", output_dir=tmp_path).step("runway", model="gen4.5", prompt="a fox", modality="video")
    assert step.run().manifest.verify()


# --- the key ---------------------------------------------------------------------------------------------------------


def test_the_key_is_nowhere_but_in_the_header_of_the_api(runway, tmp_path, caplog, capsys):
    pipeline(tmp_path).run()
    runway.on("POST", SUBMIT, Answer(status=401, body={"error": f"no such key: {KEY}"}))
    provider = RunwayProvider(KEY)
    with caplog.at_level(logging.DEBUG), pytest.raises(PipelineError) as caught:
        pipeline(tmp_path).run()
    seen = [repr(caught.value), str(caught.value), repr(provider), repr(provider.client), caplog.text]
    seen += [json.dumps(caught.value.result.run.model_dump(mode="json")), *capsys.readouterr()]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in seen if KEY in text]
    assert files
    assert not [data for data in files if KEY.encode() in data]
    assert {call.headers["authorization"] for call in runway.sent("POST", ".*")} == {f"Bearer {KEY}"}
    assert "authorization" not in runway.sent("GET", "/out/.*")[0].headers
