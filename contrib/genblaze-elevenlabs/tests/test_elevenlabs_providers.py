"""What is sent to ElevenLabs, and what is made of its answers."""

import base64
import io
import wave

import pytest
from real_media import mp3

from genblaze import Modality, ModelRegistry, ModelSpec, Pipeline, PipelineError, RetryPolicy, verify_file
from genblaze.testing import Answer, VendorSimulator
from genblaze_elevenlabs import ElevenLabsMusicProvider, ElevenLabsSFXProvider, ElevenLabsTTSProvider, per_credit

VOICE = "JBFqnCBsd6RMkjVDRZzb"
SPEECH = f"/v1/text-to-speech/{VOICE}"
SOUND = {"content-type": "audio/mpeg", "request-id": "q1", "character-cost": "6"}
MODELS = {
    ElevenLabsTTSProvider: "eleven_v3",
    ElevenLabsSFXProvider: "eleven_text_to_sound_v2",
    ElevenLabsMusicProvider: "music_v1",
}


@pytest.fixture
def elevenlabs():
    with VendorSimulator() as vendor:
        vendor.on("POST", "/v1/.*", Answer(body=mp3(), headers=SOUND))
        yield vendor


def run(vendor, folder, provider=ElevenLabsTTSProvider, *, models=None, **asked):
    made = provider("key", base_url=vendor.url, models=models)
    step = {"model": MODELS[provider], "prompt": "It is raining.", "modality": Modality.AUDIO, **asked}
    return Pipeline("test", output_dir=folder).step(made, step_retry=RetryPolicy.disabled(), **step).run()


def step_of(*args, **asked):
    return run(*args, **asked).run.steps[0]


def failed(*args, **asked):
    with pytest.raises(PipelineError) as caught:
        run(*args, **asked)
    return caught.value.result.run.steps[0]


def the_call(vendor):
    (call,) = vendor.calls
    return call


def test_speech_goes_out_in_the_apis_form(elevenlabs, tmp_path):
    run(elevenlabs, tmp_path, seed=3, language_code="en", stability=0.5, speed=1.1, previous_text="Well.")
    call = the_call(elevenlabs)
    assert (call.path, call.query) == (SPEECH, [("output_format", "mp3_44100_128")])
    assert call.headers["xi-api-key"] == "key"
    asked = {"language_code": "en", "previous_text": "Well.", "seed": 3}
    settings = {"stability": 0.5, "speed": 1.1}
    assert call.body == {"text": "It is raining.", "model_id": "eleven_v3", "voice_settings": settings, **asked}


def test_a_voice_goes_by_either_name_and_stays_one_part_of_the_path(elevenlabs, tmp_path):
    run(elevenlabs, tmp_path, voice="V1")
    run(elevenlabs, tmp_path, voice_id="a/../b")
    assert [call.path for call in elevenlabs.calls] == ["/v1/text-to-speech/V1", "/v1/text-to-speech/a%2F..%2Fb"]


def test_speech_is_stored_with_its_price_its_credits_and_the_vendors_id(elevenlabs, tmp_path):
    result = run(elevenlabs, tmp_path)
    (step,) = result.run.steps
    assert step.assets[0].media_type == "audio/mpeg"
    assert verify_file(result.local_path(step.assets[0])).ok
    assert step.cost_usd == pytest.approx(len("It is raining.") * 0.0003)
    assert step.provider_payload["elevenlabs"] == {"request_id": "q1", "credits": 6}


def test_credits_make_a_price_where_the_user_says_what_one_costs(elevenlabs, tmp_path):
    models = ModelRegistry(ModelSpec(model_id="*", pricing=per_credit(0.0002)))
    step = step_of(elevenlabs, tmp_path, ElevenLabsSFXProvider, models=models)
    assert step.cost_usd == pytest.approx(0.0012)


def test_without_a_price_the_cost_is_unknown_and_not_free(elevenlabs, tmp_path):
    assert step_of(elevenlabs, tmp_path, ElevenLabsSFXProvider).cost_usd is None


def test_timestamps_are_the_times_of_words(elevenlabs, tmp_path):
    text, starts = "Hi  you", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    alignment = {
        "characters": list(text),
        "character_start_times_seconds": starts,
        "character_end_times_seconds": [start + 0.05 for start in starts],
    }
    told = {"audio_base64": base64.b64encode(mp3()).decode(), "alignment": alignment}
    elevenlabs.on("POST", f"{SPEECH}/with-timestamps", Answer(body=told))
    (asset,) = step_of(elevenlabs, tmp_path, with_timestamps=True).assets
    assert [(word.word, word.start, word.end) for word in asset.audio.word_timings] == [
        ("Hi", 0.0, pytest.approx(0.15)),
        ("you", 0.4, pytest.approx(0.65)),
    ]
    assert (asset.media_type, "with_timestamps" in the_call(elevenlabs).body) == ("audio/mpeg", False)


@pytest.mark.parametrize("timed", [False, True])
def test_raw_samples_of_speech_are_kept_as_wav(elevenlabs, tmp_path, timed):
    samples = bytes(range(256)) * 100
    raw = Answer(body=samples, headers={"content-type": "application/octet-stream"})
    elevenlabs.on("POST", SPEECH, raw)
    elevenlabs.on(
        "POST", f"{SPEECH}/with-timestamps", Answer(body={"audio_base64": base64.b64encode(samples).decode()})
    )
    result = run(elevenlabs, tmp_path, output_format="pcm_16000", with_timestamps=timed)
    (asset,) = result.assets
    assert (asset.media_type, asset.duration) == ("audio/wav", pytest.approx(0.8))
    with wave.open(io.BytesIO(result.local_path(asset).read_bytes())) as kept:
        assert (kept.getframerate(), kept.getnchannels(), kept.readframes(12800)) == (16000, 1, samples)


