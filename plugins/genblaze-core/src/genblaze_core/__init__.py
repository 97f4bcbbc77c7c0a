"""genblaze under the import name of the published package: re-exports, resolved at first use.

Generated from published_names.txt by tools/facade.py.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genblaze.errors import (
        BatchPipelineError,
        EmbeddingError,
        GenblazeError,
        ManifestError,
        PipelineError,
        PipelineTimeoutError,
        ProviderError,
        SinkError,
        StorageError,
        UnverifiedAssetError,
        URLPolicyError,
        WebhookError,
    )
    from genblaze.models.enums import (
        KeyStrategy,
        Modality,
        PromptVisibility,
        ProviderErrorCode,
        RunStatus,
        StepStatus,
        StepType,
        StorageErrorCode,
        URLPolicy,
    )
    from genblaze.providers.provider import BaseProvider, ProviderCapabilities, SubmitResult, SyncProvider

    __version__: str

__all__ = [
    "BaseProvider",
    "BatchPipelineError",
    "EmbeddingError",
    "GenblazeError",
    "KeyStrategy",
    "ManifestError",
    "Modality",
    "PipelineError",
    "PipelineTimeoutError",
    "PromptVisibility",
    "ProviderCapabilities",
    "ProviderError",
    "ProviderErrorCode",
    "RunStatus",
    "SinkError",
    "StepStatus",
    "StepType",
    "StorageError",
    "StorageErrorCode",
    "SubmitResult",
    "SyncProvider",
    "URLPolicy",
    "URLPolicyError",
    "UnverifiedAssetError",
    "WebhookError",
    "__version__",
]

_HOMES = {
    "BaseProvider": "genblaze.providers.provider",
    "BatchPipelineError": "genblaze.errors",
    "EmbeddingError": "genblaze.errors",
    "GenblazeError": "genblaze.errors",
    "KeyStrategy": "genblaze.models.enums",
    "ManifestError": "genblaze.errors",
    "Modality": "genblaze.models.enums",
    "PipelineError": "genblaze.errors",
    "PipelineTimeoutError": "genblaze.errors",
    "PromptVisibility": "genblaze.models.enums",
    "ProviderCapabilities": "genblaze.providers.provider",
    "ProviderError": "genblaze.errors",
    "ProviderErrorCode": "genblaze.models.enums",
    "RunStatus": "genblaze.models.enums",
    "SinkError": "genblaze.errors",
    "StepStatus": "genblaze.models.enums",
    "StepType": "genblaze.models.enums",
    "StorageError": "genblaze.errors",
    "StorageErrorCode": "genblaze.models.enums",
    "SubmitResult": "genblaze.providers.provider",
    "SyncProvider": "genblaze.providers.provider",
    "URLPolicy": "genblaze.models.enums",
    "URLPolicyError": "genblaze.errors",
    "UnverifiedAssetError": "genblaze.errors",
    "WebhookError": "genblaze.errors",
}
_SUBMODULES = frozenset(["exceptions", "media", "models", "providers", "runnable", "storage"])

if not TYPE_CHECKING:  # a type checker shall see the imports above, and report any other name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            value = version("genblaze-core")
        elif name in _HOMES:
            value = getattr(import_module(_HOMES[name]), name)
        elif name in _SUBMODULES:
            return import_module(f"{__name__}.{name}")
        else:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_SUBMODULES})
