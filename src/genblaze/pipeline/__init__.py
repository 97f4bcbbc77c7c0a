"""Pipelines: declaring steps, planning them, and running them through the one engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.pipeline.builder import Pipeline as Pipeline
    from genblaze.pipeline.cache import StepCache as StepCache
    from genblaze.pipeline.prompt_template import PromptTemplate as PromptTemplate
    from genblaze.pipeline.replay import Replay as Replay
    from genblaze.pipeline.result import PipelineResult as PipelineResult
    from genblaze.pipeline.template import PipelineTemplate as PipelineTemplate
    from genblaze.pipeline.template import StepTemplate as StepTemplate

__all__ = ["Pipeline", "PipelineResult", "PipelineTemplate", "PromptTemplate", "Replay", "StepCache", "StepTemplate"]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze.pipeline.builder": "Pipeline",
        "genblaze.pipeline.cache": "StepCache",
        "genblaze.pipeline.prompt_template": "PromptTemplate",
        "genblaze.pipeline.replay": "Replay",
        "genblaze.pipeline.result": "PipelineResult",
        "genblaze.pipeline.template": "PipelineTemplate StepTemplate",
    },
)
