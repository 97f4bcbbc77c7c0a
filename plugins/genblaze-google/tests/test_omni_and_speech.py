"""Videos over the Interactions API, and speech."""

import base64
import wave

import pytest

from genblaze import Pipeline, PipelineError, RetryPolicy, verify_file
from genblaze.testing import Answer
from genblaze_google import GeminiOmniProvider, GeminiTTSProvider

OMNI, TTS = "gemini-omni-1.2-flash", "gemini-3.8-flash-tts"
JOB = "/v1beta/interactions/v1_i1"


def run(folder, provider="google", **more):
    asked = {"model": OMNI, "modality": "video", "prompt": "a fox", **more}
    return Pipeline("p", output_dir=folder).step(provider, **asked).run()


def film(folder, **more):
    return run(folder, GeminiOmniProvider(poll_interval=0.01), **more)


def failed(folder, **more):
    with pytest.raises(PipelineError) as caught:
        film(folder, step_retry=RetryPolicy(max_attempts=2, initial_backoff_sec=0.01), **more)
    return caught.value.result.run.steps[0]


def test_an_omni_video_is_downloaded_with_the_key_at_its_price_and_verifies(google, mp4, tmp_path):
    step = film(tmp_path, duration="8s", resolution="1080p").run.steps[0]
    (asset,) = step.assets
    assert (step.provider, step.upstream_id, asset.size_bytes) == ("google-omni", "v1_i1", len(mp4))
    assert step.cost_usd == pytest.approx(8 * 0.105)
    assert verify_file(tmp_path / f"{asset.asset_id}.mp4").ok
    assert google.sent("GET", "/v1beta/files/.*")[0].headers["x-goog-api-key"].startswith("AIzaCanary")


def test_a_video_within_the_answer_is_kept_and_its_price_is_unknown_without_a_duration(google, mp4, tmp_path):
    video = {"type": "video", "mime_type": "video/mp4", "data": base64.b64encode(mp4).decode()}
    google.on("GET", JOB, Answer(body={"id": "v1_i1", "status": "completed", "output_video": video}))
    step = film(tmp_path).run.steps[0]
    assert (step.assets[0].size_bytes, step.cost_usd) == (len(mp4), None)


def spoken(media_type, data):
    part = {"inlineData": {"mimeType": media_type, "data": base64.b64encode(data).decode()}}
    return Answer(body={"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]})


def test_bare_samples_become_a_wav_file_that_verifies(google, tmp_path):
    google.on("POST", ".*:generateContent", spoken("audio/L16;codec=pcm;rate=16000", bytes(32000)))
    step = run(tmp_path, model=TTS, modality="audio", prompt="hello").run.steps[0]
    path = tmp_path / f"{step.assets[0].asset_id}.wav"
    assert (step.provider, step.assets[0].media_type, verify_file(path).ok) == ("google-tts", "audio/wav", True)
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16000)
        assert sound.getnframes() == 16000


def test_sound_that_is_a_file_is_kept_as_it_is(google, tmp_path):
    google.on("POST", ".*:generateContent", spoken("audio/mpeg", b"ID3" + bytes(100)))
    step = run(tmp_path, GeminiTTSProvider(), model=TTS, modality="audio").run.steps[0]
    assert (step.assets[0].media_type, step.assets[0].size_bytes) == ("audio/mpeg", 103)
