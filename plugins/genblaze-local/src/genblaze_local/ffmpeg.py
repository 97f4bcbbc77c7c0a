"""Runs ffmpeg: raw frames go in through a pipe, an MP4 file comes out."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from genblaze.errors import ProviderError
from genblaze.models import ProviderErrorCode

if TYPE_CHECKING:
    from genblaze_local.vendor import LocalJob

#: Seconds that ffmpeg may take before it is killed, beyond those that the job itself is made to take.
TIME_LIMIT_SEC = 300.0
_TOLD_CHARS = 600


def find_ffmpeg() -> str:
    """The ffmpeg program: the system's, or that of the `imageio-ffmpeg` package.

    Raises:
        ProviderError: There is none; the text says how to get it.
    """
    if found := shutil.which("ffmpeg"):
        return found
    with suppress(ImportError, RuntimeError):
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    msg = (
        'local-video needs ffmpeg, and there is none. Get it with `pip install "genblaze-local[ffmpeg]"`, '
        "or install your system's ffmpeg package (`apt install ffmpeg`, `brew install ffmpeg`)."
    )
    raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)


def encode(
    program: str, job: LocalJob, frames: Iterable[bytes], size: tuple[int, int], fps: float, target: str
) -> None:
    """Encode RGB frames as H.264 into the file `target`; the same frames give the same bytes.

    Raises:
        ProviderError: ffmpeg failed, or took too long.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - no shell; every argument is a number or a path of ours
            _command(program, size, fps, target), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
        )
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(TIME_LIMIT_SEC + job.latency, stop)
        timer.daemon = True
        timer.start()
        job.on_cancel(process.kill)
        try:
            _feed(process, frames)
            process.wait()
        finally:
            timer.cancel()
            _end(process)
        if process.returncode:
            log.seek(0)
            raise _failure(process.returncode, log.read().decode("utf-8", "replace"), late=late.is_set())


def _command(program: str, size: tuple[int, int], fps: float, target: str) -> list[str]:
    width, height = size
    pixels = "scale=in_range=full:out_range=tv:out_color_matrix=bt709:flags=bicubic+accurate_rnd,format=yuv420p"
    return [
        *(program, "-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
        *("-protocol_whitelist", "pipe", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-video_size", f"{width}x{height}", "-framerate", f"{fps:g}", "-i", "pipe:0"),
        *("-vf", pixels, "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
        # One thread and no version stamps: the bytes depend on the frames alone.
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "19", "-threads", "1", "-filter_threads", "1"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"),
        *("-movflags", "+faststart", "-f", "mp4", f"file:{target}"),
    ]


def _feed(process: subprocess.Popen[bytes], frames: Iterable[bytes]) -> None:
    """Pipe the frames in; when ffmpeg leaves early its exit code tells why."""
    assert process.stdin is not None  # noqa: S101 - it was asked for
    with suppress(BrokenPipeError, ConnectionResetError):
        for frame in frames:
            process.stdin.write(frame)
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave no process behind."""
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def _failure(code: int, log: str, *, late: bool) -> ProviderError:
    if late:
        msg = f"ffmpeg took longer than {TIME_LIMIT_SEC:g} s and was stopped. Ask for a smaller or shorter video."
        return ProviderError(msg, error_code=ProviderErrorCode.TIMEOUT)
    said = " ".join(log.split())[-_TOLD_CHARS:] or "it said nothing"
    hint = " This ffmpeg has no H.264 encoder: install one with libx264." if "libx264" in said else ""
    msg = f"ffmpeg failed with exit code {code}: {said}.{hint}"
    return ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
