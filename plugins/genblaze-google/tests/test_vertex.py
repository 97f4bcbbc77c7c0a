"""With `project=` the models are asked over Vertex AI; the official SDK judges the requests."""

import base64

import google.auth
import pytest
from google import genai
from google.auth.exceptions import DefaultCredentialsError
from google.genai import types
from google.oauth2.credentials import Credentials

from genblaze import Asset, Pipeline, PipelineError, ProviderError, Step, verify_file
from genblaze.testing import Answer, same_request
from genblaze_google import (
    GeminiImageProvider,
    GeminiOmniProvider,
    GeminiTTSProvider,
    ImagenProvider,
    VeoProvider,
    chat,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's, about what Google will end
    pytest.mark.filterwarnings("ignore:The generate_images method is deprecated"),
]

CLOUD = {"project": "foxes", "location": "europe-west4"}
MODELS = "/v1beta1/projects/foxes/locations/europe-west4/publishers/google/models"
TOKEN = "ya29.canary6f1d0c7e52ab4c1d9e"
VEO = "veo-3.1-generate-001"
OPERATION = f"{MODELS.removeprefix('/v1beta1/')}/{VEO}/operations/op1"


@pytest.fixture
def login():
    """The login of this machine, whose token is still good."""
    return Credentials(token=TOKEN, quota_project_id="payer")


@pytest.fixture
def vertex(google, login, jpeg, mp4, monkeypatch):
    """Vertex AI, at the address that the environment names; the key that is set besides must not be used."""
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", google.url)
    monkeypatch.setattr("google.auth.default", lambda scopes: (login, "foxes"))
    drawn = {"inlineData": {"mimeType": "image/jpeg", "data": base64.b64encode(jpeg).decode()}}
    answer = {"candidates": [{"content": {"role": "model", "parts": [drawn]}, "finishReason": "STOP"}]}
    google.on("POST", f"{MODELS}/[^/]+:generateContent", Answer(body=answer))
    made = [{"mimeType": "image/jpeg", "bytesBase64Encoded": base64.b64encode(jpeg).decode()}]
    google.on("POST", f"{MODELS}/[^/]+:predict", Answer(body={"predictions": made}))
    film = [{"mimeType": "video/mp4", "bytesBase64Encoded": base64.b64encode(mp4).decode()}]
    done = {"name": OPERATION, "done": True, "response": {"videos": film}}
    google.on("POST", f"{MODELS}/{VEO}:predictLongRunning", Answer(body={"name": OPERATION}))
    google.on("POST", f"{MODELS}/{VEO}:fetchPredictOperation", Answer(body={"name": OPERATION}), Answer(body=done))
    return google


@pytest.fixture
def client(vertex, login):
    with genai.Client(
        vertexai=True, **CLOUD, credentials=login, http_options={"base_url": vertex.url, "api_version": "v1beta1"}
    ) as made:
        yield made


def run(provider, folder, **step):
    asked = {"modality": provider.modality, "prompt": "a fox", **step}
    return Pipeline("p", output_dir=folder).step(provider, **asked).run()


def same(vendor, method, path):
    theirs, ours = vendor.sent(method, path)
    same_request(ours, theirs)


def test_a_picture_is_asked_for_as_the_sdk_does_and_verifies(vertex, client, tmp_path):
    config = {"response_modalities": ["IMAGE"], "seed": 5, "image_config": {"aspect_ratio": "16:9"}}
    client.models.generate_content(model="gemini-3.1-flash-image", contents="a fox", config=config)
    result = run(GeminiImageProvider(**CLOUD), tmp_path, model="gemini-3.1-flash-image", seed=5, aspect_ratio="16:9")
    same(vertex, "POST", ".*:generateContent")
    (asset,) = result.run.steps[0].assets
    assert verify_file(tmp_path / f"{asset.asset_id}.jpg").ok
    assert {call.headers["authorization"] for call in vertex.calls} == {f"Bearer {TOKEN}"}
    assert "x-goog-api-key" not in vertex.calls[1].headers


def test_imagen_takes_a_seed_and_a_negative_prompt_there(vertex, client, tmp_path):
    config = {"include_rai_reason": True, "number_of_images": 1, "seed": 5, "add_watermark": False}
    client.models.generate_images(model="imagen-4.0-generate-001", prompt="a fox", config=config)
    asked = {"number_of_images": 1, "add_watermark": False, "seed": 5}
    run(ImagenProvider(**CLOUD), tmp_path, model="imagen-4.0-generate-001", **asked)
    same(vertex, "POST", ".*:predict")


