"""Pipelines: declaring steps, planning them, and running them through the one engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze.pipeline.builder import Pipeline as Pipeline
    from genblaze.pipeline.cache import StepCache as StepCache
    from genblaze.pipeline.prompt_template import PromptTemplate as PromptTemplate
    from genblaze.pipeline.replay import Replay as Replay
    from genblaze.pipeline.result import PipelineResult as PipelineResult
    from genblaze.pipeline.template import PipelineTemplate as PipelineTemplate
    from genblaze.pipeline.template import StepTemplate as StepTemplate

_HOMES = {
    "Pipeline": "builder",
    "PipelineResult": "result",
    "PipelineTemplate": "template",
    "PromptTemplate": "prompt_template",
    "Replay": "replay",
    "StepCache": "cache",
    "StepTemplate": "template",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
