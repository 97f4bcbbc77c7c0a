"""LangSmith's runs: what its ingestion API wants to know of a piece of work.

Every run names its tree (`trace_id`) and its place in it (`dotted_order`: start time and id of each run from the root
down), which is what lets the API take runs in any order and in batches.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

_VERSION_7 = 0x7 << 76 | 0b10 << 62


def uuid7(moment: datetime) -> uuid.UUID:
    """An id that sorts by time, as LangSmith wants it: 48 bits of milliseconds, the rest random (RFC 9562)."""
    random = int.from_bytes(os.urandom(10)) & ~(0xF << 76 | 0b11 << 62)
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80 | _VERSION_7 | random)


@dataclass(frozen=True)
class Place:
    """Where a run stands in its tree."""

    id: str
    trace_id: str
    dotted_order: str
    parent_run_id: str | None = None

    @classmethod
    def below(cls, parent: Place | None, moment: datetime) -> Self:
        """A new place under `parent`, or the root of a new tree."""
        own = str(uuid7(moment))
        order = f"{moment:%Y%m%dT%H%M%S%fZ}{own}"
        if parent is None:
            return cls(own, own, order)
        return cls(own, parent.trace_id, f"{parent.dotted_order}.{order}", parent.id)

    def fields(self) -> dict[str, Any]:
        """The fields that begin and end of a run both carry."""
        told = {"id": self.id, "trace_id": self.trace_id, "dotted_order": self.dotted_order}
        return told if self.parent_run_id is None else {**told, "parent_run_id": self.parent_run_id}
