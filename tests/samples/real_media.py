"""Real files, as vendors send them: a picture by Pillow, a film and a sound by ffmpeg; each made once."""

import io
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from PIL import Image


def picture(kind: str) -> bytes:
    """A picture of 64 x 64 pixels (`PNG`, `JPEG`)."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(file, kind)
    return file.getvalue()


PNG, JPEG = picture("PNG"), picture("JPEG")


@cache
def mp4() -> bytes:
    """A film of 64 x 64 pixels and one second."""
    return _encoded("film.mp4", "testsrc=size=64x64:rate=8:duration=1", "-pix_fmt", "yuv420p")


@cache
def mp3() -> bytes:
    """A sound of one second."""
    return _encoded("voice.mp3", "sine=frequency=440:duration=1")


def _encoded(name: str, *source: str) -> bytes:
    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", *source, str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return path.read_bytes()
