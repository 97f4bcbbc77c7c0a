"""Batches: one pipeline over many inputs, really at once, each item a run of its own."""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import msgspec

from genblaze.canonical import check_canonical
from genblaze.errors import BatchPipelineError, GenblazeError, InvalidValueError, PipelineTimeoutError
from genblaze.liveview import heard_by, live_view
from genblaze.models.enums import PromptVisibility, RunStatus
from genblaze.pipeline.declaration import check_prompt, member
from genblaze.pipeline.delivery import closing
from genblaze.pipeline.engine import execute
from genblaze.pipeline.options import BATCH_CONCURRENCY, RUN_CONCURRENCY, RunOptions, resolve
from genblaze.pipeline.plan import Plan, plan
from genblaze.pipeline.prompt_template import PromptTemplate, fields_of, substitute

if TYPE_CHECKING:
    from genblaze.models.event import StreamEvent
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.declaration import StepSpec
    from genblaze.pipeline.result import PipelineResult


_BATCHES = UUID("6f2f0a0e-8f0c-5d55-9d0e-3f1e6f0a7f11")


async def batch_run(
    pipeline: Pipeline,
    prompts: Sequence[str] | Sequence[Mapping[str, Any]] | None,
    items: Sequence[Mapping[str, Any]] | None,
    keywords: Mapping[str, Any],
    batch_id: str | None = None,
) -> list[PipelineResult]:
    """Run `pipeline` once per prompt or item; results stand in the order of the items.

    Every item is planned before the first one runs, so that a mistake in the last costs nothing.

    Raises:
        InvalidValueError: Unless exactly one of `prompts` and `items` is given.
        GenblazeError: When an item cannot be planned; names the item.
        BatchPipelineError: With `raise_on_failure=True`, after all items have ended.
    """
    if (prompts is None) == (items is None):
        msg = "batch_run() takes either prompts or items"
        raise InvalidValueError(msg)
    concurrency = resolve(pipeline, keywords, concurrency=BATCH_CONCURRENCY).max_concurrency
    options = resolve(pipeline, {**keywords, "max_concurrency": None}, concurrency=RUN_CONCURRENCY)
    plans = [
        _plan_item(pipeline, item, index, whole=prompts is not None, run_id=run_id_of(batch_id, index))
        for index, item in enumerate(prompts if prompts is not None else items or ())
    ]
    journals = [each.journal for each in plans if each.journal is not None]
    if journals:
        await journals[0].expect(journals[1:])
    try:
        with live_view(options.progress, listens=options.on_progress is not None, runs=len(plans)) as view:
            async with closing(options.sinks):
                results = await _execute_all(plans, options, concurrency, heard_by(view))
    finally:
        if journals:
            await journals[0].give_up(journals[1:])
    if options.raise_on_failure and any(result.run.status != RunStatus.COMPLETED for result in results):
        raise BatchPipelineError(results)
    return results


def run_id_of(batch_id: str | None, index: int) -> str | None:
    """The run of an item of a batch that has a name: always the same one; None where the batch has none."""
    return None if batch_id is None else str(uuid5(_BATCHES, f"{batch_id}/{index}"))


async def _execute_all(
    plans: list[Plan],
    options: RunOptions,
    concurrency: int,
    hear: Callable[[StreamEvent], None] | None,
) -> list[PipelineResult]:
    """Run all plans, `concurrency` at a time; a crash of the engine is raised after the others have ended.

    The list is empty afterwards: a plan is let go when it has run, so that a large batch does not hold them all.
    """
    results: list[Any] = [None] * len(plans)
    waiting = deque(enumerate(plans))
    plans.clear()

    async def work() -> None:
        while waiting:
            index, each = waiting.popleft()
            try:
                results[index] = await execute(each, options, hear)
            except PipelineTimeoutError as error:
                results[index] = error.result

    workers = [asyncio.create_task(work()) for _ in range(min(concurrency, len(results)))]
    try:
        await asyncio.gather(*workers, return_exceptions=True)
    except asyncio.CancelledError:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        raise
    for worker in workers:
        worker.result()
    return results


