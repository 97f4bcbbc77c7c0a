"""Providers of the published entry-point group `genblaze.providers`, seen through the `generate` hook."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from genblaze.capabilities import Capability
from genblaze.errors import PluginLoadError
from genblaze.hookspecs import hookimpl

if TYPE_CHECKING:
    from genblaze.jobs import GenerateContext, Job, Request
    from genblaze.plugins.claims import Claim

__all__ = ["PublishedProvider"]


class PublishedProvider:
    """A plugin made of an entry point that names a provider class, which is imported when first used.

    Args:
        claim: The entry point; its name is the provider's.
    """

    def __init__(self, claim: Claim) -> None:
        self._name = claim.name
        self._claim = claim

    @hookimpl
    def provides(self) -> list[Capability]:
        """The provider, by its entry point's name; what it makes is known only to the class."""
        target = self._claim.value
        return [Capability(hook="generate", key=self._name, summary=f"{target} (published group)", provider=target)]

    @hookimpl
    def generate(self, request: Request, context: GenerateContext) -> Job | None:
        """The job of the one provider object per registry and configuration."""
        if request.provider != self._name:
            return None
        provider: Any = context.provider(self._load())
        return provider.job(request, context)  # type: ignore[no-any-return]  # a class of the published shape

    def _load(self) -> Any:
        try:
            loaded = self._claim.load()
        except Exception as exc:
            msg = f"Provider {self._name!r} cannot be imported from {self._claim.value}: {_words(exc)}"
            raise PluginLoadError(msg) from exc
        if not (inspect.isclass(loaded) and hasattr(loaded, "job")):
            msg = (
                f"Provider {self._name!r}: {self._claim.value} is no provider class."
                " Derive it from genblaze_core.providers.BaseProvider or SyncProvider."
            )
            raise PluginLoadError(msg)
        return loaded


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"
