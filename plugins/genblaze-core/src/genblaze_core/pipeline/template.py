"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.pipeline.template import PipelineTemplate, StepTemplate

__all__ = ["PipelineTemplate", "StepTemplate"]
