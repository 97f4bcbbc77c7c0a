"""The records of a run, from the asset to the manifest, and the events while it happens."""

from genblaze.models.asset import Asset, AudioMetadata, Track, VideoMetadata, WordTiming
from genblaze.models.enums import (
    Modality,
    PromptVisibility,
    ProviderErrorCode,
    RunStatus,
    StepStatus,
    StepType,
)
from genblaze.models.manifest import Manifest, ManifestVerification, parse_manifest
from genblaze.models.policy import EmbedPolicy
from genblaze.models.run import Run
from genblaze.models.step import Step

__all__ = [
    "Asset",
    "AudioMetadata",
    "EmbedPolicy",
    "Manifest",
    "ManifestVerification",
    "Modality",
    "PromptVisibility",
    "ProviderErrorCode",
    "Run",
    "RunStatus",
    "Step",
    "StepStatus",
    "StepType",
    "Track",
    "VideoMetadata",
    "WordTiming",
    "parse_manifest",
]
