"""The evaluator `callable`: judges with a function that the context names as `module:function`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from genblaze.capabilities import Capability
from genblaze.errors import PluginNotFoundError
from genblaze.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from genblaze.agents import EvaluationResult
    from genblaze.hookspecs import EvaluateContext
    from genblaze.pipeline.result import PipelineResult


@hookimpl
def provides() -> Iterable[Capability]:
    """One evaluator."""
    return [Capability(hook="evaluate", key="callable", summary="Judges with the function named in context.metadata")]


@hookimpl
def evaluate(result: PipelineResult, context: EvaluateContext) -> Awaitable[EvaluationResult]:
    """Call `context.metadata["function"]`, written as `module:function`.

    Raises:
        PluginNotFoundError: When there is no such function.
    """
    from genblaze.agents import CallableEvaluator

    name = str(context.metadata.get("function", ""))
    module, _, attribute = name.partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        msg = f"Evaluator 'callable': no function {name!r}; set context.metadata['function'] to 'module:function'"
        raise PluginNotFoundError(msg) from error
    return CallableEvaluator(function).aevaluate(result)
