"""Planning: everything that can be known to be wrong is found here, before the first paid call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from genblaze.canonical import check_canonical
from genblaze.courier import PluginCourier
from genblaze.credentials import find_credential
from genblaze.errors import GenblazeError
from genblaze.file_urls import absolute
from genblaze.models.asset import Asset
from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze.models.record import copied, new_id
from genblaze.models.step import Step, new_step
from genblaze.pipeline.daily import DayBudget, day_budget
from genblaze.pipeline.fallback import choices, provider_name
from genblaze.pipeline.prompt_template import PromptTemplate
from genblaze.pipeline.readiness import check_ready
from genblaze.pipeline.run_journal import RunJournal, open_run
from genblaze.providers.knowing import KnowsModels

if TYPE_CHECKING:
    from genblaze.moderation import ModerationHook
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.cache import StepCache
    from genblaze.pipeline.declaration import StepSpec
    from genblaze.plugins import PluginManager
    from genblaze.plugins.tracers import NamedTracer
    from genblaze.retry import RetryPolicy


#: Parameters that are fields of the record.
LIFTED = ("seed", "negative_prompt")


class Candidate(msgspec.Struct, frozen=True):
    """One provider and model that may do a step: the declared one, or a fallback.

    Attributes:
        provider: The user's provider object, or None when a registered plugin does it.
        name: Registered or recorded name of the provider; empty where assets are only taken in.
        model: The vendor's model name.
        params: Parameters as this provider calls them, without `seed` and `negative_prompt`.
        paid: Whether a submit costs money, so that the journal protects it.
    """

    provider: Any
    name: str
    model: str
    params: dict[str, Any]
    paid: bool = False


class PlannedStep(msgspec.Struct, kw_only=True):
    """One step, ready to run.

    Attributes:
        needs: Indexes of the steps whose end this one waits for.
        input_from: Indexes of the steps whose assets it gets, or None.
        chained: Gets the assets of the step before it, whatever they are.
        candidates: The declared model first, then the fallbacks.
    """

    index: int
    spec: StepSpec
    step_id: str
    prompt: str | None
    seed: int | None
    negative_prompt: str | None
    candidates: tuple[Candidate, ...]
    needs: tuple[int, ...] = ()
    input_from: tuple[int, ...] | None = None
    chained: bool = False
    timeout: float | None = None
    retry: RetryPolicy | None = None

    @property
    def label(self) -> str:
        """How messages call the step."""
        return f"step {self.index}" + (f" ({self.spec.name})" if self.spec.name else "")

    def record(self, run_id: str) -> Step:
        """A fresh record of the step; nothing in it is shared with the plan."""
        spec, first = self.spec, self.candidates[0]
        return new_step(
            step_id=self.step_id,
            run_id=run_id,
            provider=first.name or None,
            model=first.model,
            step_type=spec.step_type,
            modality=spec.modality,
            prompt=self.prompt,
            negative_prompt=self.negative_prompt,
            prompt_visibility=spec.prompt_visibility,
            seed=self.seed,
            params=copied(first.params),
            metadata=copied(spec.metadata),
            step_index=self.index,
        )


class Plan(msgspec.Struct, kw_only=True):
    """One run, ready to start.

    Attributes:
        fallback_on: Failures that hand a step to its next fallback model.
        preflight: Whether providers are asked about their models before the first step.
        day_budget: What the processes of this machine may spend today.
        folders: Where the run's own files lie: the output folder, and those that its provider objects were given.
        output_urls: Where each output of the run came from, by asset id; filled while it runs.
    """

    steps: tuple[PlannedStep, ...]
    run_id: str
    name: str | None
    tenant_id: str | None
    project_id: str | None
    metadata: dict[str, Any]
    parent_run_id: str | None
    plugins: PluginManager
    output_dir: Path
    cache: StepCache | None
    moderation: ModerationHook | None
    tracers: tuple[NamedTracer, ...]
    fallback_on: frozenset[ProviderErrorCode]
    courier: PluginCourier
    folders: tuple[Path, ...] = ()
    preflight: bool = True
    output_urls: dict[str, str] = {}
    journal: RunJournal | None = None
    day_budget: DayBudget | None = None


def plan(
    pipeline: Pipeline,
    specs: Sequence[StepSpec] | None = None,
    *,
    metadata: dict[str, Any] | None = None,
    run_id: str | None = None,
    resend: bool = False,
) -> Plan:
    """Resolve and check a pipeline.

    Args:
        pipeline: What to run.
        specs: Its steps with a batch item's values filled in; its own unless given.
        metadata: Added to the run's metadata.
        run_id: Identity of the run; a new one unless given. One that the journal knows is taken up again.
        resend: Buy again what an earlier process may have bought without learning the outcome.

    Raises:
        GenblazeError: With the step and what is wrong, what is available and what to do. Nothing has been paid.
    """
    specs = pipeline.steps if specs is None else tuple(specs)
    if not specs:
        msg = f"Pipeline {pipeline.name or ''} has no steps; add one with .step(provider, model=…)".replace("  ", " ")
        raise GenblazeError(msg)
    plugins = pipeline._plugins or _default_plugins()
    names = {spec.name: index for index, spec in enumerate(specs) if spec.name is not None}
    steps = tuple(_plan_step(index, spec, pipeline, plugins, names) for index, spec in enumerate(specs))
    config = plugins.config
    tracers = plugins.tracers([each for each in (pipeline._tracer, pipeline._emitter) if each is not None])
    run_id, given = run_id or new_id(), run_id is not None
    output_dir = pipeline._output_dir or _path(config.output_dir)
    required = config.journal.required if pipeline._journal_required is None else pipeline._journal_required
    journal = open_run(pipeline, specs, steps, run_id, output_dir, taken_up=given, resend=resend, required=required)
    return Plan(
        steps=steps,
        run_id=run_id,
        name=pipeline._name or None,
        tenant_id=pipeline._tenant_id,
        project_id=pipeline._project_id,
        metadata=copied(pipeline._metadata) | (metadata or {}),
        parent_run_id=pipeline._parent_run_id,
        plugins=plugins,
        output_dir=output_dir,
        folders=_folders(output_dir, steps),
        courier=PluginCourier(lambda: plugins, output_dir),
        preflight=pipeline._preflight and not given,  # what is taken up may be paid for already
        journal=journal,
        day_budget=day_budget(config),
        cache=pipeline._cache,
        moderation=pipeline._moderation,
        tracers=tracers,
        fallback_on=frozenset(config.fallback_on) if pipeline._fallback_on is None else pipeline._fallback_on,
    )


_path = lru_cache(16)(Path)  # a run of one step takes little longer than making a path


def _folders(output_dir: Path, steps: Sequence[PlannedStep]) -> tuple[Path, ...]:
    providers = (candidate.provider for step in steps for candidate in step.candidates)
    given = {folder: None for each in providers if (folder := getattr(each, "output_dir", None))}
    return (absolute(output_dir), *map(absolute, given))


def _default_plugins() -> PluginManager:
    from genblaze.plugins import default_plugins

    return default_plugins()


def _plan_step(
    index: int, spec: StepSpec, pipeline: Pipeline, plugins: PluginManager, names: dict[str, int]
) -> PlannedStep:
    where = f"Pipeline {pipeline.name!r}, step {index}" + (f" ({spec.name})" if spec.name else "")
    if isinstance(spec.prompt, PromptTemplate):
        fields = ", ".join(sorted(spec.prompt.variables))
        msg = f"{where}: the prompt template was not rendered (fields: {fields or 'none'}); render it, or use batch_run"
        raise GenblazeError(msg)
    input_from = _resolve_inputs(index, spec, names, where)
    chained = pipeline._chain and index > 0 and input_from is None and not spec.external_inputs
    needs = input_from if input_from is not None else ((index - 1,) if chained else ())
    takes_inputs = bool(needs or spec.external_inputs)
    candidates = tuple(_candidates(spec, plugins, where, takes_inputs=takes_inputs))
    seed, negative_prompt = _lift(candidates[0], where)
    return PlannedStep(
        index=index,
        spec=spec,
        step_id=new_id(),
        prompt=spec.prompt,
        seed=seed,
        negative_prompt=negative_prompt,
        candidates=tuple(_without_lifted(candidate) for candidate in candidates),
        needs=needs,
        input_from=input_from,
        chained=chained,
        timeout=spec.timeout,
        retry=spec.retry,
    )


def _resolve_inputs(index: int, spec: StepSpec, names: dict[str, int], where: str) -> tuple[int, ...] | None:
    """Indexes of the steps that `input_from` names."""
    if spec.input_from is None:
        return None
    found = []
    for source in spec.input_from:
        if isinstance(source, str) and source not in names:
            known = ", ".join(repr(name) for name in names) or "none; name a step with step_name="
            msg = f"{where}: input_from names {source!r}, but no step is called that (named steps: {known})"
            raise GenblazeError(msg)
        position = names[source] if isinstance(source, str) else source
        if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position < index:
            msg = f"{where}: input_from={source!r} is not an earlier step (0 to {index - 1})"
            raise GenblazeError(msg)
        found.append(position)
    return tuple(found)


def _candidates(spec: StepSpec, plugins: PluginManager, where: str, *, takes_inputs: bool) -> list[Candidate]:
    if spec.provider is None:
        return [Candidate(None, "", spec.model, {})]
    found = []
    for provider, model in choices(spec, plugins):
        if isinstance(provider, str):
            name, target = plugins.resolve_provider(provider, spec.modality), None
            plugins.select("generate", name)  # two that claim one name are found here, not at the step
        else:
            name, target = provider_name(provider), provider
        if target is not None:
            _check_capabilities(target, name, spec.modality, where, takes_inputs=takes_inputs)
        check_ready(name, target, model, spec.params, plugins, where)
        paid = plugins.is_paid(name) if target is None else bool(getattr(target, "paid", False))
        found.append(Candidate(target, name, model, _normalized(spec, target, name, where), paid))
    return found


def _check_capabilities(provider: Any, name: str, modality: Modality, where: str, *, takes_inputs: bool) -> None:
    tell = getattr(provider, "get_capabilities", None)
    known = tell() if tell is not None else None
    if known is None:
        return
    if known.supported_modalities and modality not in known.supported_modalities:
        choices = ", ".join(str(each) for each in known.supported_modalities)
        msg = f"{where}: {name} makes {choices}, not {modality}; set modality= or choose another provider"
        raise GenblazeError(msg)
    if takes_inputs and not known.accepts_chain_input:
        msg = (
            f"{where}: {name} takes no input assets, but the step is given some (chain, input_from or external_inputs)"
        )
        raise GenblazeError(msg)


def _normalized(spec: StepSpec, provider: Any, name: str, where: str) -> dict[str, Any]:
    """The step's parameters as the provider calls them, checked to be recordable and free of credentials."""
    params: dict[str, Any] = copied(spec.params)
    normalize = getattr(provider, "normalize_params", None)
    if normalize is not None and getattr(type(provider), "normalize_params", None) is not KnowsModels.normalize_params:
        try:
            params = dict(normalize(params, spec.modality))
        except GenblazeError:
            raise
        except Exception as error:
            msg = f"{where}: {name} does not take these parameters: {error}"
            raise GenblazeError(msg) from error
        check_canonical(params, "params")
    if found := find_credential(params, "params"):
        msg = (
            f"{where}: {found} looks like a credential. Parameters are recorded in manifests; give keys to the "
            "provider's constructor or its environment variable instead"
        )
        raise GenblazeError(msg)
    return params


def _lift(candidate: Candidate, where: str) -> tuple[int | None, str | None]:
    """`seed` and `negative_prompt`, which are fields of the record rather than vendor parameters."""
    seed, negative = candidate.params.get("seed"), candidate.params.get("negative_prompt")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        msg = f"{where}: seed must be an integer, not {type(seed).__name__}"
        raise GenblazeError(msg)
    if negative is not None and not isinstance(negative, str):
        msg = f"{where}: negative_prompt must be text, not {type(negative).__name__}"
        raise GenblazeError(msg)
    return seed, negative


def _without_lifted(candidate: Candidate) -> Candidate:
    if candidate.params.keys().isdisjoint(LIFTED):
        return candidate
    params = {key: value for key, value in candidate.params.items() if key not in LIFTED}
    return msgspec.structs.replace(candidate, params=params)


def copies(assets: Sequence[Asset]) -> list[Asset]:
    """Deep copies, so that no two records share an asset."""
    return [asset.model_copy(deep=True) for asset in assets]
