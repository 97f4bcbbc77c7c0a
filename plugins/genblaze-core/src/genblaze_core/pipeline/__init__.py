"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.event import StepCompleteEvent
from genblaze.pipeline.builder import Pipeline
from genblaze.pipeline.cache import StepCache
from genblaze.pipeline.result import PipelineResult

__all__ = ["Pipeline", "PipelineResult", "StepCache", "StepCompleteEvent"]
