"""What happens during a run, as it happens: events for streams, callbacks, tracers and webhooks.

On the wire an event is a flat JSON object whose `type` names it. Fields that are None are left out, and so
are the live objects (`result`, `step`) that some events carry inside the process. Names and fields are the
published ones; `run_id` everywhere, `step_index` on progress and retries, `step_name`, `cached`, `agent_id`, warnings
and the events of cancellation are additions.
"""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias, get_args

import msgspec
from msgspec.structs import astuple, force_setattr

from genblaze.errors import InvalidValueError
from genblaze.models.record import Dumpable, LenientConstructor, utc_now
from genblaze.models.step import Step

if TYPE_CHECKING:
    from genblaze.pipeline.result import PipelineResult
else:
    PipelineResult = Any  # lives in a higher layer, and only inside the process

__all__ = [
    "AgentCompletedEvent",
    "AgentIterationEvaluatedEvent",
    "AgentIterationStartedEvent",
    "AnyStreamEvent",
    "PipelineCancelledEvent",
    "PipelineCompletedEvent",
    "PipelineFailedEvent",
    "PipelineStartedEvent",
    "PipelineWarningEvent",
    "ProgressEvent",
    "StepCancelledEvent",
    "StepCompleteEvent",
    "StepCompletedEvent",
    "StepFailedEvent",
    "StepProgressEvent",
    "StepQueuedEvent",
    "StepRetriedEvent",
    "StepStartedEvent",
    "StreamEvent",
    "StreamEventAdapter",
    "StreamEventType",
    "parse_event",
]

StreamEventType: TypeAlias = Literal[
    "pipeline.started",
    "pipeline.completed",
    "pipeline.failed",
    "pipeline.cancelled",
    "pipeline.warning",
    "step.queued",
    "step.started",
    "step.progress",
    "step.retried",
    "step.completed",
    "step.failed",
    "step.cancelled",
    "agent.iteration.started",
    "agent.iteration.evaluated",
    "agent.completed",
]

# Checked when an event is parsed. Events of our own are built thousands of times a second, unchecked.
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
_Ordinal: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]


class StreamEvent(Dumpable, msgspec.Struct, metaclass=LenientConstructor, kw_only=True, frozen=True):
    """What all events have.

    Attributes:
        type: Which event it is.
        timestamp: When it happened, in UTC.
    """

    _in_process: ClassVar[frozenset[str]] = frozenset({"result", "step"})

    type: StreamEventType
    timestamp: datetime = msgspec.field(default_factory=utc_now)

    def to_dict(self) -> dict[str, Any]:
        """Give the event as it goes over the wire: JSON values, without None and without live objects.

        Numbers that JSON does not know (NaN, infinity) count as None.
        """
        fields = {
            name: value
            for name, value in zip(self.__struct_fields__, astuple(self), strict=True)
            if value is not None and name not in self._in_process and not _is_no_number(value)
        }
        plain: dict[str, Any] = msgspec.to_builtins(fields, str_keys=True, enc_hook=str)
        if data := plain.get("data"):
            plain["data"] = _finite(data)
        return plain


def _is_no_number(value: Any) -> bool:
    return isinstance(value, float) and not isfinite(value)


def _finite(value: Any) -> Any:
    """JSON values with None in the place of every number that is none."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if _is_no_number(value) else value


class PipelineStartedEvent(StreamEvent, kw_only=True, frozen=True):
    """A run has begun; `message` is the pipeline's name."""

    type: Literal["pipeline.started"] = "pipeline.started"
    run_id: str
    total_steps: _Count
    message: str | None = None


class PipelineCompletedEvent(StreamEvent, kw_only=True, frozen=True):
    """A run has completed, every step of it.

    Attributes:
        manifest_hash: The canonical hash of the run's manifest.
        result: The whole result; only inside the process.
    """

    type: Literal["pipeline.completed"] = "pipeline.completed"
    run_id: str
    run_status: str | None = None
    manifest_hash: str | None = None
    result: PipelineResult | None = None


class PipelineFailedEvent(StreamEvent, kw_only=True, frozen=True):
    """A run has ended and not every step succeeded; `message` says why."""

    type: Literal["pipeline.failed"] = "pipeline.failed"
    run_id: str
    message: str | None = None
    run_status: str | None = None
    manifest_hash: str | None = None
    result: PipelineResult | None = None


class PipelineCancelledEvent(StreamEvent, kw_only=True, frozen=True):
    """A run was stopped before it ended; `message` says by what."""

    type: Literal["pipeline.cancelled"] = "pipeline.cancelled"
    run_id: str
    message: str | None = None
    run_status: str | None = None
    manifest_hash: str | None = None
    result: PipelineResult | None = None


class PipelineWarningEvent(StreamEvent, kw_only=True, frozen=True):
    """A run goes on, but not as it should.

    Attributes:
        code: `unprotected`: the journal of paid work cannot be used; `breaker_open`: a provider is left alone for some
            time, because it failed too often in a row.
        message: What happened, for people.
    """

    type: Literal["pipeline.warning"] = "pipeline.warning"
    run_id: str
    code: Literal["unprotected", "breaker_open"]
    message: str


