"""Assets, the files that steps take and make, and what is known about their content."""

import json
import re
from functools import lru_cache
from hashlib import sha256
from math import isfinite
from typing import Any

import msgspec

from genblaze.data_urls import content_of, data_url, is_data_url
from genblaze.errors import InvalidValueError
from genblaze.file_urls import local_file
from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.models.record import Record, new_id

__all__ = ["Asset", "AudioMetadata", "Track", "VideoMetadata", "WordTiming", "compute_sha256", "is_valid_sha256"]

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.+-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def compute_sha256(data: bytes) -> str:
    """The digest of some content, as records state it."""
    return sha256(data).hexdigest()


def is_valid_sha256(value: str | None) -> bool:
    """Tell whether the value is a SHA-256 digest as manifests write it: 64 lowercase hexadecimal digits."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _number_problem(name: str, value: Any, *, positive: bool = False, at_most: float | None = None) -> str | None:
    """Say what is wrong with a number that is given; None if nothing is."""
    if value is None:
        return None
    if not isinstance(value, int) and not (isinstance(value, float) and isfinite(value)):
        return f"{name} must be a finite number"
    if value < 0 or (positive and value == 0):
        return f"{name} must be {'greater than 0' if positive else '0 or more'}, not {value}"
    if at_most is not None and value > at_most:
        return f"{name} must be at most {at_most}, not {value}"
    return None


class _Described(Record, kw_only=True):
    """A record that can say what is wrong with its values."""

    def problems(self) -> list[str]:
        """Say what is wrong with the values, one text each; empty when all is well."""
        raise NotImplementedError

    def _check(self) -> None:
        if found := self.problems():
            msg = f"{type(self).__name__}: {'; '.join(found)}"
            raise InvalidValueError(msg)


class WordTiming(_Described, kw_only=True):
    """When a word is spoken.

    Attributes:
        word: The word as it is spoken.
        start: Seconds from the beginning of the audio.
        end: Seconds from the beginning of the audio; not before `start`.
        confidence: How sure the vendor is, 0 to 1.
    """

    word: str
    start: float
    end: float
    confidence: float | None = None

    def problems(self) -> list[str]:
        """Say what is wrong with the times."""
        found = [
            _number_problem("start", self.start),
            _number_problem("end", self.end),
            _number_problem("confidence", self.confidence, at_most=1),
        ]
        texts = [text for text in found if text]
        if not texts and self.end < self.start:
            texts.append(f"end ({self.end}) must not be before start ({self.start})")
        return texts


class VideoMetadata(_Described, kw_only=True):
    """What is known about the pictures of a video.

    Attributes:
        frame_rate: Frames per second.
        codec: Name of the codec, such as `h264`.
        bitrate: Bits per second.
        color_space: Name of the colour space, such as `bt709`.
        has_audio: Whether there is a sound track.
        resolution: The vendor's word for the size, such as `1080p`.
    """

    frame_rate: float | None = None
    codec: str | None = None
    bitrate: int | None = None
    color_space: str | None = None
    has_audio: bool | None = None
    resolution: str | None = None

    def problems(self) -> list[str]:
        """Say what is wrong with the rates."""
        found = [
            _number_problem("frame_rate", self.frame_rate),
            _number_problem("bitrate", self.bitrate, positive=True),
        ]
        return [text for text in found if text]


class AudioMetadata(_Described, kw_only=True):
    """What is known about the sound.

    Attributes:
        sample_rate: Samples per second and channel.
        channels: Number of channels.
        codec: Name of the codec, such as `aac`.
        bitrate: Bits per second.
        word_timings: When each word is spoken, in order.
    """

    sample_rate: int | None = None
    channels: int | None = None
    codec: str | None = None
    bitrate: int | None = None
    word_timings: list[WordTiming] | None = None

    def problems(self) -> list[str]:
        """Say what is wrong with the numbers, those of the words included."""
        found = [
            _number_problem("sample_rate", self.sample_rate, positive=True),
            _number_problem("channels", self.channels, positive=True),
            _number_problem("bitrate", self.bitrate, positive=True),
        ]
        texts = [text for text in found if text]
        for index, timing in enumerate(self.word_timings or ()):
            texts += [f"word_timings[{index}].{text}" for text in timing.problems()]
        return texts


class Track(Record, kw_only=True):
    """One track of a container.

    Attributes:
        kind: What it carries, such as `video`, `audio`, `subtitle`.
        codec: Name of the codec.
        label: Title or language, for people.
    """

    kind: str
    codec: str | None = None
    label: str | None = None


class Asset(_Described, kw_only=True):
    """A file that a step takes or makes.

    Attributes:
        asset_id: Identity of this asset; not hashed.
        url: Where the content is (`file:`, `https:`, `s3:` …); not hashed.
        media_type: `type/subtype`, without parameters.
        sha256: Digest of the content as it was generated, without any manifest embedded since.
        size_bytes: Length of that content.
        width: Pixels.
        height: Pixels.
        duration: Seconds.
        video: More about the pictures of a video.
        audio: More about the sound.
        tracks: The tracks of a container.
        metadata: Whatever else is worth keeping; hashed.
    """

    asset_id: str = msgspec.field(default_factory=new_id)
    url: str
    media_type: str
    sha256: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    video: VideoMetadata | None = None
    audio: AudioMetadata | None = None
    tracks: list[Track] | None = None
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str, media_type: str = "text/plain") -> "Asset":
        """An asset that holds a text itself, for providers that answer with words; the engine makes a file of it."""
        asset = cls(url=data_url(text.encode(), media_type), media_type=media_type)
        asset.set_hash(text.encode())
        return asset

    @classmethod
    def from_json(cls, value: Any) -> "Asset":
        """`from_text` for a value that JSON can hold.

        Raises:
            InvalidValueError: It cannot.
        """
        try:
            return cls.from_text(json.dumps(value, ensure_ascii=False, allow_nan=False), "application/json")
        except (TypeError, ValueError) as error:
            msg = f"Asset.from_json: {error}"
            raise InvalidValueError(msg) from None

    def text(self) -> str:
        """The content as text, of an asset that holds it or lies on this machine.

        Raises:
            InvalidValueError: It lies elsewhere, cannot be read, or is no UTF-8.
        """
        if is_data_url(self.url):
            content = content_of(self.url)
        elif path := local_file(self.url):
            try:
                content = path.read_bytes()
            except OSError as error:
                msg = f"{path} cannot be read: {error.strerror}"
                raise InvalidValueError(msg) from error
        else:
            msg = f"{self!r} lies elsewhere; fetch it first"
            raise InvalidValueError(msg)
        try:
            return content.decode()
        except UnicodeDecodeError:
            msg = f"{self!r} is no text in UTF-8"
            raise InvalidValueError(msg) from None

    def set_hash(self, data: bytes) -> None:
        """Take digest and size from the content."""
        self.sha256 = compute_sha256(data)
        self.size_bytes = len(data)

    def problems(self) -> list[str]:
        """Say what is wrong with media type and numbers, those of the nested records included."""
        texts = [] if _is_media_type(self.media_type) else ["media_type must be type/subtype"]
        numbers = (
            ("size_bytes", self.size_bytes, False),
            ("width", self.width, True),
            ("height", self.height, True),
            ("duration", self.duration, False),
        )
        for name, value, positive in numbers:
            if value is not None and (text := _number_problem(name, value, positive=positive)):
                texts.append(text)
        for name, part in (("video", self.video), ("audio", self.audio)):
            if part is not None:
                texts += [f"{name}.{text}" for text in part.problems()]
        return texts

    def __repr__(self) -> str:
        """Name the asset; credentials in its URL stay out of logs."""
        url = "data:…" if is_data_url(self.url) else strip_asset_url_credentials(self.url)
        return f"Asset({self.asset_id[:8]}, {self.media_type}, {url})"

    def _repr_html_(self) -> str:
        """Show the picture or a player in a notebook, if the file lies on this machine."""
        from genblaze.models.display import asset_html

        return asset_html(self)


def _is_media_type(value: Any) -> bool:
    return isinstance(value, str) and _has_form_of_media_type(value)


@lru_cache(256)  # there are few, and they are looked at whenever an asset is made
def _has_form_of_media_type(value: str) -> bool:
    return _MEDIA_TYPE.fullmatch(value) is not None
