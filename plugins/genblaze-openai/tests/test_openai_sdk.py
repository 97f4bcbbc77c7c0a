"""The official SDK and this plugin send the same requests."""

import openai as sdk
import pytest

from genblaze import Asset, ChatMessage, Pipeline, ToolCall
from genblaze.sync import run_sync
from genblaze.testing import Answer, same_request
from genblaze_openai import DalleProvider, OpenAITranscriptionProvider, OpenAITTSProvider, SoraProvider, chat


@pytest.fixture
def client(openai):
    with sdk.OpenAI(max_retries=0) as made:
        yield made


@pytest.fixture
def pictures(tmp_path, media):
    found = []
    for name, role in (("a", None), ("b", None), ("m", "mask")):
        path = tmp_path / f"{name}.png"
        path.write_bytes(media["png"])
        found.append(Asset(url=path.as_uri(), media_type="image/png", metadata={"role": role} if role else {}))
    return found


def run(provider, folder, **step):
    return Pipeline("p", output_dir=folder).step(provider, modality=provider.modality, **step).run()


def same(vendor, method, path):
    theirs, ours = vendor.sent(method, path)
    same_request(ours, theirs)


def test_making_a_picture(openai, client, tmp_path):
    asked = {"model": "gpt-image-2", "prompt": "a fox", "size": "1024x1024", "quality": "low", "n": 2}
    client.images.generate(**asked)
    run(DalleProvider(), tmp_path, **asked)
    same(openai, "POST", "/v1/images/generations")


def test_editing_a_picture(openai, client, pictures, media, tmp_path):
    asked = {"model": "gpt-image-2", "prompt": "a hat", "n": 1}
    client.images.edit(**asked, image=("a.png", media["png"], "image/png"))
    run(DalleProvider(), tmp_path, **asked, external_inputs=pictures[:1])
    same(openai, "POST", "/v1/images/edits")


def test_editing_several_pictures_with_a_mask(openai, client, pictures, media, tmp_path):
    asked = {"model": "gpt-image-2", "prompt": "a hat", "output_compression": 80}
    part = ("a.png", media["png"], "image/png")
    client.images.edit(**asked, image=[part, part], mask=part)
    run(DalleProvider(), tmp_path, **asked, external_inputs=pictures)
    same(openai, "POST", "/v1/images/edits")


def test_speaking(openai, client, tmp_path):
    asked = {"model": "gpt-4o-mini-tts", "voice": "coral", "speed": 1.25, "instructions": "cheerful"}
    client.audio.speech.create(**asked, input="hello")
    run(OpenAITTSProvider(), tmp_path, **asked, prompt="hello")
    same(openai, "POST", "/v1/audio/speech")
    assert {call.headers["accept"] for call in openai.paid()} == {"application/octet-stream"}


def test_transcribing(openai, client, media, tmp_path):
    path = tmp_path / "voice.mp3"
    path.write_bytes(media["mp3"])
    asked = {"language": "en", "response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]}
    asked |= {"model": "whisper-1", "prompt": "foxes", "temperature": 0.5}
    client.audio.transcriptions.create(**asked, file=("voice.mp3", media["mp3"], "audio/mpeg"))
    recording = Asset(url=path.as_uri(), media_type="audio/mpeg")
    run(OpenAITranscriptionProvider(), tmp_path, **asked, external_inputs=[recording])
    same(openai, "POST", "/v1/audio/transcriptions")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's, about the shutdown
def test_asking_for_a_video(openai, client, tmp_path):
    asked = {"model": "sora-2", "prompt": "a canyon", "size": "1280x720"}
    client.videos.create(**asked, seconds="8")
    run(SoraProvider(), tmp_path, **asked, seconds=8)
    same(openai, "POST", "/v1/videos")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_asking_for_a_video_with_a_first_frame_and_downloading_it(openai, client, pictures, media, tmp_path):
    client.videos.create(model="sora-2", prompt="zoom", input_reference=("a.png", media["png"], "image/png"))
    client.videos.download_content("video_1").read()
    run(SoraProvider(), tmp_path, model="sora-2", prompt="zoom", external_inputs=pictures[:1])
    same(openai, "POST", "/v1/videos")
    same(openai, "GET", "/v1/videos/video_1/content")
    assert openai.sent("GET", "/v1/videos/video_1/content")[1].headers["accept"] == "application/binary"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_looking_after_a_video_and_listing_them(openai, client):
    client.videos.retrieve("video_1")
    client.videos.list(limit=100, order="desc")
    provider = SoraProvider()
    run_sync(lambda: provider.look("video_1"))
    run_sync(lambda: anext(provider._videos(0.0), None))
    same(openai, "GET", "/v1/videos/video_1")
    same(openai, "GET", "/v1/videos")


def test_listing_models(openai, client):
    openai.on("GET", "/v1/models", Answer(body={"object": "list", "data": [{"id": "gpt-image-2", "object": "model"}]}))
    client.models.list()
    assert DalleProvider().discover_models().status == "ok"
    same(openai, "GET", "/v1/models")


def test_asking_a_language_model(openai, client, completion):
    openai.on("POST", "/v1/chat/completions", completion)
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at":"fox"}'}}
    theirs = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "what is it?"}, picture]},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "a fox", "tool_call_id": "c1"},
    ]
    client.chat.completions.create(
        model="gpt-6-luna", messages=theirs, tools=tools, temperature=0.5, max_completion_tokens=100, seed=7
    )
    ours = [
        ChatMessage(role="user", content=theirs[1]["content"]),
        ChatMessage(role="assistant", tool_calls=[ToolCall(id="c1", name="look", arguments={"at": "fox"})]),
        ChatMessage(role="tool", content="a fox", tool_call_id="c1"),
    ]
    chat("gpt-6-luna", ours, system="be brief", tools=tools, temperature=0.5, max_tokens=100, seed=7)
    same(openai, "POST", "/v1/chat/completions")
