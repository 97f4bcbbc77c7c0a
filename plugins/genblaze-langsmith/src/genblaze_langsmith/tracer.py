"""`LangSmithTracer`: agent loops, runs and steps as a tree of runs in LangSmith."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from genblaze.errors import PluginError
from genblaze.models.event import AgentCompletedEvent, AgentIterationStartedEvent, StepRetriedEvent
from genblaze.tracing import Tracer, redact_secrets
from genblaze_langsmith.runs import Place
from genblaze_langsmith.sender import Operation, Sender

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.models.event import StreamEvent
    from genblaze.models.step import Step
    from genblaze.pipeline import PipelineResult

ENDPOINT = "https://api.smith.langchain.com"
UNSAID = "default"

utc_now = partial(datetime.now, UTC)


class LangSmithTracer(Tracer):
    """Sends what happens to LangSmith, from a thread of its own: nothing waits for it, and it breaks nothing.

    A loop and a run are runs of type `chain`, a step one of type `tool` with its prompt and parameters as inputs.
    Prompts that are not public, credentials, and the queries of URLs (which may sign them) are never sent.

    Args:
        project_name: The project in LangSmith; unless given, that of `LANGSMITH_PROJECT` or `LANGCHAIN_PROJECT`.
        api_key: Default: `LANGSMITH_API_KEY` or `LANGCHAIN_API_KEY`.
        client: A `langsmith.Client` that sends instead.
        endpoint: Address of the API; default: `LANGSMITH_ENDPOINT` or `LANGCHAIN_ENDPOINT`, else LangSmith's.
        hide_inputs: Send no prompts and parameters; default: `LANGSMITH_HIDE_INPUTS`.
        hide_outputs: Send no addresses of outputs; default: `LANGSMITH_HIDE_OUTPUTS`.

    Raises:
        PluginError: There is neither a client nor a key.
    """

    def __init__(
        self,
        *,
        project_name: str = UNSAID,
        api_key: str | None = None,
        client: Any = None,
        endpoint: str | None = None,
        hide_inputs: bool | None = None,
        hide_outputs: bool | None = None,
    ) -> None:
        self._project = project_name if project_name != UNSAID else _variable("PROJECT") or UNSAID
        self._client = client
        self._sender = None if client is not None else _sender(api_key, endpoint)
        self._hide_inputs = _is_set("LANGSMITH_HIDE_INPUTS") if hide_inputs is None else hide_inputs
        self._hide_outputs = _is_set("LANGSMITH_HIDE_OUTPUTS") if hide_outputs is None else hide_outputs
        self._open: dict[str, Place] = {}
        self._agents: dict[str, str] = {}  # run → loop
        self._retries: dict[str, list[dict[str, Any]]] = {}

    def __repr__(self) -> str:
        """The project; never the key."""
        return f"LangSmithTracer(project_name={self._project!r})"

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything is sent; whether that was so within `timeout` seconds."""
        if self._sender is not None:
            return self._sender.flush(timeout)
        self._client.flush(*([] if timeout is None else [timeout]))
        return True

    def close(self, timeout: float | None = None) -> None:
        """Flush, and send nothing more."""
        if self._sender is not None:
            self._sender.close(timeout)

    # --- what happens ------------------------------------------------------------------------------------------------

    def on_run_start(
        self,
        run_id: str,
        name: str | None,
        *,
        tenant_id: str | None = None,
        total_steps: int | None = None,
        metadata: dict[str, Any] | None = None,  # noqa: ARG002 - users' metadata may be private
    ) -> None:
        """Begin a run."""
        facts = {"run_id": run_id, "tenant_id": tenant_id, "total_steps": total_steps}
        self._begin(run_id, self._agents.pop(run_id, None), name or "pipeline", "chain", {}, facts)

    def on_step_start(self, run_id: str, step: Step, *, step_index: int, total_steps: int) -> None:  # noqa: ARG002 - the published call
        """Begin a step."""
        facts = {
            "run_id": run_id,
            "step_id": step.step_id,
            "step_index": step_index,
            "provider": step.provider,
            "model": step.model,
            "modality": str(step.modality),
        }
        self._begin(step.step_id, run_id, f"{step.provider}/{step.model}", "tool", self._inputs(step), facts)

    def on_event(self, event: StreamEvent) -> None:
        """Keep retries for the end of their step; begin and end agent loops."""
        match event:
            case StepRetriedEvent():
                noted = {"name": "retry", "time": _iso(event.timestamp), "kwargs": _cleaned(event.to_dict())}
                self._retries.setdefault(event.step_id, []).append(noted)
            case AgentIterationStartedEvent(agent_id=str() as agent, run_id=str() as run_id):
                self._agents[run_id] = agent
                if event.iteration == 0:
                    self._begin(agent, None, "agent", "chain", {}, {"agent_id": agent})
            case AgentCompletedEvent(agent_id=str() as agent):
                outputs = {"passed": event.passed, "iterations": event.iterations, "cost_usd": event.total_cost_usd}
                self._end(agent, outputs, event.error)

    def on_step_end(self, run_id: str, step: Step, *, duration_ms: float, step_index: int) -> None:  # noqa: ARG002 - the published call
        """End a step."""
        outputs = {
            "status": str(step.status),
            "model": step.model,
            "cost_usd": step.cost_usd,
            "retries": step.retries,
            "cached": step.cached,
            "error_code": None if step.error_code is None else str(step.error_code),
            "assets": [] if self._hide_outputs else [_told(asset) for asset in step.assets],
        }
        self._end(step.step_id, outputs, step.error, self._retries.pop(step.step_id, None))

    def on_run_end(self, run_id: str, result: PipelineResult) -> None:
        """End a run."""
        run = result.run
        outputs = {
            "status": str(run.status),
            "manifest_hash": result.manifest.canonical_hash,
            "cost_usd": result.total_cost_usd,
        }
        self._end(run_id, outputs, None if run.status == "completed" else result.error_summary() or str(run.status))

    def _inputs(self, step: Step) -> dict[str, Any]:
        if self._hide_inputs:
            return {}
        public = step.prompt_visibility == "public"
        told = {"prompt": step.prompt if public else None, "seed": step.seed, "params": step.params if public else None}
        return {name: value for name, value in told.items() if value is not None}

    # --- runs --------------------------------------------------------------------------------------------------------

    def _begin(
        self, key: str, parent: str | None, name: str, kind: str, inputs: dict[str, Any], facts: dict[str, Any]
    ) -> None:
        began = utc_now()
        place = self._open[key] = Place.below(self._open.get(parent or ""), began)
        metadata = {f"genblaze_{fact}": value for fact, value in facts.items() if value is not None}
        run = {
            **place.fields(),
            "name": name,
            "run_type": kind,
            "start_time": _iso(began),
            "session_name": self._project,
            "inputs": _cleaned(inputs),
            "extra": {"metadata": _cleaned(metadata)},
        }
        self._send(Operation("post", run))

    def _end(
        self, key: str, outputs: dict[str, Any], error: str | None, events: list[dict[str, Any]] | None = None
    ) -> None:
        place = self._open.pop(key, None)
        if place is None:
            return
        known = {name: value for name, value in outputs.items() if value is not None}
        run = {**place.fields(), "end_time": _iso(utc_now()), "outputs": _cleaned(known)}
        if error is not None:
            run["error"] = redact_secrets(error)
        if events:
            run["events"] = events
        self._send(Operation("patch", run))

    def _send(self, operation: Operation) -> None:
        if self._sender is not None:
            self._sender.put(operation)
        elif operation.kind == "post":
            told = {name: value for name, value in operation.run.items() if name != "session_name"}
            self._client.create_run(**told, project_name=self._project)
        else:
            told = {name: value for name, value in operation.run.items() if name not in ("id", "end_time")}
            ended = datetime.fromisoformat(operation.run["end_time"])
            self._client.update_run(operation.run["id"], **told, end_time=ended)


