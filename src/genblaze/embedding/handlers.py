"""The published classes for manifests in files, one for each format, over the engine that serves all of them.

New programs call `embed_manifest`, `extract_manifest` and `verify_file`, which know every installed format and
compare the content, too; these classes keep programs running that were written for the published package.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

from genblaze import atomic
from genblaze.embedding import EmbedResult, embed_manifest, extract_manifest
from genblaze.embedding.edits import FileReader
from genblaze.embedding.mediafile import MediaFile
from genblaze.embedding.sidecars import check_pointer, read_sidecar, sidecar_path
from genblaze.errors import EmbeddingError
from genblaze.layout import BytesReader
from genblaze.models.manifest import Manifest, parse_manifest
from genblaze.models.policy import EmbedPolicy
from genblaze.plugins import default_plugins

__all__ = [
    "AacHandler",
    "BaseMediaHandler",
    "FlacHandler",
    "JpegHandler",
    "MediaCapability",
    "Mp3Handler",
    "Mp4Handler",
    "PngHandler",
    "SidecarHandler",
    "SmartEmbedder",
    "WavHandler",
    "WebpHandler",
    "atomic_write",
    "get_handler",
    "guess_mime",
    "sniff_mime",
]

# Published constants: how each format names the manifest, and limits that ours does not have.
FREEFORM_KEY: Final = "----:genblaze:manifest"
GENBLAZE_UUID: Final = UUID("6d6f6461-6c66-6c6f-7700-000000000001")
GENBLAZE_UUID_BYTES: Final = GENBLAZE_UUID.bytes
INFO_TAG: Final = b"IMFL"
ITXT_KEY: Final = "genblaze:manifest"
TXXX_DESC: Final = "genblaze:manifest"
VORBIS_TAG: Final = "GENBLAZE_MANIFEST"
XMP_NS: Final = "genblaze"
MAX_FILE_BYTES: Final = 500 * 1024 * 1024
MAX_MMAP_BYTES: Final = 2 * 1024 * 1024 * 1024
MAX_XMP_BYTES: Final = 60 * 1024

_UNKNOWN_TYPE = "application/octet-stream"
_VIDEOS = frozenset({"video/mp4", "video/quicktime", "video/x-m4v", "video/3gpp", "video/3gpp2"})
_BOXES = _VIDEOS | {"audio/mp4", "image/avif", "image/heic", "image/heif"}

StrPath = str | os.PathLike[str]


@dataclass
class MediaCapability:
    """What a handler says of one media type.

    Attributes:
        mime_type: The media type.
        max_payload_bytes: Longest manifest that the published package embeds; None where only memory bounds it.
        metadata_location: Where in the file the manifest goes.
        strip_risk: How likely other programs are to drop it: "low", "medium" or "high".
    """

    mime_type: str
    max_payload_bytes: int | None
    metadata_location: str
    strip_risk: str


class BaseMediaHandler(ABC):
    """Manifests in files of one format; derive from it for a format of your own."""

    @staticmethod
    @abstractmethod
    def capabilities() -> list[str]:
        """Media types that the handler is for."""

    @staticmethod
    def media_capabilities() -> list[MediaCapability]:
        """What is known of each media type."""
        return []

    @abstractmethod
    def embed(self, source: StrPath, manifest: Manifest, output: StrPath | None = None) -> Path:
        """Put a manifest into `source`, in place or into `output`; returns the file that carries it.

        Raises:
            EmbeddingError: The file cannot hold it. It is then as it was.
        """

    @abstractmethod
    def extract(self, source: StrPath) -> Manifest:
        """The manifest that a file carries.

        Raises:
            EmbeddingError: There is none, or the file cannot be read.
        """

    def verify(self, source: StrPath) -> bool:
        """Whether the manifest that a file carries is intact; `verify_file` compares the content as well.

        Raises:
            EmbeddingError: As `extract`.
        """
        return self.extract(source).verify()


class _FormatHandler(BaseMediaHandler):
    """A handler that only says which files are its own; the installed plugins do the work."""

    _types: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[tuple[MediaCapability, ...]] = ()
    _accepted: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def capabilities(cls) -> list[str]:
        """Media types that the handler is for."""
        return list(cls._types) or [each.mime_type for each in cls._known]

    @classmethod
    def media_capabilities(cls) -> list[MediaCapability]:
        """What is known of each media type."""
        return list(cls._known)

    def embed(self, source: StrPath, manifest: Manifest, output: StrPath | None = None) -> Path:
        with self._opened(source):
            return embed_manifest(source, manifest, output=output, sidecar=False).path

    def extract(self, source: StrPath) -> Manifest:
        with self._opened(source) as media:
            payload, trouble = media.layout.payload, media.trouble or media.layout.damage
        if payload is None:
            msg = f"no genblaze manifest in {source}" + (f": {trouble}" if trouble else "")
            raise EmbeddingError(msg)
        return parse_manifest(payload)

    @contextmanager
    def _opened(self, source: StrPath) -> Iterator[MediaFile]:
        with MediaFile(source) as media:
            if media.media_type not in {*self.capabilities(), *self._accepted}:
                msg = f"{source} is {media.media_type}; {type(self).__name__} is for {', '.join(self.capabilities())}"
                raise EmbeddingError(msg)
            yield media


class PngHandler(_FormatHandler):
    """Manifests in PNG files."""

    _types = ("image/png",)


class JpegHandler(_FormatHandler):
    """Manifests in JPEG files."""

    _known = (MediaCapability("image/jpeg", MAX_XMP_BYTES, "XMP", "medium"),)


class WebpHandler(_FormatHandler):
    """Manifests in WebP files."""

    _known = (MediaCapability("image/webp", MAX_XMP_BYTES, "XMP", "medium"),)

    def embed(
        self,
        source: StrPath,
        manifest: Manifest,
        output: StrPath | None = None,
        *,
        lossless: bool | None = None,  # noqa: ARG002 - published; nothing is ever encoded again
        quality: int = 90,  # noqa: ARG002
    ) -> Path:
        """As of every handler; `lossless` and `quality` have no effect, because nothing is encoded again."""
        return super().embed(source, manifest, output)


class Mp4Handler(_FormatHandler):
    """Manifests in MP4 and its relatives (MOV, M4A, AVIF, HEIC …) files."""

    _known = (MediaCapability("video/mp4", None, "UUID box", "low"),)
    _accepted = _BOXES


class AacHandler(_FormatHandler):
    """Manifests in M4A and AAC files."""

    _known = (
        MediaCapability("audio/aac", None, "MP4 freeform atom", "medium"),
        MediaCapability("audio/mp4", None, "MP4 freeform atom", "medium"),
        MediaCapability("audio/x-m4a", None, "MP4 freeform atom", "medium"),
    )
    _accepted = _BOXES


class Mp3Handler(_FormatHandler):
    """Manifests in MP3 files."""

    _known = (MediaCapability("audio/mpeg", None, "ID3v2 TXXX", "medium"),)


class WavHandler(_FormatHandler):
    """Manifests in WAV files."""

    _known = (MediaCapability("audio/wav", None, "LIST/INFO chunk", "low"),)


class FlacHandler(_FormatHandler):
    """Manifests in FLAC files."""

    _known = (MediaCapability("audio/flac", None, "Vorbis comment", "medium"),)


class SidecarHandler(BaseMediaHandler):
    """Manifests beside files of any format, in `<file>.genblaze.json`."""

    @staticmethod
    def capabilities() -> list[str]:
        """Any media type."""
        return ["*/*"]

    def embed(
        self,
        source: StrPath,
        manifest: Manifest,
        output: StrPath | None = None,
        *,
        policy: EmbedPolicy | None = None,
    ) -> Path:
        """Write the sidecar of `output`, or else of `source`, and return its path; the file itself is not touched."""
        sidecar = sidecar_path(output or source)
        text = manifest.to_embed_json(policy or EmbedPolicy())
        try:
            with atomic.atomic_write(sidecar) as file:
                file.write(text.encode())
        except OSError as error:
            msg = f"cannot write {sidecar}: {error.strerror or error}"
            raise EmbeddingError(msg) from error
        return sidecar

    def extract(self, source: StrPath) -> Manifest:
        """The manifest in the sidecar of `source`.

        Raises:
            EmbeddingError: There is none, or it cannot be read.
            PointerSidecarError: It only says where the manifest is.
        """
        document = read_sidecar(source)
        if document is None:
            msg = f"no sidecar file {sidecar_path(source)}"
            raise EmbeddingError(msg)
        check_pointer(document)
        return parse_manifest(document)


class SmartEmbedder:
    """Puts a manifest into a file, or beside it where the file cannot hold one."""

    def embed(
        self,
        source: StrPath,
        manifest: Manifest,
        output: StrPath | None = None,
        *,
        policy: EmbedPolicy | None = None,
        mime_type: str | None = None,  # noqa: ARG002 - published; the content says better what a file is
    ) -> EmbedResult:
        """As `embed_manifest`; `mime_type` is not needed, because the type is recognised from the content."""
        return embed_manifest(source, manifest, output=output, policy=policy)


class _PluginHandler(_FormatHandler):
    """Manifests in a format that the published package wrote sidecars for, so that either may be there."""

    def extract(self, source: StrPath) -> Manifest:
        return extract_manifest(source)


_HANDLERS: tuple[type[_FormatHandler], ...] = (
    PngHandler,
    JpegHandler,
    WebpHandler,
    Mp4Handler,
    AacHandler,
    Mp3Handler,
    WavHandler,
    FlacHandler,
)


#: Other names of media types, which servers and browsers use.
_OTHER_NAMES = {
    **dict.fromkeys(("audio/wave", "audio/x-wav", "audio/vnd.wave"), "audio/wav"),
    "audio/mp3": "audio/mpeg",
    "audio/x-flac": "audio/flac",
    "image/jpg": "image/jpeg",
}


def get_handler(mime_type: str) -> BaseMediaHandler | None:
    """A handler for a media type, of the published ones or of an installed plugin; None where a sidecar is written."""
    known = _OTHER_NAMES.get(mime_type, mime_type)
    published = [handler for handler in _HANDLERS if known in handler.capabilities()]
    published += [handler for handler in _HANDLERS if known in handler._accepted]
    if published:
        return published[0]()
    embedded = {offer.key for offer, _ in default_plugins().capabilities("embed_manifest")}
    return type("PluginHandler", (_PluginHandler,), {"_types": (known,)})() if known in embedded else None


def sniff_mime(path: StrPath) -> str | None:
    """The media type that a file's content proves; None when it cannot be read or is of no known type."""
    try:
        with FileReader(path) as file:
            found = default_plugins().recognise(file, "")
    except EmbeddingError:
        return None
    return None if found == _UNKNOWN_TYPE else found


def guess_mime(path: StrPath) -> str:
    """The media type of a file by its content, or else by its name; ``application/octet-stream`` when neither says."""
    return sniff_mime(path) or default_plugins().recognise(BytesReader(b""), Path(path).name)


@contextmanager
def atomic_write(target: Path) -> Iterator[Path]:
    """A path to write to, whose content takes the place of `target` when the block ends without an error."""
    with atomic.atomic_write(target) as file:
        yield Path(file.name)
