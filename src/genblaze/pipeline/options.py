"""The keywords of `run` and its siblings, and how they combine with a pipeline's own settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec

from genblaze.budget import Budget
from genblaze.errors import GenblazeError, InvalidValueError
from genblaze.models.policy import EmbedPolicy
from genblaze.providers.provider import DEFAULT_TIMEOUT
from genblaze.providers.runnable import SETTINGS, RunnableConfig

if TYPE_CHECKING:
    from genblaze.pipeline.builder import Pipeline
    from genblaze.plugins import PluginManager

#: Steps that run at once when nobody says otherwise.
RUN_CONCURRENCY = 1
ARUN_CONCURRENCY = 16
BATCH_CONCURRENCY = 5
#: The least that each number may be.
LEAST = {"timeout": 0, "pipeline_timeout": 0, "max_retries": 0, "max_concurrency": 1}


class RunKeywords(TypedDict, total=False):
    """What may be passed to `Pipeline.run`, `arun`, `stream`, `astream`, `batch_run` and `abatch_run`.

    Keys:
        sink: Where results are stored: a sink, the URL of a store (`file:///folder`, `s3://bucket/prefix`), or a list.
        fail_fast: Stop the other steps as soon as one fails (default True).
        raise_on_failure: Raise `PipelineError` when a step failed. Default: `run` and `arun` do, the others do not.
        timeout: Seconds per step, all attempts together; default 600.
        max_retries: Attempts after the first, per step.
        max_concurrency: Steps that may run at once.
        on_progress: Called with a `ProgressEvent` as providers report.
        progress: Whether to draw a live view on the terminal. Default: if stderr is one, `CI` is not set and there is
            no `on_progress`. Streams never draw, and `GENBLAZE_NO_PROGRESS` always wins.
        pipeline_timeout: Seconds for the whole run.
        on_step_complete: Called with a `StepCompleteEvent` as each step ends.
        on_retry: Called with a `StepRetriedEvent` before each retry.
        config: The same settings as a `RunnableConfig`; keywords win.
        embed: Put the manifest into local outputs (default True), or how much of it, as an `EmbedPolicy`.
        max_cost_usd: What may be spent, in US dollars, or a `Budget`. A batch and an agent loop spend it together.
    """

    sink: Any
    fail_fast: bool
    raise_on_failure: bool | None
    timeout: float | None
    max_retries: int | None
    max_concurrency: int | None
    on_progress: Callable[[Any], None] | None
    progress: bool | None
    pipeline_timeout: float | None
    on_step_complete: Callable[[Any], None] | None
    on_retry: Callable[[Any], None] | None
    config: RunnableConfig | None
    embed: bool | EmbedPolicy
    max_cost_usd: float | Budget | None


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one run, with every default filled in."""

    sinks: tuple[Any, ...] = ()
    fail_fast: bool = True
    raise_on_failure: bool | None = None
    timeout: float = DEFAULT_TIMEOUT
    max_retries: int | None = None
    max_concurrency: int = RUN_CONCURRENCY
    pipeline_timeout: float | None = None
    on_progress: Callable[[Any], None] | None = None
    on_step_complete: Callable[[Any], None] | None = None
    on_retry: Callable[[Any], None] | None = None
    on_submit: Callable[[str, Any], None] | None = None
    run_id: str | None = None
    progress: bool | None = None
    embed: EmbedPolicy = msgspec.field(default_factory=EmbedPolicy)
    max_cost_usd: Budget | None = None
    config: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @property
    def calls_back(self) -> bool:
        """Whether functions of the caller's are called while it runs."""
        heard = self.on_progress is not None or self.on_step_complete is not None
        return heard or self.on_retry is not None or self.on_submit is not None


