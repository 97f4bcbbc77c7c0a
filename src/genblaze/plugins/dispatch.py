"""The plugin manager: one typed method for each hook, and the only way to a plugin."""

from __future__ import annotations

import logging
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from genblaze.errors import GenblazeError, PluginError, PluginNotFoundError
from genblaze.plugins.adapters import adapt_evaluator, adapt_provider, scheme_of
from genblaze.plugins.tracers import TracerCalls, adapt_tracer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Sequence
    from pathlib import Path

    import click

    from genblaze.agents import EvaluationResult
    from genblaze.capabilities import Capability
    from genblaze.config import Config
    from genblaze.hookspecs import EvaluateContext, FetchContext, TraceEvent
    from genblaze.jobs import Fetched, GenerateContext, Job, Request
    from genblaze.layout import EditPlan, Layout, LayoutError, Reader
    from genblaze.models.enums import Modality
    from genblaze.pipeline import PipelineResult
    from genblaze.plugins.choices import Choices
    from genblaze.plugins.claims import Claim
    from genblaze.plugins.records import PluginRecord, Selection
    from genblaze.plugins.registry import Registry
    from genblaze.plugins.tracers import NamedTracer
    from genblaze.storing import Store

__all__ = ["PluginManager", "default_plugins", "set_default_plugins"]

logger = logging.getLogger("genblaze.plugins")

T = TypeVar("T")


