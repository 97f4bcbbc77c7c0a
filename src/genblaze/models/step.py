"""Steps: one piece of work each, as it was asked for and as it came out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from genblaze.errors import InvalidValueError
from genblaze.models.asset import Asset
from genblaze.models.enums import (
    RETRYABLE_ERROR_CODES,
    Modality,
    PromptVisibility,
    ProviderErrorCode,
    StepStatus,
    StepType,
)
from genblaze.models.record import Record, new_id, without_checks

__all__ = ["ENGINE_KEY", "RETRYABLE_ERROR_CODES", "UPSTREAM_ID_KEY", "Step", "new_step"]

ENGINE_KEY: Final = "genblaze"
"""Key in `Step.provider_payload` under which the engine keeps what it learnt; nothing there is hashed."""

UPSTREAM_ID_KEY: Final = "upstream_id"
"""Key of the vendor's job id; the published package keeps it in `Step.metadata`."""

_PROVIDERLESS = frozenset({StepType.INGEST, StepType.IMPORT})


class Step(Record, kw_only=True, forbid_unknown_fields=True):
    """One piece of work: what was asked of which model, and what came out.

    Attributes:
        step_id: Identity of this step; not hashed.
        run_id: The run it belongs to; not hashed.
        provider: Registered name of the provider; None only for `INGEST` and `IMPORT`.
        model: The vendor's name of the model that ran.
        step_type: What is done to the inputs.
        model_version: The vendor's version of the model.
        model_hash: Digest of the model's weights, where the vendor states one.
        modality: What kind of media comes out.
        prompt: What to make.
        negative_prompt: What to avoid.
        prompt_visibility: Anything but public is redacted in files, stores and caches.
        seed: The vendor's seed.
        params: The vendor's own parameters, as they were asked for.
        status: How the step stands; not hashed.
        inputs: What it works on.
        assets: What came out.
        provider_payload: What vendor and engine had to say; not hashed.
        retries: How often it was tried again; not hashed.
        cost_usd: Cost in US dollars; None if unknown; not hashed.
        error: Why it failed, for people; not hashed.
        error_code: Why it failed, for programs; not hashed.
        started_at: When work on it began; not hashed.
        completed_at: When it ended, well or not; not hashed.
        step_index: Position in the run, from 0; not hashed.
        metadata: The user's own notes; hashed.
    """

    step_id: str = msgspec.field(default_factory=new_id)
    run_id: str | None = None
    provider: str | None = None
    model: str
    step_type: StepType = StepType.GENERATE
    model_version: str | None = None
    model_hash: str | None = None
    modality: Modality = Modality.IMAGE
    prompt: str | None = None
    negative_prompt: str | None = None
    prompt_visibility: PromptVisibility = PromptVisibility.PUBLIC
    seed: int | None = None
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    status: StepStatus = StepStatus.PENDING
    inputs: list[Asset] = msgspec.field(default_factory=list)
    assets: list[Asset] = msgspec.field(default_factory=list)
    provider_payload: dict[str, Any] = msgspec.field(default_factory=dict)
    retries: int = 0
    cost_usd: float | None = None
    error: str | None = None
    error_code: ProviderErrorCode | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    step_index: int | None = None
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)

    def _check(self) -> None:
        if self.lacks_provider():
            msg = (
                f"Step.provider is None, which only steps of type ingest or import may have; "
                f"this one has type {self.step_type}: name the provider"
            )
            raise InvalidValueError(msg)

    def lacks_provider(self) -> bool:
        """Tell whether the step names no provider although its type demands one."""
        return self.provider is None and self.step_type not in _PROVIDERLESS

    @property
    def retryable(self) -> bool:
        """Whether the step failed for a reason that may pass by itself."""
        return self.error_code in RETRYABLE_ERROR_CODES

    def note(self, **facts: Any) -> None:
        """Keep what the engine learnt, outside the hash, under `provider_payload["genblaze"]`."""
        notes = self.provider_payload.get(ENGINE_KEY)
        if not isinstance(notes, dict):
            notes = self.provider_payload[ENGINE_KEY] = {}
        notes.update(facts)

    def _noted(self, key: str) -> Any:
        notes = self.provider_payload.get(ENGINE_KEY)
        return notes.get(key) if isinstance(notes, dict) else None

    @property
    def upstream_id(self) -> str | None:
        """The vendor's job id; found where the published package writes it, too."""
        found = self._noted(UPSTREAM_ID_KEY) or self.metadata.get(UPSTREAM_ID_KEY)
        return None if found is None else str(found)

    @property
    def requested_model(self) -> str | None:
        """The model that was asked for first; None if nothing noted it."""
        found = self._noted("requested_model")
        return None if found is None else str(found)

    @property
    def fallback_from(self) -> str | None:
        """The model in whose place `model` ran; None if the first choice ran."""
        found = self._noted("fallback_from") or self.metadata.get("fallback_from")
        return None if found is None else str(found)

    @property
    def attempts(self) -> list[Any]:
        """What was tried, in order, one entry per call of the vendor."""
        found = self._noted("attempts")
        return found if isinstance(found, list) else []

    @property
    def cached(self) -> bool:
        """Whether the result came from the cache."""
        return self._noted("cached") is True

    @property
    def cancelled(self) -> bool:
        """Whether the step was stopped before it ended."""
        return self._noted("cancelled") is True or self.status == StepStatus.CANCELLED

    def __repr__(self) -> str:
        """Name the step; prompt and parameters stay out of logs."""
        return (
            f"Step({self.step_id[:8]}, {self.provider}/{self.model}, {self.modality}, {self.status}, "
            f"{len(self.assets)} assets)"
        )


def new_step(**fields: Any) -> Step:
    """A step made of values that were checked before, at less than half of what the constructor takes.

    The values are kept as they are: whoever calls this names fields that there are, and sees to it that dicts and
    lists are not shared.
    """
    with without_checks():
        step: Step = _construct(Step, **fields)
    return step


# What the leniency of the constructor costs is half of the rest.
_construct: Callable[..., Any] = msgspec.StructMeta.__call__
