"""A voice that a vendor offers for speech."""

from typing import Literal, get_args

import msgspec
from msgspec.structs import force_setattr

from genblaze.errors import InvalidValueError
from genblaze.models.record import Dumpable, LenientConstructor

__all__ = ["Voice"]

_Gender = Literal["male", "female", "neutral"]


class Voice(
    Dumpable, msgspec.Struct, metaclass=LenientConstructor, kw_only=True, frozen=True, forbid_unknown_fields=True
):
    """One voice.

    Attributes:
        voice_id: The vendor's id of it, for the parameter `voice_id`.
        name: For people.
        provider: Who offers it.
        model: The model that speaks it, where it belongs to one.
        language: A BCP 47 tag such as `en-GB`.
        style_tags: How it sounds, in the vendor's words.
        sample_url: Where it can be heard.
        deprecated: Whether the vendor is about to drop it.
    """

    voice_id: str
    name: str
    provider: str
    model: str | None = None
    gender: _Gender | None = None
    language: str | None = None
    style_tags: tuple[str, ...] = ()
    sample_url: str | None = None
    deprecated: bool = False

    def __post_init__(self) -> None:
        """Refuse another gender; style tags may be given as any sequence.

        Raises:
            InvalidValueError: Naming the values that are known.
        """
        if self.gender is not None and self.gender not in get_args(_Gender):
            msg = f"Voice.gender must be one of {', '.join(get_args(_Gender))} or None, not {self.gender!r}"
            raise InvalidValueError(msg)
        force_setattr(self, "style_tags", tuple(self.style_tags))