class PluginManager:
    """Loads plugins at first need, selects among them, and calls them.

    Making a manager loads nothing. Each method loads the installed plugins that may implement its hook when it is the
    first to need them: those of distributions that list the hook, and of all that list none. It may be used from
    several threads.

    Args:
        config: Settings; those of files and environment, read at first need, unless given.
        autoload: Load installed plugins; False leaves only those that are registered by hand.

    Attributes:
        instances: The provider objects made for this manager, by factory; `GenerateContext` keeps them here.
    """

    def __init__(self, config: Config | None = None, *, autoload: bool = True) -> None:
        self._given = config
        self._lock = RLock()
        self._claims: list[Claim] | None = None if autoload else []
        self._found: tuple[Registry, Choices] | None = None
        self._ready: set[str | None] = set()
        self._tracers: list[NamedTracer] | None = None
        self._calls = TracerCalls()
        self.instances: dict[Any, Any] = {}

    @property
    def config(self) -> Config:
        """The settings in force.

        Raises:
            ConfigError: A file or variable holds what is no setting.
        """
        if self._given is None:
            from genblaze.config import load_config

            self._given = load_config()
        return self._given

    def register(self, plugin: object, name: str) -> PluginRecord:
        """Add a plugin object under a name, for tests and for programs that bring their own.

        Raises:
            PluginConflictError: The name is taken.
            PluginLoadError: The object breaks a rule of plugins; the text says which.
        """
        with self._lock:
            registry, choices = self._loaded()
            record = registry.add(plugin, name)
            choices.clear()
            self._tracers = None
            return record

    def records(self) -> list[PluginRecord]:
        """Every plugin that was found, in order of name: loaded, failed and disabled ones."""
        return list(self._registry().records)

    def capabilities(self, hook: str | None = None) -> list[tuple[Capability, str]]:
        """What loaded plugins offer, each with its plugin's name; for one hook, or for all."""
        offered = self._registry(hook).candidates
        return [(each.capability, each.plugin) for each in offered if hook in {None, each.capability.hook}]

    def selections(self) -> list[Selection]:
        """For every key that some plugin declares: who answers to it and why, or what stands undecided."""
        return self._loaded()[1].explain()

    def select(self, hook: str, key: str, *, choice: str | None = None) -> str:
        """Name of the plugin that answers to a key.

        Args:
            hook: The hook that is to be called.
            key: Provider name, media type, URL scheme or evaluator name.
            choice: A plugin that the caller insists on.

        Raises:
            PluginNotFoundError: Nothing answers to it.
            PluginConflictError: Several do, equally well, or two distributions claim the plugin's name.
            PluginLoadError: The plugin that was named failed to load.
        """
        return self._loaded(hook)[1].select(hook, key, choice).plugin

    def resolve_provider(self, name: str, modality: Modality | None = None) -> str:
        """Registered key of a provider that may have been named by an alias (`openai` for `openai-dalle`).

        Raises:
            PluginNotFoundError: Nobody is called that, or not for this modality; lists the choices.
            PluginConflictError: The alias stands for several; lists them.
            PluginLoadError: The plugin of that name failed to load.
        """
        return self._loaded("generate")[1].provider(name, modality)

    def has_provider(self, name: str) -> bool:
        """Whether a provider is called that, by key or alias, be it one that failed to load or is disabled."""
        named = any(name == each.key or name in each.aliases for each, _ in self.capabilities("generate"))
        return named or name in self._registry("generate").unavailable

    def is_paid(self, provider: str) -> bool:
        """Whether the provider registered under a key declares that its calls cost money."""
        declared = self.capability("generate", provider)
        return declared is not None and declared.paid

    def capability(self, hook: str, key: str) -> Capability | None:
        """What a loaded plugin declares for a hook under exactly this key, or None."""
        return self._registry(hook).declared(hook, key)

    def generate(self, request: Request, context: GenerateContext, *, provider: object | None = None) -> Job:
        """The job for one step and model, not yet started.

        Args:
            request: What to make; its `provider` is a registered key.
            context: Surroundings of the attempt.
            provider: An object of the user's, with `job(request, context)`, in place of a registered plugin.

        Raises:
            PluginNotFoundError: No plugin has the provider.
            ProviderError: As the provider raised it.
            PluginError: The plugin failed, or gave no job.
        """
        arguments = {"request": request, "context": context}
        if provider is None:
            plugin = self.select("generate", request.provider)
            job: Job | None = self._call("generate", plugin, arguments)
        else:
            plugin = None
            job = self._call("generate", None, arguments, [adapt_provider(provider)])
        if job is None:
            msg = f"No job for provider {request.provider!r} came from {self._registry('generate').describe(plugin)}."
            raise PluginError(msg)
        return job

    def media_type_of(self, head: bytes, name: str | None = None) -> str:
        """Recognise a media type by its first bytes (64 are enough), else by the file name's suffix.

        Returns:
            The media type, or `application/octet-stream`.
        """
        return self._media_types(head, name)[0]

    def recognise(self, reader: Reader, name: str | None = None) -> str:
        """Recognise a media type as `media_type_of` does, and let plugins look further where it leaves a choice.

        Returns:
            The likeliest type whose plugin parses the file, or fails to; else the likeliest at all.
        """
        return self.examine(reader, name)[0]

    def examine(self, reader: Reader, name: str | None = None) -> tuple[str, Layout | LayoutError | None]:
        """Recognise a media type as `recognise` does, and keep what came of parsing the file for that.

        Returns:
            The type, and the layout of the file, or why it cannot be parsed; None when it did not have to be.
        """
        from genblaze.capabilities import MAX_MAGIC_BYTES
        from genblaze.layout import LayoutError

        kinds = self._media_types(reader.read_at(0, MAX_MAGIC_BYTES), name)
        for kind in kinds if len(kinds) > 1 else ():
            try:
                layout = self.inspect_media(reader, kind)
            except LayoutError as error:
                return kind, error
            if layout is not None:
                return kind, layout
        return kinds[0], None

    def inspect_media(self, reader: Reader, media_type: str) -> Layout | None:
        """Parse a file.

        Returns:
            The layout, or None when no plugin parses this type, or the file is not of it after all.

        Raises:
            LayoutError: The file cannot be parsed.
        """
        try:
            plugin = self.select("inspect_media", media_type)
        except PluginNotFoundError:
            return None
        layout: Layout | None = self._call("inspect_media", plugin, {"reader": reader})
        return layout

    def embed_manifest(
        self, layout: Layout, payload: bytes, record: dict[str, Any], *, media_type: str | None = None
    ) -> EditPlan | None:
        """Plan where a manifest goes.

        Args:
            layout: What `inspect_media` gave for the file without manifests of ours.
            payload: The manifest's JSON.
            record: What restoring the original needs.
            media_type: Selects the plugin; the layout's own unless given.

        Returns:
            The plan, or None when the file cannot hold a manifest.

        Raises:
            LayoutError: The file cannot be embedded into, with the reason.
        """
        plugin = self.select("embed_manifest", media_type or layout.media_type)
        arguments = {"layout": layout, "payload": payload, "record": record}
        plan: EditPlan | None = self._call("embed_manifest", plugin, arguments)
        return plan

    def embedder_for(self, media_type: str) -> str | None:
        """Name of the plugin that embeds into files of a type (`sidecar` when nothing better), or None."""
        try:
            return self.select("embed_manifest", media_type)
        except PluginNotFoundError:
            return None

    def store(self, url: str) -> Store:
        """Open the store that a URL names.

        Raises:
            PluginNotFoundError: No plugin stores at this scheme.
            StorageError: The URL cannot be a store's.
        """
        from genblaze.hookspecs import StoreContext

        plugin = self.select("store", scheme_of(url))
        found: Store | None = self._call("store", plugin, {"url": url, "context": StoreContext(config=self.config)})
        if found is None:
            msg = f"This URL was refused by {self._registry('store').describe(plugin)}, which declares its scheme."
            raise PluginError(msg)
        return found

    async def fetch(self, url: str, target: Path, context: FetchContext) -> Fetched:
        """Bring the bytes that a URL names into a file.

        Raises:
            PluginNotFoundError: No plugin fetches this scheme.
            ProviderError: As the plugin raised it.
            URLPolicyError: The URL may not be fetched.
        """
        plugin = self.select("fetch", scheme_of(url))
        arguments = {"url": url, "target": target, "context": context}
        fetching: Awaitable[Fetched] | None = self._call("fetch", plugin, arguments)
        if fetching is None:
            msg = f"This URL was refused by {self._registry('fetch').describe(plugin)}, which declares its scheme."
            raise PluginError(msg)
        return await self._awaited("fetch", plugin, fetching)

    async def evaluate(
        self, evaluator: str | object, result: PipelineResult, context: EvaluateContext | None = None
    ) -> EvaluationResult:
        """Judge a result.

        Args:
            evaluator: Name of an installed evaluator, or an object with `evaluate(result)` or
                `aevaluate(result)`.
            result: What to judge.
            context: Where in a loop the result stands.

        Raises:
            PluginNotFoundError: No evaluator has that name.
            PluginError: The evaluator failed, or did not judge.
        """
        from genblaze.hookspecs import EvaluateContext

        arguments = {"result": result, "context": context or EvaluateContext()}
        if isinstance(evaluator, str):
            plugin: str | None = self.select("evaluate", evaluator)
            judging = self._call("evaluate", plugin, arguments)
        else:
            plugin = None
            judging = self._call("evaluate", None, arguments, [adapt_evaluator(evaluator)])
        if judging is None:
            msg = f"The result was not judged by {self._registry('evaluate').describe(plugin)}."
            raise PluginError(msg)
        judged: EvaluationResult = await self._awaited("evaluate", plugin, judging)
        return judged

    def tracers(self, extra: Iterable[object] = ()) -> tuple[NamedTracer, ...]:
        """Who hears a run: the tracers that the setting `tracers` names, and the objects passed here.

        Raises:
            PluginNotFoundError: The setting names a tracer that is not installed.
            PluginError: An object passed here is no tracer.
        """
        return (*self._active_tracers(), *map(adapt_tracer, extra))

    def trace(self, event: TraceEvent, tracers: Sequence[NamedTracer]) -> None:
        """Tell tracers, as `tracers` gives them; one that raises is logged, one that is slow is reported."""
        self._calls.tell(event, tracers)

    def register_commands(self, cli: click.Group) -> None:
        """Let plugins add commands to the command line; one that fails is logged and costs only its own."""
        hook = "register_commands"
        if self._found is None and not any(each.hooks is None or hook in each.hooks for each in self._installed()):
            return  # most starts of the command line end here, before the machinery of hooks is imported
        registry = self._registry(hook)
        for name, _ in registry.implementations(hook):
            known = dict(cli.commands)
            try:
                registry.call(hook, name, {"cli": cli})
            except GenblazeError as exc:
                logger.warning("%s", exc)
            cli.commands.update(known)

    def _registry(self, hook: str | None = None) -> Registry:
        return self._loaded(hook)[0]

    def _call(self, hook: str, *how: Any) -> Any:
        return self._registry(hook).call(hook, *how)

    def _loaded(self, hook: str | None = None) -> tuple[Registry, Choices]:
        """The plugins, of which those that may implement the hook, or all, are loaded now if they were not."""
        if self._found is None or hook not in self._ready:
            with self._lock:
                self._found = found = self._found or self._settled()
                found[0].load(hook)
                self._ready.add(hook)
        return self._found

    def _settled(self) -> tuple[Registry, Choices]:
        from genblaze.plugins.choices import Choices
        from genblaze.plugins.registry import Registry

        registry = Registry()
        registry.settle(self._installed(), self.config.plugins)
        return registry, Choices(registry, self.config)

    def _installed(self) -> list[Claim]:
        if self._claims is None:
            from genblaze.plugins.claims import find_claims

            self._claims = find_claims()
        return self._claims

    def _media_types(self, head: bytes, name: str | None) -> list[str]:
        """What a file may be, the likeliest first; at least one."""
        from genblaze.capabilities import UNKNOWN_MEDIA_TYPE

        return self._registry("inspect_media").media_types.of(head, name) or [UNKNOWN_MEDIA_TYPE]

    def _active_tracers(self) -> list[NamedTracer]:
        """The installed tracers that the setting names, resolved once."""
        if self._tracers is None:
            with self._lock:
                self._tracers = [self._named_tracer(name) for name in self.config.tracers]
        return self._tracers

    def _named_tracer(self, name: str) -> NamedTracer:
        """Find a tracer by its plugin's name, or by the key that it declares."""
        found = dict(self._registry("trace").implementations("trace"))
        plugin = name if name in found else self.select("trace", name)
        implementation = found[plugin]
        if implementation.argnames:
            return plugin, implementation.function
        return plugin, lambda _event: implementation.function()

    async def _awaited(self, hook: str, plugin: str | None, answer: Awaitable[T]) -> T:
        """Wait for what a hook promised; errors on the way are told like those of the call itself."""
        try:
            return await answer
        except Exception as exc:  # noqa: BLE001 - raised again, under the plugin's name
            self._registry(hook).blame(exc, hook, plugin)


_default: PluginManager | None = None
_default_lock = RLock()


def default_plugins() -> PluginManager:
    """The manager of this process, made at first need."""
    global _default
    with _default_lock:
        if _default is None:
            _default = PluginManager()
        return _default


def set_default_plugins(plugins: PluginManager | None) -> PluginManager | None:
    """Use another manager for this process from now on; None makes a new one at next need.

    Returns:
        The one so far, to be put back; None if there was none.
    """
    global _default
    with _default_lock:
        previous, _default = _default, plugins
        return previous
