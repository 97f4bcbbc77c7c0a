"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.enums import (
    RETRYABLE_ERROR_CODES,
    Modality,
    PromptVisibility,
    ProviderErrorCode,
    RunStatus,
    StepStatus,
    StepType,
)

__all__ = [
    "RETRYABLE_ERROR_CODES",
    "Modality",
    "PromptVisibility",
    "ProviderErrorCode",
    "RunStatus",
    "StepStatus",
    "StepType",
]
