"""The hooks of genblaze: what a plugin may implement, and what each implementation is asked and may answer.

A plugin is a module (or an object) with functions marked `@hookimpl`, named by an entry point of the group
`genblaze`. The smallest one that is of use, complete:

```python
# genblaze_acme/_plugin.py
from genblaze import Capability, hookimpl

@hookimpl
def provides():
    return [Capability(hook="generate", key="acme", summary="Acme images")]

@hookimpl
def generate(request, context):
    if request.provider != "acme":
        return None
    from .provider import AcmeProvider
    return context.provider(AcmeProvider).job(request, context)
```

```toml
# pyproject.toml
[project.entry-points.genblaze]
acme = "genblaze_acme._plugin"

[project.entry-points."genblaze.hooks"]
generate = "genblaze_acme"
```

The second table may be left out. It lists the hooks that the plugins of the distribution implement (beside `provides`),
so that they are loaded when one of these is called and do not slow down a program, or a start of the command line, that
calls none of them.

Rules for every hook:

- Implementations are plain functions. An `async def` is refused when the plugin loads: it would answer every
  question with a coroutine and could never say "not mine". Where waiting is needed the answer is an
  awaitable.
- They may leave out arguments they do not need, and must not give arguments defaults.
- They raise a `GenblazeError` where the user can do something about it. Anything else becomes a `PluginError`
  that names the plugin.
- Wrappers are written `@hookimpl(wrapper=True)`. They see what the selected plugin answers and return it, or
  something around it. A wrapper is a plugin of its own: one object never has both roles for one hook.
- Importing the plugin's module and calling `provides()` is cheap: heavy imports go inside the functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from pluggy import HookimplMarker, HookspecMarker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable
    from pathlib import Path

    import click

    from genblaze.agents import EvaluationResult
    from genblaze.capabilities import Capability
    from genblaze.config import Config
    from genblaze.jobs import Fetched, GenerateContext, Job, Request
    from genblaze.layout import EditPlan, Layout, Reader
    from genblaze.models.event import StreamEvent
    from genblaze.models.step import Step
    from genblaze.pipeline import PipelineResult
    from genblaze.storing import Store

__all__ = [
    "EvaluateContext",
    "FetchContext",
    "StoreContext",
    "TraceEvent",
    "embed_manifest",
    "evaluate",
    "fetch",
    "generate",
    "hookimpl",
    "hookspec",
    "inspect_media",
    "provides",
    "register_commands",
    "store",
    "trace",
]

hookspec = HookspecMarker("genblaze")
hookimpl = HookimplMarker("genblaze")

GIB = 1 << 30


class StoreContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a store plugin may want to know beside the URL.

    Attributes:
        config: Settings in force; None outside a configured run.
    """

    config: Config | None = None


