"""`OTelTracer`: agent loops, runs and steps as spans, and what steps cost as metrics."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, StatusCode

from genblaze.models.event import (
    AgentCompletedEvent,
    AgentIterationEvaluatedEvent,
    AgentIterationStartedEvent,
    StepProgressEvent,
    StepRetriedEvent,
)
from genblaze.tracing import Tracer
from genblaze_otel import conventions as names
from genblaze_otel.metrics import StepMetrics, error_type, output_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

    from genblaze.models.event import StreamEvent
    from genblaze.models.step import Step
    from genblaze.pipeline import PipelineResult


class OTelTracer(Tracer):
    """Makes spans of what happens, each current while it lasts, and measures steps.

    A loop is a span `invoke_agent`, a run `invoke_workflow {pipeline}`, a step `generate_content {model}`. A step's
    span is current during the provider's calls, so what instruments them (httpx, boto3) nests below it. Without an
    OpenTelemetry SDK that somebody has set up, all of it does nothing.

    Args:
        tracer_name: Name of the instrumentation scope.
        capture_content: Put public prompts and evaluators' feedback into spans. Prompts that are not public never
            are. Default: the environment variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else no.
        tracer_provider: Where spans go; the process's own unless given.
        meter_provider: Where metrics go; the process's own unless given.
    """

    def __init__(
        self,
        tracer_name: str = "genblaze",
        *,
        capture_content: bool | None = None,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(tracer_name, tracer_provider=tracer_provider, schema_url=names.SCHEMA_URL)
        self._metrics = StepMetrics(tracer_name, meter_provider)
        self._capture = _wants_content() if capture_content is None else capture_content
        self._open: dict[str, tuple[Span, Token[Any]]] = {}

    # --- runs and steps ----------------------------------------------------------------------------------------------

    def on_run_start(
        self,
        run_id: str,
        name: str | None,
        *,
        tenant_id: str | None = None,
        total_steps: int | None = None,
        metadata: dict[str, Any] | None = None,  # noqa: ARG002 - users' metadata may be private
    ) -> None:
        """Begin the span of a run."""
        self._begin(
            run_id,
            f"{names.INVOKE_WORKFLOW} {name}" if name else names.INVOKE_WORKFLOW,
            {
                names.OPERATION: names.INVOKE_WORKFLOW,
                names.WORKFLOW_NAME: name,
                names.RUN_ID: run_id,
                names.TENANT_ID: tenant_id,
                names.TOTAL_STEPS: total_steps,
            },
        )

    def on_run_end(self, run_id: str, result: PipelineResult) -> None:
        """End the span of a run; one that did not complete is an error."""
        run, failed = result.run, result.failed_steps()
        ending = {
            names.RUN_STATUS: str(run.status),
            names.MANIFEST_HASH: result.manifest.canonical_hash,
            names.COST: result.total_cost_usd,
        }
        error = None if run.status == "completed" else error_type(failed[0]) if failed else str(run.status)
        self._end(run_id, ending, error, failed[0].error if failed else None)

    def on_step_start(self, run_id: str, step: Step, *, step_index: int, total_steps: int) -> None:  # noqa: ARG002 - the published call
        """Begin the span of a step."""
        count = step.params.get("n")
        self._begin(
            step.step_id,
            f"{names.GENERATE_CONTENT} {step.model}",
            {
                names.OPERATION: names.GENERATE_CONTENT,
                names.PROVIDER: names.provider_name(step.provider),
                names.REQUEST_MODEL: step.model,
                names.REQUEST_SEED: step.seed,
                names.REQUEST_COUNT: count if isinstance(count, int) and count != 1 else None,
                names.OUTPUT_TYPE: names.OUTPUT_TYPES.get(str(step.modality)),
                names.RUN_ID: run_id,
                names.STEP_ID: step.step_id,
                names.STEP_INDEX: step_index,
                names.STEP_TYPE: str(step.step_type),
                names.GENBLAZE_PROVIDER: step.provider,
                names.INPUT_MESSAGES: self._messages(step),
            },
            SpanKind.CLIENT,
        )

    def on_step_end(self, run_id: str, step: Step, *, duration_ms: float, step_index: int) -> None:  # noqa: ARG002 - the published call
        """End the span of a step, and measure it."""
        self._metrics.record(step, duration_ms / 1000)
        ending = {
            names.RESPONSE_MODEL: step.model_version or step.model if step.error is None else None,
            names.RESPONSE_ID: step.upstream_id,
            names.STEP_STATUS: str(step.status),
            names.GENBLAZE_PROVIDER: step.provider,
            names.RETRIES: step.retries,
            names.CACHED: step.cached,
            names.FALLBACK_FROM: step.fallback_from,
            names.COST: step.cost_usd,
            names.OUTPUT_COUNT: len(step.assets),
            names.OUTPUT_BYTES: output_bytes(step),
        }
        self._end(step.step_id, ending, None if step.error is None else error_type(step), step.error)

    # --- events ------------------------------------------------------------------------------------------------------

    def on_event(self, event: StreamEvent) -> None:
        """Note progress and retries on the step's span; begin and end those of agent loops."""
        match event:
            case StepProgressEvent(is_heartbeat=False):
                noted = {
                    names.PROGRESS_STATUS: event.data.get("status"),
                    names.PROGRESS_FRACTION: event.progress_pct,
                    names.GENBLAZE_PROVIDER: event.provider,
                    names.REQUEST_MODEL: event.model,
                }
                self._note(event.step_id, names.PROGRESS_EVENT, noted)
            case StepRetriedEvent():
                noted = {
                    names.ATTEMPT: event.attempt,
                    names.PHASE: event.phase,
                    names.DELAY: event.delay_sec,
                    names.ERROR_TYPE: event.error_code,
                    names.REQUEST_MODEL: event.model,
                }
                self._note(event.step_id, names.RETRY_EVENT, noted)
            case AgentIterationStartedEvent(iteration=0, agent_id=str() as agent):
                self._begin(agent, names.INVOKE_AGENT, {names.OPERATION: names.INVOKE_AGENT, names.AGENT_ID: agent})
            case AgentIterationEvaluatedEvent(agent_id=str() as agent):
                self._note(agent, names.EVALUATION_EVENT, self._evaluation(event))
            case AgentCompletedEvent(agent_id=str() as agent):
                ending = {
                    names.ITERATIONS: event.iterations,
                    names.PASSED: event.passed,
                    names.COST: event.total_cost_usd,
                }
                self._end(agent, ending, event.error, event.error)

    def _evaluation(self, event: AgentIterationEvaluatedEvent) -> dict[str, Any]:
        return {
            names.EVALUATION_NAME: "genblaze.evaluator",
            names.EVALUATION_SCORE: event.score,
            names.EVALUATION_LABEL: "pass" if event.passed else "fail",
            names.EVALUATION_EXPLANATION: event.feedback if self._capture else None,
            names.RUN_ID: event.run_id,
        }

    def _messages(self, step: Step) -> str | None:
        """The prompt in the conventions' form, if it may be told."""
        if not self._capture or step.prompt is None or step.prompt_visibility != "public":
            return None
        return json.dumps([{"role": "user", "parts": [{"type": "text", "content": step.prompt}]}], ensure_ascii=False)

    # --- spans -------------------------------------------------------------------------------------------------------

    def _begin(self, key: str, name: str, attributes: Mapping[str, Any], kind: SpanKind = SpanKind.INTERNAL) -> None:
        """Begin a span under the current one and make it current, in the context of whoever calls."""
        span = self._tracer.start_span(name, kind=kind, attributes=_known(attributes))
        self._open[key] = span, context.attach(trace.set_span_in_context(span))

    def _note(self, key: str, name: str, attributes: Mapping[str, Any]) -> None:
        span, _ = self._open.get(key, (trace.INVALID_SPAN, None))
        if span.is_recording():
            span.add_event(name, _known(attributes))

    def _end(self, key: str, attributes: Mapping[str, Any], error: str | None, text: str | None) -> None:
        span, token = self._open.pop(key, (trace.INVALID_SPAN, None))
        if token is not None:
            context.detach(token)
        if span.is_recording():
            span.set_attributes(_known(attributes))
            if error is not None:
                span.set_attribute(names.ERROR_TYPE, error)
                span.set_status(StatusCode.ERROR, text)
        span.end()


def _known(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _wants_content() -> bool:
    return os.environ.get(names.CAPTURE_VARIABLE, "").strip().lower() in {"true", "1"}