def _plan_item(pipeline: Pipeline, item: Any, index: int, *, whole: bool, run_id: str | None) -> Plan:
    try:
        if isinstance(item, str):
            return plan(pipeline, _with_prompt(pipeline.steps, item), run_id=run_id)
        if not isinstance(item, Mapping):
            msg = f"must be text or a mapping, not {type(item).__name__}"
            raise InvalidValueError(msg)
        check_canonical(dict(item), "item")
        return plan(pipeline, _with_values(pipeline.steps, item, whole=whole), run_id=run_id)
    except GenblazeError as error:
        error.add_note(f"in item {index} of the batch")
        raise


def _with_prompt(steps: Iterable[StepSpec], prompt: str) -> list[StepSpec]:
    """Steps for one bare prompt: it fills `{prompt}`, or replaces the prompt of a one-step pipeline without fields."""
    specs = list(steps)
    filled = [_filled(spec, {"prompt": prompt}) for spec in specs]
    if any(new is not old for new, old in zip(filled, specs, strict=True)):
        return filled
    asking = _asking(specs)
    if len(asking) == 1:
        filled[asking[0]] = msgspec.structs.replace(specs[asking[0]], prompt=prompt)
        return filled
    msg = "several steps, and none says where the prompt goes; write {prompt} into the prompts it belongs to"
    raise GenblazeError(msg)


def _with_values(steps: Iterable[StepSpec], item: Mapping[str, Any], *, whole: bool) -> list[StepSpec]:
    """Steps for one mapping: fields first; what no step names goes to the first step, as the published package did."""
    specs = list(steps)
    named: set[str] = set().union(*(_fields(spec) for spec in specs))
    filled = [_filled(spec, item) for spec in specs]
    rest = {key: value for key, value in item.items() if key not in named}
    if whole and rest:
        known = ", ".join(sorted(named)) or "none"
        msg = f"no step has a field for {', '.join(sorted(rest))} (fields: {known})"
        raise GenblazeError(msg)
    if rest:
        first = next(iter(_asking(specs)), 0)
        filled[first] = _merged(filled[first], rest)
    return filled


def _asking(specs: Sequence[StepSpec]) -> list[int]:
    """The steps that ask a provider, by index; the others only take assets in."""
    return [index for index, spec in enumerate(specs) if spec.provider is not None]


def _merged(spec: StepSpec, values: Mapping[str, Any]) -> StepSpec:
    """A step with an item's settings: `prompt`, `metadata`, `prompt_visibility`, and parameters."""
    for name in ("inputs", "input"):
        if name in values:
            msg = f"{name!r} is no parameter; pass assets with external_inputs when declaring the step"
            raise GenblazeError(msg)
    changes: dict[str, Any] = {}
    params = {}
    for key, value in values.items():
        if key == "metadata":
            if not isinstance(value, Mapping):
                msg = f"metadata must be a mapping, not {type(value).__name__}"
                raise InvalidValueError(msg)
            changes["metadata"] = {**spec.metadata, **copy.deepcopy(value)}
        elif key == "prompt_visibility":
            changes["prompt_visibility"] = member(PromptVisibility, value, "prompt_visibility")
        elif key == "prompt":
            check_prompt(value)
            changes["prompt"] = value
        else:
            params[key] = copy.deepcopy(value)
    return msgspec.structs.replace(spec, params={**spec.params, **params}, **changes)


def _fields(spec: StepSpec) -> set[str]:
    """Names of the fields in a step's prompt and parameters."""
    found = spec.prompt.variables if isinstance(spec.prompt, PromptTemplate) else fields_of(spec.prompt or "")
    waiting: list[Any] = [spec.params]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found |= fields_of(value)
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
    return found


def _filled(spec: StepSpec, values: Mapping[str, Any]) -> StepSpec:
    """The step with its fields filled in; the step itself when it names none of them."""
    if not (_fields(spec) & values.keys()):
        return spec
    prompt = spec.prompt
    if isinstance(prompt, PromptTemplate):
        prompt = prompt.render(**values)
    elif prompt is not None:
        prompt = str(substitute(prompt, values))
    return msgspec.structs.replace(spec, prompt=prompt, params=substitute(spec.params, values))
