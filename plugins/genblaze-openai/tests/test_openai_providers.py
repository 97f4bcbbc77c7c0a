"""What the providers make of OpenAI's answers, good and bad."""

import base64
import logging
from datetime import date
from time import time

import pytest

from genblaze import Pipeline, PipelineError
from genblaze.testing import Answer
from genblaze_openai import DalleProvider, OpenAITTSProvider, SoraProvider

IMAGES, VIDEOS = "/v1/images/generations", "/v1/videos"


def run(provider, folder, model="gpt-image-2.6-flare", prompt="a fox", **more):
    pipeline = Pipeline("p", output_dir=folder)
    return pipeline.step(provider, model=model, prompt=prompt, modality=more.pop("modality", "image"), **more).run()


def failed(*args, **more):
    with pytest.raises(PipelineError) as caught:
        run(*args, **more)
    return caught.value.result.run.steps[0]


# --- which provider --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modality", "model", "name", "suffix"),
    [("image", "gpt-image-2", "openai-dalle", "png"), ("audio", "tts-1", "openai-tts", "mp3")],
)
def test_the_bare_vendor_is_resolved_by_modality(openai, media, tmp_path, modality, model, name, suffix):
    step = run("openai", tmp_path, model=model, modality=modality).run.steps[0]
    assert step.provider == name
    path = tmp_path / f"{step.assets[0].asset_id}.{suffix}"
    assert step.assets[0].url == path.as_uri()
    assert step.assets[0].size_bytes == len(media[suffix])


def test_a_retired_model_is_warned_about_and_sent_all_the_same(openai, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        run("openai-dalle", tmp_path, model="dall-e-3")
    assert "dall-e-3 was shut down by its vendor on 2026-05-12; use gpt-image-2.6-flare" in caplog.text
    assert openai.paid()[0].body["response_format"] == "b64_json"


def test_parameters_that_only_dall_e_knows_are_not_sent_to_others(openai, tmp_path):
    run(DalleProvider(), tmp_path, size=None, quality="low")
    assert openai.paid()[0].body == {"model": "gpt-image-2.6-flare", "prompt": "a fox", "quality": "low"}


def test_what_the_api_has_no_place_for_is_warned_about_and_not_sent(openai, tmp_path, caplog):
    run(DalleProvider(), tmp_path, seed=7, negative_prompt="a wolf")
    assert openai.paid()[0].body == {"model": "gpt-image-2.6-flare", "prompt": "a fox"}
    assert "seed is not sent" in caplog.text
    assert "negative_prompt is not sent" in caplog.text


def test_the_vendors_list_of_models_is_asked_for_once_and_a_failure_is_told(openai):
    assert DalleProvider().discover_models().status == "failed"
    models = [{"id": "gpt-image-2.6-flare", "shutdown_date": "2028-01-06"}]
    openai.on("GET", "/v1/models", Answer(body={"object": "list", "data": models}))
    provider = DalleProvider()
    assert provider.discover_models().slugs == {"gpt-image-2.6-flare"}
    assert not provider.validate_model(
        "gpt-image-2.6-flair"
    ).is_terminal_failure  # it may be a tuning of the user's own
    provider.discover_models()
    assert len(openai.sent("GET", "/v1/models")) == 2
    assert provider.shutdowns == {"gpt-image-2.6-flare": date(2028, 1, 6)}


# --- what it cost and what was said ----------------------------------------------------------------------------------


def test_tokens_are_priced_and_kept(openai, media, tmp_path):
    usage = {
        "input_tokens": 1012,
        "output_tokens": 272,
        "input_tokens_details": {"text_tokens": 12, "image_tokens": 1000},
    }
    picture = {"b64_json": base64.b64encode(media["png"]).decode(), "revised_prompt": "a red fox"}
    openai.on("POST", IMAGES, Answer(body={"data": [picture], "usage": usage}, headers={"x-request-id": "req_9"}))
    step = run(DalleProvider(), tmp_path).run.steps[0]
    assert step.cost_usd == pytest.approx((12 * 5 + 1000 * 8 + 272 * 30) / 1e6)
    told = step.provider_payload["openai"]
    assert (told["usage"], told["revised_prompts"], told["request_id"]) == (usage, ["a red fox"], "req_9")


def test_an_unknown_price_is_unknown_and_not_nothing(openai, tmp_path):
    assert run(DalleProvider(), tmp_path, model="gpt-image-9").run.steps[0].cost_usd is None


def test_speech_is_priced_by_characters(openai, tmp_path):
    step = run(OpenAITTSProvider(), tmp_path, model="tts-1", prompt="x" * 1000, modality="audio").run.steps[0]
    assert step.cost_usd == pytest.approx(0.015)


@pytest.mark.parametrize(
    ("model", "params", "dollars"),
    [
        ("sora-2", {}, 0.4),
        ("sora-2", {"duration": 8.0}, 0.8),
        ("sora-2-pro", {"seconds": "12", "size": "1024x1792"}, 6.0),
    ],
)
def test_video_is_priced_by_seconds(openai, tmp_path, model, params, dollars):
    step = run(SoraProvider(), tmp_path, model=model, modality="video", **params).run.steps[0]
    assert step.cost_usd == pytest.approx(dollars)
    seconds = openai.sent("POST", VIDEOS)[0].field("seconds")
    assert seconds == {0: None, 1: b"8", 2: b"12"}[len(params)]


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({"resolution": "720p"}, b"1280x720"),
        ({"resolution": "1080p", "aspect_ratio": "9:16"}, b"720x1280"),
        ({"resolution": "720p", "aspect_ratio": "9:16", "size": "1280x720"}, b"1280x720"),
    ],
)
def test_resolution_and_aspect_ratio_tell_the_size_of_a_video(openai, tmp_path, params, size):
    run(SoraProvider(), tmp_path, model="sora-2", modality="video", **params)
    assert openai.sent("POST", VIDEOS)[0].field("size") == size


