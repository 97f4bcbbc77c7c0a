"""The words of a recording; what is spoken, and by which voices."""

import pytest

from genblaze import Asset, Pipeline, PipelineError, verify_file
from genblaze.testing import Answer
from genblaze_openai import OpenAITTSProvider

PATH = "/v1/audio/transcriptions"


def recording(folder, media, name="voice.mp3", media_type="audio/mpeg"):
    path = folder / name
    path.write_bytes(media[name.rpartition(".")[2]])
    return Asset(url=path.as_uri(), media_type=media_type)


def run(folder, inputs, **more):
    pipeline = Pipeline("p", output_dir=folder / "output")
    asked = {"model": "gpt-transcribe", "modality": "text", "external_inputs": inputs, **more}
    return pipeline.step("openai", **asked).run()


def test_speech_is_transcribed_in_a_chain_and_the_text_verifies(openai, tmp_path):
    chain = Pipeline("p", output_dir=tmp_path, chain=True)
    chain.step("openai", model="gpt-4o-mini-tts", prompt="a red fox", modality="audio")
    step = chain.step("openai", model="gpt-transcribe", modality="text").run().run.steps[1]
    (text,) = step.assets
    assert (step.provider, text.text()) == ("openai-transcription", "a red fox")
    assert step.provider_payload["openai"]["usage"] == {"type": "tokens"}
    assert openai.sent("POST", PATH)[0].field("prompt") is None
    assert verify_file(tmp_path / f"{text.asset_id}.txt").ok


def test_a_film_is_heard_too_and_subtitles_come_as_they_are(openai, media, tmp_path):
    subtitles = "1\n00:00:00,000 --> 00:00:01,000\na red fox\n"
    openai.on("POST", PATH, Answer(body=subtitles.encode(), headers={"content-type": "text/plain"}))
    film = recording(tmp_path, media, "film.mp4", "video/mp4")
    (asset,) = run(tmp_path, [film], response_format="srt").run.steps[0].assets
    assert (asset.media_type, asset.text()) == ("application/x-subrip", subtitles)
    (part,) = [part for part in openai.sent("POST", PATH)[0].body if part[0] == "file"]
    assert (part[1].endswith(".mp4"), part[2]) == (True, "video/mp4")


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": 2}, {"count": 1, "stream": True}])
def test_what_cannot_be_transcribed_is_refused_before_anything_is_sent(openai, media, tmp_path, wrong):
    inputs = [recording(tmp_path, media)] * wrong.pop("count")
    with pytest.raises(PipelineError):
        run(tmp_path, inputs, **wrong)
    assert openai.paid() == []


def test_the_voices_are_listed_under_the_names_that_the_api_takes(openai, tmp_path):
    voices = {voice.voice_id for voice in OpenAITTSProvider().list_voices()}
    assert {"alloy", "coral", "cedar"} <= voices


@pytest.mark.parametrize("media_type", ["audio/pcm", "application/octet-stream"])
def test_bare_samples_are_kept_as_what_they_are(openai, tmp_path, media_type):
    openai.on("POST", "/v1/audio/speech", Answer(body=bytes(480), headers={"content-type": media_type}))
    asked = {"model": "tts-1", "modality": "audio", "prompt": "a fox", "response_format": "pcm"}
    (asset,) = run(tmp_path, [], **asked).run.steps[0].assets
    assert (asset.media_type, asset.url[-4:], asset.size_bytes) == ("audio/pcm", ".pcm", 480)


@pytest.mark.parametrize("form", ["mp3", "pcm"])
def test_a_page_in_place_of_a_sound_is_no_output(openai, tmp_path, form):
    page = Answer(body=b"<html>busy</html>", headers={"content-type": "text/html"})
    openai.on("POST", "/v1/audio/speech", page)
    with pytest.raises(PipelineError, match="Outcome unknown: .*no sound"):
        run(tmp_path, [], model="tts-1", modality="audio", prompt="a fox", response_format=form)
    assert len(openai.paid()) == 1
