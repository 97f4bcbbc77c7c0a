"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.pipeline.result import PipelineResult, StepCompleteEvent

__all__ = ["PipelineResult", "StepCompleteEvent"]
