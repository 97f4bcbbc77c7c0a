"""The official SDK and this plugin send the same requests."""

import base64
import os

import msgspec
import pytest
from google import genai
from google.genai import types

from genblaze import Asset, Pipeline
from genblaze.sync import run_sync
from genblaze.testing import Answer, same_request
from genblaze_google import (
    GeminiImageProvider,
    GeminiOmniProvider,
    GeminiTTSProvider,
    ImagenProvider,
    VeoProvider,
    chat,
)

#: The SDK's, about what Google has ended.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The generate_images method is deprecated"),
]

VEO, OMNI = "veo-3.1-generate-preview", "gemini-omni-1.2-flash"
OPERATION = f"models/{VEO}/operations/op1"


@pytest.fixture
def client(google):
    with genai.Client(api_key=os.environ["GOOGLE_API_KEY"], http_options={"base_url": google.url}) as made:
        yield made


@pytest.fixture
def pictures(tmp_path, jpeg):
    found = []
    for name in "ab":
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(jpeg)
        found.append(Asset(url=path.as_uri(), media_type="image/jpeg"))
    return found


def run(provider, folder, **step):
    asked = {"modality": provider.modality, "prompt": "a fox", **step}
    return Pipeline("p", output_dir=folder).step(provider, **asked).run()


def same(vendor, method, path):
    theirs, ours = vendor.sent(method, path)
    same_request(ours, msgspec.structs.replace(theirs, body=usual_base64(theirs.body)))


def usual_base64(value, name=None):
    """The SDK writes the alphabet for URLs in some places, which the API reads as well as the usual one."""
    if isinstance(value, dict):
        return {key: usual_base64(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [usual_base64(each) for each in value]
    return value.replace("-", "+").replace("_", "/") if name in ("data", "bytesBase64Encoded") else value


def test_making_a_picture(google, client, tmp_path):
    config = {"response_modalities": ["IMAGE"], "seed": 5, "image_config": {"aspect_ratio": "16:9", "image_size": "2K"}}
    client.models.generate_content(model="gemini-3.1-flash-image", contents="a fox", config=config)
    asked = {"aspect_ratio": "16:9", "image_size": "2K", "seed": 5}
    run(GeminiImageProvider(), tmp_path, model="gemini-3.1-flash-image", **asked)
    same(google, "POST", ".*:generateContent")


def test_changing_a_picture(google, client, jpeg, pictures, tmp_path):
    picture = types.Part.from_bytes(data=jpeg, mime_type="image/jpeg")
    config = {"response_modalities": ["IMAGE"]}
    client.models.generate_content(model="gemini-3-pro-image", contents=[picture, "a hat"], config=config)
    run(GeminiImageProvider(), tmp_path, model="gemini-3-pro-image", prompt="a hat", external_inputs=pictures[:1])
    same(google, "POST", ".*:generateContent")


def test_speaking(google, client, tmp_path):
    sound = {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": base64.b64encode(bytes(480)).decode()}
    answer = {"candidates": [{"content": {"parts": [{"inlineData": sound}]}, "finishReason": "STOP"}]}
    google.on("POST", ".*:generateContent", Answer(body=answer))
    voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}}}
    config = {"response_modalities": ["AUDIO"], "speech_config": voice}
    client.models.generate_content(model="gemini-3.8-flash-tts", contents="say it: a fox", config=config)
    run(GeminiTTSProvider(), tmp_path, model="gemini-3.8-flash-tts", prompt="say it: a fox", voice="Puck")
    theirs, ours = google.sent("POST", ".*:generateContent")
    their_voice = theirs.body["generationConfig"]["speechConfig"].pop("voice_config", None)
    if their_voice is not None:  # the SDK writes this one field in snake_case, which the API takes as well
        theirs.body["generationConfig"]["speechConfig"]["voiceConfig"] = {
            "prebuiltVoiceConfig": {"voiceName": their_voice["prebuilt_voice_config"]["voice_name"]}
        }
    same_request(ours, theirs)


def test_asking_imagen(google, client, tmp_path):
    asked = {"number_of_images": 2, "aspect_ratio": "1:1", "person_generation": "ALLOW_ADULT", "image_size": "1K"}
    asked |= {"safety_filter_level": "BLOCK_LOW_AND_ABOVE", "output_mime_type": "image/jpeg"}
    config = {"include_rai_reason": True, **asked}
    client.models.generate_images(model="imagen-4.0-generate-001", prompt="a fox", config=config)
    run(ImagenProvider(), tmp_path, model="imagen-4.0-generate-001", **asked)
    same(google, "POST", ".*:predict")


def test_a_veo_video_out_of_text_polled_and_downloaded(google, client, tmp_path):
    asked = {"aspect_ratio": "16:9", "resolution": "720p", "negative_prompt": "a wolf", "number_of_videos": 1}
    operation = client.models.generate_videos(model=VEO, prompt="a fox", config={**asked, "duration_seconds": 8})
    client.operations.get(operation)
    (made,) = client.operations.get(operation).response.generated_videos
    assert made.video.uri
    client.files.download(file="files/f1")
    google.on("GET", f"/v1beta/{OPERATION}", Answer(body=_done(google)))
    run(VeoProvider(poll_interval=0.01), tmp_path, model=VEO, duration=8, **asked)
    same(google, "POST", ".*:predictLongRunning")
    first, *_, last = google.sent("GET", f"/v1beta/{OPERATION}")
    same_request(last, first)
    theirs, ours = google.sent("GET", "/v1beta/files/f1:download")
    same_request(ours, theirs, "x-goog-api-client")


