"""Runway, played on loopback with a real picture and a real film."""

import io
import subprocess

import imageio_ffmpeg
import pytest
from PIL import Image

from genblaze.testing import Answer, VendorSimulator


@pytest.fixture(scope="session")
def png():
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(picture, "PNG")
    return picture.getvalue()


@pytest.fixture(scope="session")
def mp4(tmp_path_factory):
    path = tmp_path_factory.mktemp("media") / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=8:duration=1", "-pix_fmt", "yuv420p"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path.read_bytes()


@pytest.fixture(scope="session")
def task():
    """Makes what Runway tells about a task."""

    def made(status, **more):
        return Answer(body={"id": "t1", "status": status, "createdAt": "2026-11-25T00:00:00Z", **more})

    return made


@pytest.fixture
def runway(png, mp4, task, monkeypatch):
    """The simulator, at the address that the environment names; it makes a picture or a film as it is asked."""
    with VendorSimulator() as vendor:
        monkeypatch.setenv("RUNWAYML_API_SECRET", "key_canary6f1d0c7e52ab4c1d9e")
        monkeypatch.setenv("RUNWAYML_BASE_URL", vendor.url)

        def ended(_):
            kind = "png" if "image" in vendor.sent("POST", "/v1/.*")[-1].path.rpartition("_")[2] else "mp4"
            output = [f"{vendor.url}/out/0.{kind}?_jwt=signed"]
            return task("SUCCEEDED", output=output, cost={"credits": 25})

        vendor.on("POST", "/v1/[a-z_]+", Answer(body={"id": "t1", "estimatedCost": {"credits": 25}}))
        vendor.on("GET", "/v1/tasks/t1", task("THROTTLED"), task("RUNNING", progress=0.4), ended)
        vendor.on("DELETE", "/v1/tasks/t1", Answer(status=204))
        vendor.on("GET", "/out/0.png", Answer(body=png, headers={"content-type": "image/png"}))
        vendor.on("GET", "/out/0.mp4", Answer(body=mp4, headers={"content-type": "video/mp4"}))
        yield vendor