class StepQueuedEvent(StreamEvent, kw_only=True, frozen=True):
    """A step waits: for the one before it, or for a free place; `step_name` is the user's name for it."""

    type: Literal["step.queued"] = "step.queued"
    run_id: str
    step_id: str
    step_index: _Count
    total_steps: _Count
    provider: str
    model: str
    reason: Literal["serial", "concurrency_limit"]
    step_name: str | None = None


class StepStartedEvent(StreamEvent, kw_only=True, frozen=True):
    """Work on a step has begun; `expected_duration_sec` and `step_name` are the user's own."""

    type: Literal["step.started"] = "step.started"
    run_id: str
    step_id: str
    step_index: _Count
    total_steps: _Count
    provider: str
    model: str
    expected_duration_sec: _Seconds | None = None
    step_name: str | None = None


class StepProgressEvent(StreamEvent, kw_only=True, frozen=True):
    """A step goes on.

    Attributes:
        request_id: The vendor's job id.
        progress_pct: 0 to 1. What a vendor reports beyond is brought into the range: a strange number is no
            reason to lose a result.
        elapsed_sec: Seconds since work on the step began.
        preview_url: Where a preview can be seen.
        is_heartbeat: Whether the event only says that the step is alive.
        data: What else the provider had to say, such as `{"status": ...}`.
    """

    type: Literal["step.progress"] = "step.progress"
    run_id: str | None = None
    step_id: str
    provider: str
    model: str
    request_id: str | None = None
    progress_pct: float | None = None
    elapsed_sec: _Seconds | None = None
    preview_url: str | None = None
    message: str | None = None
    is_heartbeat: bool = False
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    step_index: _Count | None = None

    def __post_init__(self) -> None:
        given = self.progress_pct
        if given is not None and not 0.0 <= given <= 1.0:
            within = None if given != given else min(max(given, 0.0), 1.0)
            force_setattr(self, "progress_pct", within)


class StepRetriedEvent(StreamEvent, kw_only=True, frozen=True):
    """A call failed and will be made again.

    Attributes:
        attempt: Number of the attempt that failed, from 1.
        delay_sec: Seconds until the next one.
        error_code: Why the call failed, for programs.
        error: Why it failed, for people.
    """

    type: Literal["step.retried"] = "step.retried"
    run_id: str | None = None
    step_id: str
    provider: str
    model: str
    phase: Literal["submit", "poll", "fetch"]
    attempt: _Ordinal
    max_attempts: _Ordinal
    delay_sec: _Seconds
    error_code: str | None = None
    error: str | None = None
    step_index: _Count | None = None


class StepCompletedEvent(StreamEvent, kw_only=True, frozen=True):
    """A step has succeeded.

    Attributes:
        request_id: The vendor's job id.
        elapsed_sec: Seconds since the step's own beginning.
        step: The record of the step; only inside the process.
        cached: True when the step cache answered, and nobody was asked or paid.
    """

    type: Literal["step.completed"] = "step.completed"
    run_id: str | None = None
    step_id: str
    step_index: _Count
    total_steps: _Count
    provider: str
    model: str
    request_id: str | None = None
    elapsed_sec: _Seconds
    step_status: str | None = None
    step: Step | None = None
    cached: bool | None = None


class StepFailedEvent(StreamEvent, kw_only=True, frozen=True):
    """A step has failed for good; `error` says why."""

    type: Literal["step.failed"] = "step.failed"
    run_id: str | None = None
    step_id: str
    step_index: _Count
    total_steps: _Count
    provider: str
    model: str
    request_id: str | None = None
    elapsed_sec: _Seconds
    error: str | None = None
    step_status: str | None = None
    step: Step | None = None


class StepCancelledEvent(StreamEvent, kw_only=True, frozen=True):
    """A step was stopped, or never begun, because the run was; `error` says by what."""

    type: Literal["step.cancelled"] = "step.cancelled"
    run_id: str | None = None
    step_id: str
    step_index: _Count
    total_steps: _Count
    provider: str
    model: str
    request_id: str | None = None
    elapsed_sec: _Seconds
    error: str | None = None
    step_status: str | None = None
    step: Step | None = None


class AgentIterationStartedEvent(StreamEvent, kw_only=True, frozen=True):
    """An agent tries again.

    Attributes:
        iteration: Number of the try, from 0.
        total: How many tries are allowed.
        message: The feedback on the try before.
        run_id: Identity of the run that the try makes.
        agent_id: Identity of the loop, the same on all its events.
    """

    type: Literal["agent.iteration.started"] = "agent.iteration.started"
    iteration: _Count
    total: _Ordinal
    message: str | None = None
    run_id: str | None = None
    agent_id: str | None = None


