"""`LocalVideoProvider`: a slow camera over a picture, encoded by ffmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from PIL import Image

from genblaze.errors import ProviderError
from genblaze.models import Asset, Modality, ProviderErrorCode, Step, VideoMetadata
from genblaze_local.camera import film
from genblaze_local.drawing import draw_picture
from genblaze_local.ffmpeg import encode_frames, find_ffmpeg
from genblaze_local.files import write_asset
from genblaze_local.params import Params
from genblaze_local.pictures import load_picture, picture_file, picture_size
from genblaze_local.provider import LocalProvider
from genblaze_local.vendor import LocalJob, Work

#: Pixels, for width and for height; frames of H.264 have even sides.
SMALLEST_SIDE, LARGEST_SIDE, USUAL_LARGEST_SIDE = 16, 1920, 1280
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
        find_ffmpeg()
        path = self._input(step)
        size = _frame_size(options.size, (768, 512) if path is None else picture_size(path, self.name))

        def shoot(job: LocalJob) -> Asset:
            picture = _drawn(step, options, size, job) if path is None else load_picture(path, self.name)
            return _filmed(picture, step, options, size, folder, job)

        return shoot

    def _input(self, step: Step) -> Path | None:
        if len(step.inputs) > 1:
            msg = f"{self.name} takes one input, the picture it begins with, not {len(step.inputs)}. Use input_from."
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
        return picture_file(step.inputs[0], self.name) if step.inputs else None


def _drawn(step: Step, options: VideoOptions, size: tuple[int, int], job: LocalJob) -> Image.Image:
    return draw_picture(
        step.prompt or "",
        size,
        seed=step.seed or 0,
        style=options.style,
        negative_prompt=step.negative_prompt or "",
        caption=options.caption,
        tell=lambda fraction, message: job.tell(0.1 * fraction, message),
    )


def _filmed(
    picture: Image.Image, step: Step, options: VideoOptions, size: tuple[int, int], folder: Path, job: LocalJob
) -> Asset:
    width, height = size
    count = max(1, round(options.duration * options.fps))
    seed = f"{step.seed or 0}\0{step.prompt or ''}"
    frames = film(picture, size, count, seed=seed, fade=round(options.fade_in * options.fps))

    def told() -> Iterator[bytes]:
        for number, frame in enumerate(frames):
            job.tell(0.1 + 0.85 * number / count, f"encoding frame {number + 1} of {count}")
            yield frame

    def write(file: BinaryIO) -> None:
        encode_frames(told(), file.name, size, options.fps, job)

    facts = VideoMetadata(frame_rate=float(options.fps), codec="h264", color_space="bt709", has_audio=False)
    asset = Asset(
        url="file:", media_type="video/mp4", width=width, height=height, duration=count / options.fps, video=facts
    )
    return write_asset(asset, folder, ".mp4", write, job)


def _frame_size(asked: tuple[int, int], picture: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the frames: what was asked for, the rest in the picture's proportions."""
    width, height = asked
    if width and height:
        return asked
    if width or height:
        scale = width / picture[0] if width else height / picture[1]
    else:
        scale = min(1.0, USUAL_LARGEST_SIDE / max(picture))
    sides = (int(side * scale / 2 + 0.001) * 2 for side in picture)
    across, down = (min(max(side, SMALLEST_SIDE), LARGEST_SIDE) for side in sides)
    return width or across, height or down
