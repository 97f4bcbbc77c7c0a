"""Every error that genblaze raises, in one tree.

```
GenblazeError
├── InvalidValueError (also ValueError)     a field or an argument holds what it cannot
├── ConfigError                             the configuration has an unknown key or a wrong type
├── PluginError                             a plugin did something it must not do
│   ├── PluginNotFoundError                 nothing installed answers to that name or kind
│   ├── PluginConflictError                 several answer equally well; the text names the setting to use
│   └── PluginLoadError                     the plugin could not be imported or registered
├── ManifestError                           a manifest cannot be read, written or hashed
│   ├── UnsupportedSchemaVersionError       its schema version is unknown or read-only
│   └── UnverifiedAssetError                an output has no digest to verify against
├── EmbeddingError                          a manifest cannot be put into a file or taken from it
│   └── PointerSidecarError                 the sidecar only points at a manifest kept elsewhere
├── ProviderError                           a vendor call failed; the code says why
├── PipelineError                           a run failed; carries the whole result
├── BatchPipelineError                      one or more runs of a batch failed; carries all results
├── PipelineTimeoutError                    the run's own deadline passed
├── BudgetError                             a request would cost more than there is left to spend
├── JournalError                            the journal of paid work cannot be used
│   └── RunTakenError                       another process is working on the run
├── SinkError                               results could not be handed to a sink
├── StorageError                            a store refused or failed an operation
├── WebhookError                            a webhook cannot be configured or delivered
├── URLPolicyError                          a URL is not one that may be fetched or handed out
└── TemplateError (also ValueError)         a prompt template is malformed or lacks a value
```
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genblaze.models.enums import ProviderErrorCode, StorageErrorCode
    from genblaze.pipeline.result import PipelineResult

__all__ = [
    "BatchPipelineError",
    "BudgetError",
    "ConfigError",
    "EmbeddingError",
    "GenblazeError",
    "InvalidValueError",
    "JournalError",
    "ManifestError",
    "PipelineError",
    "PipelineTimeoutError",
    "PluginConflictError",
    "PluginError",
    "PluginLoadError",
    "PluginNotFoundError",
    "PointerSidecarError",
    "ProviderError",
    "RunTakenError",
    "SinkError",
    "StorageError",
    "TemplateError",
    "URLPolicyError",
    "UnsupportedSchemaVersionError",
    "UnverifiedAssetError",
    "WebhookError",
]


class GenblazeError(Exception):
    """Whatever genblaze raises on purpose; catch this one to catch them all."""


class InvalidValueError(GenblazeError, ValueError):
    """A field or an argument holds a value that it cannot hold."""


class ConfigError(GenblazeError):
    """The configuration has an unknown key, a wrong type or a contradiction."""


class PluginError(GenblazeError):
    """A plugin broke its contract; a note names the plugin, its distribution and version."""


class PluginNotFoundError(PluginError):
    """No installed plugin answers to the name, media type or URL scheme that was asked for."""


class PluginConflictError(PluginError):
    """Several plugins answer equally well, and no setting decides between them."""


class PluginLoadError(PluginError):
    """A plugin could not be imported or registered; raised when its name is used."""


class ManifestError(GenblazeError):
    """A manifest cannot be read, written or hashed."""


class UnsupportedSchemaVersionError(ManifestError):
    """The manifest's schema version is unknown to this version of genblaze, or may only be read."""


class UnverifiedAssetError(ManifestError):
    """An output asset has no digest, so nothing can be verified against it.

    Attributes:
        asset_ids: The assets in question.
    """

    def __init__(self, message: str, *, asset_ids: Iterable[str] = ()) -> None:
        """Keep which assets lack a digest."""
        super().__init__(message)
        self.asset_ids = tuple(asset_ids)


class EmbeddingError(GenblazeError):
    """A manifest cannot be embedded in a file, or there is none to take from it."""


class PointerSidecarError(EmbeddingError):
    """The sidecar does not hold the manifest but only says where it is kept.

    Attributes:
        manifest_uri: Where the whole manifest is.
        canonical_hash: The hash that the manifest found there must have.
    """

    def __init__(self, manifest_uri: str, canonical_hash: str) -> None:
        """Keep where to look and what to expect there."""
        super().__init__(
            f"This sidecar only points at a manifest: read it from {manifest_uri} "
            f"and check that its canonical hash is {canonical_hash}."
        )
        self.manifest_uri = manifest_uri
        self.canonical_hash = canonical_hash

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.manifest_uri, self.canonical_hash)


class ProviderError(GenblazeError):
    """A provider failed.

    Attributes:
        error_code: Why, in the terms that decide about retry and fallback; None if nobody could tell.
        retry_after: Seconds that the vendor asked to wait, if it did.
        attempts: How many calls were made before this error was given up on.
        uncertain: Whether the vendor may have taken, and may bill, the request that failed. True after 500, 502, 504,
            a reset or a timeout once the body was sent; False where it certainly took nothing (no connection, 429,
            503). None leaves it to the code: only `unknown` is uncertain. It counts for a paid submit alone: polls and
            fetches are repeated by the code, so one mapping from HTTP to errors serves all three.
    """

    def __init__(
        self,
        message: str,
        *,
        error_code: ProviderErrorCode | None = None,
        retry_after: float | None = None,
        attempts: int = 1,
        uncertain: bool | None = None,
    ) -> None:
        """Keep what the engine needs to decide whether the call may be repeated."""
        super().__init__(message)
        self.error_code = error_code
        self.retry_after = retry_after
        self.attempts = attempts
        self.uncertain = uncertain


