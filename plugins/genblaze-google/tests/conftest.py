"""Google, played on loopback with a real picture and a real video."""

import base64
import io
import subprocess

import imageio_ffmpeg
import pytest
from PIL import Image

from genblaze.testing import Answer, VendorSimulator

OPERATION = "models/veo-3.1-generate-preview/operations/op1"
KEY = "AIzaCanary6f1d0c7e52ab4c1d9e"


@pytest.fixture(scope="session")
def jpeg():
    """What Gemini sends, whatever was asked for."""
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(picture, "JPEG")
    return picture.getvalue()


@pytest.fixture(scope="session")
def mp4(tmp_path_factory):
    path = tmp_path_factory.mktemp("media") / "film.mp4"
    source = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=8:duration=1", "-pix_fmt", "yuv420p")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path.read_bytes()


@pytest.fixture
def google(jpeg, mp4, monkeypatch):
    """The simulator, at the address that the environment names."""
    text = base64.b64encode(jpeg).decode()
    parts = [
        {"thought": True, "inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"text": "Here it is."},
        {"inlineData": {"mimeType": "image/png", "data": text}},
    ]
    drawn = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"totalTokenCount": 1130},
        "modelVersion": "gemini-3.1-flash-image",
        "responseId": "r1",
    }
    with VendorSimulator() as vendor:
        monkeypatch.setenv("GOOGLE_API_KEY", KEY)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", vendor.url)
        vendor.paid = lambda: [call for call in vendor.calls if call.method == "POST"]
        vendor.on("POST", "/v1beta/models/[^/]+:generateContent", Answer(body=drawn))
        made = [{"mimeType": "image/png", "bytesBase64Encoded": text}, {"raiFilteredReason": "a face"}]
        vendor.on("POST", "/v1beta/models/[^/]+:predict", Answer(body={"predictions": made}))
        filmed = {"generatedSamples": [{"video": {"uri": f"{vendor.url}/v1beta/files/f1:download?alt=media"}}]}
        vendor.on("POST", "/v1beta/models/[^/]+:predictLongRunning", Answer(body={"name": OPERATION}))
        done = {"name": OPERATION, "done": True, "response": {"generateVideoResponse": filmed}}
        vendor.on("GET", f"/v1beta/{OPERATION}", Answer(body={"name": OPERATION}), Answer(body=done))
        vendor.on("GET", "/v1beta/files/f1:download", Answer(body=mp4, headers={"content-type": "video/mp4"}))
        omni(vendor, mp4)
        yield vendor


def omni(vendor, mp4):
    """The Interactions API."""
    told = {"id": "v1_i1", "object": "interaction", "model": "gemini-omni-1.2-flash", "status": "in_progress"}
    told |= {"created": "2026-11-25T12:00:00Z", "updated": "2026-11-25T12:00:00Z", "steps": []}
    video = {"type": "video", "mime_type": "video/mp4", "uri": f"{vendor.url}/v1beta/files/f1:download?alt=media"}
    done = {**told, "status": "completed", "steps": [{"type": "model_output", "content": [video]}]}
    vendor.on("POST", "/v1beta/interactions", Answer(body=told))
    vendor.on("GET", "/v1beta/interactions/v1_i1", Answer(body=told), Answer(body=done))
    vendor.on("POST", "/v1beta/interactions/v1_i1/cancel", Answer(body={**told, "status": "cancelled"}))
