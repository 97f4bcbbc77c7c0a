"""Finds ffmpeg and has it encode frames; it is given raw pixels through a pipe and the file to write, nothing else."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterable
from typing import IO, Final

from genblaze.errors import ProviderError
from genblaze.models import ProviderErrorCode
from genblaze_local.vendor import LocalJob

#: Seconds that ffmpeg may take, besides the latency that the job was given.
TIME_LIMIT_SEC: Final = 300.0
_MOST_QUOTED: Final = 600


def find_ffmpeg() -> str:
    """The ffmpeg of the wheel `imageio-ffmpeg`, if that is installed, else the system's.

    Raises:
        ProviderError: There is none.
    """
    with contextlib.suppress(ImportError, RuntimeError):  # RuntimeError: the wheel came without its program
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    found = shutil.which("ffmpeg")
    if found is None:
        msg = (
            'local-video needs ffmpeg, and there is none on this machine. Run: pip install "genblaze-local[ffmpeg]", '
            "or install your system's package (apt install ffmpeg, brew install ffmpeg)."
        )
        raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
    return found


def encode_frames(frames: Iterable[bytes], path: str, size: tuple[int, int], fps: int, job: LocalJob) -> None:
    """Encode RGB frames as H.264 into an MP4 file that plays while it loads. Equal frames give equal bytes.

    Raises:
        ProviderError: ffmpeg failed, or took too long.
        JobCancelledError: Nobody wants the job any more.
    """
    with tempfile.TemporaryFile() as errors, _started(_command(path, size, fps), errors) as process:
        job.on_cancel(process.kill)
        limit = threading.Timer(TIME_LIMIT_SEC + job.latency, process.kill)
        limit.daemon = True
        limit.start()
        try:
            _feed(process, frames)
            process.wait()
        finally:
            timed_out = limit.finished.is_set()
            limit.cancel()
            process.kill()
        job.check()
        if process.returncode:
            errors.seek(0)
            raise _failure(process.returncode, errors.read().decode("utf-8", "replace"), timed_out=timed_out)


def _started(command: list[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches us, and we decide what happens to it.
    return subprocess.Popen(  # noqa: S603 - a fixed command; nothing of it comes from a prompt
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
    )


def _feed(process: subprocess.Popen[bytes], frames: Iterable[bytes]) -> None:
    """Hand over the frames; a pipe that breaks means that ffmpeg has ended, and its exit code says why."""
    assert process.stdin is not None  # noqa: S101 - started with a pipe
    try:
        for frame in frames:
            process.stdin.write(frame)
    except BrokenPipeError:
        pass
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _failure(code: int, said: str, *, timed_out: bool) -> ProviderError:
    if timed_out:
        msg = f"ffmpeg took longer than {TIME_LIMIT_SEC:g} s and was stopped. Ask for a smaller or shorter video."
        return ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
    quoted = " ".join(said.split())[-_MOST_QUOTED:] or "it said nothing"
    hint = " It has no H.264 encoder: install an ffmpeg with libx264." if "libx264" in said else ""
    msg = f"ffmpeg failed with exit code {code}: {quoted}.{hint}"
    return ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)


def _command(path: str, size: tuple[int, int], fps: int) -> list[str]:
    """The command line, group by group: what is read, how it is coded, how it is written."""
    colour = "-vf scale=out_color_matrix=bt709:out_range=tv -pix_fmt yuv420p -color_range tv"
    groups = (
        "-hide_banner -loglevel error -nostdin -y -protocol_whitelist pipe",
        f"-f rawvideo -pixel_format rgb24 -video_size {size[0]}x{size[1]} -framerate {fps} -i pipe:0",
        "-an -c:v libx264 -preset veryfast -crf 19",
        f"{colour} -colorspace bt709 -color_primaries bt709 -color_trc bt709",
        # One thread and no dates or versions: the file depends on the frames alone.
        "-threads 1 -filter_threads 1 -fflags +bitexact -flags:v +bitexact -map_metadata -1",
        "-movflags +faststart -f mp4",
    )
    return [find_ffmpeg(), *(word for group in groups for word in group.split()), f"file:{path}"]
