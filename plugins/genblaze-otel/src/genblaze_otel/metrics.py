"""What is counted and measured of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import metrics

from genblaze_otel import conventions as names

if TYPE_CHECKING:
    from genblaze.models.step import Step


class StepMetrics:
    """Duration, cost, retries and bytes of steps, by provider and model.

    Args:
        meter_name: Name of the instrumentation scope.
        provider: Where the instruments belong; the process's own unless given.
    """

    def __init__(self, meter_name: str, provider: metrics.MeterProvider | None = None) -> None:
        meter = metrics.get_meter(meter_name, meter_provider=provider, schema_url=names.SCHEMA_URL)
        self._duration = meter.create_histogram(
            names.DURATION_METRIC,
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=names.DURATION_BOUNDS,
        )
        self._cost = meter.create_counter(names.COST_METRIC, unit="{USD}", description="Known cost of steps.")
        self._retries = meter.create_counter(names.RETRY_METRIC, unit="{retry}", description="Attempts made again.")
        self._bytes = meter.create_counter(names.BYTES_METRIC, unit="By", description="Bytes that steps made.")

    def record(self, step: Step, seconds: float) -> None:
        """Count a step that has ended, well or not."""
        where = {
            names.OPERATION: names.GENERATE_CONTENT,
            names.PROVIDER: names.provider_name(step.provider),
            names.REQUEST_MODEL: step.fallback_from or step.model,
            names.RESPONSE_MODEL: step.model,
        }
        ended = where if step.error is None else {**where, names.ERROR_TYPE: error_type(step)}
        self._duration.record(seconds, ended)
        if step.cost_usd:
            self._cost.add(step.cost_usd, where)
        if step.retries:
            self._retries.add(step.retries, where)
        if size := output_bytes(step):
            self._bytes.add(size, where)


def error_type(step: Step) -> str:
    """The code of a step's failure; `cancelled` for one that was stopped."""
    return str(step.error_code or step.status)


def output_bytes(step: Step) -> int:
    """Known size of what a step made."""
    return sum(asset.size_bytes or 0 for asset in step.assets)
