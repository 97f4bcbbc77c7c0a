"""genblaze: pipelines for AI media, with provenance in every file.

Importing this package is cheap: each name loads its module at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.agents import AgentContext as AgentContext
    from genblaze.agents import AgentIteration as AgentIteration
    from genblaze.agents import AgentLoop as AgentLoop
    from genblaze.agents import AgentResult as AgentResult
    from genblaze.agents import CallableEvaluator as CallableEvaluator
    from genblaze.agents import EvaluationResult as EvaluationResult
    from genblaze.agents import Evaluator as Evaluator
    from genblaze.agents import ThresholdEvaluator as ThresholdEvaluator
    from genblaze.budget import Budget as Budget
    from genblaze.builders import RunBuilder as RunBuilder
    from genblaze.builders import StepBuilder as StepBuilder
    from genblaze.capabilities import Capability as Capability
    from genblaze.embedding import EmbedResult as EmbedResult
    from genblaze.embedding import embed_manifest as embed_manifest
    from genblaze.embedding import extract_manifest as extract_manifest
    from genblaze.embedding import strip_manifest as strip_manifest
    from genblaze.errors import BatchPipelineError as BatchPipelineError
    from genblaze.errors import BudgetError as BudgetError
    from genblaze.errors import ConfigError as ConfigError
    from genblaze.errors import EmbeddingError as EmbeddingError
    from genblaze.errors import GenblazeError as GenblazeError
    from genblaze.errors import InvalidValueError as InvalidValueError
    from genblaze.errors import ManifestError as ManifestError
    from genblaze.errors import PipelineError as PipelineError
    from genblaze.errors import PipelineTimeoutError as PipelineTimeoutError
    from genblaze.errors import PluginConflictError as PluginConflictError
    from genblaze.errors import PluginError as PluginError
    from genblaze.errors import PluginLoadError as PluginLoadError
    from genblaze.errors import PluginNotFoundError as PluginNotFoundError
    from genblaze.errors import PointerSidecarError as PointerSidecarError
    from genblaze.errors import ProviderError as ProviderError
    from genblaze.errors import SinkError as SinkError
    from genblaze.errors import StorageError as StorageError
    from genblaze.errors import TemplateError as TemplateError
    from genblaze.errors import UnsupportedSchemaVersionError as UnsupportedSchemaVersionError
    from genblaze.errors import UnverifiedAssetError as UnverifiedAssetError
    from genblaze.errors import URLPolicyError as URLPolicyError
    from genblaze.errors import WebhookError as WebhookError
    from genblaze.hookspecs import hookimpl as hookimpl
    from genblaze.hookspecs import hookspec as hookspec
    from genblaze.jobs import Fetched as Fetched
    from genblaze.jobs import GenerateContext as GenerateContext
    from genblaze.jobs import Generation as Generation
    from genblaze.jobs import Job as Job
    from genblaze.jobs import JobStatus as JobStatus
    from genblaze.jobs import Request as Request
    from genblaze.jobs import Submitted as Submitted
    from genblaze.mocks import MockAudioProvider as MockAudioProvider
    from genblaze.mocks import MockProvider as MockProvider
    from genblaze.mocks import MockVideoProvider as MockVideoProvider
    from genblaze.models.asset import Asset as Asset
    from genblaze.models.asset import AudioMetadata as AudioMetadata
    from genblaze.models.asset import Track as Track
    from genblaze.models.asset import VideoMetadata as VideoMetadata
    from genblaze.models.asset import WordTiming as WordTiming
    from genblaze.models.chat import AudioURLContent as AudioURLContent
    from genblaze.models.chat import AudioURLRef as AudioURLRef
    from genblaze.models.chat import ChatMessage as ChatMessage
    from genblaze.models.chat import ChatResponse as ChatResponse
    from genblaze.models.chat import ImageURLContent as ImageURLContent
    from genblaze.models.chat import ImageURLRef as ImageURLRef
    from genblaze.models.chat import TextContent as TextContent
    from genblaze.models.chat import ToolCall as ToolCall
    from genblaze.models.chat import VideoURLContent as VideoURLContent
    from genblaze.models.chat import VideoURLRef as VideoURLRef
    from genblaze.models.enums import KeyStrategy as KeyStrategy
    from genblaze.models.enums import Modality as Modality
    from genblaze.models.enums import PromptVisibility as PromptVisibility
    from genblaze.models.enums import ProviderErrorCode as ProviderErrorCode
    from genblaze.models.enums import RunStatus as RunStatus
    from genblaze.models.enums import StepStatus as StepStatus
    from genblaze.models.enums import StepType as StepType
    from genblaze.models.enums import StorageErrorCode as StorageErrorCode
    from genblaze.models.enums import URLPolicy as URLPolicy
    from genblaze.models.event import ProgressEvent as ProgressEvent
    from genblaze.models.event import StepCompleteEvent as StepCompleteEvent
    from genblaze.models.event import StreamEvent as StreamEvent
    from genblaze.models.manifest import Manifest as Manifest
    from genblaze.models.manifest import ManifestVerification as ManifestVerification
    from genblaze.models.manifest import parse_manifest as parse_manifest
    from genblaze.models.policy import EmbedPolicy as EmbedPolicy
    from genblaze.models.run import Run as Run
    from genblaze.models.step import Step as Step
    from genblaze.models.voice import Voice as Voice
    from genblaze.moderation import ModerationHook as ModerationHook
    from genblaze.moderation import ModerationResult as ModerationResult
    from genblaze.pipeline.builder import Pipeline as Pipeline
    from genblaze.pipeline.cache import StepCache as StepCache
    from genblaze.pipeline.prompt_template import PromptTemplate as PromptTemplate
    from genblaze.pipeline.result import PipelineResult as PipelineResult
    from genblaze.pipeline.template import PipelineTemplate as PipelineTemplate
    from genblaze.pipeline.template import StepTemplate as StepTemplate
    from genblaze.providers.discovery import ProbeResult as ProbeResult
    from genblaze.providers.discovery import ProbeStatus as ProbeStatus
    from genblaze.providers.installed import discover_providers as discover_providers
    from genblaze.providers.model_registry import ModelRegistry as ModelRegistry
    from genblaze.providers.params import ParamSurface as ParamSurface
    from genblaze.providers.provider import BaseProvider as BaseProvider
    from genblaze.providers.provider import ProviderCapabilities as ProviderCapabilities
    from genblaze.providers.provider import SubmitResult as SubmitResult
    from genblaze.providers.provider import SyncProvider as SyncProvider
    from genblaze.providers.runnable import Runnable as Runnable
    from genblaze.providers.runnable import RunnableConfig as RunnableConfig
    from genblaze.providers.spec import ModelSpec as ModelSpec
    from genblaze.providers.urls import validate_asset_url as validate_asset_url
    from genblaze.providers.urls import validate_chain_input_url as validate_chain_input_url
    from genblaze.retry import RetryPolicy as RetryPolicy
    from genblaze.server_sent import sse as sse
    from genblaze.sinks import AssetTransfer as AssetTransfer
    from genblaze.sinks import BaseSink as BaseSink
    from genblaze.sinks import KeyBuilder as KeyBuilder
    from genblaze.sinks import ObjectStorageSink as ObjectStorageSink
    from genblaze.spinner import Spinner as Spinner
    from genblaze.storing import RETRYABLE_STORAGE_CODES as RETRYABLE_STORAGE_CODES
    from genblaze.storing import DeleteError as DeleteError
    from genblaze.storing import DeleteResult as DeleteResult
    from genblaze.storing import FileEntry as FileEntry
    from genblaze.storing import ListPage as ListPage
    from genblaze.storing import LocalFolderStore as LocalFolderStore
    from genblaze.storing import ObjectLockConfig as ObjectLockConfig
    from genblaze.storing import ObjectMetadata as ObjectMetadata
    from genblaze.storing import StorageBackend as StorageBackend
    from genblaze.storing import StorageConfig as StorageConfig
    from genblaze.storing import TransferProgress as TransferProgress
    from genblaze.storing import classify_botocore_error as classify_botocore_error
    from genblaze.testing import ProviderComplianceTests as ProviderComplianceTests
    from genblaze.tracing import CompositeTracer as CompositeTracer
    from genblaze.tracing import LoggingTracer as LoggingTracer
    from genblaze.tracing import NoOpTracer as NoOpTracer
    from genblaze.tracing import StructuredLogger as StructuredLogger
    from genblaze.tracing import Tracer as Tracer
    from genblaze.verifying import Verdict as Verdict
    from genblaze.verifying import Verification as Verification
    from genblaze.verifying import verify_file as verify_file

_HOMES = {
    "genblaze.agents": (
        "AgentContext AgentIteration AgentLoop AgentResult CallableEvaluator EvaluationResult Evaluator "
        "ThresholdEvaluator"
    ),
    "genblaze.budget": "Budget",
    "genblaze.builders": "RunBuilder StepBuilder",
    "genblaze.capabilities": "Capability",
    "genblaze.embedding": "EmbedResult embed_manifest extract_manifest strip_manifest",
    "genblaze.errors": (
        "BatchPipelineError BudgetError ConfigError EmbeddingError GenblazeError InvalidValueError ManifestError "
        "PipelineError PipelineTimeoutError PluginConflictError PluginError PluginLoadError PluginNotFoundError "
        "PointerSidecarError ProviderError SinkError StorageError TemplateError URLPolicyError "
        "UnsupportedSchemaVersionError UnverifiedAssetError WebhookError"
    ),
    "genblaze.hookspecs": "hookimpl hookspec",
    "genblaze.jobs": "Fetched GenerateContext Generation Job JobStatus Request Submitted",
    "genblaze.mocks": "MockAudioProvider MockProvider MockVideoProvider",
    "genblaze.models.asset": "Asset AudioMetadata Track VideoMetadata WordTiming",
    "genblaze.models.chat": (
        "AudioURLContent AudioURLRef ChatMessage ChatResponse ImageURLContent ImageURLRef TextContent ToolCall "
        "VideoURLContent VideoURLRef"
    ),
    "genblaze.models.enums": (
        "KeyStrategy Modality PromptVisibility ProviderErrorCode RunStatus StepStatus StepType StorageErrorCode "
        "URLPolicy"
    ),
    "genblaze.models.event": "ProgressEvent StepCompleteEvent StreamEvent",
    "genblaze.models.manifest": "Manifest ManifestVerification parse_manifest",
    "genblaze.models.policy": "EmbedPolicy",
    "genblaze.models.run": "Run",
    "genblaze.models.step": "Step",
    "genblaze.models.voice": "Voice",
    "genblaze.moderation": "ModerationHook ModerationResult",
    "genblaze.pipeline.builder": "Pipeline",
    "genblaze.pipeline.cache": "StepCache",
    "genblaze.pipeline.prompt_template": "PromptTemplate",
    "genblaze.pipeline.result": "PipelineResult",
    "genblaze.pipeline.template": "PipelineTemplate StepTemplate",
    "genblaze.providers.discovery": "ProbeResult ProbeStatus",
    "genblaze.providers.installed": "discover_providers",
    "genblaze.providers.model_registry": "ModelRegistry",
    "genblaze.providers.params": "ParamSurface",
    "genblaze.testing": "ProviderComplianceTests",
    "genblaze.providers.provider": "BaseProvider ProviderCapabilities SubmitResult SyncProvider",
    "genblaze.providers.runnable": "Runnable RunnableConfig",
    "genblaze.providers.spec": "ModelSpec",
    "genblaze.providers.urls": "validate_asset_url validate_chain_input_url",
    "genblaze.retry": "RetryPolicy",
    "genblaze.server_sent": "sse",
    "genblaze.sinks": "AssetTransfer BaseSink KeyBuilder ObjectStorageSink",
    "genblaze.spinner": "Spinner",
    "genblaze.storing": (
        "DeleteError DeleteResult FileEntry ListPage LocalFolderStore ObjectLockConfig ObjectMetadata StorageBackend "
        "StorageConfig TransferProgress RETRYABLE_STORAGE_CODES classify_botocore_error"
    ),
    "genblaze.tracing": "CompositeTracer LoggingTracer NoOpTracer StructuredLogger Tracer",
    "genblaze.verifying": "Verdict Verification verify_file",
}
_load, _, _names = loads_at_first_use(__name__, _HOMES)

__all__ = sorted([*_names, "__version__"])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("genblaze")
    return _load(name)


def __dir__() -> list[str]:
    return __all__
