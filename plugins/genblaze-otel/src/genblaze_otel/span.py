"""`StepSpan`: a piece of work of one's own as a span."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import time
from types import TracebackType
from typing import Any, Self

from opentelemetry import context, trace

from genblaze_otel import conventions as names


@dataclass
class StepSpan:
    """Times a piece of work and makes it a span under the current one, which it is itself until it ends.

    ```python
    from genblaze_otel import StepSpan

    with StepSpan("upscale", run_id="r1") as span:
        span.set_attribute("factor", 2)
    print(f"{span.duration_ms:.0f} ms")
    ```

    Attributes:
        name: What is done.
        run_id: Identity of the run that it belongs to.
        step_id: Identity of the step.
        retries: How often it had to be repeated, recorded at the end.
        cost: What it cost in US dollars, recorded at the end.
        start_time: When it began, in seconds since 1970.
        end_time: When it ended.
        attributes: Anything else.
    """

    name: str
    run_id: str | None = None
    step_id: str | None = None
    retries: int = 0
    cost: float | None = None
    start_time: float = 0.0
    end_time: float = 0.0
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def duration_ms(self) -> float:
        """How long it took, in milliseconds; so far, when it has not ended."""
        return ((self.end_time or time()) - self.start_time) * 1000 if self.start_time else 0.0

    def set_attribute(self, key: str, value: Any) -> None:
        """Record something about the work."""
        self.attributes[key] = value

    def __enter__(self) -> Self:
        """Begin."""
        self.start_time, self.end_time = time(), 0.0
        self._span = trace.get_tracer("genblaze", schema_url=names.SCHEMA_URL).start_span(self.name)
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        """End; an exception makes the span an error and goes on."""
        self.end_time = time()
        context.detach(self._token)
        known = {names.RUN_ID: self.run_id, names.STEP_ID: self.step_id, names.COST: self.cost}
        self._span.set_attributes({key: value for key, value in known.items() if value is not None})
        self._span.set_attributes({names.RETRIES: self.retries, **self.attributes})
        if exc_type is not None:
            self._span.set_attribute(names.ERROR_TYPE, exc_type.__qualname__)
            self._span.set_status(trace.StatusCode.ERROR, exc_type.__qualname__)
        self._span.end()
