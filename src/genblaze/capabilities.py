"""What a plugin declares that it can do: one `Capability` per provider name, media type or URL scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from genblaze.catalogue import KnownModel
from genblaze.errors import InvalidValueError
from genblaze.models.enums import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SELECTED_HOOKS", "Capability", "MagicPattern", "MediaTypes", "parse_magic"]

SELECTED_HOOKS: Final[dict[str, str]] = {
    "generate": "generate",
    "store": "store",
    "fetch": "fetch",
    "inspect_media": "embed",
    "embed_manifest": "embed",
    "evaluate": "evaluate",
    "trace": "trace",
}
"""The hooks a capability may name, and the word under which the configuration selects among them."""

UNKNOWN_MEDIA_TYPE: Final = "application/octet-stream"
_HEX: Final = frozenset("0123456789abcdef")
MAX_MAGIC_BYTES: Final = 64


class Capability(msgspec.Struct, frozen=True):
    """One thing a plugin can do, as `provides()` declares it.

    Attributes:
        hook: Name of the hook that does it. `embed_manifest` stands for `inspect_media` as well, since the
            two come in pairs; a plugin that can only read a format declares `inspect_media`.
        key: What it answers to: a provider name (`generate`), a URL scheme (`store`, `fetch`), a media type
            such as `image/png` or `image/*` (`embed_manifest`), an evaluator's or a tracer's name.
        priority: Decides between plugins with equally specific keys; the higher wins.
        summary: One line for people.
        aliases: Further names for the key. A provider's alias (the bare vendor) is resolved by modality.
        modalities: What a provider makes; empty means anything.
        magic: How files of the media type begin: hex digits from offset 0, `??` for any byte, blanks allowed
            (`"52494646 ???????? 57454250"`). The pattern with most literal bytes wins.
        suffixes: File name suffixes of the media type (`".png"`), asked when no magic matches.
        paid: Calls cost money, so the journal is on unless it is switched off.
        environment: Variables of which one must hold the vendor's key; looked at when planning, never printed.
        models: Models that are known, with dated facts; others are passed on as well.
        check: Of a provider: called with a step's parameters when planning one that names the provider; raises a
            `GenblazeError` where a program is missing or a parameter cannot be meant. It must not touch the network.
        provider: Of a provider that is a class of the published shape: where it is, `package.module:Class`. So
            `discover_providers()` finds it.

    Raises:
        InvalidValueError: A field cannot be what it says, such as an unknown hook or a malformed magic.
    """

    hook: str
    key: str
    priority: int = 0
    summary: str = ""
    aliases: tuple[str, ...] = ()
    modalities: tuple[Modality, ...] = ()
    magic: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    paid: bool = False
    environment: tuple[str, ...] = ()
    models: tuple[KnownModel, ...] = ()
    check: Callable[[Mapping[str, Any]], None] | None = None
    provider: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could never be selected, so that the mistake shows when the plugin loads."""
        if self.hook not in SELECTED_HOOKS:
            hooks = ", ".join(sorted(SELECTED_HOOKS))
            msg = f"Capability.hook is {self.hook!r}, which is not selected by key. Use one of: {hooks}."
            raise InvalidValueError(msg)
        if not isinstance(self.key, str) or not self.key or self.key != self.key.strip():
            msg = f"Capability.key for {self.hook} is {self.key!r}: it must be a name without blanks around it."
            raise InvalidValueError(msg)
        priority: object = self.priority
        if not isinstance(priority, int):
            msg = f"Capability.priority of {self.key!r} is {priority!r}: it must be an integer."
            raise InvalidValueError(msg)
        for name in ("aliases", "modalities", "magic", "suffixes", "environment"):
            self._check_tuple(name)
        for pattern in self.magic:
            parse_magic(pattern)

    def _check_tuple(self, name: str) -> None:
        """A bare string passes for a sequence of letters: the commonest slip, so it gets its own words."""
        value = getattr(self, name)
        if isinstance(value, str) or not all(isinstance(item, str) for item in value):
            msg = f"Capability.{name} of {self.key!r} is {value!r}: write a tuple of strings."
            raise InvalidValueError(msg)

    @property
    def names(self) -> tuple[str, ...]:
        """The key and its aliases."""
        return (self.key, *self.aliases)


class MagicPattern(msgspec.Struct, frozen=True):
    """How files of a type begin.

    Attributes:
        mask: 255 for each literal byte, 0 for each that may be anything.
        value: The bytes, 0 where anything may stand.
        weight: Number of literal bytes.
    """

    mask: int
    value: int
    length: int
    weight: int

    def matches(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes is of the type; a head that is too short is not."""
        if len(head) < self.length:
            return False
        return int.from_bytes(head[: self.length]) & self.mask == self.value


@cache
def parse_magic(text: str) -> MagicPattern:
    """Read a pattern such as `"89504e47"` or `"52494646 ???????? 57454250"`.

    Raises:
        InvalidValueError: The text is no such pattern, or has no literal byte, or is longer than 64 bytes.
    """
    digits = "".join(text.split()).lower()
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    well_formed = all(pair == "??" or (len(pair) == 2 and set(pair) <= _HEX) for pair in pairs)
    weight = sum(pair != "??" for pair in pairs)
    if not well_formed or not weight or len(pairs) > MAX_MAGIC_BYTES:
        msg = (
            f"Magic {text!r} is not a pattern: write two hex digits for each byte from the start of the file,"
            f" ?? for a byte that may be anything; at least one literal, at most {MAX_MAGIC_BYTES} bytes."
        )
        raise InvalidValueError(msg)
    mask = bytes(0 if pair == "??" else 255 for pair in pairs)
    value = bytes(0 if pair == "??" else int(pair, 16) for pair in pairs)
    return MagicPattern(int.from_bytes(mask), int.from_bytes(value), len(pairs), weight)


class MediaTypes:
    """Recognises media types by what plugins declared; made once, for every file that is opened asks it."""

    def __init__(self, capabilities: Iterable[Capability]) -> None:
        """Recognise what `capabilities` declare; wildcard keys (`image/*`) name no type and are passed over."""
        kinds = [each for each in capabilities if "*" not in each.key]
        self._suffixes = sorted({(each.key, suffix.lower()) for each in kinds for suffix in each.suffixes})
        self._beginnings: dict[tuple[int, int], dict[int, list[tuple[int, str]]]] = {}
        for each in kinds:
            for pattern in map(parse_magic, each.magic):
                alike = self._beginnings.setdefault((pattern.length, pattern.mask), {})
                alike.setdefault(pattern.value, []).append((pattern.weight, each.key))

    def of(self, head: bytes, name: str | None = None) -> list[str]:
        """All types that a file may be of, the likeliest first: the longest matching magic, then the suffix.

        More than one where files of several types begin alike, such as all audio behind an ID3 tag.

        Args:
            head: The first bytes of the file, 64 are enough.
            name: The file's name, if it has one.
        """
        lowered = (name or "").lower()
        suffixed = [key for key, suffix in self._suffixes if lowered.endswith(suffix)]
        matches = [
            (weight, key in suffixed, key)
            for (length, mask), alike in self._beginnings.items()
            if length <= len(head)
            for weight, key in alike.get(int.from_bytes(head[:length]) & mask, ())
        ]
        return list(dict.fromkeys([*(match[2] for match in sorted(matches, reverse=True)), *suffixed]))
