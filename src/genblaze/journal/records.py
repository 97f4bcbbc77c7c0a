"""What the journal holds: runs, and the states of their paid steps."""

from __future__ import annotations

import msgspec

#: States of an entry, in the order they are passed through.
INTENT = "intent"  # a submit may be under way; whether it reached the vendor is not known
SUBMITTED = "submitted"  # the vendor's job id is known
UNCERTAIN = "uncertain"  # the submit's outcome is not known, and the engine has said so
FINISHED = "finished"  # the result is recorded


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one paid step.

    Attributes:
        request: Digest of what was asked; another request under the same place is a mistake.
        state: `intent`, `submitted`, `uncertain` or `finished`.
        step_id: Identity of the step, and idempotency key of its submits.
        job_id: The vendor's job, once known.
        step: The finished step as JSON.
    """

    run_id: str
    step_index: int
    request: str
    state: str
    provider: str
    model: str
    step_id: str
    job_id: str | None = None
    step: bytes | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run of which the journal knows.

    Attributes:
        created: Seconds since the epoch.
        status: `waiting` for its turn in a batch, `running`, or how the run ended.
        owner: The process that works on it; see `Journal.claim`.
        template: The pipeline as JSON, where it could be written down without private prompts.
    """

    run_id: str
    name: str | None
    created: float
    changed: float
    status: str
    owner: str | None
    output_dir: str | None
    template: bytes | None
