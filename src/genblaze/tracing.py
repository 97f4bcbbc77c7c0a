"""Tracers: the published class to subclass, the JSON-lines logger, and how several are combined."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from genblaze.credentials import redact_secrets

if TYPE_CHECKING:
    from genblaze.models.event import StreamEvent
    from genblaze.models.step import Step
    from genblaze.pipeline.result import PipelineResult

__all__ = ["CompositeTracer", "LoggingTracer", "NoOpTracer", "StructuredLogger", "Tracer", "redact_secrets"]

#: Events that `LoggingTracer` tells as a run or step line already.
_TOLD_OTHERWISE = frozenset(
    {
        "pipeline.started",
        "pipeline.completed",
        "pipeline.failed",
        "pipeline.cancelled",
        "step.completed",
        "step.failed",
        "step.cancelled",
        "step.progress",
    }
)


#: Attribute of log records whose message is a line of JSON, for handlers that write such lines as they are.
STRUCTURED = "genblaze_structured"


class Tracer:
    """Hears what happens in runs. Override what you want to hear; everything does nothing by default.

    Calls come inline, in the context of the step. A tracer that raises is logged once and disturbs nobody; slow work
    belongs into a queue of its own.
    """

    def on_run_start(
        self,
        run_id: str,
        name: str | None,
        *,
        tenant_id: str | None = None,
        total_steps: int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """A run begins."""

    def on_step_start(self, run_id: str, step: Step, *, step_index: int, total_steps: int) -> None:
        """A step begins."""

    def on_event(self, event: StreamEvent) -> None:
        """Any event that `stream()` gives."""

    def on_step_end(self, run_id: str, step: Step, *, duration_ms: float, step_index: int) -> None:
        """A step has ended, well or not; `duration_ms` is its own time."""

    def on_run_end(self, run_id: str, result: PipelineResult) -> None:
        """A run has ended, well or not."""


class NoOpTracer(Tracer):
    """Hears everything and does nothing."""


class CompositeTracer(Tracer):
    """Passes everything on to several tracers; one that raises does not keep it from the others."""

    def __init__(self, tracers: Sequence[Tracer]) -> None:
        self.tracers = list(tracers)

    def on_run_start(self, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._tell("on_run_start", *args, **kwargs)

    def on_step_start(self, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._tell("on_step_start", *args, **kwargs)

    def on_event(self, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._tell("on_event", *args, **kwargs)

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._tell("on_step_end", *args, **kwargs)

    def on_run_end(self, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._tell("on_run_end", *args, **kwargs)

    def _tell(self, method: str, *args: Any, **kwargs: Any) -> None:
        for tracer in self.tracers:
            try:
                getattr(tracer, method)(*args, **kwargs)
            except Exception:
                logging.getLogger("genblaze.tracer").warning("Tracer %s failed", type(tracer).__name__, exc_info=True)


class StructuredLogger:
    """Writes one JSON object per line to a logger.

    Args:
        name: Logger to write to. Whoever makes this object asks for its lines: the root logger's level does not count,
            a level set on this logger or on one between the two does.
        level: Lines below it are not written.
        context: Fields of every line.
    """

    def __init__(
        self, name: str = "genblaze", level: int = logging.INFO, *, context: dict[str, Any] | None = None
    ) -> None:
        self._logger: Any = logging.getLogger(name)
        self._asked_for = True
        self._level = level
        self._context = dict(context or {})

    @classmethod
    def over(cls, logger: Any) -> StructuredLogger:
        """A structured logger over a given one, from the standard library or loguru."""
        made = cls()
        made._logger, made._asked_for = logger, False
        return made

    def with_context(self, **kwargs: Any) -> StructuredLogger:
        """A logger whose lines have these fields, too."""
        twin = StructuredLogger.over(self._logger)
        twin._level, twin._context, twin._asked_for = self._level, {**self._context, **kwargs}, self._asked_for
        return twin

    def debug(self, event: str, **kwargs: Any) -> None:
        """Write a line for debugging."""
        self._write(logging.DEBUG, event, kwargs)

    def info(self, event: str, **kwargs: Any) -> None:
        """Write a line."""
        self._write(logging.INFO, event, kwargs)

    def error(self, event: str, **kwargs: Any) -> None:
        """Write a line about a failure."""
        self._write(logging.ERROR, event, kwargs)

    def _write(self, level: int, event: str, fields: dict[str, Any]) -> None:
        if level < self._level:
            return
        record = {
            "timestamp": datetime.now(UTC).isoformat(),
            "level": logging.getLevelName(level).lower(),
            "event": event,
            **self._context,
            **fields,
        }
        line = redact_secrets(json.dumps(record, default=str, ensure_ascii=False))
        if not isinstance(self._logger, logging.Logger | logging.LoggerAdapter):
            self._logger.log(logging.getLevelName(level), "{}", line)
        elif self._logger.hasHandlers():
            self._hand_over(level, line)
        else:
            # The application configured no logging: the lines it asked for go to stderr, nothing is set up for it.
            sys.stderr.write(line + "\n")

    def _hand_over(self, level: int, line: str) -> None:
        logger = self._logger
        if self._asked_for and not logger.isEnabledFor(level) and _only_the_root_refuses(logger, level):
            told = (logger.name, level, __file__, 0, "%s", (line,), None, None, {STRUCTURED: True})
            logger.handle(logger.makeRecord(*told))
        else:
            logger.log(level, "%s", line, extra={STRUCTURED: True})


def _only_the_root_refuses(logger: logging.Logger, level: int) -> bool:
    """Whether nobody has set a level but the root's, which is WARNING unless told and means no lines in particular."""
    while logger.parent is not None:
        if logger.level != logging.NOTSET:
            return False
        logger = logger.parent
    return logger.manager.disable < level


