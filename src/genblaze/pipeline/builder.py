"""`Pipeline`: what to generate, declared step by step, and the calls that run it.

This is what programs import first, so that whatever a method needs is imported in the method.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, Unpack

from genblaze.errors import GenblazeError, InvalidValueError
from genblaze.models.enums import Modality, PromptVisibility, StepType
from genblaze.providers.runnable import Runnable

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from genblaze.models.asset import Asset
    from genblaze.models.enums import ProviderErrorCode
    from genblaze.models.event import StreamEvent
    from genblaze.models.policy import EmbedPolicy
    from genblaze.models.step import Step
    from genblaze.moderation import ModerationHook
    from genblaze.pipeline.cache import StepCache
    from genblaze.pipeline.declaration import StepSpec
    from genblaze.pipeline.options import RunKeywords
    from genblaze.pipeline.prompt_template import PromptTemplate
    from genblaze.pipeline.queue_emitter import QueueEmitter
    from genblaze.pipeline.result import PipelineResult
    from genblaze.pipeline.stream import EventStream
    from genblaze.pipeline.template import PipelineTemplate
    from genblaze.plugins import PluginManager
    from genblaze.providers.provider import BaseProvider
    from genblaze.providers.runnable import RunnableConfig
    from genblaze.retry import RetryPolicy


class Pipeline(Runnable[None, "PipelineResult"]):
    """Steps to generate media, run as often as you like.

    ```python
    from genblaze import Modality, Pipeline
    from genblaze_local import LocalImageProvider

    pipeline = Pipeline("first").step(
        LocalImageProvider(), model="local-image-1", prompt="a red fox", modality=Modality.IMAGE
    )
    result = pipeline.run()
    ```

    A pipeline is inert: nothing is loaded, checked against a vendor or paid before `run` or one of its siblings is
    called, and running changes nothing in it.

    Args:
        name: Recorded with the run.
        tenant_id: Whom the run belongs to; separates cache entries and storage folders.
        project_id: Recorded with the run.
        chain: Give every step the assets of the one before it.
        structured_log: Log one JSON line per event (`LoggingTracer`), unless `tracer` is given.
        max_concurrency: How many steps may run at once; a call's own `max_concurrency` wins.
        moderation: Checks prompts before, and outputs after, generation.
        tracer: Hears everything that happens in a run.
        preflight: Ask provider objects before the first step whether they have their models (`validate_model`), and
            sinks whether they can store (`preflight`); refuse a run that could not end well. Who does not answer within
            10 s is believed.
        output_dir: Where providers put files that name no folder of their own; default from the configuration.
        plugins: The plugin manager to use; default the process's own.
        journal: File in which paid work is noted so that it is never bought twice; default
            `<output_dir>/.genblaze/journal.db`, False for none.
        journal_required: Whether a run whose journal cannot be used is refused, or goes on and says that it is not
            protected; default from the settings (`journal.required`, True).
        fallback_on: Error codes that hand a step to its next fallback model; default from the configuration.
        embed: Whether local outputs carry the manifest, or how much of it, as an `EmbedPolicy`; `run(embed=…)` wins.
    """

    def __init__(
        self,
        name: str | None = None,
        tenant_id: str | None = None,
        *,
        project_id: str | None = None,
        chain: bool = False,
        structured_log: bool = False,
        max_concurrency: int | None = None,
        moderation: ModerationHook | None = None,
        tracer: Any = None,
        preflight: bool = True,
        output_dir: str | Path | None = None,
        plugins: PluginManager | None = None,
        journal: str | Path | bool | None = None,
        journal_required: bool | None = None,
        fallback_on: Sequence[ProviderErrorCode | str] | None = None,
        embed: bool | EmbedPolicy = True,
    ) -> None:
        from pathlib import Path

        from genblaze.canonical import check_canonical
        from genblaze.pipeline.fallback import fallback_codes
        from genblaze.pipeline.options import embed_policy

        if max_concurrency is not None and max_concurrency < 1:
            msg = f"Pipeline(max_concurrency={max_concurrency}): at least one step must be allowed to run"
            raise GenblazeError(msg)
        for where, value in (("name", name), ("tenant_id", tenant_id), ("project_id", project_id)):
            check_canonical(value, where)
        self._name = name
        self._tenant_id = (tenant_id or "").strip() or None
        self._project_id = project_id
        self._chain = chain
        self._max_concurrency = max_concurrency
        self._moderation = moderation
        self._tracer = tracer if tracer is not None or not structured_log else _logging_tracer()
        self._emitter: QueueEmitter | None = None
        self._preflight = preflight
        self._output_dir = Path(output_dir) if output_dir is not None else None
        self._plugins = plugins
        self._journal = None if journal is True else journal
        self._journal_required = journal_required
        self._fallback_on = None if fallback_on is None else fallback_codes(fallback_on)
        embed_policy(embed)
        self._embed = embed
        self._steps: list[StepSpec] = []
        self._metadata: dict[str, Any] = {}
        self._config: RunnableConfig = {}
        self._cache: StepCache | None = None
        self._parent_run_id: str | None = None

    @property
    def name(self) -> str | None:
        """The pipeline's name."""
        return self._name

    @property
    def steps(self) -> tuple[StepSpec, ...]:
        """The declared steps."""
        return tuple(self._steps)

    def __repr__(self) -> str:
        """Name and size; never parameters, which may be private."""
        return f"Pipeline({self._name!r}, {len(self._steps)} step{'' if len(self._steps) == 1 else 's'})"

    def __copy__(self) -> Self:
        """A pipeline of its own with the same steps."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._steps = list(self._steps)
        twin._metadata = copy.deepcopy(self._metadata)
        return twin

    # --- declaring -----------------------------------------------------------------------------------------------

    def step(
        self,
        provider: Any,
        *,
        model: str,
        prompt: str | PromptTemplate | None = None,
        modality: Modality | str = Modality.IMAGE,
        step_type: StepType | str = StepType.GENERATE,
        fallback_models: Sequence[Any] | None = None,
        input_from: Sequence[int | str] | int | str | None = None,
        external_inputs: Sequence[Asset] | None = None,
        expected_duration_sec: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        prompt_visibility: PromptVisibility | str = PromptVisibility.PUBLIC,
        params: Mapping[str, Any] | None = None,
        step_name: str | None = None,
        step_timeout: float | None = None,
        step_retry: RetryPolicy | None = None,
        **extra_params: Any,
    ) -> Self:
        """Add a step.

        Args:
            provider: A provider object, or the name of an installed one.
            model: The vendor's model name.
            prompt: Text, taken literally (in a batch, fields are filled in), or a `PromptTemplate`.
            modality: What the step makes.
            step_type: What kind of work it is, for the record.
            fallback_models: Models to try, in this order, when `model` fails: `"model"`, or one of another provider as
                `"provider:model"` or `(provider, model)`.
            input_from: Earlier steps, by index or `step_name`, whose assets are this step's inputs.
            external_inputs: Assets from elsewhere that are this step's inputs.
            expected_duration_sec: How long the vendor usually takes, in seconds; shown in progress.
            metadata: Recorded with the step, and hashed.
            prompt_visibility: Anything but public keeps the prompt out of files, stores and caches.
            params: The vendor's parameters, as a mapping.
            step_name: A name that later steps can refer to.
            step_timeout: Seconds for this step, all attempts together.
            step_retry: Retry policy of this step.
            **extra_params: The vendor's parameters, as keywords; they win over `params`.

        Raises:
            TypeError: When `provider` is not a provider.
            GenblazeError: When the step cannot run, or holds values that a manifest cannot record.
        """
        from genblaze.pipeline.declaration import declare

        spec = declare(
            provider,
            model=model,
            prompt=prompt,
            modality=modality,
            step_type=step_type,
            params={**(params or {}), **extra_params},
            fallback_models=fallback_models,
            input_from=input_from,
            external_inputs=external_inputs,
            metadata=metadata,
            prompt_visibility=prompt_visibility,
            expected_duration_sec=expected_duration_sec,
            name=step_name,
            timeout=step_timeout,
            retry=step_retry,
        )
        return self._add(spec)

    def input(
        self,
        *assets: Asset,
        source: str = "input",
        step_type: StepType | str = StepType.INGEST,
        metadata: Mapping[str, Any] | None = None,
        step_name: str | None = None,
    ) -> Self:
        """Add a step that takes in what was made elsewhere; later steps use it as they use any other step's output.

        Files stay where and as they are. What lies elsewhere and has no digest is fetched into the output folder.

        Args:
            *assets: What to take in.
            source: Where it comes from; recorded as the step's model, and in its metadata.
            step_type: `INGEST` or `IMPORT`, for the record.
            metadata: Recorded with the step, and hashed.
            step_name: A name that later steps can refer to.

        Raises:
            GenblazeError: When there is nothing to take in, or a manifest cannot record a value.
        """
        from genblaze.pipeline.declaration import declare_input

        return self._add(declare_input(assets, source=source, step_type=step_type, metadata=metadata, name=step_name))

    def _add(self, spec: StepSpec) -> Self:
        if spec.name is not None and any(other.name == spec.name for other in self._steps):
            msg = f"step(): the name {spec.name!r} is taken by an earlier step"
            raise GenblazeError(msg)
        self._steps.append(spec)
        return self

    def config(self, cfg: RunnableConfig) -> Self:
        """Set defaults for every run: `timeout`, `max_retries`, callbacks. Arguments of a call win.

        Raises:
            InvalidValueError: When `cfg` names a tenant; that belongs to the constructor.
        """
        if "tenant_id" in cfg:
            msg = "Pipeline.config(): tenant_id is an argument of Pipeline(), not of a call"
            raise InvalidValueError(msg)
        self._config = cfg.copy()
        return self

    def tracer(self, tracer: Any) -> Self:
        """Let `tracer` hear every run."""
        self._tracer = tracer
        return self

    def attach_emitter(self, emitter: QueueEmitter | None) -> QueueEmitter | None:
        """Let `emitter` hear every run, until another one or None takes its place; returns the one before.

        `stream()` and `astream()` need none.
        """
        previous, self._emitter = self._emitter, emitter
        return previous

    def cache(self, cache: StepCache) -> Self:
        """Answer steps whose inputs have not changed from `cache`."""
        self._cache = cache
        return self

    def preflight(self, enabled: bool) -> Self:
        """Switch the vendors' model checks before the first step on or off."""
        self._preflight = enabled
        return self

    def from_result(self, result: PipelineResult) -> Self:
        """Record `result`'s run as the parent of this pipeline's runs."""
        self._parent_run_id = result.run.run_id
        return self

    def metadata(self, **kwargs: Any) -> Self:
        """Add metadata to every run; it is hashed.

        Raises:
            InvalidValueError: When a manifest cannot record a value.
        """
        from genblaze.canonical import check_canonical

        check_canonical(kwargs, "metadata")
        self._metadata.update(copy.deepcopy(kwargs))
        return self

    # --- running -------------------------------------------------------------------------------------------------

    def run(self, **options: Unpack[RunKeywords]) -> PipelineResult:
        """Run the pipeline and return its result; `RunKeywords` tells the keywords.

        Raises:
            GenblazeError: When it cannot be planned; nothing has been paid by then.
            PipelineError: When a step failed, with the whole result (unless `raise_on_failure=False`).
            PipelineTimeoutError: When `pipeline_timeout` passed, with what was finished by then.
            KeyboardInterrupt: On Ctrl-C, after vendors were told.
        """
        from genblaze.pipeline.calls import run
        from genblaze.sync import run_sync

        return run_sync(lambda: run(self, options))

    def resume(self, run_id: str, *, resend: bool = False, **options: Unpack[RunKeywords]) -> PipelineResult:
        """Take up a run that another process began: what was bought is collected, and only the rest is bought.

        The pipeline must be declared as it was then.

        Args:
            run_id: The run, as `genblaze runs` lists it.
            resend: Buy again where nobody knows whether the vendor took the request.
            **options: Those of `run`.

        Raises:
            InvalidValueError: There is no id: that would be a new run, which buys everything.
            RunTakenError: Another process is working on the run.
            JournalError: The pipeline asks for something else than it did.
            PipelineError: As `run` does; an uncertain purchase fails its step with code `unknown`.
        """
        if not run_id:
            msg = "resume() needs the id of a run; `genblaze runs` lists them"
            raise InvalidValueError(msg)
        from genblaze.pipeline.calls import run
        from genblaze.sync import run_sync

        return run_sync(lambda: run(self, options, run_id=run_id, resend=resend))

    def resume_step(
        self, step: Step, prediction_id: Any, provider: BaseProvider, config: RunnableConfig | None = None
    ) -> Step:
        """Collect one job whose id you kept yourself, as `provider.resume` does; for whole runs there is `resume`."""
        return provider.resume(prediction_id, step, config)

    async def aresume_step(
        self, step: Step, prediction_id: Any, provider: BaseProvider, config: RunnableConfig | None = None
    ) -> Step:
        """`resume_step` for a running event loop."""
        return await provider.aresume(prediction_id, step, config)

    async def arun(self, **options: Unpack[RunKeywords]) -> PipelineResult:
        """`run` for a running event loop, with up to 16 steps at once unless said otherwise."""
        from genblaze.pipeline.calls import arun

        return await arun(self, options)

    def stream(self, *, heartbeats: bool = True, detach: bool = False, **options: Unpack[RunKeywords]) -> EventStream:
        """Run the pipeline and iterate over its events as they happen.

        Leaving the loop early cancels the run, or lets it finish in the background with `detach=True`.
        The iterator has `run_id` and, after the end, `result`.
        """
        from genblaze.pipeline.stream import EventStream

        return EventStream(self, options, heartbeats=heartbeats, detach=detach)

    def astream(self, *, heartbeats: bool = True, **options: Unpack[RunKeywords]) -> AsyncIterator[StreamEvent]:
        """`stream` for a running event loop."""
        from genblaze.pipeline.stream import astream

        return astream(self, options, heartbeats=heartbeats)

    def batch_run(
        self,
        prompts: Sequence[str] | Sequence[Mapping[str, Any]] | None = None,
        *,
        items: Sequence[Mapping[str, Any]] | None = None,
        batch_id: str | None = None,
        **options: Unpack[RunKeywords],
    ) -> list[PipelineResult]:
        """Run the pipeline once per prompt or item and return the results in order.

        `max_concurrency` (5) is how many items run at once; the steps of an item run one after the other unless the
        pipeline's own `max_concurrency` says otherwise.

        Each item fills in the fields it names (`"{prompt}"`) in every step that contains them.

        Args:
            prompts: One prompt, or mapping of values, for each run.
            items: One mapping for each run; what no step names goes to the first step.
            batch_id: A name for the batch. Called again with it and the same items, after the process died, the batch
                goes on where it was: what was paid for is taken from the journal.
            **options: Those of `run`.

        Raises:
            RunTakenError: Another process works on the batch.
            BatchPipelineError: With `raise_on_failure=True`, after all items, when one of them failed.
        """
        from genblaze.pipeline.batch import batch_run
        from genblaze.sync import run_sync

        return run_sync(lambda: batch_run(self, prompts, items, options, batch_id))

    async def abatch_run(
        self,
        prompts: Sequence[str] | Sequence[Mapping[str, Any]] | None = None,
        *,
        items: Sequence[Mapping[str, Any]] | None = None,
        batch_id: str | None = None,
        **options: Unpack[RunKeywords],
    ) -> list[PipelineResult]:
        """`batch_run` for a running event loop."""
        from genblaze.pipeline.batch import batch_run

        return await batch_run(self, prompts, items, options, batch_id)

    def invoke(self, input: None = None, config: RunnableConfig | None = None) -> PipelineResult:  # noqa: ARG002 - the published signature
        """`run` with the settings of a `RunnableConfig`."""
        return self.run(config=config)

    async def ainvoke(self, input: None = None, config: RunnableConfig | None = None) -> PipelineResult:  # noqa: ARG002 - the published signature
        """`arun` with the settings of a `RunnableConfig`."""
        return await self.arun(config=config)

    @classmethod
    def ingest(
        cls,
        assets: Sequence[Asset],
        *,
        source: str,
        source_metadata: dict[str, Any] | None = None,
        sink: Any = None,
        name: str | None = None,
        tenant_id: str | None = None,
        step_type: StepType = StepType.INGEST,
    ) -> PipelineResult:
        """Take media that exist already into a record of their own; see `genblaze.pipeline.ingest.ingest_assets`."""
        from genblaze.pipeline.ingest import ingest_assets

        return ingest_assets(
            assets,
            source=source,
            source_metadata=source_metadata,
            sink=sink,
            name=name,
            tenant_id=tenant_id,
            step_type=step_type,
        )

    def estimated_cost(self) -> Decimal | None:
        """What one run would cost in US dollars by the providers' estimates, or None when one is unknown."""
        from genblaze.pipeline.calls import estimated_cost

        return estimated_cost(self)

    def to_template(
        self, *, description: str | None = None, version: str | None = None, tags: list[str] | None = None
    ) -> PipelineTemplate:
        """The pipeline as data that can be saved and shared, with providers by name.

        Raises:
            GenblazeError: When a step has `external_inputs`, which a template cannot hold.
        """
        from genblaze.pipeline.template import template_of

        return template_of(self, description=description, version=version, tags=tags or [])


def _logging_tracer() -> Any:
    from genblaze.tracing import LoggingTracer

    return LoggingTracer()