def _done(google):
    video = {"video": {"uri": f"{google.url}/v1beta/files/f1:download?alt=media"}}
    response = {"generateVideoResponse": {"generatedSamples": [video]}}
    return {"name": OPERATION, "done": True, "response": response}


def test_a_veo_video_between_two_pictures(google, client, jpeg, pictures, tmp_path):
    frame = types.Image(image_bytes=jpeg, mime_type="image/jpeg")
    client.models.generate_videos(model=VEO, prompt="a fox", image=frame, config={"last_frame": frame})
    run(VeoProvider(poll_interval=0.01), tmp_path, model=VEO, external_inputs=pictures)
    same(google, "POST", ".*:predictLongRunning")


def test_a_veo_video_with_references(google, client, jpeg, pictures, tmp_path):
    shown = types.Image(image_bytes=jpeg, mime_type="image/jpeg")
    reference = types.VideoGenerationReferenceImage(image=shown, reference_type="ASSET")
    client.models.generate_videos(model=VEO, prompt="a fox", config={"reference_images": [reference]})
    asset = Asset(url=pictures[0].url, media_type="image/jpeg", metadata={"role": "reference"})
    run(VeoProvider(poll_interval=0.01), tmp_path, model=VEO, external_inputs=[asset])
    same(google, "POST", ".*:predictLongRunning")


def test_a_veo_video_that_is_gone_on_with(google, client, mp4, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(mp4)
    client.models.generate_videos(
        model=VEO, prompt="a fox", video=types.Video(video_bytes=mp4, mime_type="video/mp4"), config={}
    )
    asset = Asset(url=path.as_uri(), media_type="video/mp4")
    run(VeoProvider(poll_interval=0.01), tmp_path, model=VEO, external_inputs=[asset])
    same(google, "POST", ".*:predictLongRunning")


def test_an_omni_video(google, client, tmp_path):
    form = {"type": "video", "aspect_ratio": "16:9", "resolution": "720p", "duration": "8s", "delivery": "uri"}
    client.interactions.create(model=OMNI, input="a fox", background=True, store=True, response_format=form)
    asked = {"aspect_ratio": "16:9", "resolution": "720p", "duration": 8}
    run(GeminiOmniProvider(poll_interval=0.01), tmp_path, model=OMNI, **asked)
    same(google, "POST", "/v1beta/interactions")


def test_an_omni_video_out_of_a_picture(google, client, jpeg, pictures, tmp_path):
    picture = {"type": "image", "mime_type": "image/jpeg", "data": base64.b64encode(jpeg).decode()}
    asked = [{"type": "user_input", "content": [picture, {"type": "text", "text": "it runs"}]}]
    form = {"type": "video", "delivery": "uri"}
    client.interactions.create(model=OMNI, input=asked, background=True, store=True, response_format=form)
    inputs = {"prompt": "it runs", "external_inputs": pictures[:1]}
    run(GeminiOmniProvider(poll_interval=0.01), tmp_path, model=OMNI, **inputs)
    same(google, "POST", "/v1beta/interactions")


def test_looking_after_an_interaction_and_cancelling_it(google, client):
    client.interactions.get("v1_i1")
    client.interactions.cancel("v1_i1")
    provider = GeminiOmniProvider()
    run_sync(lambda: provider.look("v1_i1"))
    run_sync(lambda: provider.drop("v1_i1"))
    theirs, ours = google.sent("GET", "/v1beta/interactions/v1_i1")
    theirs.query.remove(("stream", "false"))  # the API's default
    same_request(ours, theirs)
    same(google, "POST", "/v1beta/interactions/v1_i1/cancel")


def test_listing_models(google, client):
    google.on("GET", "/v1beta/models", Answer(body={"models": [{"name": "models/gemini-3-pro-image"}]}))
    list(client.models.list())
    assert GeminiImageProvider().discover_models().slugs == {"gemini-3-pro-image"}
    theirs, ours = google.sent("GET", "/v1beta/models")
    same_request(ours, theirs)


def test_asking_a_language_model(google, client):
    said = {"candidates": [{"content": {"parts": [{"text": "a fox"}]}, "finishReason": "STOP"}]}
    google.on("POST", ".*:generateContent", Answer(body=said))
    function = {"name": "look", "parameters": {"type": "OBJECT", "properties": {}}}
    config = {"temperature": 0.5, "max_output_tokens": 50, "system_instruction": "be short", "top_p": 0.5}
    client.models.generate_content(
        model="gemini-3.8-flash",
        contents="what?",
        config={**config, "tools": [{"function_declarations": [function]}]},
    )
    tools = [{"type": "function", "function": function}]
    asked = {"system": "be short", "temperature": 0.5, "max_tokens": 50, "top_p": 0.5, "tools": tools}
    chat("gemini-3.8-flash", prompt="what?", **asked)
    theirs, ours = google.sent("POST", ".*:generateContent")
    theirs.body["systemInstruction"].pop("role")  # which the API does not ask for
    same_request(ours, theirs)
