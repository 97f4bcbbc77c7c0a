"""OpenAI, played on loopback with real pictures, sound and video."""

import base64
import io
import subprocess
from time import time

import imageio_ffmpeg
import pytest
from PIL import Image

from genblaze.testing import Answer, VendorSimulator

KEY = "sk-canary-6f1d0c7e52ab4c1d9e"


def encoded(folder, name, *source):
    """A file that ffmpeg made."""
    path = folder / name
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", *source, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path.read_bytes()


@pytest.fixture(scope="session")
def media(tmp_path_factory):
    """Real files by suffix."""
    folder = tmp_path_factory.mktemp("media")
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(picture, "PNG")
    return {
        "png": picture.getvalue(),
        "mp4": encoded(folder, "film.mp4", "testsrc=size=64x64:rate=8:duration=1", "-pix_fmt", "yuv420p"),
        "mp3": encoded(folder, "voice.mp3", "sine=frequency=440:duration=1"),
    }


@pytest.fixture(scope="session")
def video_object():
    """Makes what the Videos API tells about a video; of a call, with the fields of its form."""

    def made(call=None, **more):
        asked = {} if call is None else {part[0]: part[3].decode() for part in call.body if not part[1]}
        told = {"id": "video_1", "object": "video", "status": "queued", "progress": 0, "created_at": int(time())}
        return {**told, "error": None, "seconds": "4", "size": "720x1280", **asked, **more}

    return made


@pytest.fixture
def openai(media, video_object, monkeypatch):
    """The simulator, at the address that the environment names."""
    made = {"created": 1794000000, "data": [{"b64_json": base64.b64encode(media["png"]).decode()}]}
    with VendorSimulator() as vendor:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{vendor.url}/v1")
        vendor.paid = lambda: [call for call in vendor.calls if call.method == "POST"]
        vendor.on("POST", "/v1/images/(generations|edits)", Answer(body=made, headers={"x-request-id": "req_1"}))
        vendor.on("POST", "/v1/audio/speech", Answer(body=media["mp3"], headers={"content-type": "audio/mpeg"}))
        vendor.on("POST", "/v1/videos", lambda call: Answer(body=video_object(call)))
        vendor.on("GET", "/v1/videos", Answer(body={"object": "list", "data": [], "has_more": False}))
        vendor.on(
            "GET",
            "/v1/videos/video_1",
            Answer(body=video_object(status="in_progress", progress=50), headers={"openai-poll-after-ms": "1"}),
            Answer(body=video_object(status="completed", progress=100)),
        )
        vendor.on("GET", "/v1/videos/video_1/content", Answer(body=media["mp4"], headers={"content-type": "video/mp4"}))
        yield vendor


@pytest.fixture(scope="session")
def completion():
    """An answer of a language model."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a fox"}}
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
    return Answer(
        body={"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-6-luna", "usage": usage}
        | {"choices": [choice]}
    )
