"""Pipelines as data: the published JSON, and TOML with the same keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from genblaze.atomic import atomic_write
from genblaze.errors import GenblazeError, TemplateError
from genblaze.models.enums import Modality, PromptVisibility, StepType
from genblaze.models.record import Record
from genblaze.pipeline.builder import Pipeline
from genblaze.pipeline.fallback import provider_name
from genblaze.pipeline.prompt_template import PromptTemplate, substitute

if TYPE_CHECKING:
    from genblaze.pipeline.declaration import StepSpec

#: Fields that published readers do not know; left out while they say nothing.
_OURS = ("metadata", "prompt_visibility", "expected_duration_sec", "step_name", "step_timeout")


class StepTemplate(Record, kw_only=True):
    """One step of a template; the provider stands by name.

    Attributes:
        provider_name: Name of a registered provider, or a key of `instantiate(providers=…)`.
        input_from: Earlier steps, by index or `step_name`.
    """

    provider_name: str
    model: str
    prompt: str | None = None
    params: dict[str, Any] = {}
    modality: Modality = Modality.IMAGE
    step_type: StepType = StepType.GENERATE
    fallback_models: list[Any] = []
    input_from: list[int | str] | None = None
    metadata: dict[str, Any] = {}
    prompt_visibility: PromptVisibility = PromptVisibility.PUBLIC
    expected_duration_sec: float | None = None
    step_name: str | None = None
    step_timeout: float | None = None


class PipelineTemplate(Record, kw_only=True):
    """A pipeline that can be saved, shared and filled in.

    Attributes:
        tags: Words to find the template by.
        metadata: Metadata of every run.
    """

    name: str | None = None
    steps: list[StepTemplate]
    chain: bool = False
    max_concurrency: int | None = None
    description: str | None = None
    version: str | None = None
    tags: list[str] = []
    metadata: dict[str, Any] = {}

    def to_dict(self) -> dict[str, Any]:
        """The template as plain data, in the published keys."""
        data = self.model_dump(mode="json")
        if not data["metadata"]:
            del data["metadata"]
        defaults = StepTemplate(provider_name="", model="").model_dump(mode="json")
        for step in data["steps"]:
            for name in _OURS:
                if step[name] == defaults[name]:
                    del step[name]
        return data

    def to_json(self, *, indent: int = 2) -> str:
        """The template as JSON text."""
        return msgspec.json.format(msgspec.json.encode(self.to_dict()), indent=indent).decode()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """A template from plain data.

        Raises:
            TemplateError: When a key is missing or has the wrong type; names the place.
        """
        _check_keys(data, cls, "template")
        steps = data.get("steps", [])
        for index, step in enumerate(steps if isinstance(steps, list) else []):
            _check_keys(step, StepTemplate, f"steps[{index}]")
        try:
            return cls.model_validate(dict(data))
        except (GenblazeError, ValueError, TypeError) as error:
            msg = f"Pipeline template: {error}"
            raise TemplateError(msg) from error

    @classmethod
    def from_json(cls, json_str: str | bytes) -> Self:
        """A template from JSON text; raises as `from_dict` does."""
        try:
            data = msgspec.json.decode(json_str)
        except msgspec.DecodeError as error:
            msg = f"Pipeline template is not JSON: {error}"
            raise TemplateError(msg) from error
        return cls.from_dict(_mapping(data))

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """A template from a `.json` or `.toml` file.

        Raises:
            TemplateError: When it cannot be read or is no template; names the file.
        """
        file = Path(path)
        try:
            if file.suffix.lower() != ".toml":
                return cls.from_json(file.read_bytes())
            import tomllib

            return cls.from_dict(tomllib.loads(file.read_text(encoding="utf-8")))
        except OSError as error:
            msg = f"Pipeline template {file} cannot be read: {error.strerror}"
            raise TemplateError(msg) from error
        except (TemplateError, ValueError) as error:
            msg = f"{file}: {error}"
            raise TemplateError(msg) from error

    def save(self, path: str | Path) -> None:
        """Write the template as JSON.

        Raises:
            TemplateError: When the file's name says TOML, which is read but not written.
        """
        if Path(path).suffix.lower() == ".toml":
            msg = f"Templates are written as JSON, so {Path(path).name} would not be read back; name it *.json"
            raise TemplateError(msg)
        with atomic_write(Path(path)) as file:
            file.write(self.to_json().encode() + b"\n")

    def instantiate(
        self,
        providers: Mapping[str, Any] | None = None,
        *,
        variables: Mapping[str, Any] | None = None,
        tenant_id: str | None = None,
        project_id: str | None = None,
        output_dir: str | Path | None = None,
    ) -> Pipeline:
        """A pipeline that can be run.

        Args:
            providers: Provider objects by `provider_name`; names not among them are those of installed providers.
            variables: Values for the fields in prompts and parameters.
            tenant_id: Whom the runs belong to.
            project_id: Recorded with the runs.
            output_dir: Where providers put files that name no folder of their own.

        Raises:
            TemplateError: When a prompt has a field without a value.
            GenblazeError: When a step cannot run, its provider is not known, or several answer to its name.
        """
        values = dict(variables or {})
        pipeline = Pipeline(
            self.name,
            tenant_id,
            project_id=project_id,
            chain=self.chain,
            max_concurrency=self.max_concurrency,
            output_dir=output_dir,
        )
        pipeline.metadata(**self.metadata)
        for step in self.steps:
            prompt = PromptTemplate(step.prompt).render(**values) if step.prompt is not None and values else step.prompt
            pipeline.step(
                _provider(step, providers or {}),
                model=step.model,
                prompt=prompt,
                modality=step.modality,
                step_type=step.step_type,
                fallback_models=[_fallback(entry, providers or {}) for entry in step.fallback_models],
                input_from=step.input_from,
                expected_duration_sec=step.expected_duration_sec,
                metadata=step.metadata,
                prompt_visibility=step.prompt_visibility,
                params=substitute(step.params, values),
                step_name=step.step_name,
                step_timeout=step.step_timeout,
            )
        return pipeline


def _provider(step: StepTemplate, given: Mapping[str, Any]) -> Any:
    """A step's provider, found out now if it is not known, when the template is in hand, and not at the run."""
    if step.provider_name in given:
        return given[step.provider_name]
    from genblaze.plugins import default_plugins

    default_plugins().resolve_provider(step.provider_name, step.modality)
    return step.provider_name


