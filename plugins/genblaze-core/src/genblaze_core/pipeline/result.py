"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.event import StepCompleteEvent
from genblaze.pipeline.result import PipelineResult

__all__ = ["PipelineResult", "StepCompleteEvent"]