class AgentIterationEvaluatedEvent(StreamEvent, kw_only=True, frozen=True):
    """An agent's try has been judged; ids are those of its start, `result` lives only in the process."""

    type: Literal["agent.iteration.evaluated"] = "agent.iteration.evaluated"
    iteration: _Count
    passed: bool
    score: float | None = None
    feedback: str | None = None
    result: PipelineResult | None = None
    run_id: str | None = None
    agent_id: str | None = None


class AgentCompletedEvent(StreamEvent, kw_only=True, frozen=True):
    """An agent has stopped trying, or was stopped.

    Attributes:
        iterations: How many tries were judged.
        total_cost_usd: Known cost of all of them, in US dollars.
        result: That of the last one; only inside the process.
        run_id: Identity of the last run.
        agent_id: Identity of the loop.
        error: What ended the loop, if not its own rules: the name of an exception.
    """

    type: Literal["agent.completed"] = "agent.completed"
    passed: bool
    iterations: _Count
    total_cost_usd: float | None = None
    result: PipelineResult | None = None
    run_id: str | None = None
    agent_id: str | None = None
    error: str | None = None


AnyStreamEvent: TypeAlias = (
    PipelineStartedEvent
    | PipelineCompletedEvent
    | PipelineFailedEvent
    | PipelineCancelledEvent
    | PipelineWarningEvent
    | StepQueuedEvent
    | StepStartedEvent
    | StepProgressEvent
    | StepRetriedEvent
    | StepCompletedEvent
    | StepFailedEvent
    | StepCancelledEvent
    | AgentIterationStartedEvent
    | AgentIterationEvaluatedEvent
    | AgentCompletedEvent
)


_TYPES: dict[str, type[StreamEvent]] = {
    get_args(kind.__annotations__["type"])[0]: kind for kind in get_args(AnyStreamEvent)
}


def parse_event(data: dict[str, Any] | bytes | str) -> AnyStreamEvent:
    """Read an event as `StreamEvent.to_dict` gives it; unknown fields are ignored.

    Args:
        data: The event, as JSON text or already decoded.

    Raises:
        InvalidValueError: If it is no event, or one of an unknown type.
    """
    try:
        plain = msgspec.json.decode(data) if isinstance(data, (bytes, str)) else data
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        msg = f"an event is a JSON object: {error}"
        raise InvalidValueError(msg) from None
    name = plain.get("type") if isinstance(plain, dict) else None
    kind = _TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        msg = f"there is no event of type {name!r}; the types are {', '.join(_TYPES)}"
        raise InvalidValueError(msg)
    event: AnyStreamEvent = kind.model_validate(plain)  # type: ignore[assignment]
    return event


class _EventAdapter:
    """Reads and writes events by the names that pydantic's TypeAdapter has for it."""

    def validate_python(self, data: Any) -> AnyStreamEvent:
        """Read an event from a dict; events pass through. Raises as `parse_event` does."""
        return data if isinstance(data, get_args(AnyStreamEvent)) else parse_event(data)

    def validate_json(self, data: str | bytes) -> AnyStreamEvent:
        """Read an event from JSON text; raises as `parse_event` does."""
        return parse_event(data)

    def dump_python(self, event: AnyStreamEvent, **options: Any) -> dict[str, Any]:
        """Take an event apart, without live objects; the options are those of `model_dump`."""
        return event.model_dump(**options)

    def dump_json(self, event: AnyStreamEvent, **options: Any) -> bytes:
        """Write an event as JSON, without live objects; the options are those of `model_dump_json`."""
        return event.model_dump_json(**options).encode()

    def json_schema(self) -> dict[str, Any]:
        """Describe all events as JSON Schema: one of several kinds, told apart by their `type`."""
        schemas, defined = msgspec.json.schema_components(get_args(AnyStreamEvent))
        return {"oneOf": list(schemas), "discriminator": {"propertyName": "type"}, "$defs": defined}


StreamEventAdapter = _EventAdapter()
"""The adapter under its published name."""


@dataclass
class ProgressEvent:
    """What `on_progress` callbacks hear: one step goes on.

    Attributes:
        status: The vendor's word for how the job stands.
        progress_pct: 0 to 1; None if unknown.
        elapsed_sec: Seconds since work on the step began.
        request_id: The vendor's job id.
        is_heartbeat: Whether the event only says that the step is alive.
    """

    step_id: str
    provider: str
    model: str
    status: str
    progress_pct: float | None
    elapsed_sec: float
    message: str | None = None
    preview_url: str | None = None
    request_id: str | None = None
    is_heartbeat: bool = False
    run_id: str | None = None
    step_index: int | None = None


@dataclass
class StepCompleteEvent:
    """What `on_step_complete` callbacks hear: one step has ended, well or not.

    Attributes:
        step_index: Position in the run, from 0.
        total_steps: How many steps the run has.
        step: The step itself.
        elapsed_sec: Seconds since work on the step began.
    """

    step_index: int
    total_steps: int
    step: Step
    elapsed_sec: float
    run_id: str | None = None