def _fallback(entry: Any, providers: Mapping[str, Any]) -> Any:
    """A fallback with its provider's object, where one was given."""
    if isinstance(entry, list | tuple) and len(entry) == 2:
        return providers.get(entry[0], entry[0]), entry[1]
    return entry


def template_of(
    pipeline: Pipeline,
    specs: Sequence[StepSpec] | None = None,
    *,
    description: str | None = None,
    version: str | None = None,
    tags: Sequence[str] = (),
) -> PipelineTemplate:
    """The template of a pipeline; `specs` are its steps with a batch item's values filled in.

    Raises:
        GenblazeError: When a step has `external_inputs`.
    """
    return PipelineTemplate(
        name=pipeline._name,
        steps=[_template_of_step(index, spec) for index, spec in enumerate(pipeline.steps if specs is None else specs)],
        chain=pipeline._chain,
        max_concurrency=pipeline._max_concurrency,
        description=description,
        version=version,
        tags=list(tags),
        metadata=deepcopy(pipeline._metadata),
    )


def _template_of_step(index: int, spec: StepSpec) -> StepTemplate:
    if spec.external_inputs:
        msg = f"step {index} has external_inputs, which a template cannot hold; add them after instantiate()"
        raise GenblazeError(msg)
    return StepTemplate(
        provider_name=provider_name(spec.provider),
        model=spec.model,
        prompt=None if spec.prompt is None else str(spec.prompt),
        params=deepcopy(spec.params),
        modality=spec.modality,
        step_type=spec.step_type,
        fallback_models=[_template_of_fallback(entry) for entry in spec.fallback_models],
        input_from=spec.input_from,
        metadata=deepcopy(spec.metadata),
        prompt_visibility=spec.prompt_visibility,
        expected_duration_sec=spec.expected_duration_sec,
        step_name=spec.name,
        step_timeout=spec.timeout,
    )


def _template_of_fallback(entry: Any) -> Any:
    return entry if isinstance(entry, str) else [provider_name(entry[0]), entry[1]]


def _mapping(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        msg = f"Pipeline template must be an object with 'steps', not {type(data).__name__}"
        raise TemplateError(msg)
    return data


def _check_keys(data: Any, kind: type[Record], where: str) -> None:
    """Refuse keys that would silently be ignored."""
    import difflib

    for key in _mapping(data):
        if key not in kind.__struct_fields__:
            near = difflib.get_close_matches(str(key), kind.__struct_fields__, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f" (known: {', '.join(kind.__struct_fields__)})"
            msg = f"Pipeline template, {where}: unknown key {key!r}{hint}"
            raise TemplateError(msg)