def test_telephone_sound_says_what_it_is(elevenlabs, tmp_path):
    elevenlabs.on("POST", SPEECH, Answer(body=b"\xff" * 800, headers={"content-type": "audio/basic"}))
    (asset,) = step_of(elevenlabs, tmp_path, output_format="ulaw_8000").assets
    assert (asset.media_type, asset.audio.codec, asset.audio.sample_rate) == ("audio/basic", "pcm_mulaw", 8000)


def test_an_effect_goes_out_in_the_apis_form(elevenlabs, tmp_path):
    run(elevenlabs, tmp_path, ElevenLabsSFXProvider, duration=4, loop=True, prompt_influence=0.3)
    call = the_call(elevenlabs)
    asked = {"duration_seconds": 4, "loop": True, "prompt_influence": 0.3}
    assert call.path == "/v1/sound-generation"
    assert call.body == {"text": "It is raining.", "model_id": "eleven_text_to_sound_v2", **asked}


def test_music_goes_out_in_the_apis_form(elevenlabs, tmp_path):
    run(elevenlabs, tmp_path, ElevenLabsMusicProvider, duration=10.5, force_instrumental=True, output_format="auto")
    call = the_call(elevenlabs)
    asked = {"music_length_ms": 10500, "force_instrumental": True}
    assert (call.path, call.query) == ("/v1/music", [("output_format", "auto")])
    assert call.body == {"prompt": "It is raining.", "model_id": "music_v1", **asked}


def test_a_plan_of_music_takes_the_place_of_the_prompt(elevenlabs, tmp_path):
    plan = {"sections": [{"section_name": "intro", "duration_ms": 3000}]}
    run(elevenlabs, tmp_path, ElevenLabsMusicProvider, composition_plan=plan)
    assert the_call(elevenlabs).body == {"composition_plan": plan, "model_id": "music_v1"}


@pytest.mark.parametrize("provider", MODELS)
def test_nothing_is_sent_without_a_prompt(elevenlabs, tmp_path, provider):
    assert failed(elevenlabs, tmp_path, provider, prompt=None).error_code == "invalid_input"
    assert elevenlabs.calls == []


REFUSALS = [
    (401, "invalid_api_key", "auth_failure"),
    (401, "quota_exceeded", "auth_failure"),
    (400, "max_character_limit_exceeded", "invalid_input"),
    (404, "voice_not_found", "invalid_input"),
    (400, "model_not_found", "model_error"),
    (400, "bad_prompt", "content_policy"),
    (429, "too_many_concurrent_requests", "rate_limit"),
    (429, "system_busy", "rate_limit"),
]


@pytest.mark.parametrize(("status", "word", "code"), REFUSALS)
def test_a_refusal_has_the_code_that_elevenlabs_gives_and_its_words(elevenlabs, tmp_path, status, word, code):
    detail = {"status": word, "message": "see the documentation"}
    elevenlabs.on("POST", SPEECH, Answer(status=status, body={"detail": detail}))
    step = failed(elevenlabs, tmp_path)
    assert (step.error_code, "see the documentation" in step.error) == (code, True)
    assert len(elevenlabs.calls) == 1


def test_an_invalid_parameter_is_named(elevenlabs, tmp_path):
    complaint = {"loc": ["body", "seed"], "msg": "seed is out of range", "type": "less_than"}
    elevenlabs.on("POST", SPEECH, Answer(status=422, body={"detail": [complaint]}))
    step = failed(elevenlabs, tmp_path)
    assert (step.error_code, "seed is out of range" in step.error) == ("invalid_input", True)


def test_a_text_in_place_of_sound_is_no_output(elevenlabs, tmp_path):
    elevenlabs.on("POST", SPEECH, Answer(body={"note": "maintenance"}))
    assert failed(elevenlabs, tmp_path).error_code == "unknown"


def test_voices_and_models_are_those_of_the_account(elevenlabs):
    first = {"voice_id": "V1", "name": "Ann", "labels": {"gender": "female", "language": "en", "accent": "irish"}}
    pages = [
        Answer(body={"voices": [first], "has_more": True, "next_page_token": "t"}),
        Answer(body={"voices": [{"voice_id": "V2", "name": "Bo", "labels": {}}], "has_more": False}),
    ]
    elevenlabs.on("GET", "/v2/voices", *pages)
    listed = [
        {"model_id": "eleven_v3", "can_do_text_to_speech": True},
        {"model_id": "x", "can_do_text_to_speech": False},
    ]
    elevenlabs.on("GET", "/v1/models", Answer(body=listed))
    provider = ElevenLabsTTSProvider("key", base_url=elevenlabs.url)
    ann, bo = provider.list_voices()
    assert (ann.voice_id, ann.gender, ann.language, ann.style_tags) == ("V1", "female", "en", ("irish",))
    assert (bo.name, elevenlabs.calls[1].query) == ("Bo", [("next_page_token", "t"), ("page_size", "100")])
    assert provider.discover_models().slugs == {"eleven_v3"}
