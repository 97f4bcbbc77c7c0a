"""A published import path. Generated from published_names.txt by tools/facade.py."""

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
    UnsupportedSchemaVersionError,
    UnverifiedAssetError,
    WebhookError,
)

__all__ = [
    "BatchPipelineError",
    "EmbeddingError",
    "GenblazeError",
    "ManifestError",
    "PipelineError",
    "PipelineTimeoutError",
    "ProviderError",
    "SinkError",
    "StorageError",
    "UnsupportedSchemaVersionError",
    "UnverifiedAssetError",
    "WebhookError",
]
