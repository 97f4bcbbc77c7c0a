"""`LocalVideoProvider`: a slow camera over a picture, as an MP4."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from genblaze.errors import ProviderError
from genblaze.models import Asset, Modality, ProviderErrorCode, Step, VideoMetadata
from genblaze_local.camera import film
from genblaze_local.drawing import draw_picture
from genblaze_local.ffmpeg import encode, find_ffmpeg
from genblaze_local.files import write_asset
from genblaze_local.params import Params
from genblaze_local.pictures import load_picture, picture_file, picture_size
from genblaze_local.provider import LocalProvider
from genblaze_local.vendor import LocalJob, Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

#: Pixels.
SMALLEST_SIDE, LARGEST_SIDE = 16, 1920
#: Seconds.
SHORTEST, LONGEST = 0.1, 30.0


class VideoOptions(NamedTuple):
    """What a video may be asked for; a side of 0 follows from the picture."""

    size: tuple[int, int]
    duration: float
    fps: int
    fade_in: float
    style: str
    caption: bool


class LocalVideoProvider(LocalProvider[VideoOptions]):
    """Makes MP4 files (H.264, no sound) from an input picture, which is the first frame, or from one it draws itself.

    Parameters of a step: `duration` (0.1 to 30 seconds, default 4), `fps` (1 to 60, default 24), `size` or `width` and
    `height` (16 to 1920 pixels, even; by default the picture's), `fade_in` (seconds from black, default 0), `seed`;
    without an input picture also `style`, `negative_prompt` and `caption`, as `local-image` has them.

    Needs ffmpeg: `pip install "genblaze-local[ffmpeg]"`, or the system's.
    """

    name = "local-video"
    model = "local-video-1"
    modality = Modality.VIDEO
    output_format = "mp4"
    inputs = ("text", "image")
    longest_sec = LONGEST

    def options(self, params: Params) -> VideoOptions:
        """Size, length and look."""
        width, height = params.size((0, 0), least=SMALLEST_SIDE, most=LARGEST_SIDE)
        if width % 2 or height % 2:
            params.refuse(f"width and height must be even, which {width}x{height} is not.")
        duration = float(params.number("duration", 4.0, least=SHORTEST, most=LONGEST))
        return VideoOptions(
            size=(width, height),
            duration=duration,
            fps=int(params.number("fps", 24, least=1, most=60, whole=True)),
            fade_in=float(params.number("fade_in", 0.0, least=0, most=duration)),
            style=params.text("style"),
            caption=params.flag("caption", default=True),
        )

    def work(self, step: Step, options: VideoOptions, folder: Path) -> Work:
        """Film the picture, and have ffmpeg encode it."""
        program = find_ffmpeg()
        path = self._input(step)
        size = _frame_size(options.size, (768, 512) if path is None else picture_size(path, self.name))

        def shoot(job: LocalJob) -> Asset:
            picture = self._drawn(step, options, size, job) if path is None else load_picture(path, self.name)
            with tempfile.TemporaryDirectory(prefix="genblaze-") as scratch:
                target = Path(scratch) / "film.mp4"
                seed = f"{step.seed or 0}\0{step.prompt or ''}"
                encode(program, job, _told(job, picture, size, options, seed), size, options.fps, str(target))
                return _taken(target, size, options, folder, job)

        return shoot

    def _input(self, step: Step) -> Path | None:
        if len(step.inputs) > 1:
            msg = f"{self.name} takes one input, the picture it begins with, not {len(step.inputs)}. Use input_from."
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
        return picture_file(step.inputs[0], self.name) if step.inputs else None

    def _drawn(self, step: Step, options: VideoOptions, size: tuple[int, int], job: LocalJob) -> Image.Image:
        return draw_picture(
            step.prompt or "",
            size,
            seed=step.seed or 0,
            style=options.style,
            negative_prompt=step.negative_prompt or "",
            caption=options.caption,
            tell=lambda fraction, message: job.tell(0.1 * fraction, message),
        )


def _frame_count(options: VideoOptions) -> int:
    return max(1, round(options.duration * options.fps))


def _frame_size(asked: tuple[int, int], picture: tuple[int, int]) -> tuple[int, int]:
    """The size asked for, or the picture's: no larger than allowed, with even sides as H.264 wants them."""
    if all(asked):
        return asked
    shrink = min(1.0, LARGEST_SIDE / max(picture))
    width, height = (max(SMALLEST_SIDE, round(side * shrink) // 2 * 2) for side in picture)
    return width, height


def _told(
    job: LocalJob, picture: Image.Image, size: tuple[int, int], options: VideoOptions, seed: str
) -> Iterator[bytes]:
    """The frames; the job hears how far they are, and stops them when nobody wants it any more."""
    count = _frame_count(options)
    frames = film(picture, size, count, seed=seed, fade=round(options.fade_in * options.fps))
    for number, frame in enumerate(frames):
        job.tell(0.1 + 0.85 * number / count, "filming")
        yield frame


def _taken(target: Path, size: tuple[int, int], options: VideoOptions, folder: Path, job: LocalJob) -> Asset:
    """The asset of a film, in its place."""
    width, height = size
    duration = _frame_count(options) / options.fps
    video = VideoMetadata(codec="h264", frame_rate=options.fps, has_audio=False, resolution=f"{width}x{height}")
    asset = Asset(url="file:", media_type="video/mp4", width=width, height=height, duration=duration, video=video)
    job.tell(0.97, "saving")
    with target.open("rb") as made:
        return write_asset(asset, folder, ".mp4", lambda file: shutil.copyfileobj(made, file), job)
