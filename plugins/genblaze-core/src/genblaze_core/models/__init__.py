"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.enums import (
    Modality,
    PromptVisibility,
    ProviderErrorCode,
    RunStatus,
    StepStatus,
    StepType,
)

__all__ = ["Modality", "PromptVisibility", "ProviderErrorCode", "RunStatus", "StepStatus", "StepType"]