def resolve(pipeline: Pipeline, keywords: Mapping[str, Any], *, concurrency: int) -> RunOptions:
    """Combine a call's keywords with the pipeline's configuration; keywords win, one by one.

    Raises:
        TypeError: For a keyword that does not exist.
        GenblazeError: For a value out of range.
    """
    _check_keywords(keywords)
    given = {name: value for name, value in keywords.items() if value is not None and name not in ("config", "sink")}
    config = {**pipeline._config, **(keywords.get("config") or {})}
    if "tenant_id" in config:
        msg = "config: tenant_id is an argument of Pipeline(), not of a call"
        raise InvalidValueError(msg)
    settings = {name: value for name, value in config.items() if value is not None and name in SETTINGS} | given
    _check_callbacks(settings)
    settings.setdefault("max_concurrency", pipeline._max_concurrency or concurrency)
    _check_ranges(settings)
    if "max_cost_usd" in settings:
        settings["max_cost_usd"] = Budget.of(settings["max_cost_usd"])
    sinks = as_sinks(keywords.get("sink"), pipeline._plugins)
    _check_sinks(sinks, pipeline._tenant_id, settings.get("run_id"))
    settings["embed"] = embed_policy(settings.get("embed", pipeline._embed), has_sink=bool(sinks))
    rest = {name: value for name, value in config.items() if name not in SETTINGS}
    return RunOptions(sinks=sinks, config=rest, **settings)


def embed_policy(embed: Any, *, has_sink: bool = True) -> EmbedPolicy:
    """What `embed=` asks for; what could not be done at the end of a run is refused before it begins.

    Raises:
        GenblazeError: For a policy that cannot be met, and for anything that is neither a policy nor a bool.
    """
    if isinstance(embed, bool):
        return _plain_policy(embed)
    if not isinstance(embed, EmbedPolicy):
        msg = f"embed={embed!r}: must be True, False or an EmbedPolicy"
        raise InvalidValueError(msg)
    embed.refuse_unmeetable()
    if embed.embed_mode == "pointer" and not has_sink:
        msg = "embed_mode 'pointer' needs a sink: it stores the manifest that the pointer names"
        raise InvalidValueError(msg)
    return embed


@cache
def _plain_policy(embed: bool) -> EmbedPolicy:
    return EmbedPolicy(embed_mode="full" if embed else "none")


def _check_keywords(keywords: Mapping[str, Any]) -> None:
    for name in keywords:
        if name not in RunKeywords.__annotations__:
            from difflib import get_close_matches

            near = get_close_matches(name, RunKeywords.__annotations__, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            msg = f"run() got an unexpected keyword argument {name!r}{hint}"
            raise TypeError(msg)


def _check_callbacks(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if name.startswith("on_") and iscoroutinefunction(value):
            msg = f"run({name}=…): callbacks are called, not awaited; give it a def, or use astream() for events"
            raise InvalidValueError(msg)


def _check_ranges(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if (least := LEAST.get(name)) is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            msg = f"run({name}={value!r}): must be a number"
            raise GenblazeError(msg)
        if not value >= least:
            msg = f"run({name}={value}): must be at least {least}"
            raise GenblazeError(msg)


def as_sinks(sink: Any, plugins: PluginManager | None) -> tuple[Any, ...]:
    """What `sink=` stands for: none, one or several; text is the URL of a store.

    Raises:
        GenblazeError: One of them is no sink.
    """
    if sink is None:
        return ()
    given = sink if isinstance(sink, list | tuple) else (sink,)
    sinks = tuple(_sink_at(one, plugins) if isinstance(one, str) else one for one in given)
    for one in sinks:
        if not callable(getattr(one, "write_run", None)):
            msg = f"run(sink=…): {type(one).__name__} is not a sink; it needs write_run(run, manifest)"
            raise GenblazeError(msg)
    return sinks


def _check_sinks(sinks: tuple[Any, ...], tenant_id: str | None, run_id: str | None) -> None:
    """Let sinks refuse a run that they could not store."""
    if not sinks:
        return
    from genblaze.sinks.contract import BaseSink

    for sink in sinks:
        if isinstance(sink, BaseSink):
            sink.check(tenant_id=tenant_id, run_id=run_id)


def _sink_at(url: str, plugins: PluginManager | None) -> Any:
    from genblaze.plugins import default_plugins
    from genblaze.sinks import sink_at

    return sink_at(url, plugins or default_plugins())
