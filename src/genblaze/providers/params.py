"""The parameters of a model, put together from those usual for what it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from genblaze.models.enums import Modality

__all__ = ["ParamSurface", "modality_defaults", "register_modality_default"]

_EVERY = ("prompt", "negative_prompt", "seed")
_DEFAULTS: dict[Modality, frozenset[str]] = {
    Modality.IMAGE: frozenset({*_EVERY, "aspect_ratio", "image", "image_url", "number_of_images", "resolution"}),
    Modality.VIDEO: frozenset(
        {*_EVERY, "aspect_ratio", "cfg_scale", "duration", "image", "image_url", "resolution", "video", "video_url"}
    ),
    Modality.AUDIO: frozenset({*_EVERY, "duration", "language", "output_format", "reference_audio", "voice_id"}),
    Modality.TEXT: frozenset(_EVERY),
}


def modality_defaults(modality: Modality) -> frozenset[str]:
    """The parameters usual for a modality."""
    return _DEFAULTS.get(modality, frozenset())


def register_modality_default(modality: Modality, params: Iterable[str]) -> None:
    """Add parameters to those usual for a modality, for this process."""
    _DEFAULTS[modality] = modality_defaults(modality) | frozenset(params)


@dataclass(frozen=True, slots=True)
class ParamSurface:
    """The parameters that a model takes; each method gives a new one, `build()` the arguments for `ModelSpec`."""

    allowlist: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    coercers: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> ParamSurface:
        """No parameters."""
        return cls()

    @classmethod
    def for_modality(cls, modality: Modality) -> ParamSurface:
        """The parameters usual for a modality."""
        return cls(modality_defaults(modality))

    def extend(self, *params: str) -> ParamSurface:
        """With more parameters."""
        return replace(self, allowlist=self.allowlist | frozenset(params))

    def remove(self, *params: str) -> ParamSurface:
        """Without some parameters."""
        return replace(self, allowlist=self.allowlist - frozenset(params))

    def with_aliases(self, mapping: Mapping[str, str] | None = None, **kwargs: str) -> ParamSurface:
        """With the vendor's names of parameters, which are thereby allowed."""
        added = {**(mapping or {}), **kwargs}
        return replace(self, allowlist=self.allowlist | set(added.values()), aliases={**self.aliases, **added})

    def with_coercers(
        self, mapping: Mapping[str, Callable[[Any], Any]] | None = None, **kwargs: Callable[[Any], Any]
    ) -> ParamSurface:
        """With conversions of single values."""
        return replace(self, coercers={**self.coercers, **(mapping or {}), **kwargs})

    def build(self) -> dict[str, Any]:
        """The keyword arguments of `ModelSpec` that say the same."""
        built: dict[str, Any] = {"param_allowlist": self.allowlist}
        if self.aliases:
            built["param_aliases"] = dict(self.aliases)
        if self.coercers:
            built["param_coercers"] = dict(self.coercers)
        return built