class PipelineError(GenblazeError):
    """A run did not succeed.

    Attributes:
        result: The whole result, finished steps and all; None if the run never got as far as having one.
        failed_step_index: Position of the first failed step, counted from 0.
        failed_step_error: That step's own error text.
    """

    def __init__(
        self,
        message: str,
        *,
        result: PipelineResult | None = None,
        failed_step_index: int | None = None,
        failed_step_error: str | None = None,
    ) -> None:
        """Keep the result, so that nothing that was paid for is lost with the exception."""
        super().__init__(message)
        self.result = result
        self.failed_step_index = failed_step_index
        self.failed_step_error = failed_step_error


class PipelineTimeoutError(GenblazeError):
    """The deadline of the whole run (`pipeline_timeout`) passed.

    Attributes:
        result: What had been finished by then, if anything.
    """

    def __init__(self, message: str, *, result: PipelineResult | None = None) -> None:
        """Keep what the run had finished."""
        super().__init__(message)
        self.result = result


class BatchPipelineError(GenblazeError):
    """At least one run of a batch did not succeed.

    Attributes:
        results: Every run's result, in the order of the batch.
        failures: Position and error of each run that did not complete.
    """

    def __init__(self, results: Sequence[PipelineResult], *, message: str | None = None) -> None:
        """Sort the failed runs out of the results.

        Args:
            results: Every run's result, in the order of the batch.
            message: Text to use in place of the usual summary.
        """
        self.results = list(results)
        self.failures = [
            (index, _error_of(index, result))
            for index, result in enumerate(self.results)
            if result.run.status != "completed"
        ]
        super().__init__(message or self._summary())

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), self.results, message=str(self)), ()

    @property
    def succeeded(self) -> list[PipelineResult]:
        """The results of the runs that completed."""
        failed = {index for index, _ in self.failures}
        return [result for index, result in enumerate(self.results) if index not in failed]

    @property
    def total(self) -> int:
        """How many runs the batch had."""
        return len(self.results)

    def _summary(self) -> str:
        if not self.failures:
            return f"Batch of {self.total} runs failed; every single run completed."
        _, first = self.failures[0]
        return f"{len(self.failures)} of {self.total} runs of the batch failed; the first: {first}"


def _error_of(index: int, result: PipelineResult) -> PipelineError:
    """Say which step of one run of a batch failed, and keep that run's result."""
    for position, step in enumerate(result.run.steps):
        if step.error is not None or step.status in {"failed", "cancelled"}:
            reason = step.error or f"it was left {step.status}"
            return PipelineError(
                f"run {index}: step {position} ({step.provider}/{step.model}): {reason}",
                result=result,
                failed_step_index=position,
                failed_step_error=step.error,
            )
    return PipelineError(f"run {index} ended as {result.run.status}", result=result)


class BudgetError(GenblazeError):
    """A request would cost more than the budget has left, or a price that is not known; nothing was sent."""


class JournalError(GenblazeError):
    """The journal of paid work cannot be read or written, or does not fit the pipeline."""


class RunTakenError(JournalError):
    """Another process is working on the run."""


class SinkError(GenblazeError):
    """Results could not be handed to a sink; they are still in memory and can be handed over again.

    Attributes:
        sink: Which sink it was, as its `repr` names it; None if that does not matter.
    """

    def __init__(self, *args: object, sink: str | None = None) -> None:
        """Keep whose error it is."""
        super().__init__(*args)
        self.sink = sink


class StorageError(GenblazeError):
    """A store refused or failed an operation.

    Attributes:
        error_code: A `StorageErrorCode`, or None if nobody could tell.
        request_id: The vendor's name for the request, for its support.
        status_code: The HTTP status, if there was one.
        retry_after: Seconds that the store asked to wait, if it did.
        is_retriable: Whether the same call may work later.
        operation: What was being done, such as "put".
    """

    def __init__(
        self,
        message: str,
        *,
        error_code: StorageErrorCode | None = None,
        request_id: str | None = None,
        status_code: int | None = None,
        retry_after: float | None = None,
        is_retriable: bool = False,
        operation: str | None = None,
    ) -> None:
        """Keep what a caller needs to decide whether to try again."""
        super().__init__(message)
        self.error_code = error_code
        self.request_id = request_id
        self.status_code = status_code
        self.retry_after = retry_after
        self.is_retriable = is_retriable
        self.operation = operation


class WebhookError(GenblazeError):
    """A webhook is configured in a way that cannot work, or could not be delivered."""


class URLPolicyError(GenblazeError):
    """A URL may not be fetched or handed out, or a store cannot make one of the kind asked for."""


class TemplateError(GenblazeError, ValueError):
    """A prompt template is malformed, or a value that it names is missing."""
