"""What is known about a vendor's models: dated facts that warn before money is spent, and refuse nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from genblaze.models.enums import Modality

__all__ = ["KnownModel", "find_model"]


class KnownModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model of a vendor. A model that nobody listed may work as well.

    Attributes:
        name: The vendor's name of it.
        modality: What it makes.
        shutdown: Day on which the vendor switched it off, or will.
        replacement: What to use instead.
        price: What a generation costs, for people (`0.04 USD per image`).
        source: Where these facts come from.
        checked: Day on which they were looked at.
    """

    name: str
    modality: Modality | None = None
    shutdown: date | None = None
    replacement: str | None = None
    price: str | None = None
    source: str | None = None
    checked: date | None = None

    def warning(self, today: date, *, days: int = 30) -> str | None:
        """What a user of the model should hear: it is gone, or will be within so many days; None when all is well."""
        if self.shutdown is None or (self.shutdown - today).days > days:
            return None
        when = "was shut down by its vendor on" if self.shutdown <= today else "will be shut down by its vendor on"
        use = f"; use {self.replacement} instead" if self.replacement else "; the vendor names no replacement"
        source = f" (source: {self.source})" if self.source else ""
        return f"model {self.name} {when} {self.shutdown.isoformat()}{use}{source}"


def find_model(models: Iterable[KnownModel], name: str) -> KnownModel | None:
    """The model of that name, if it is listed."""
    return next((model for model in models if model.name == name), None)
