"""genblaze under the import name of the published package: re-exports, resolved at first use.

Generated from published_names.txt by tools/facade.py.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genblaze.agents import (
        AgentContext,
        AgentIteration,
        AgentLoop,
        AgentResult,
        CallableEvaluator,
        EvaluationResult,
        Evaluator,
        ThresholdEvaluator,
    )
    from genblaze.builders import RunBuilder, StepBuilder
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
    from genblaze.mocks import MockAudioProvider, MockProvider, MockVideoProvider
    from genblaze.models.asset import Asset, AudioMetadata, Track, VideoMetadata, WordTiming
    from genblaze.models.chat import (
        AudioURLContent,
        AudioURLRef,
        ChatMessage,
        ChatResponse,
        ImageURLContent,
        ImageURLRef,
        TextContent,
        ToolCall,
        VideoURLContent,
        VideoURLRef,
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
    from genblaze.models.event import ProgressEvent, StepCompleteEvent, StreamEvent
    from genblaze.models.manifest import Manifest, ManifestVerification, parse_manifest
    from genblaze.models.policy import EmbedPolicy
    from genblaze.models.run import Run
    from genblaze.models.step import Step
    from genblaze.models.voice import Voice
    from genblaze.moderation import ModerationHook, ModerationResult
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.cache import StepCache
    from genblaze.pipeline.prompt_template import PromptTemplate
    from genblaze.pipeline.result import PipelineResult
    from genblaze.pipeline.template import PipelineTemplate, StepTemplate
    from genblaze.providers.discovery import ProbeResult, ProbeStatus
    from genblaze.providers.installed import discover_providers
    from genblaze.providers.model_registry import ModelRegistry
    from genblaze.providers.params import ParamSurface
    from genblaze.providers.provider import BaseProvider, ProviderCapabilities, SubmitResult, SyncProvider
    from genblaze.providers.spec import ModelSpec
    from genblaze.providers.urls import validate_asset_url, validate_chain_input_url
    from genblaze.sinks import AssetTransfer, BaseSink, KeyBuilder, ObjectStorageSink
    from genblaze.spinner import Spinner
    from genblaze.storing import (
        RETRYABLE_STORAGE_CODES,
        DeleteError,
        DeleteResult,
        FileEntry,
        ListPage,
        ObjectLockConfig,
        ObjectMetadata,
        StorageBackend,
        StorageConfig,
        TransferProgress,
        classify_botocore_error,
    )
    from genblaze.testing import ProviderComplianceTests
    from genblaze.tracing import CompositeTracer, LoggingTracer, NoOpTracer, StructuredLogger, Tracer
    from genblaze_ffmpeg.compositor import FFmpegCompositor
    from genblaze_ffmpeg.transform import FFmpegTransform
    from genblaze_http import WebhookConfig, WebhookEvent, WebhookNotifier, WebhookSink
    from genblaze_otel import OTelTracer
    from genblaze_parquet import ParquetSink as ParquetSink

    __version__: str

__all__ = [
    "RETRYABLE_STORAGE_CODES",
    "AgentContext",
    "AgentIteration",
    "AgentLoop",
    "AgentResult",
    "Asset",
    "AssetTransfer",
    "AudioMetadata",
    "AudioURLContent",
    "AudioURLRef",
    "BaseProvider",
    "BaseSink",
    "BatchPipelineError",
    "CallableEvaluator",
    "ChatMessage",
    "ChatResponse",
    "CompositeTracer",
    "DeleteError",
    "DeleteResult",
    "EmbedPolicy",
    "EmbeddingError",
    "EvaluationResult",
    "Evaluator",
    "FFmpegCompositor",
    "FFmpegTransform",
    "FileEntry",
    "GenblazeError",
    "ImageURLContent",
    "ImageURLRef",
    "KeyBuilder",
    "KeyStrategy",
    "ListPage",
    "LoggingTracer",
    "Manifest",
    "ManifestError",
    "ManifestVerification",
    "MockAudioProvider",
    "MockProvider",
    "MockVideoProvider",
    "Modality",
    "ModelRegistry",
    "ModelSpec",
    "ModerationHook",
    "ModerationResult",
    "NoOpTracer",
    "OTelTracer",
    "ObjectLockConfig",
    "ObjectMetadata",
    "ObjectStorageSink",
    "ParamSurface",
    "Pipeline",
    "PipelineError",
    "PipelineResult",
    "PipelineTemplate",
    "PipelineTimeoutError",
    "ProbeResult",
    "ProbeStatus",
    "ProgressEvent",
    "PromptTemplate",
    "PromptVisibility",
    "ProviderCapabilities",
    "ProviderComplianceTests",
    "ProviderError",
    "ProviderErrorCode",
    "Run",
    "RunBuilder",
    "RunStatus",
    "SinkError",
    "Spinner",
    "Step",
    "StepBuilder",
    "StepCache",
    "StepCompleteEvent",
    "StepStatus",
    "StepTemplate",
    "StepType",
    "StorageBackend",
    "StorageConfig",
    "StorageError",
    "StorageErrorCode",
    "StreamEvent",
    "StructuredLogger",
    "SubmitResult",
    "SyncProvider",
    "TextContent",
    "ThresholdEvaluator",
    "ToolCall",
    "Tracer",
    "Track",
    "TransferProgress",
    "URLPolicy",
    "URLPolicyError",
    "UnverifiedAssetError",
    "VideoMetadata",
    "VideoURLContent",
    "VideoURLRef",
    "Voice",
    "WebhookConfig",
    "WebhookError",
    "WebhookEvent",
    "WebhookNotifier",
    "WebhookSink",
    "WordTiming",
    "__version__",
    "classify_botocore_error",
    "discover_providers",
    "parse_manifest",
    "validate_asset_url",
    "validate_chain_input_url",
]

_HOMES = {
    "AgentContext": "genblaze.agents",
    "AgentIteration": "genblaze.agents",
    "AgentLoop": "genblaze.agents",
    "AgentResult": "genblaze.agents",
    "Asset": "genblaze.models.asset",
    "AssetTransfer": "genblaze.sinks",
    "AudioMetadata": "genblaze.models.asset",
    "AudioURLContent": "genblaze.models.chat",
    "AudioURLRef": "genblaze.models.chat",
    "BaseProvider": "genblaze.providers.provider",
    "BaseSink": "genblaze.sinks",
    "BatchPipelineError": "genblaze.errors",
    "CallableEvaluator": "genblaze.agents",
    "ChatMessage": "genblaze.models.chat",
    "ChatResponse": "genblaze.models.chat",
    "CompositeTracer": "genblaze.tracing",
    "DeleteError": "genblaze.storing",
    "DeleteResult": "genblaze.storing",
    "EmbedPolicy": "genblaze.models.policy",
    "EmbeddingError": "genblaze.errors",
    "EvaluationResult": "genblaze.agents",
    "Evaluator": "genblaze.agents",
    "FFmpegCompositor": "genblaze_ffmpeg.compositor",
    "FFmpegTransform": "genblaze_ffmpeg.transform",
    "FileEntry": "genblaze.storing",
    "GenblazeError": "genblaze.errors",
    "ImageURLContent": "genblaze.models.chat",
    "ImageURLRef": "genblaze.models.chat",
    "KeyBuilder": "genblaze.sinks",
    "KeyStrategy": "genblaze.models.enums",
    "ListPage": "genblaze.storing",
    "LoggingTracer": "genblaze.tracing",
    "Manifest": "genblaze.models.manifest",
    "ManifestError": "genblaze.errors",
    "ManifestVerification": "genblaze.models.manifest",
    "MockAudioProvider": "genblaze.mocks",
    "MockProvider": "genblaze.mocks",
    "MockVideoProvider": "genblaze.mocks",
    "Modality": "genblaze.models.enums",
    "ModelRegistry": "genblaze.providers.model_registry",
    "ModelSpec": "genblaze.providers.spec",
    "ModerationHook": "genblaze.moderation",
    "ModerationResult": "genblaze.moderation",
    "NoOpTracer": "genblaze.tracing",
    "OTelTracer": "genblaze_otel",
    "ObjectLockConfig": "genblaze.storing",
    "ObjectMetadata": "genblaze.storing",
    "ObjectStorageSink": "genblaze.sinks",
    "ParamSurface": "genblaze.providers.params",
    "ParquetSink": "genblaze_core.sinks.parquet",
    "Pipeline": "genblaze.pipeline.builder",
    "PipelineError": "genblaze.errors",
    "PipelineResult": "genblaze.pipeline.result",
    "PipelineTemplate": "genblaze.pipeline.template",
    "PipelineTimeoutError": "genblaze.errors",
    "ProbeResult": "genblaze.providers.discovery",
    "ProbeStatus": "genblaze.providers.discovery",
    "ProgressEvent": "genblaze.models.event",
    "PromptTemplate": "genblaze.pipeline.prompt_template",
    "PromptVisibility": "genblaze.models.enums",
    "ProviderCapabilities": "genblaze.providers.provider",
    "ProviderComplianceTests": "genblaze.testing",
    "ProviderError": "genblaze.errors",
    "ProviderErrorCode": "genblaze.models.enums",
    "RETRYABLE_STORAGE_CODES": "genblaze.storing",
    "Run": "genblaze.models.run",
    "RunBuilder": "genblaze.builders",
    "RunStatus": "genblaze.models.enums",
    "SinkError": "genblaze.errors",
    "Spinner": "genblaze.spinner",
    "Step": "genblaze.models.step",
    "StepBuilder": "genblaze.builders",
    "StepCache": "genblaze.pipeline.cache",
    "StepCompleteEvent": "genblaze.models.event",
    "StepStatus": "genblaze.models.enums",
    "StepTemplate": "genblaze.pipeline.template",
    "StepType": "genblaze.models.enums",
    "StorageBackend": "genblaze.storing",
    "StorageConfig": "genblaze.storing",
    "StorageError": "genblaze.errors",
    "StorageErrorCode": "genblaze.models.enums",
    "StreamEvent": "genblaze.models.event",
    "StructuredLogger": "genblaze.tracing",
    "SubmitResult": "genblaze.providers.provider",
    "SyncProvider": "genblaze.providers.provider",
    "TextContent": "genblaze.models.chat",
    "ThresholdEvaluator": "genblaze.agents",
    "ToolCall": "genblaze.models.chat",
    "Tracer": "genblaze.tracing",
    "Track": "genblaze.models.asset",
    "TransferProgress": "genblaze.storing",
    "URLPolicy": "genblaze.models.enums",
    "URLPolicyError": "genblaze.errors",
    "UnverifiedAssetError": "genblaze.errors",
    "VideoMetadata": "genblaze.models.asset",
    "VideoURLContent": "genblaze.models.chat",
    "VideoURLRef": "genblaze.models.chat",
    "Voice": "genblaze.models.voice",
    "WebhookConfig": "genblaze_http",
    "WebhookError": "genblaze.errors",
    "WebhookEvent": "genblaze_http",
    "WebhookNotifier": "genblaze_http",
    "WebhookSink": "genblaze_http",
    "WordTiming": "genblaze.models.asset",
    "classify_botocore_error": "genblaze.storing",
    "discover_providers": "genblaze.providers.installed",
    "parse_manifest": "genblaze.models.manifest",
    "validate_asset_url": "genblaze.providers.urls",
    "validate_chain_input_url": "genblaze.providers.urls",
}
_SUBMODULES = frozenset(
    [
        "agents",
        "builders",
        "canonical",
        "exceptions",
        "media",
        "mocks",
        "models",
        "observability",
        "pipeline",
        "providers",
        "runnable",
        "sinks",
        "storage",
        "testing",
        "webhooks",
    ]
)

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
