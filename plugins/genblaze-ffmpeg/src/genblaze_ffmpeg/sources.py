"""Inputs as ffmpeg reads them: a local file, the reader that may read it, and what is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from genblaze.models import Asset
from genblaze_ffmpeg.formats import reader_of

if TYPE_CHECKING:
    from genblaze_ffmpeg.program import Program

#: Nothing that an input may name is read over the network, by itself or by a filter.
LOCAL_ONLY: Final = ("-protocol_whitelist", "file,pipe")
#: A picture of more pixels is not decoded: a file of a few bytes may claim to have any number.
BOUNDED: Final = ("-max_pixels", str(16_384 * 16_384))
_HEADER = re.compile(rb"^#(\w+) (\d+): (.+?)\r?$", re.MULTILINE)
_DURATION = re.compile(r"Duration: (\d+):(\d+):(\d+(?:\.\d+)?)")


class Source(NamedTuple):
    """One input.

    Attributes:
        asset: Its record.
        path: Its file, free of manifests.
        duration: Seconds, as the file states them; None where it does not.
        video: Codec of its pictures; None where it has none.
        audio: Codec of its sound; None where it has none.
        size: Width and height of its pictures, in pixels.
        sample_rate: Samples of its sound per second.
    """

    asset: Asset
    path: Path
    duration: float | None = None
    video: str | None = None
    audio: str | None = None
    size: tuple[int, int] = (0, 0)
    sample_rate: int = 48_000

    @property
    def is_picture(self) -> bool:
        """Whether it is a single picture."""
        return self.asset.media_type.startswith("image/") and self.asset.media_type != "image/gif"

    def arguments(self, *options: str) -> list[str]:
        """How ffmpeg is given the input: as this file, in this format, and as nothing else."""
        return [*LOCAL_ONLY, *BOUNDED, "-f", reader_of(self.asset), *options, "-i", f"file:{self.path}"]


async def look_into(asset: Asset, path: Path, program: Program, name: str) -> Source:
    """Read what is in an input.

    Args:
        asset: Its record.
        path: Its file, absolute.
        program: Reads it.
        name: How messages call it.

    Raises:
        ProviderError: It cannot be read as what its media type says.
    """
    source = Source(asset, path)
    wanted = ["-map", "0:v:0?"] if asset.media_type.startswith("image/") else ["-map", "0:v:0?", "-map", "0:a:0?"]
    arguments = [*source.arguments(), *wanted, "-c", "copy", "-t", "0", "-f", "framecrc", "pipe:1"]
    said = await program.run(arguments, names={str(source.path): name})
    streams: dict[bytes, dict[str, str]] = {}
    for key, stream, value in _HEADER.findall(said.output):
        streams.setdefault(stream, {})[key.decode()] = value.decode("utf-8", "replace")
    kinds = {each["media_type"]: each for each in streams.values() if "media_type" in each}
    video, audio = kinds.get("video", {}), kinds.get("audio", {})
    if asset.media_type.startswith("audio/"):
        video = {}  # a cover picture
    width, _, height = video.get("dimensions", "0x0").partition("x")
    return source._replace(
        duration=_duration(said.errors),
        video=video.get("codec_id"),
        audio=audio.get("codec_id"),
        size=(int(width), int(height)),
        sample_rate=int(audio.get("sample_rate", 0)) or source.sample_rate,
    )


def _duration(said: str) -> float | None:
    found = _DURATION.search(said)
    return None if found is None else int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
