"""What genblaze loads: how files look. The module that reads and writes a format comes with its first file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl
from genblaze_media.bmff_brands import ANY_BRAND, BARE_QUICKTIME, magic_of, magic_of_compatible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genblaze.layout import EditPlan, Layout, Reader


class Format:
    """A plugin for one format, or for several that are laid out alike.

    Args:
        module: Where `inspect_media` and `embed_manifest` are.
        capabilities: What the files look like.
    """

    def __init__(self, module: str, *capabilities: Capability) -> None:
        self.module = module
        self.capabilities = capabilities

    @hookimpl
    def provides(self) -> Iterable[Capability]:
        """The media types."""
        return self.capabilities

    @hookimpl
    def inspect_media(self, reader: Reader) -> Layout | None:
        """Find our element and the media data; a cut file shows what is still whole."""
        layout: Layout | None = self._load().inspect_media(reader)
        return layout

    @hookimpl
    def embed_manifest(self, layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
        """Plan where the manifest and the record go; refuses a file that would not come back exactly."""
        plan: EditPlan | None = self._load().embed_manifest(layout, payload, record)
        return plan

    def _load(self) -> Any:
        return import_module(f"genblaze_media.{self.module}")


def _files(key: str, where: str, suffixes: str, *magic: str, aliases: str = "") -> Capability:
    return Capability(
        hook="embed_manifest",
        key=key,
        summary=f"Manifest in {where}",
        magic=magic,
        suffixes=tuple(suffixes.split()),
        aliases=tuple(aliases.split()),
    )


_ID3 = b"ID3".hex()
# Second byte of a frame header: MPEG 1, 2 and 2.5, layers II and III. Layer I would claim UTF-16's byte order mark.
_MPEG = [f"ff{second}" for second in ["e2", "e3", "e4", "e5", "f2", "f3", "f4", "f5", "fa", "fb", "fc", "fd"]]
_WAVE = [f"{kind.hex()} ???????? 57415645" for kind in (b"RIFF", b"RF64", b"BW64")]
_OGG = b"OggS".hex()
_FIRST_PAGE = f"{_OGG} 0002 {'??' * 20} 01 ??"
_OGG_SOUND = [f"{_FIRST_PAGE} {magic.hex()}" for magic in (b"\1vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")]

png = Format("png", _files("image/png", "PNG and APNG images (iTXt chunk)", ".png .apng", b"\x89PNG\r\n\x1a\n".hex()))
jpeg = Format("jpeg", _files("image/jpeg", "JPEG images (XMP segment)", ".jpg .jpeg .jpe .jfif", "ffd8ff"))
webp = Format(
    "webp", _files("image/webp", "WebP images and animations (XMP chunk)", ".webp", "52494646 ???????? 57454250")
)
gif = Format(
    "gif",
    _files(
        "image/gif",
        "GIF images and animations (XMP application extension)",
        ".gif",
        *(b"GIF87a".hex(), b"GIF89a".hex()),
    ),
)
heif = Format(
    "bmff",
    _files(
        "image/avif",
        "AVIF images (uuid box)",
        ".avif .avifs",
        *(*magic_of("image/avif"), *magic_of_compatible("image/avif")),
    ),
    _files(
        "image/heic",
        "HEIC images (uuid box)",
        ".heic .heics",
        *(*magic_of("image/heic"), *magic_of_compatible("image/heic")),
    ),
    _files("image/heif", "HEIF images (uuid box)", ".heif .hif", *magic_of("image/heif")),
)
# A file whose brand nobody else names counts as video/mp4. M4A is often made with such a brand, too: the suffix tells.
mp4 = Format(
    "bmff",
    _files("video/mp4", "MP4 videos (uuid box)", ".mp4 .m4s", *ANY_BRAND),
    _files("video/quicktime", "MOV videos (uuid box)", ".mov .qt", *magic_of("video/quicktime"), *BARE_QUICKTIME),
    _files("video/x-m4v", "M4V videos (uuid box)", ".m4v", *magic_of("video/x-m4v")),
    _files("video/3gpp", "3GP videos (uuid box)", ".3gp .3gpp", *magic_of("video/3gpp")),
    _files("video/3gpp2", "3G2 videos (uuid box)", ".3g2", *magic_of("video/3gpp2")),
)
m4a = Format(
    "bmff",
    _files(
        "audio/mp4",
        "M4A and M4B sound (uuid box)",
        ".m4a .m4b",
        *(*magic_of("audio/mp4"), *ANY_BRAND),
        aliases="audio/x-m4a audio/m4a",
    ),
)
mp3 = Format("mp3", _files("audio/mpeg", "MP3 audio (ID3v2 TXXX frame)", ".mp3 .mp2 .mpga", _ID3, *_MPEG))
aac = Format(
    "aac",
    _files("audio/aac", "ADTS AAC audio (ID3v2 TXXX frame)", ".aac .adts", "fff0", "fff1", "fff8", "fff9", _ID3),
)
flac = Format("flac", _files("audio/flac", "FLAC audio (Vorbis comment)", ".flac", b"fLaC".hex(), _ID3))
wav = Format(
    "wav",
    _files(
        "audio/wav",
        "WAV, Broadcast WAV, RF64 and BW64 audio (LIST/INFO chunk)",
        ".wav .wave .bwf .rf64",
        *_WAVE,
        aliases="audio/x-wav audio/wave audio/vnd.wave",
    ),
)
ogg = Format(
    "ogg",
    _files(
        "audio/ogg",
        "Ogg audio: Vorbis, Opus, FLAC (logical stream)",
        ".ogg .oga .opus .spx",
        *_OGG_SOUND,
        aliases="audio/opus audio/vorbis",
    ),
    _files("video/ogg", "Ogg video (logical stream)", ".ogv", _FIRST_PAGE + b"\x80theora".hex()),
    _files("application/ogg", "other Ogg files (logical stream)", ".ogx", f"{_OGG} 00"),
)
