"""Runs and steps put together call by call."""

from __future__ import annotations

from typing import Any, Self

from genblaze.models.asset import Asset
from genblaze.models.enums import Modality, PromptVisibility, RunStatus, StepStatus, StepType
from genblaze.models.run import Run
from genblaze.models.step import Step

__all__ = ["RunBuilder", "StepBuilder"]


class StepBuilder:
    """Puts a step together; every method but `build` returns the builder.

    Args:
        provider: Registered name of the provider.
        model: The vendor's name of the model.
    """

    def __init__(self, provider: str, model: str) -> None:
        self._fields: dict[str, Any] = {"provider": provider, "model": model}
        self._params: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}
        self._inputs: list[Asset] = []
        self._assets: list[Asset] = []

    def _set(self, name: str, value: object) -> Self:
        self._fields[name] = value
        return self

    def prompt(self, text: str) -> Self:
        """Say what to make."""
        return self._set("prompt", text)

    def negative_prompt(self, text: str) -> Self:
        """Say what to avoid."""
        return self._set("negative_prompt", text)

    def modality(self, m: Modality) -> Self:
        """Say what kind of media comes out."""
        return self._set("modality", m)

    def visibility(self, v: PromptVisibility) -> Self:
        """Say who may read the prompt."""
        return self._set("prompt_visibility", v)

    def step_type(self, t: StepType) -> Self:
        """Say what is done to the inputs."""
        return self._set("step_type", t)

    def seed(self, s: int) -> Self:
        """Set the vendor's seed."""
        return self._set("seed", s)

    def model_version(self, v: str) -> Self:
        """Set the vendor's version of the model."""
        return self._set("model_version", v)

    def model_hash(self, h: str) -> Self:
        """Set the digest of the model's weights."""
        return self._set("model_hash", h)

    def status(self, s: StepStatus) -> Self:
        """Say how the step stands."""
        return self._set("status", s)

    def params(self, **kwargs: Any) -> Self:
        """Add parameters of the vendor; later ones win."""
        self._params.update(kwargs)
        return self

    def meta(self, **kwargs: Any) -> Self:
        """Add notes; later ones win."""
        self._metadata.update(kwargs)
        return self

    def input_asset(self, url: str, media_type: str, **kwargs: Any) -> Self:
        """Add a file that the step works on; further arguments are fields of `Asset`."""
        self._inputs.append(Asset(url=url, media_type=media_type, **kwargs))
        return self

    def asset(self, url: str, media_type: str, **kwargs: Any) -> Self:
        """Add a file that came out; further arguments are fields of `Asset`."""
        self._assets.append(Asset(url=url, media_type=media_type, **kwargs))
        return self

    def build(self) -> Step:
        """Make the step; it shares nothing with the builder, which can go on.

        Raises:
            InvalidValueError: If a field holds what it cannot hold.
        """
        return Step(
            **self._fields,
            params=self._params,
            metadata=self._metadata,
            inputs=self._inputs,
            assets=self._assets,
        ).model_copy(deep=True)


class RunBuilder:
    """Puts a run together; every method but `build` returns the builder.

    Args:
        name: The pipeline's name; an empty one counts as none.
    """

    def __init__(self, name: str | None = None) -> None:
        self._fields: dict[str, Any] = {"name": name} if name else {}
        self._metadata: dict[str, Any] = {}
        self._steps: list[Step] = []

    def _set(self, field: str, value: object) -> Self:
        self._fields[field] = value
        return self

    def run_id(self, id: str) -> Self:
        """Set the identity of the run."""
        return self._set("run_id", id)

    def tenant(self, tenant_id: str) -> Self:
        """Say for whom it ran."""
        return self._set("tenant_id", tenant_id)

    def project(self, project_id: str) -> Self:
        """Say for which project it ran."""
        return self._set("project_id", project_id)

    def parent(self, parent_run_id: str) -> Self:
        """Name the run that this one continues."""
        return self._set("parent_run_id", parent_run_id)

    def status(self, s: RunStatus) -> Self:
        """Say how the run stands."""
        return self._set("status", s)

    def add_step(self, step: Step) -> Self:
        """Add a step; the run gets a copy, made when it is built."""
        self._steps.append(step)
        return self

    def meta(self, **kwargs: Any) -> Self:
        """Add notes; later ones win."""
        self._metadata.update(kwargs)
        return self

    def build(self) -> Run:
        """Make the run; its steps are copies that know their run and their position.

        Raises:
            InvalidValueError: If a field holds what it cannot hold.
        """
        run = Run(**self._fields, metadata=self._metadata).model_copy(deep=True)
        run.steps = [
            step.model_copy(update={"run_id": run.run_id, "step_index": index}, deep=True)
            for index, step in enumerate(self._steps)
        ]
        return run
