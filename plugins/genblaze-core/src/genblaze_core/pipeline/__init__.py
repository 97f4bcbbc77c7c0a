"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.pipeline.builder import Pipeline
from genblaze.pipeline.cache import StepCache
from genblaze.pipeline.result import PipelineResult, StepCompleteEvent

__all__ = ["Pipeline", "PipelineResult", "StepCache", "StepCompleteEvent"]
