"""Luma, played on loopback with a real picture and a real film."""

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
def told():
    """Makes what Luma tells about a generation."""

    def made(state, **more):
        return Answer(body={"id": "g1", "state": state, "failure_reason": None, "assets": None, **more})

    return made


@pytest.fixture
def luma(png, mp4, told, monkeypatch):
    """The simulator, at the address that the environment names; it makes a picture or a film as it is asked."""
    with VendorSimulator() as vendor:
        monkeypatch.setenv("LUMAAI_API_KEY", "luma-canary6f1d0c7e52ab4c1d9e")
        monkeypatch.setenv("LUMAAI_BASE_URL", f"{vendor.url}/dream-machine/v1")

        def ended(_):
            if vendor.sent("POST", ".*/image"):
                return told("completed", assets={"image": f"{vendor.url}/out/0.png", "video": None})
            return told("completed", assets={"video": f"{vendor.url}/out/0.mp4", "image": None})

        vendor.on("POST", "/dream-machine/v1/generations/(video|image)", Answer(status=201, body={"id": "g1"}))
        vendor.on("GET", "/dream-machine/v1/generations/g1", told("queued"), told("dreaming"), ended)
        vendor.on("DELETE", "/dream-machine/v1/generations/g1", Answer(status=204))
        vendor.on("GET", "/out/0.png", Answer(body=png, headers={"content-type": "image/png"}))
        vendor.on("GET", "/out/0.mp4", Answer(body=mp4, headers={"content-type": "video/mp4"}))
        yield vendor