def test_veo_is_polled_and_its_videos_come_with_the_answer(vertex, client, jpeg, mp4, tmp_path):
    path = tmp_path / "first.jpg"
    path.write_bytes(jpeg)
    frame = types.Image(image_bytes=jpeg, mime_type="image/jpeg")
    asked = {"resolution": "720p", "seed": 7, "negative_prompt": "a wolf", "generate_audio": True}
    operation = client.models.generate_videos(
        model=VEO, prompt="a fox", image=frame, config={**asked, "duration_seconds": 8}
    )
    client.operations.get(operation)
    inputs = [Asset(url=path.as_uri(), media_type="image/jpeg")]
    provider = VeoProvider(**CLOUD, poll_interval=0.01)
    step = run(provider, tmp_path, model=VEO, duration=8, external_inputs=inputs, **asked).run.steps[0]
    same(vertex, "POST", ".*:predictLongRunning")
    theirs, ours = vertex.sent("POST", ".*:fetchPredictOperation")[:2]
    same_request(ours, theirs)
    assert (step.assets[0].size_bytes, step.upstream_id) == (len(mp4), OPERATION)


def test_a_video_in_a_bucket_of_yours_is_said_not_to_be_fetched(vertex, tmp_path):
    done = {"done": True, "response": {"videos": [{"gcsUri": "gs://foxes/film.mp4"}]}}
    vertex.on("POST", f"{MODELS}/{VEO}:fetchPredictOperation", Answer(body=done))
    with pytest.raises(PipelineError, match="gs://foxes/film.mp4"):
        run(VeoProvider(**CLOUD, poll_interval=0.01), tmp_path, model=VEO)


def test_chat_asks_there_too(vertex, client):
    said = {"candidates": [{"content": {"parts": [{"text": "a fox"}]}, "finishReason": "STOP"}]}
    vertex.on("POST", f"{MODELS}/[^/]+:generateContent", Answer(body=said))
    client.models.generate_content(model="gemini-3.8-flash", contents="what?", config={"temperature": 0.5})
    assert chat("gemini-3.8-flash", prompt="what?", temperature=0.5, **CLOUD).text == "a fox"
    same(vertex, "POST", ".*:generateContent")


def test_the_token_is_nowhere_but_in_the_header(vertex, tmp_path, caplog):
    echo = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": f"not for {TOKEN}"}}
    vertex.on("POST", ".*:generateContent", Answer(status=403, body=echo))
    with pytest.raises(PipelineError) as caught:
        run(GeminiImageProvider(**CLOUD), tmp_path, model="gemini-3.1-flash-image")
    assert caught.value.result.run.steps[0].error_code == "auth_failure"
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in (str(caught.value), repr(caught.value), caplog.text) if TOKEN in text]
    assert not [data for data in files if TOKEN.encode() in data]


def test_without_a_login_nothing_is_sent_and_the_error_says_how_to_log_in(vertex, tmp_path, monkeypatch):
    def nobody(scopes):
        raise DefaultCredentialsError("none was found")

    monkeypatch.setattr(google.auth, "default", nobody)
    with pytest.raises(PipelineError, match="gcloud auth application-default login"):
        run(GeminiTTSProvider(**CLOUD), tmp_path, model="gemini-3.8-flash-tts")
    assert vertex.calls == []


def test_a_token_that_has_run_out_is_renewed_before_the_call(vertex, login, tmp_path, monkeypatch):
    login.token = None
    monkeypatch.setattr(Credentials, "refresh", lambda self, _: setattr(self, "token", TOKEN))
    run(GeminiImageProvider(**CLOUD), tmp_path, model="gemini-3.1-flash-image")
    assert [call.headers["authorization"] for call in vertex.calls] == [f"Bearer {TOKEN}"]


def test_the_published_methods_log_in_too(vertex, tmp_path):
    provider = VeoProvider(**CLOUD, output_dir=tmp_path)
    step = Step(provider="google-veo", model=VEO, prompt="a fox", modality="video")
    job_id = provider.submit(step)
    assert [VeoProvider(**CLOUD).poll(job_id) for _ in range(2)] == [False, True]
    assert len(VeoProvider(**CLOUD, output_dir=tmp_path).fetch_output(job_id, step).assets) == 1


def test_an_operation_is_collected_by_a_provider_that_was_made_without_its_project(vertex, tmp_path):
    step = Step(provider="google-veo", model=VEO, prompt="a fox", modality="video")
    job_id = VeoProvider(**CLOUD).submit(step)
    while not VeoProvider().poll(job_id):
        pass
    assert len(VeoProvider(output_dir=tmp_path).fetch_output(job_id, step).assets) == 1
    assert {call.headers["authorization"] for call in vertex.calls} == {f"Bearer {TOKEN}"}


def test_without_google_auth_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr("genblaze_google.vertex.find_spec", lambda name: None)
    with pytest.raises(ProviderError, match=r"pip install 'genblaze-google\[vertex\]'"):
        GeminiImageProvider(**CLOUD).check_ready()


def test_what_vertex_ai_does_not_have_is_refused_when_planning(vertex, tmp_path):
    with pytest.raises(Exception, match="not over Vertex AI: leave out project="):
        run(GeminiOmniProvider(**CLOUD), tmp_path, model="gemini-omni-1.2-flash")
    assert vertex.calls == []
    assert GeminiImageProvider(**CLOUD).discover_models().status == "unsupported"


def test_the_models_of_the_whole_world_are_at_the_plain_address():
    assert (
        GeminiImageProvider(project="foxes", location="global").client.base_url == "https://aiplatform.googleapis.com"
    )