def _sender(api_key: str | None, endpoint: str | None) -> Sender:
    key = api_key or _variable("API_KEY")
    if not key:
        msg = "LangSmithTracer has no key: set LANGSMITH_API_KEY, or pass api_key=…"
        raise PluginError(msg)
    headers = {"x-api-key": key}
    if workspace := os.environ.get("LANGSMITH_WORKSPACE_ID"):
        headers["x-tenant-id"] = workspace
    return Sender(endpoint or _variable("ENDPOINT") or ENDPOINT, headers)


def _variable(name: str) -> str | None:
    """An environment variable by its name of today, or that of yesterday."""
    return os.environ.get(f"LANGSMITH_{name}") or os.environ.get(f"LANGCHAIN_{name}") or None


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"true", "1"}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _told(asset: Asset) -> dict[str, Any]:
    """An output: what it is and where, without what may sign the address."""
    told = {"url": asset.url, "media_type": asset.media_type, "sha256": asset.sha256, "size_bytes": asset.size_bytes}
    return {name: value for name, value in told.items() if value is not None}


def _cleaned(value: Any) -> Any:
    """JSON values without credentials, and URLs without user, query and fragment."""
    if isinstance(value, dict):
        return {str(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith(("http://", "https://", "s3://")):
        parts = urlsplit(value)
        value = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return redact_secrets(value)
