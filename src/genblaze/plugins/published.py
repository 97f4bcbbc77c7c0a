"""Providers of the published entry-point group `genblaze.providers`, seen through the `generate` hook."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from genblaze.capabilities import Capability
from genblaze.errors import PluginLoadError
from genblaze.hookspecs import hookimpl

if TYPE_CHECKING:
    from genblaze.jobs import GenerateContext, Job, Request

__all__ = ["PublishedProvider"]


class PublishedProvider:
    """A plugin made of an entry point that names a provider class, which is imported when first used.

    Args:
        name: The entry point's name, which is the provider's.
        entry_point: What `importlib_metadata` gave.
    """

    def __init__(self, name: str, entry_point: Any) -> None:
        self._name = name
        self._entry_point = entry_point

    @hookimpl
    def provides(self) -> list[Capability]:
        """The provider, by its entry point's name; what it makes is known only to the class."""
        return [Capability(hook="generate", key=self._name, summary=f"{self._entry_point.value} (published group)")]

    @hookimpl
    def generate(self, request: Request, context: GenerateContext) -> Job | None:
        """The job of the one provider object per registry and configuration."""
        if request.provider != self._name:
            return None
        provider: Any = context.provider(self._load())
        return provider.job(request, context)  # type: ignore[no-any-return]  # a class of the published shape

    def _load(self) -> Any:
        try:
            loaded = self._entry_point.load()
        except Exception as exc:
            msg = f"Provider {self._name!r} cannot be imported from {self._entry_point.value}: {_words(exc)}"
            raise PluginLoadError(msg) from exc
        if not (inspect.isclass(loaded) and hasattr(loaded, "job")):
            msg = (
                f"Provider {self._name!r}: {self._entry_point.value} is no provider class."
                " Derive it from genblaze_core.providers.BaseProvider or SyncProvider."
            )
            raise PluginLoadError(msg)
        return loaded


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"
