"""The closed vocabularies of the records: what a step makes, how it stands, why it failed."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "RETRYABLE_ERROR_CODES",
    "KeyStrategy",
    "Modality",
    "PromptVisibility",
    "ProviderErrorCode",
    "RunStatus",
    "StepStatus",
    "StepType",
    "StorageErrorCode",
    "URLPolicy",
]


class Modality(StrEnum):
    """What kind of media a step produces."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"


class StepType(StrEnum):
    """What a step does to its inputs; only `INGEST` and `IMPORT` may have no provider."""

    GENERATE = "generate"
    UPSCALE = "upscale"
    TRANSCODE = "transcode"
    MIX = "mix"
    EDIT = "edit"
    CUSTOM = "custom"
    INGEST = "ingest"
    IMPORT = "import"


class StepStatus(StrEnum):
    """Where a step stands; the last three are final."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunStatus(StrEnum):
    """Where a run stands; the last three are final."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PromptVisibility(StrEnum):
    """Who may read a step's prompt; anything but `PUBLIC` is redacted wherever a manifest leaves memory."""

    PUBLIC = "public"
    PRIVATE = "private"
    REDACTED = "redacted"
    ENCRYPTED = "encrypted"


class ProviderErrorCode(StrEnum):
    """Why a provider failed, in terms that decide about retry and fallback."""

    TIMEOUT = "timeout"
    RATE_LIMIT = "rate_limit"
    AUTH_FAILURE = "auth_failure"
    INVALID_INPUT = "invalid_input"
    MODEL_ERROR = "model_error"
    SERVER_ERROR = "server_error"
    CONTENT_POLICY = "content_policy"
    UNKNOWN = "unknown"


RETRYABLE_ERROR_CODES = frozenset(
    {ProviderErrorCode.TIMEOUT, ProviderErrorCode.RATE_LIMIT, ProviderErrorCode.SERVER_ERROR}
)
"""The codes of failures that may pass by themselves."""


class StorageErrorCode(StrEnum):
    """Why a store failed."""

    NOT_FOUND = "not_found"
    ACCESS_DENIED = "access_denied"
    AUTH_FAILURE = "auth_failure"
    REGION_REDIRECT = "region_redirect"
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    NETWORK = "network"
    TIMEOUT = "timeout"
    INVALID_INPUT = "invalid_input"
    ENCRYPTION_REQUIRED = "encryption_required"
    OBJECT_LOCKED = "object_locked"
    UNKNOWN = "unknown"


class KeyStrategy(StrEnum):
    """How a sink names the objects it stores: by run, or by the digest of the content."""

    HIERARCHICAL = "hierarchical"
    CONTENT_ADDRESSABLE = "content_addressable"


class URLPolicy(StrEnum):
    """Which URL of a stored object a sink writes into the records."""

    AUTO = "auto"
    PUBLIC = "public"
    PRESIGNED = "presigned"
