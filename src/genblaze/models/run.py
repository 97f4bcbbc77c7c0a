"""Runs: the steps of one execution of a pipeline."""

from datetime import datetime
from typing import Any

import msgspec

from genblaze.models.enums import RunStatus
from genblaze.models.record import Record, new_id, utc_now
from genblaze.models.step import Step

__all__ = ["Run"]


class Run(Record, kw_only=True):
    """One execution of a pipeline.

    Attributes:
        run_id: Identity of this run; not hashed.
        tenant_id: For whom it ran.
        project_id: For which project it ran.
        name: The pipeline's name.
        status: How the run stands; not hashed.
        steps: Its steps, in the order they were declared.
        parent_run_id: The run that this one continues; not hashed.
        idempotency_key: The caller's key for this run; not hashed.
        created_at: When the record was made; not hashed.
        started_at: When work began; not hashed.
        completed_at: When it ended, well or not; not hashed.
        metadata: The user's own notes; hashed.
    """

    run_id: str = msgspec.field(default_factory=new_id)
    tenant_id: str | None = None
    project_id: str | None = None
    name: str | None = None
    status: RunStatus = RunStatus.PENDING
    steps: list[Step] = msgspec.field(default_factory=list)
    parent_run_id: str | None = None
    idempotency_key: str | None = None
    created_at: datetime = msgspec.field(default_factory=utc_now)
    started_at: datetime | None = None
    completed_at: datetime | None = None
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Name the run and count its steps."""
        return f"Run({self.run_id[:8]}, {self.name!r}, {self.status}, {len(self.steps)} steps)"