# --- what is refused before it is paid -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "params", "modality"),
    [(DalleProvider, {"stream": True}, "image"), (OpenAITTSProvider, {"stream_format": "sse"}, "audio")],
)
def test_streams_are_refused_before_anything_is_paid(openai, tmp_path, provider, params, modality):
    assert failed(provider(), tmp_path, modality=modality, **params).error_code == "invalid_input"
    assert openai.paid() == []


# --- errors, and what may be sent again ------------------------------------------------------------------------------


def test_a_video_whose_answer_got_lost_is_found_in_the_list(openai, video_object, tmp_path):
    mine = {"model": "sora-2", "prompt": "a fox"}
    videos = [
        video_object(id="video_0", **mine, seconds="8"),
        video_object(id="video_1", **mine),
        video_object(id="video_2", **mine, created_at=int(time()) - 3600),
    ]
    openai.on("POST", VIDEOS, Answer(fault="reset"))
    pages = [Answer(body={"data": [each], "has_more": True}) for each in videos[:2]]
    openai.on("GET", VIDEOS, *pages, Answer(body={"data": videos[2:], "has_more": False}))
    step = run(SoraProvider(), tmp_path, model="sora-2", modality="video", seconds=4, style="noir").run.steps[0]
    assert (step.upstream_id, len(openai.sent("POST", VIDEOS))) == ("video_1", 1)
    assert ("after", "video_0") in openai.sent("GET", VIDEOS)[1].query


def test_two_equal_videos_are_not_taken_for_one_another(openai, video_object, tmp_path):
    known = video_object(model="sora-2", prompt="a fox")
    provider = SoraProvider()
    run(provider, tmp_path, model="sora-2", modality="video")
    openai.on("POST", VIDEOS, Answer(fault="reset"), lambda call: Answer(body=video_object(call, id="video_9")))
    openai.on("GET", VIDEOS, Answer(body={"data": [known], "has_more": False}))
    openai.on("GET", "/v1/videos/video_9", Answer(body=video_object(status="completed")))
    openai.on("GET", "/v1/videos/video_9/content", Answer(body=b"\0\0\0\x10ftypisom" + bytes(4)))
    step = run(provider, tmp_path, model="sora-2", modality="video").run.steps[0]
    assert step.upstream_id == "video_9"
