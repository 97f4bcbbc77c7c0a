"""`FFmpegTransform`: trims, resizes, crops, captions, normalises and converts one input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genblaze.models import Modality
from genblaze_ffmpeg.converting import ConvertFormat, ExtractAudio
from genblaze_ffmpeg.cutting import Trim
from genblaze_ffmpeg.loudness import AudioNormalize
from genblaze_ffmpeg.operations import refuse
from genblaze_ffmpeg.pictures import FONT, Crop, OverlayText, Resize
from genblaze_ffmpeg.provider import FFmpegProvider


class FFmpegTransform(FFmpegProvider):
    """Changes one input. The parameter `operation` says how; any model name will do.

    - `resize`: `width`, `height`, one or both.
    - `crop`: `width`, `height`, `x` (0), `y` (0).
    - `trim`: `start` (0), `end` or `duration`.
    - `overlay_text`: `text`, `fontsize` (24), `x` (10), `y` (10), `fontcolor` (white).
    - `audio_normalize`: `loudness` (-16 LUFS), `true_peak` (-1.5 dBTP), `range` (11 LU).
    - `convert_format`: `format`. `extract_audio`: `format` (m4a).

    Args:
        output_dir: As for `FFmpegProvider`, and so are the next three.
        ffmpeg_path: The program.
        timeout: Seconds that one call may take.
        threads: Threads that it may use.
        font: A font file for `overlay_text`; without it the one that ffmpeg finds.
        options: As for every provider.
    """

    name = "ffmpeg-transform"
    modalities = (Modality.VIDEO, Modality.AUDIO, Modality.IMAGE)
    operations = Resize | Crop | Trim | OverlayText | AudioNormalize | ConvertFormat | ExtractAudio
    takes = ("video", "audio", "image")

    def __init__(
        self,
        output_dir: str | Path | None = None,
        ffmpeg_path: str = "ffmpeg",
        timeout: float = 120,
        *,
        threads: int = 1,
        font: str | Path | None = None,
        **options: Any,
    ) -> None:
        super().__init__(output_dir, ffmpeg_path, timeout, threads=threads, **options)
        self.font = None if font is None else Path(font).absolute()

    def check_ready(self) -> None:
        """Refuse to work without ffmpeg, or without the font that was named.

        Raises:
            ProviderError: One is missing.
        """
        super().check_ready()
        if self.font is not None and not self.font.is_file():
            refuse(f"there is no font {self.font}")

    def furnish(self, folder: Path) -> None:
        """Lay the font, if one was named, into the working folder."""
        if self.font is not None:
            (folder / FONT).symlink_to(self.font)
