"""Replay: a recorded run, run again with some values changed; what the changes do not reach is reused."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from genblaze.errors import GenblazeError, InvalidValueError, ManifestError
from genblaze.file_urls import local_file
from genblaze.models.enums import PromptVisibility, StepStatus
from genblaze.models.privacy import is_redacted
from genblaze.pipeline.builder import Pipeline
from genblaze.pipeline.cache import StepCache
from genblaze.pipeline.declaration import RESERVED_METADATA
from genblaze.pipeline.plan import copies, plan

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.models.step import Step
    from genblaze.pipeline.options import RunKeywords
    from genblaze.pipeline.result import PipelineResult
    from genblaze.plugins import PluginManager

#: Fields of a step that can be changed; any other name is one of the vendor's parameters.
_TEXT_FIELDS = ("prompt", "negative_prompt", "model", "provider")
_FIELDS = (*_TEXT_FIELDS, "seed")

#: What the published package noted in `metadata` about how a step had come about.
_NOTES_OF_THE_RUN = (*RESERVED_METADATA, "fallback_from", "fallback_model", "upstream_id")


class ReplayStep(NamedTuple):
    """What replaying does with one recorded step.

    Attributes:
        step: The record, with its changes.
        input_from: Indexes of the steps whose outputs it takes, or None.
        why: Why it runs again; None when its recorded outputs are reused.
    """

    step: Step
    input_from: list[int] | None
    why: str | None


class Replay:
    """A recorded run, ready to be run again.

    ```python
    from genblaze.pipeline import Replay

    replay = Replay(result.manifest, {0: {"seed": 7}})
    for each in replay.steps:
        print(each.step.model, each.why or "reused")
    again = replay.run()
    ```

    Each step is declared as it ran: with the model that ran, whatever it had been a fallback for. Outputs are reused
    when nothing that the step depends on is changed and their files are where the manifest says, or beside it.

    Args:
        manifest: The record of the run, with its prompts in clear.
        changes: New values by step index and name: `prompt`, `negative_prompt`, `seed`, `model`, `provider`, or a
            parameter of the vendor.
        folder: Where outputs are looked for that are not where the manifest says.
        providers: Provider objects by their recorded names; the others are those of installed plugins.
        output_dir: Where new outputs go.
        plugins: The plugin manager to use; default the process's own.
        verify: Refuse a manifest that is not what its hash was made of; False believes it as it stands.
        reuse: Take recorded outputs for what has not changed; False runs every step.

    Raises:
        ManifestError: The manifest is not what its hash was made of.
        GenblazeError: It hides what is needed to run a step, or a change names no step.
    """

    def __init__(
        self,
        manifest: Manifest,
        changes: Mapping[int, Mapping[str, Any]] | None = None,
        *,
        folder: str | Path | None = None,
        providers: Mapping[str, Any] | None = None,
        output_dir: str | Path | None = None,
        plugins: PluginManager | None = None,
        verify: bool = True,
        reuse: bool = True,
    ) -> None:
        _check(manifest, changes or {}, verify=verify)
        self._manifest = manifest
        self._providers = providers or {}
        self._output_dir = output_dir
        self._plugins = plugins
        recorded = _found_again(manifest.run.steps, Path(folder) if folder is not None else None)
        self.steps: tuple[ReplayStep, ...] = tuple(_decided(recorded, changes or {}, plugins, reuse=reuse))

    def pipeline(self) -> Pipeline:
        """The pipeline of the run, with the changes; running it as it is reuses nothing."""
        run = self._manifest.run
        pipeline = Pipeline(
            run.name, run.tenant_id, project_id=run.project_id, output_dir=self._output_dir, plugins=self._plugins
        )
        pipeline.metadata(**run.metadata)
        pipeline._parent_run_id = run.run_id
        for step, input_from, _ in self.steps:
            if step.provider is None:
                pipeline.input(*step.assets, source=step.model, step_type=step.step_type, metadata=step.metadata)
                continue
            pipeline.step(
                self._providers.get(step.provider, step.provider),
                model=step.model,
                prompt=step.prompt,
                modality=step.modality,
                step_type=step.step_type,
                input_from=input_from,
                external_inputs=step.inputs if input_from is None else None,
                metadata={key: value for key, value in step.metadata.items() if key not in _NOTES_OF_THE_RUN},
                prompt_visibility=step.prompt_visibility,
                params=step.params | _lifted(step),
            )
        return pipeline

    def run(self, **options: Unpack[RunKeywords]) -> PipelineResult:
        """Run what is to run and reuse the rest; a run of its own, with the recorded one as its parent.

        Takes the keywords of `Pipeline.run`, and raises as that does.
        """
        with tempfile.TemporaryDirectory(prefix="genblaze-replay-") as folder:
            cache = StepCache(folder)
            pipeline = self.pipeline().cache(cache)
            self._fill(cache, pipeline)
            return pipeline.run(**options)

    def _fill(self, cache: StepCache, pipeline: Pipeline) -> None:
        """Put the recorded outputs where the pipeline's steps, just as they will ask, find them."""
        unpaid = copy.copy(pipeline)
        unpaid._journal = False  # nothing is bought by planning
        for planned, replayed in zip(plan(unpaid).steps, self.steps, strict=True):
            if replayed.why is None and replayed.step.provider is not None:
                asked = planned.record(self._manifest.run.run_id)
                asked.inputs = copies(replayed.step.inputs)
                cache.put(asked, replayed.step, pipeline._tenant_id)


