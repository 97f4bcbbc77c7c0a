"""What a run gives back: its record, its manifest, and where the files lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genblaze.errors import GenblazeError
from genblaze.models.enums import RunStatus, StepStatus
from genblaze.sinks.records import Deliveries

if TYPE_CHECKING:
    from genblaze.embedding import EmbedResult
    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.models.policy import EmbedPolicy
    from genblaze.models.run import Run
    from genblaze.models.step import Step


class PipelineResult:
    """The outcome of a run, good or bad.

    Iterating gives the run and the manifest: `run, manifest = result`.

    Attributes:
        run: The record of the run and its steps.
        manifest: The full manifest, private prompts included.
        deliveries: Where the files lie and what sinks did.
    """

    # Programs keep results by the thousand, and some note more on them; the dict is made only then.
    __slots__ = ("__dict__", "__weakref__", "deliveries", "manifest", "run")

    def __init__(self, run: Run, manifest: Manifest, deliveries: Deliveries | None = None) -> None:
        self.run = run
        self.manifest = manifest
        self.deliveries = deliveries or Deliveries()

    def __iter__(self) -> Iterator[Any]:
        """The run, then the manifest."""
        yield self.run
        yield self.manifest

    def __repr__(self) -> str:
        """Identity and state; never prompts."""
        steps = len(self.run.steps)
        return f"PipelineResult({self.run.name!r}, {self.run.status}, {steps} steps, run {self.run.run_id})"

    def _repr_html_(self) -> str:
        """Show outputs, run and manifest in a notebook, without what is not public in them."""
        from genblaze.models.display import result_html

        return result_html(self.manifest, self.deliveries.paths)

    @property
    def assets(self) -> list[Asset]:
        """The outputs of all steps, in order."""
        return [asset for step in self.run.steps for asset in step.assets]

    @property
    def ok(self) -> bool:
        """Whether every step succeeded and every sink took the result."""
        return self.run.status == RunStatus.COMPLETED and not self.deliveries.sink_errors

    @property
    def total_cost_usd(self) -> float:
        """Sum of the known costs, in US dollars; see `cost_is_complete`."""
        return sum(step.cost_usd or 0.0 for step in self.run.steps)

    @property
    def cost_is_complete(self) -> bool:
        """Whether the cost of every step that ran is known."""
        return all(step.cost_usd is not None for step in self.run.steps if step.status == StepStatus.SUCCEEDED)

    def failed_steps(self) -> list[Step]:
        """Steps that failed, in order."""
        return [step for step in self.run.steps if step.status == StepStatus.FAILED]

    def succeeded_steps(self) -> list[Step]:
        """Steps that succeeded, in order."""
        return [step for step in self.run.steps if step.status == StepStatus.SUCCEEDED]

    def error_summary(self) -> str | None:
        """One line per failed step and failed delivery, or None when all went well."""
        lines = [
            f"Step {step.step_index} ({step.provider}/{step.model}): {step.error or step.status}"
            for step in self.failed_steps()
        ]
        lines += [f"Sink: {error}" for error in self.deliveries.sink_errors]
        if self.manifest.transfer_failures:
            lines.append("Asset transfers failed: " + ", ".join(self.manifest.transfer_failures))
        return "\n".join(lines) or None

    def local_path(self, asset: Asset | str) -> Path | None:
        """The local file of an output (an asset or its id), or None when there is none."""
        asset_id = asset if isinstance(asset, str) else asset.asset_id
        return self.deliveries.paths.get(asset_id)

    def save(
        self, path: str | Path, *, embed: bool = True, policy: EmbedPolicy | None = None, asset: Asset | None = None
    ) -> EmbedResult:
        """Write an output to `path`, with the manifest in it.

        When `path` exists and the run has no local files, the file there is taken for the output.

        Args:
            path: The file to write.
            embed: Put the manifest into the file; otherwise it goes into a sidecar beside it.
            policy: How much of the manifest goes in; with `embed_mode="none"` nothing.
            asset: Which output; may be left out when the run has one.

        Raises:
            GenblazeError: When it is not clear which output is meant, or its file is gone.
        """
        from genblaze.pipeline.saving import save_asset

        return save_asset(self, Path(path), asset, embed=embed, policy=policy)

    def save_manifest(self, path: str | Path, *, full: bool = False) -> Path:
        """Write the manifest as canonical JSON.

        Args:
            path: The file to write.
            full: Keep prompts that are not public; without it they are redacted.
        """
        from genblaze.pipeline.saving import save_manifest

        return save_manifest(self.manifest, Path(path), full=full)


def only_asset(assets: Mapping[str, Asset] | list[Asset]) -> Asset:
    """The single asset of a run.

    Raises:
        GenblazeError: When there is none, or more than one.
    """
    found = list(assets.values()) if isinstance(assets, Mapping) else assets
    if len(found) != 1:
        msg = f"The run has {len(found)} outputs; say which one with asset=result.run.steps[i].assets[j]"
        raise GenblazeError(msg)
    return found[0]
