"""The records of a run, from the asset to the manifest, and the events while it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.models.asset import Asset as Asset
    from genblaze.models.asset import AudioMetadata as AudioMetadata
    from genblaze.models.asset import Track as Track
    from genblaze.models.asset import VideoMetadata as VideoMetadata
    from genblaze.models.asset import WordTiming as WordTiming
    from genblaze.models.enums import Modality as Modality
    from genblaze.models.enums import PromptVisibility as PromptVisibility
    from genblaze.models.enums import ProviderErrorCode as ProviderErrorCode
    from genblaze.models.enums import RunStatus as RunStatus
    from genblaze.models.enums import StepStatus as StepStatus
    from genblaze.models.enums import StepType as StepType
    from genblaze.models.manifest import Manifest as Manifest
    from genblaze.models.manifest import ManifestVerification as ManifestVerification
    from genblaze.models.manifest import parse_manifest as parse_manifest
    from genblaze.models.policy import EmbedPolicy as EmbedPolicy
    from genblaze.models.run import Run as Run
    from genblaze.models.step import Step as Step

__getattr__, __dir__, __all__ = loads_at_first_use(
    __name__,
    {
        "genblaze.models.asset": "Asset AudioMetadata Track VideoMetadata WordTiming",
        "genblaze.models.enums": "Modality PromptVisibility ProviderErrorCode RunStatus StepStatus StepType",
        "genblaze.models.manifest": "Manifest ManifestVerification parse_manifest",
        "genblaze.models.policy": "EmbedPolicy",
        "genblaze.models.run": "Run",
        "genblaze.models.step": "Step",
    },
)
