"""What the providers make of Google's answers, good and bad."""

import logging

import pytest

from genblaze import Pipeline, PipelineError, verify_file
from genblaze.testing import Answer
from genblaze_google import GeminiImageProvider, ImagenProvider

GEMINI, DEAD = "gemini-3.1-flash-image", "imagen-4.0-generate-001"


def run(provider, folder, model=GEMINI, modality="image", **more):
    pipeline = Pipeline("p", output_dir=folder)
    return pipeline.step(provider, model=model, prompt="a fox", modality=modality, **more).run()


def failed(*args, **more):
    with pytest.raises(PipelineError) as caught:
        run(*args, **more)
    return caught.value.result.run.steps[0]


def refusal(code, status="", message="no", **detail):
    error = {"code": code, "message": message, "status": status, "details": [detail] if detail else []}
    return Answer(status=code, body={"error": error})


def test_a_picture_is_kept_as_what_it_is_and_the_run_verifies(google, jpeg, tmp_path):
    result = run("google", tmp_path, aspect_ratio="16:9", image_size="2K", temperature=0.5, seed=5)
    step = result.run.steps[0]
    assert (step.provider, step.assets[0].media_type, step.cost_usd) == ("google-gemini-image", "image/jpeg", 0.101)
    assert step.assets[0].size_bytes == len(jpeg)
    assert verify_file(tmp_path / f"{step.assets[0].asset_id}.jpg").ok
    assert step.provider_payload["google"]["responseId"] == "r1"
    assert google.paid()[0].body == {
        "contents": [{"role": "user", "parts": [{"text": "a fox"}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
            "temperature": 0.5,
            "seed": 5,
        },
    }


def test_an_input_picture_goes_before_the_prompt(google, tmp_path):
    pipeline = Pipeline("p", output_dir=tmp_path, chain=True)
    for prompt in ("a fox", "give it a hat"):
        pipeline.step(GeminiImageProvider(), model=GEMINI, prompt=prompt, modality="image")
    pipeline.run()
    picture, text = google.paid()[1].body["contents"][0]["parts"]
    assert (picture["inlineData"]["mimeType"], text) == ("image/jpeg", {"text": "give it a hat"})


def test_imagen_keeps_what_was_not_filtered(google, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        step = run("google-imagen", tmp_path, DEAD, number_of_images=2, output_mime_type="image/jpeg").run.steps[0]
    assert f"{DEAD} was shut down by its vendor on 2026-08-17; use {GEMINI}" in caplog.text
    assert (len(step.assets), step.provider_payload["google"]["filtered"]) == (1, ["a face"])
    parameters = {"includeRaiReason": True, "sampleCount": 2, "outputOptions": {"mimeType": "image/jpeg"}}
    assert google.paid()[0].body == {"instances": [{"prompt": "a fox"}], "parameters": parameters}


@pytest.mark.parametrize("told", [{}, {"predictions": [{"raiFilteredReason": "a face"}]}])
def test_imagen_without_any_picture_is_a_matter_of_content(google, tmp_path, told):
    google.on("POST", ".*:predict", Answer(body=told))
    assert failed(ImagenProvider(), tmp_path, DEAD).error_code == "content_policy"


def test_a_model_that_is_gone_gives_way_to_its_fallback(google, tmp_path):
    google.on("POST", ".*/gemini-2.5-flash-image:.*", refusal(404, "NOT_FOUND", "is no longer available"))
    step = run("google", tmp_path, "gemini-2.5-flash-image", fallback_models=[GEMINI]).run.steps[0]
    assert step.model == GEMINI
