"""The official SDK and this plugin send the same requests."""

import httpx
import pytest
from elevenlabs import ElevenLabs, VoiceSettings
from real_media import mp3

from genblaze import Modality, Pipeline
from genblaze.testing import Answer, VendorSimulator, same_request
from genblaze_elevenlabs import ElevenLabsMusicProvider, ElevenLabsSFXProvider, ElevenLabsTTSProvider


@pytest.fixture
def elevenlabs():
    with VendorSimulator() as vendor:
        vendor.on("POST", "/v1/.*", Answer(body=mp3(), headers={"content-type": "audio/mpeg"}))
        yield vendor


@pytest.fixture
def sdk(elevenlabs):
    with httpx.Client() as http:
        yield ElevenLabs(api_key="key", base_url=elevenlabs.url, httpx_client=http)


def run(vendor, folder, provider, **asked):
    step = {"prompt": "a fox", "modality": Modality.AUDIO, **asked}
    return Pipeline("sdk", output_dir=folder).step(provider("key", base_url=vendor.url), **step).run()


def same(vendor):
    theirs, ours = vendor.calls
    same_request(ours, theirs)


def test_speech(elevenlabs, sdk, tmp_path):
    asked = {"output_format": "mp3_22050_32", "language_code": "en", "seed": 3, "apply_text_normalization": "on"}
    settings = {"stability": 0.5, "similarity_boost": 0.7, "speed": 1.1}
    said = {"text": "a fox", "model_id": "eleven_v3", "voice_settings": VoiceSettings(**settings)}
    b"".join(sdk.text_to_speech.convert("V", enable_logging=False, **said, **asked))
    run(
        elevenlabs,
        tmp_path,
        ElevenLabsTTSProvider,
        model="eleven_v3",
        voice_id="V",
        enable_logging=False,
        **asked,
        **settings,
    )
    same(elevenlabs)


def test_speech_with_the_times_of_words(elevenlabs, sdk, tmp_path):
    path = "/v1/text-to-speech/V/with-timestamps"
    elevenlabs.on("POST", path, Answer(body={"audio_base64": "/+MYxAAAAANIAAAAAExBTUUzLjEwMFVVVVVVVVVVVVU="}))
    sdk.text_to_speech.convert_with_timestamps("V", text="a fox", model_id="eleven_v3", output_format="mp3_44100_128")
    run(elevenlabs, tmp_path, ElevenLabsTTSProvider, model="eleven_v3", voice_id="V", with_timestamps=True)
    same(elevenlabs)


def test_an_effect(elevenlabs, sdk, tmp_path):
    asked = {"duration_seconds": 2.0, "prompt_influence": 0.3, "loop": True, "output_format": "mp3_44100_128"}
    b"".join(sdk.text_to_sound_effects.convert(text="a fox", model_id="eleven_text_to_sound_v2", **asked))
    run(elevenlabs, tmp_path, ElevenLabsSFXProvider, model="eleven_text_to_sound_v2", **asked)
    same(elevenlabs)


def test_music(elevenlabs, sdk, tmp_path):
    asked = {"music_length_ms": 10000, "force_instrumental": True, "seed": 5}
    b"".join(sdk.music.compose(prompt="a fox", model_id="music_v1", **asked))
    run(elevenlabs, tmp_path, ElevenLabsMusicProvider, model="music_v1", **asked)
    same(elevenlabs)


def test_models_and_voices(elevenlabs, sdk):
    elevenlabs.on("GET", "/v1/models", Answer(body=[]))
    elevenlabs.on("GET", "/v2/voices", Answer(body={"voices": [], "has_more": False, "total_count": 0}))
    provider = ElevenLabsTTSProvider("key", base_url=elevenlabs.url)
    sdk.models.list()
    sdk.voices.search(page_size=100)
    provider.discover_models()
    provider.list_voices()
    models, voices, our_models, our_voices = elevenlabs.calls
    same_request(our_models, models)
    same_request(our_voices, voices)