class LoggingTracer(Tracer):
    """Logs a run as JSON lines: one for each event but progress; the end of a step and of the run tell most.

    Args:
        logger: A `StructuredLogger`, a standard `logging.Logger`, or a loguru logger; default `genblaze.pipeline`.
    """

    def __init__(self, logger: Any = None) -> None:
        if logger is None:
            logger = StructuredLogger("genblaze.pipeline")
        elif not isinstance(logger, StructuredLogger):
            logger = StructuredLogger.over(logger)
        self._log: StructuredLogger = logger

    def on_run_start(
        self,
        run_id: str,
        name: str | None,
        *,
        tenant_id: str | None = None,
        total_steps: int | None = None,
        metadata: dict[str, Any] | None = None,  # noqa: ARG002 - users' metadata may be private
    ) -> None:
        """Log `pipeline.start`."""
        self._log.info("pipeline.start", run_id=run_id, name=name, tenant_id=tenant_id, total_steps=total_steps)

    def on_event(self, event: StreamEvent) -> None:
        """Log events that no other line tells, such as retries and steps that were cancelled before they began."""
        never_began = event.type == "step.cancelled" and getattr(getattr(event, "step", None), "started_at", 0) is None
        if never_began or event.type not in _TOLD_OTHERWISE:
            fields = event.to_dict()
            fields.pop("type", None)
            fields.pop("timestamp", None)
            self._log.info(event.type, **fields)

    def on_step_end(self, run_id: str, step: Step, *, duration_ms: float, step_index: int) -> None:
        """Log `step.completed`, `step.failed` or `step.cancelled`."""
        failed = step.error is not None
        event = f"step.{'completed' if str(step.status) == 'succeeded' else step.status}"
        (self._log.error if failed else self._log.info)(
            event,
            run_id=run_id,
            step_id=step.step_id,
            step_index=step_index,
            provider=step.provider,
            model=step.model,
            status=str(step.status),
            duration_ms=round(duration_ms, 1),
            cost_usd=step.cost_usd,
            **({"error_code": str(step.error_code), "error": step.error} if failed else {}),
            **({"cached": True} if step.cached else {}),
        )

    def on_run_end(self, run_id: str, result: PipelineResult) -> None:
        """Log `pipeline.complete`, whatever the status."""
        run = result.run
        failed = result.failed_steps()
        self._log.info(
            "pipeline.complete",
            run_id=run_id,
            status=str(run.status),
            manifest_hash=result.manifest.canonical_hash,
            **_milliseconds(run.started_at, run.completed_at),
            cost_usd=result.total_cost_usd,
            cost_is_complete=result.cost_is_complete,
            **({"error_code": str(failed[0].error_code)} if failed else {}),
        )


def _milliseconds(began: datetime | None, ended: datetime | None) -> dict[str, float]:
    if began is None or ended is None:
        return {}
    return {"duration_ms": round((ended - began).total_seconds() * 1000, 1)}
