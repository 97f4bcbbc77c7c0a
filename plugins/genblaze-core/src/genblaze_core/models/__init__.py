"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.models.asset import Asset, AudioMetadata, Track, VideoMetadata, WordTiming
from genblaze.models.chat import (
    AudioURLContent,
    AudioURLRef,
    ChatMessage,
    ChatResponse,
    ChatRole,
    ContentBlock,
    ImageURLContent,
    ImageURLRef,
    TextContent,
    ToolCall,
    VideoURLContent,
    VideoURLRef,
)
from genblaze.models.enums import Modality, PromptVisibility, ProviderErrorCode, RunStatus, StepStatus, StepType
from genblaze.models.manifest import Manifest, ManifestVerification, parse_manifest
from genblaze.models.policy import EmbedPolicy
from genblaze.models.run import Run
from genblaze.models.step import Step
from genblaze.pipeline.prompt_template import PromptTemplate

__all__: list[str] = [
    "Asset",
    "AudioMetadata",
    "AudioURLContent",
    "AudioURLRef",
    "ChatMessage",
    "ChatResponse",
    "ChatRole",
    "ContentBlock",
    "EmbedPolicy",
    "ImageURLContent",
    "ImageURLRef",
    "Manifest",
    "ManifestVerification",
    "Modality",
    "PromptTemplate",
    "PromptVisibility",
    "ProviderErrorCode",
    "Run",
    "RunStatus",
    "Step",
    "StepStatus",
    "StepType",
    "TextContent",
    "ToolCall",
    "Track",
    "VideoMetadata",
    "VideoURLContent",
    "VideoURLRef",
    "WordTiming",
    "parse_manifest",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