def parse_change(text: str) -> tuple[int, str, Any]:
    """The step, the name and the value of a change that is written `STEP.NAME=VALUE`.

    The value is JSON where it can be read as such (`7`, `true`, `"7"`), else text; prompts and the names of models and
    providers are always text.

    Raises:
        InvalidValueError: It is not written like this.
    """
    place, separator, value = text.partition("=")
    index, dot, name = place.partition(".")
    if not (separator and dot and name and index.isascii() and index.isdigit()):
        msg = f"{text!r}: write a change as STEP.NAME=VALUE, for instance 0.seed=7 or 1.prompt=a red fox"
        raise InvalidValueError(msg)
    return int(index), name, value if name in _TEXT_FIELDS else _json_or_text(value)


def _json_or_text(value: str) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value


def _check(manifest: Manifest, changes: Mapping[int, Mapping[str, Any]], *, verify: bool) -> None:
    if verify and not manifest.verify_hash():
        msg = "The manifest is not what its canonical hash was made of, so it does not say what was run"
        raise ManifestError(msg)
    steps = manifest.run.steps
    for index in changes:
        if not 0 <= index < len(steps):
            msg = f"Replay: there is no step {index}; the run has {len(steps)}, counted from 0"
            raise GenblazeError(msg)
        if steps[index].provider is None:
            msg = f"Replay: step {index} only takes in what came from {steps[index].model}; nothing of it can change"
            raise GenblazeError(msg)


def _found_again(steps: Sequence[Step], folder: Path | None) -> list[Step]:
    """Copies of the steps; files that are not where they were are looked for in the folder."""
    twins = [step.model_copy(deep=True) for step in steps]
    for asset in (asset for step in twins for asset in (*step.inputs, *step.assets)):
        path = local_file(asset.url)
        if folder is not None and path is not None and not path.is_file() and (folder / path.name).is_file():
            asset.url = (folder / path.name).absolute().as_uri()
    return twins


def _decided(
    recorded: Sequence[Step], changes: Mapping[int, Mapping[str, Any]], plugins: PluginManager | None, *, reuse: bool
) -> Iterator[ReplayStep]:
    again: set[int] = set()
    for index, step in enumerate(recorded):
        input_from = _sources(step.inputs, recorded[:index])
        why = _why(step, changes.get(index, {}), [each for each in input_from or () if each in again], plugins)
        if not reuse and step.provider is not None:
            why = why or "every step runs"
        if why is not None:
            again.add(index)
        yield ReplayStep(_changed(index, step, changes.get(index, {})), input_from, why)


def _why(step: Step, changes: Mapping[str, Any], renewed: Sequence[int], plugins: PluginManager | None) -> str | None:
    """Why a step cannot be answered with what is recorded; None when it can."""
    if changes:
        return f"changed: {', '.join(changes)}"
    if renewed:
        return f"takes the output of step {renewed[0]}"
    if step.status != StepStatus.SUCCEEDED or not step.assets:
        return f"was {step.status}"
    missing = [asset for asset in step.assets if not _is_there(asset, plugins)]
    return f"its output is gone or has changed: {missing[0].url}" if missing else None


def _is_there(asset: Asset, plugins: PluginManager | None) -> bool:
    """Whether an output still is what was recorded; one that lies elsewhere is taken to be."""
    from genblaze.embedding import content_digest

    path = local_file(asset.url)
    return path is None or (path.is_file() and content_digest(path, plugins=plugins).sha256 == asset.sha256)


def _sources(inputs: Sequence[Asset], earlier: Sequence[Step]) -> list[int] | None:
    """The steps whose outputs, one step after the other, are exactly these inputs; None when they came from outside."""
    ids = [asset.asset_id for asset in inputs]
    found: list[int] = []
    while ids:
        for index, step in enumerate(earlier):
            made = [asset.asset_id for asset in step.assets]
            if made and ids[: len(made)] == made:
                found.append(index)
                ids = ids[len(made) :]
                break
        else:
            return None
    return found or None


def _lifted(step: Step) -> dict[str, Any]:
    """The two parameters that a record keeps as fields of their own."""
    values = {"seed": step.seed, "negative_prompt": step.negative_prompt}
    return {name: value for name, value in values.items() if value is not None}


def _changed(index: int, step: Step, changes: Mapping[str, Any]) -> Step:
    """The step with its new values.

    Raises:
        GenblazeError: The manifest hides a value, and no change gives it.
    """
    fields = {name: value for name, value in changes.items() if name in _FIELDS}
    params = {name: value for name, value in changes.items() if name not in _FIELDS}
    if "prompt" in changes and step.prompt_visibility != PromptVisibility.PUBLIC:
        fields["prompt_visibility"] = PromptVisibility.PRIVATE
    twin = step.model_copy(update={**fields, "params": step.params | params})
    if hidden := _hidden(twin):
        msg = (
            f"Replay: the manifest hides {', '.join(hidden)} of step {index}. Take the full manifest "
            f"(save_manifest(…, full=True)), or give the text: --change {index}.{hidden[0]}=…"
        )
        raise GenblazeError(msg)
    return twin


def _hidden(step: Step) -> list[str]:
    """Names of what the record does not show."""
    values = {"prompt": step.prompt, "negative_prompt": step.negative_prompt, **step.params}
    hidden = [name for name, value in values.items() if is_redacted(value)]
    closed = step.prompt_visibility not in (PromptVisibility.PUBLIC, PromptVisibility.PRIVATE)
    return hidden or (["prompt"] if closed else [])
