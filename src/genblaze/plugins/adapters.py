"""Objects that users pass, brought into the shape of a hook, so that they take the road of the plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from genblaze.errors import InvalidValueError, PluginError

if TYPE_CHECKING:
    from collections.abc import Callable

    from genblaze.hookspecs import EvaluateContext
    from genblaze.jobs import GenerateContext, Request
    from genblaze.pipeline import PipelineResult

__all__ = ["adapt_evaluator", "adapt_provider", "scheme_of"]

MIN_SCHEME: Final = 2
"""A single letter before a colon is a Windows drive."""


def scheme_of(url: str) -> str:
    """Scheme of a URL, in lower case.

    Raises:
        InvalidValueError: It has none.
    """
    scheme, colon, _ = url.partition(":")
    if not colon or not scheme.isascii() or len(scheme) < MIN_SCHEME:
        msg = f"{url!r} is no URL: it must begin with a scheme, such as file:///folder or s3://bucket/prefix."
        raise InvalidValueError(msg)
    return scheme.lower()


def adapt_provider(provider: Any) -> Callable[..., Any]:
    """A function of the hook's shape for a provider object.

    Raises:
        PluginError: It has no `job(request, context)`.
    """
    job = getattr(provider, "job", None)
    if not callable(job):
        name = provider.__name__ if isinstance(provider, type) else type(provider).__name__
        msg = f"{name} is no provider: it has no job(request, context). Derive it from SyncProvider."
        raise PluginError(msg)

    def generate(request: Request, context: GenerateContext) -> Any:
        return job(request, context)

    return generate


def adapt_evaluator(evaluator: Any) -> Callable[..., Any]:
    """A function of the hook's shape for an evaluator object; a blocking one runs in a thread of its own.

    Raises:
        PluginError: It has neither `evaluate(result)` nor `aevaluate(result)`.
    """
    method = getattr(evaluator, "aevaluate", None) or getattr(evaluator, "evaluate", None)
    if not callable(method):
        msg = f"{type(evaluator).__name__} is no evaluator: it needs evaluate(result) or aevaluate(result)."
        raise PluginError(msg)

    def evaluate(result: PipelineResult, context: EvaluateContext) -> Any:  # noqa: ARG001 - objects take the result alone
        from genblaze.threads import call

        return call(method, result)

    return evaluate