class FetchContext(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds within which a URL is fetched.

    Attributes:
        max_bytes: More than this is refused, and nothing is left behind.
        timeout: Seconds for the whole fetch.
        headers: Sent to the host of the URL only, never after a redirect to another one. Not shown in the repr.
        origin: `scheme://host:port` of the provider that named the URL, where the user chose it (`base_url=`): what
            lies at that same origin may be fetched although it is an address of this machine or network.
    """

    max_bytes: int = 5 * GIB
    timeout: float = 600.0
    headers: dict[str, str] = {}
    origin: str | None = None

    def __repr__(self) -> str:
        """Name the bounds; headers hold keys."""
        names = sorted(self.headers)
        return (
            f"FetchContext(max_bytes={self.max_bytes}, timeout={self.timeout}, headers={names}, origin={self.origin!r})"
        )


class EvaluateContext(msgspec.Struct, frozen=True, kw_only=True):
    """Where in an agent loop a result stands.

    Attributes:
        iteration: Counted from 0.
        metadata: What the caller wants the evaluator to know.
    """

    iteration: int = 0
    metadata: dict[str, Any] = {}


class TraceEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a tracer hears; which fields are set follows from `kind`.

    Attributes:
        kind: `run.start`: name, tenant_id, total_steps, metadata. `step.start`: step, step_index,
            total_steps. `event`: event, one of those that `stream()` gives. `step.end`: step, step_index,
            duration_ms. `run.end`: result.
        run_id: Identity of the run.
    """

    kind: Literal["run.start", "step.start", "event", "step.end", "run.end"]
    run_id: str
    name: str | None = None
    tenant_id: str | None = None
    total_steps: int | None = None
    metadata: dict[str, Any] | None = None
    step: Step | None = None
    step_index: int | None = None
    duration_ms: float | None = None
    event: StreamEvent | None = None
    result: PipelineResult | None = None

    def tell(self, tracer: object) -> None:
        """Make the published call (`on_run_start`, `on_step_start` …) that this amounts to, if the tracer has it."""
        method, positional, named = self._published_call()
        function = getattr(tracer, method, None)
        if function is not None:
            function(*positional, **named)

    def _published_call(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        match self.kind:
            case "run.start":
                named = {"tenant_id": self.tenant_id, "total_steps": self.total_steps, "metadata": self.metadata}
                return "on_run_start", (self.run_id, self.name), named
            case "step.start":
                where = {"step_index": self.step_index, "total_steps": self.total_steps}
                return "on_step_start", (self.run_id, self.step), where
            case "event":
                return "on_event", (self.event,), {}
            case "step.end":
                times = {"duration_ms": self.duration_ms, "step_index": self.step_index}
                return "on_step_end", (self.run_id, self.step), times
            case "run.end":
                return "on_run_end", (self.run_id, self.result), {}


@hookspec
def provides() -> Iterable[Capability]:
    """Declare what the plugin can do.

    Called once, when the plugin loads, on that plugin alone. The kernel selects by these keys and then
    calls the hook on the selected plugin only. A plugin that only wraps, traces or adds commands needs no
    `provides`.

    Must be cheap: no import of an SDK, no file, no network. What it raises stops this plugin and no other.

    ```python
    from genblaze import Capability, hookimpl

    @hookimpl
    def provides():
        return [Capability(hook="trace", key="print", summary="Prints what happens")]

    @hookimpl
    def trace(event):
        print(event.kind, event.run_id)
    ```
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def generate(request: Request, context: GenerateContext) -> Job | None:
    """Make the job that does one step with one model.

    Called by the engine once per step and model, on the plugin that the step's provider name selects. Stops
    at first non-None result. None means "not mine". The `Job` has not started anything: the engine submits,
    polls, fetches, waits, retries and cancels. `context.provider(Class)` gives the one object per registry
    and configuration, so clients and rate limits are shared. May raise `ProviderError`, which reaches the
    step as it is.

    ```python
    from genblaze import Capability, hookimpl

    @hookimpl
    def provides():
        return [Capability(hook="generate", key="acme", summary="Acme images")]

    @hookimpl
    def generate(request, context):
        if request.provider != "acme":
            return None
        from .provider import AcmeProvider
        return context.provider(AcmeProvider).job(request, context)
    ```

    A wrapper sees the job and may return another one around it:

    ```python
    from genblaze import hookimpl

    @hookimpl(wrapper=True)
    def generate(request, context):
        job = yield
        return None if job is None else Watermarked(job)
    ```
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def store(url: str, context: StoreContext) -> Store | None:
    """Open the store that a URL names.

    Called when a sink or a command is given a URL, on the plugin that its scheme selects. Stops at first
    non-None result. None means "not mine". Opening is cheap and touches no network. May raise
    `StorageError` for a URL that cannot be one.

    ```python
    from genblaze import Capability, hookimpl

    @hookimpl
    def provides():
        return [Capability(hook="store", key="acme", summary="Acme buckets")]

    @hookimpl
    def store(url, context):
        from .bucket import AcmeStore
        return AcmeStore(url)
    ```
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def fetch(url: str, target: Path, context: FetchContext) -> Awaitable[Fetched] | None:
    """Bring the bytes that a URL names into a file.

    Called by the engine for every URL that a provider or a user hands over, on the plugin that its scheme
    selects. Stops at first non-None result. None means "not mine". The awaitable writes `target` and
    nothing else, keeps to the bounds of the context, hashes while it writes, and leaves no file behind when
    it fails. May raise `ProviderError` or `URLPolicyError`.

    ```python
    from genblaze import Capability, hookimpl

    @hookimpl
    def provides():
        return [Capability(hook="fetch", key="acme", summary="Acme's own links")]

    @hookimpl
    def fetch(url, target, context):
        from .links import download
        return download(url, target, max_bytes=context.max_bytes)     # an async function: called, not awaited
    ```
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def inspect_media(reader: Reader) -> Layout | None:
    """Parse a file: any manifest in it, the ranges of the coded media, what the container itself states.

    Called on the plugin that the recognised media type selects (see `Capability.magic`); where files of several
    types begin alike, on one after the other until one claims the file. Stops at first non-None result. None means
    that the file is not of that type after all. Reads with bounded time and memory. Raises `LayoutError` where the
    file cannot be parsed.

    A complete plugin for a format that begins with `ACME` and whose readers stop at the length it states, so that
    the manifest can follow the content:

    ```python
    from genblaze import Capability, hookimpl
    from genblaze.layout import MAX_PAYLOAD, Copy, EditPlan, Layout, Literal, decode_record, encode_record

    TYPE, END = "image/x-acme", b"GBLZ"

    @hookimpl
    def provides():
        return [Capability(hook="embed_manifest", key=TYPE, magic=("41434d45",), suffixes=(".acme",))]

    @hookimpl
    def inspect_media(reader):
        tail = reader.read_at(max(0, reader.size - 12), 12)
        lengths = int.from_bytes(tail[:4]), int.from_bytes(tail[4:8])
        content = reader.size - sum(lengths) - 12
        if not tail.endswith(END) or content < 4 or max(lengths) > MAX_PAYLOAD:
            return Layout(media_type=TYPE, size=reader.size, essence=(Copy(0, reader.size),))
        payload = reader.read_at(content, lengths[0])
        record = decode_record(reader.read_at(content + lengths[0], lengths[1]))
        original = Copy(0, content)
        restores = (EditPlan((original,)),)
        found = {"payload": payload, "record": record, "restores": restores}
        return Layout(media_type=TYPE, size=reader.size, essence=(original,), **found)

    @hookimpl
    def embed_manifest(layout, payload, record):
        encoded = encode_record(record)
        lengths = len(payload).to_bytes(4) + len(encoded).to_bytes(4)
        return EditPlan((Copy(0, layout.size), Literal(payload + encoded + lengths + END)))
    ```
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Say where in a file the manifest goes, as an ordered list of copied ranges and literal bytes.

    Called with the `Layout` that the same plugin's `inspect_media` gave for a file free of our manifests;
    the kernel carries the plan out. Stops at first non-None result. None means that this file cannot hold a
    manifest, and the sidecar takes it. Raises `LayoutError` with the reason instead, where there is one
    worth telling.

    Whoever implements it obeys one law: embed, then restore, gives the original bytes back exactly. The
    example stands under `inspect_media`.
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def evaluate(result: PipelineResult, context: EvaluateContext) -> Awaitable[EvaluationResult] | None:
    """Judge the result of one iteration of an agent loop.

    Called only on the evaluator that the caller named, never on one that is merely installed. Stops at first
    non-None result. None means that it cannot judge this result.

    ```python
    from genblaze import Capability, hookimpl

    @hookimpl
    def provides():
        return [Capability(hook="evaluate", key="bright-enough", summary="Refuses dark pictures")]

    @hookimpl
    def evaluate(result, context):
        from .brightness import judge
        return judge(result)                                          # an async function: called, not awaited
    ```
    """
    raise NotImplementedError


@hookspec
def trace(event: TraceEvent) -> None:
    """Hear one thing that happened.

    Called inline, in the context of the step, on every tracer that the setting `tracers` names or that the
    pipeline was given; an installed tracer that nobody named hears nothing. Returns nothing. A tracer that
    raises is logged once and disturbs nobody; one that is slow is reported, so exporting is queued inside
    the plugin. The example stands under `provides`.
    """
    raise NotImplementedError


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands to the command line.

    Called when the command asked for is not one of genblaze's own, and for `--help`. Returns nothing. What
    it raises costs only this plugin's commands. A name that is taken already stays with its first owner.

    ```python
    from genblaze import hookimpl

    @hookimpl
    def register_commands(cli):
        import click

        @cli.command()
        def hello():
            '''Say hello.'''
            click.echo("hello")
    ```
    """
    raise NotImplementedError
