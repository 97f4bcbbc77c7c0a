"""Where in a store things lie: the published key layouts."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from genblaze.errors import InvalidValueError, StorageError
from genblaze.models.enums import KeyStrategy
from genblaze.storing import check_key

if TYPE_CHECKING:
    from genblaze.models.run import Run

__all__ = ["KeyBuilder", "KeyLayout", "RunScope", "check_segment", "extension_of", "scope_of"]

IMMUTABLE: Final = "public, max-age=31536000, immutable"
PRIVATE: Final = "private, max-age=3600"

#: Extensions that a key may take over from its source. What a web server might run is not among them.
KNOWN_EXTENSIONS: Final = frozenset(
    f".{name}"
    for names in (
        "avif bmp gif heic heif jpe jpeg jpg png svg tif tiff webp",
        "avi m4v mkv mov mp4 mpeg mpg ogv webm",
        "aac aif aiff flac m4a mid mp3 oga ogg opus pcm wav",
        "bin csv glb gltf gz json md obj pdf srt txt vtt zip",
    )
    for name in names.split()
)

#: Types whose extension depends on the system's tables, or is not the usual one there.
EXTENSIONS: Final = {
    "audio/aac": ".aac",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/wave": ".wav",
    "audio/x-wav": ".wav",
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
}

#: Extensions of which there are several for one format, so that equal content gets one key.
SPELLINGS: Final = {
    ".aiff": ".aif",
    ".jpe": ".jpg",
    ".jpeg": ".jpg",
    ".mpeg": ".mpg",
    ".oga": ".ogg",
    ".tiff": ".tif",
}


@dataclass(frozen=True, slots=True)
class KeyBuilder:
    """Joins the parts of keys below a prefix.

    Attributes:
        prefix: What all keys begin with, without slashes at the ends; may be empty.
    """

    prefix: str

    @classmethod
    def from_prefix(cls, prefix: str) -> KeyBuilder:
        """The builder of a prefix as users write it: empty parts are dropped."""
        return cls("/".join(part for part in prefix.split("/") if part))

    def append(self, *segments: str) -> KeyBuilder:
        """The builder one or more levels below."""
        return KeyBuilder(self.build(*segments))

    def build(self, *segments: str) -> str:
        """The key of some parts; where prefix and parts meet with the same word, it stands once."""
        above = [part for part in self.prefix.split("/") if part]
        below = [part for part in segments if part]
        if above and below and above[-1] == below[0]:
            del below[0]
        return "/".join([*above, *below])


class RunScope(Struct, frozen=True):
    """What of a run goes into keys; without a run, only the tenant.

    Attributes:
        run_id: Identity of the run.
        tenant_id: For whom it ran; left out when empty.
        date: Day of its beginning in UTC, as `YYYY-MM-DD`.
    """

    run_id: str | None = None
    tenant_id: str | None = None
    date: str | None = None


def scope_of(run: Run) -> RunScope:
    """What of this run goes into keys."""
    return RunScope(run.run_id, run.tenant_id, run.created_at.strftime("%Y-%m-%d"))


class KeyLayout:
    """The keys of a sink.

    Args:
        prefix: What all keys begin with; may be empty.
        strategy: By run, or by the digest of the content.

    Raises:
        InvalidValueError: The prefix cannot begin a key.
    """

    def __init__(self, prefix: str, strategy: KeyStrategy) -> None:
        self._keys = KeyBuilder.from_prefix(prefix)
        self.strategy = KeyStrategy(strategy)
        if self._keys.prefix:
            _refuse("prefix", prefix, self._keys.prefix)

    @property
    def prefix(self) -> str:
        """What all keys begin with."""
        return self._keys.prefix

    @property
    def by_content(self) -> bool:
        """Whether a key says what the object's content is."""
        return self.strategy == KeyStrategy.CONTENT_ADDRESSABLE

    @property
    def cache_control(self) -> str:
        """How long readers may keep an object."""
        return IMMUTABLE if self.by_content else PRIVATE

    def asset(self, scope: RunScope, asset_id: str, sha256: str, extension: str) -> str:
        """The key of an output."""
        if self.by_content:
            one = extension.lower()
            return self._keys.build("assets", sha256[:2], sha256[2:4], f"{sha256}{SPELLINGS.get(one, one)}")
        return self._in_run(scope, "assets", f"{asset_id}{extension}")

    def longest(self, tenant_id: str | None, run_id: str | None) -> str:
        """A key as long as those of a run's outputs are."""
        scope = RunScope(run_id or "0" * 36, tenant_id, "0000-00-00")
        return self.asset(scope, "0" * 36, "0" * 64, ".jpeg")

    def manifest(self, scope: RunScope, canonical_hash: str = "") -> str:
        """The key of a run's manifest; with a hash, that of one which found another in its place."""
        mark = f".{canonical_hash[:12]}" if canonical_hash else ""
        if self.by_content:
            return self._keys.build("manifests", f"{scope.run_id}{mark}.json")
        return self._in_run(scope, f"manifest{mark}.json")

    def index(self, asset_id: str, tenant_id: str | None) -> str:
        """The key of the note that says in which manifest an asset is; without a tenant, that of older programs."""
        return self._keys.build("_index", quote(tenant_id or "", safe=""), f"{quote(asset_id, safe='')}.json")

    def _in_run(self, scope: RunScope, *segments: str) -> str:
        # In one go: a tenant who is called like the part before it must not be taken for a repetition.
        return self._keys.build("runs", scope.tenant_id or "", scope.date or "", scope.run_id or "", *segments)


def extension_of(url: str, media_type: str) -> str:
    """The extension that an asset's key gets: its source's if that is a known one, else that of its type."""
    suffix = PurePosixPath(unquote(urlsplit(url).path)).suffix
    if suffix.lower() in KNOWN_EXTENSIONS:
        return suffix
    found = EXTENSIONS.get(media_type) or mimetypes.guess_extension(media_type, strict=False) or ""
    return found if found in KNOWN_EXTENSIONS else ""


def check_segment(name: str, value: str | None) -> None:
    """Refuse what cannot be one part of a key.

    Raises:
        InvalidValueError: So it is.
    """
    if not value:
        return
    if "/" in value:
        msg = f"{name} {value!r} has a slash in it, so it cannot be a folder of the store; use an opaque name"
        raise InvalidValueError(msg)
    _refuse(name, value, value)


def _refuse(name: str, given: str, key: str) -> None:
    try:
        check_key(key, "put")
    except StorageError as error:
        msg = f"{name} {given!r} cannot be part of a key: {error}"
        raise InvalidValueError(msg) from error
    if any(part.startswith(".genblaze") for part in key.split("/")):
        msg = f"{name} {given!r}: names that begin with .genblaze are for temporary files"
        raise InvalidValueError(msg)
