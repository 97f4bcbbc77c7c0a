"""Formats: which reader may read an input, and how each output is coded and written."""

from __future__ import annotations

from typing import Final, NamedTuple

from genblaze.errors import ProviderError
from genblaze.models import Asset, Modality, ProviderErrorCode

#: Media type: the one reader that ffmpeg may use for it. Left to guess, ffmpeg would also take a text for a playlist
#: that names further files.
READERS: Final = {
    **dict.fromkeys(("video/mp4", "video/quicktime", "video/x-m4v", "video/3gpp"), "mov"),
    **dict.fromkeys(("audio/mp4", "audio/x-m4a", "audio/m4a", "image/avif", "image/heic"), "mov"),
    **dict.fromkeys(("video/webm", "video/x-matroska", "audio/webm", "audio/x-matroska"), "matroska"),
    "video/x-msvideo": "avi",
    "video/mp2t": "mpegts",
    **dict.fromkeys(("audio/mpeg", "audio/mp3"), "mp3"),
    **dict.fromkeys(("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"), "wav"),
    **dict.fromkeys(("audio/flac", "audio/x-flac"), "flac"),
    **dict.fromkeys(("audio/ogg", "audio/opus", "video/ogg", "application/ogg"), "ogg"),
    **dict.fromkeys(("audio/aac", "audio/x-aac", "audio/aacp"), "aac"),
    **dict.fromkeys(("audio/aiff", "audio/x-aiff"), "aiff"),
    "image/png": "png_pipe",
    "image/jpeg": "jpeg_pipe",
    "image/webp": "webp_pipe",
    "image/gif": "gif",
    "image/bmp": "bmp_pipe",
    "image/tiff": "tiff_pipe",
}

_H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p")
_VP9 = ("-c:v", "libvpx-vp9", "-crf", "30", "-b:v", "0", "-pix_fmt", "yuv420p")
_AAC = ("-c:a", "aac", "-b:a", "192k")
_OPUS = ("-c:a", "libopus", "-b:a", "128k")
_FAST_START = ("-movflags", "+faststart")
_PALETTE = "split[plain][sample];[sample]palettegen[palette];[plain][palette]paletteuse"


class Format(NamedTuple):
    """How outputs of one format are made.

    Attributes:
        suffix: How the file is called.
        media_type: What it is.
        muxer: ffmpeg's writer.
        video: Arguments that code pictures; none where the format holds no pictures.
        audio: Arguments that code sound; none where it holds none.
        copies: Codecs that it takes over as they are.
        muxing: Arguments of the writer.
        palette: Filter that comes behind all others.
    """

    suffix: str
    media_type: str
    muxer: str
    video: tuple[str, ...] = ()
    audio: tuple[str, ...] = ()
    copies: frozenset[str] = frozenset()
    muxing: tuple[str, ...] = ()
    palette: str = ""

    @property
    def modality(self) -> Modality:
        """What kind of media it is; a GIF counts as the picture that its media type says."""
        return Modality(self.media_type.partition("/")[0])

    @property
    def fitting(self) -> str:
        """Filter that brings pictures into the form that the format needs; empty where any will do."""
        return self.palette or ("pad=ceil(iw/2)*2:ceil(ih/2)*2" if self.even else "")

    @property
    def even(self) -> bool:
        """Whether its pictures must have even sides."""
        return "yuv420p" in self.video


def _picture(suffix: str, media_type: str, *codec: str) -> Format:
    return Format(suffix, media_type, "image2pipe", (*codec, "-frames:v", "1"))


_MP4_CODECS = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4", "aac", "mp3", "ac3", "eac3", "alac"})
_WEBM_CODECS = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})

#: By the name that `convert_format` knows.
FORMATS: Final = {
    "mp4": Format(".mp4", "video/mp4", "mp4", _H264, _AAC, _MP4_CODECS, _FAST_START),
    "mov": Format(".mov", "video/quicktime", "mov", _H264, _AAC, _MP4_CODECS | {"pcm_s16le", "prores"}, _FAST_START),
    "webm": Format(".webm", "video/webm", "webm", _VP9, _OPUS, _WEBM_CODECS),
    "mkv": Format(".mkv", "video/x-matroska", "matroska", _H264, _AAC, _MP4_CODECS | _WEBM_CODECS | {"flac"}),
    "gif": Format(".gif", "image/gif", "gif", ("-c:v", "gif"), palette=_PALETTE),
    "mp3": Format(".mp3", "audio/mpeg", "mp3", (), ("-c:a", "libmp3lame", "-q:a", "2"), frozenset({"mp3"})),
    "m4a": Format(".m4a", "audio/mp4", "ipod", (), _AAC, frozenset({"aac", "alac"}), _FAST_START),
    "aac": Format(".aac", "audio/aac", "adts", (), _AAC, frozenset({"aac"})),
    "wav": Format(".wav", "audio/wav", "wav", (), ("-c:a", "pcm_s16le"), frozenset({"pcm_s16le", "pcm_s24le"})),
    "flac": Format(".flac", "audio/flac", "flac", (), ("-c:a", "flac"), frozenset({"flac"})),
    "ogg": Format(".ogg", "audio/ogg", "ogg", (), ("-c:a", "libvorbis", "-q:a", "6"), frozenset({"vorbis", "opus"})),
    "opus": Format(".opus", "audio/ogg", "opus", (), _OPUS, frozenset({"opus"})),
    "png": _picture(".png", "image/png", "-c:v", "png"),
    "jpg": _picture(".jpg", "image/jpeg", "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"),
    "webp": _picture(".webp", "image/webp", "-c:v", "libwebp", "-quality", "90"),
}
#: Further names that people use.
_ALIASES: Final = {"jpeg": "jpg", "matroska": "mkv", "quicktime": "mov"}
#: Formats whose media type other formats share come later, so that a type names the first.
_BY_MEDIA_TYPE: Final = {each.media_type: each for each in reversed(FORMATS.values())}
_USUAL: Final = {"video": FORMATS["mp4"], "audio": FORMATS["wav"], "image": FORMATS["png"]}


def format_named(name: str) -> Format:
    """The format of a name, with or without a dot.

    Raises:
        ProviderError: There is none; the text lists them.
    """
    plain = name.lower().removeprefix(".")
    found = FORMATS.get(_ALIASES.get(plain, plain))
    if found is None:
        msg = f"there is no format {name!r}. Formats: {', '.join(FORMATS)}"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
    return found


def format_like(asset: Asset) -> Format:
    """The format of an input, or the usual one for its kind where ours does not write it."""
    found = _BY_MEDIA_TYPE.get(asset.media_type)
    if found is not None:
        return found
    kind, reader = asset.media_type.partition("/")[0], READERS.get(asset.media_type)
    alike = (each for each in FORMATS.values() if READERS[each.media_type] == reader and each.modality == kind)
    return next(alike, _USUAL.get(kind, FORMATS["mp4"]))


def reader_of(asset: Asset) -> str:
    """The reader of an input.

    Raises:
        ProviderError: Its media type has none.
    """
    reader = READERS.get(asset.media_type)
    if reader is None:
        msg = f"ffmpeg is not given files of type {asset.media_type}. Types: {', '.join(sorted(READERS))}"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
    return reader
