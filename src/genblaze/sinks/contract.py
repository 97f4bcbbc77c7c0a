"""The contract of a sink: what a pipeline tells it, and what it may be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.models.run import Run
    from genblaze.models.step import Step
    from genblaze.pipeline import PipelineResult

__all__ = ["BaseSink"]


class BaseSink(ABC):
    """Takes the results of runs. Methods are plain, may block, and are called in threads.

    Two methods are abstract. A pipeline calls `check` when planning, `preflight` before the first step,
    `on_step_complete` as each step ends, `deliver` once at the end, and `close` at the end of the call, after the last
    item of a batch. A sink that serves many runs says `_close_with_run = False`, and is its owner's to close.
    """

    _close_with_run = True

    @abstractmethod
    def write_run(self, run: Run, manifest: Manifest) -> None:
        """Store a finished run. The assets' URLs may be rewritten to where they are now.

        Raises:
            SinkError: Something could not be stored.
        """

    @abstractmethod
    def close(self) -> None:
        """Release what the sink holds."""

    def check(self, *, tenant_id: str | None, run_id: str | None) -> None:  # noqa: B027 - most have nothing to refuse
        """Refuse, before anything is paid, a run that could not be stored.

        Raises:
            GenblazeError: So it is; the text says what to change.
        """

    def preflight(self) -> None:  # noqa: B027 - most have nobody to ask
        """Ask, before anything is paid, whether results can be stored at all; nothing is written.

        Raises:
            GenblazeError: They certainly cannot; the text says what to change.
        """

    def on_step_complete(  # noqa: B027 - most wait for the whole run
        self, step: Step, *, run_id: str, tenant_id: str | None, date_str: str
    ) -> None:
        """Begin with the outputs of a step that has ended; the step is not to be changed.

        Args:
            step: The step; other steps of the run may still be under way.
            run_id: Identity of its run.
            tenant_id: For whom it runs.
            date_str: Day of the run's beginning in UTC, as `YYYY-MM-DD`.
        """

    def deliver(self, result: PipelineResult) -> None:
        """Store a result; unless overridden, `write_run` of its run and manifest.

        A sink that overrides it finds the local files in `result.deliveries.paths`, whatever URLs another sink gave
        the assets, and writes into `result.deliveries` what became of each.
        """
        self.write_run(result.run, result.manifest)

    def put_asset(self, asset: Asset, *, manifest_uri: str | None = None, tenant_id: str | None = None) -> Asset:
        """Store a single asset that belongs to no run."""
        raise NotImplementedError

    def put_assets(
        self, assets: Sequence[Asset], *, manifest_uri: str | None = None, tenant_id: str | None = None
    ) -> list[Asset]:
        """Store assets that belong to no run; the results stand in the order of the assets."""
        raise NotImplementedError

    def read_manifest_for_asset(
        self, asset_id: str, *, tenant_id: str, verify: bool = True, allow_unverified_assets: bool = False
    ) -> Manifest | None:
        """The manifest that an asset was stored with; None where there is none."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()
