"""Providers that really write PNG files, sinks of the published shape, and managers without installed plugins."""

import asyncio
import hashlib
import signal
import subprocess
import sys
import textwrap
import threading
import time
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from PIL import Image

from genblaze import Asset, BaseProvider, Pipeline, RetryPolicy, SyncProvider
from genblaze.builtin import callable_evaluator, data_fetch, file_fetch, sidecar
from genblaze.config import Config
from genblaze.plugins import PluginManager

NOW = RetryPolicy(max_attempts=4, initial_backoff_sec=0, jitter="none")
"""Retries without waiting."""


def kernel_plugins(**named):
    """A manager with the kernel's own plugins and those given, and nothing that is installed."""
    plugins = PluginManager(Config(), autoload=False)
    for name, plugin in {
        "sidecar": sidecar,
        "fetch-file": file_fetch,
        "fetch-data": data_fetch,
        "evaluator": callable_evaluator,
        **named,
    }.items():
        plugins.register(plugin, name.replace("_", "-"))
    return plugins


def pipeline_in(folder, name="test", plugins=None, **options):
    """A pipeline that writes into `folder` and knows only the kernel's plugins."""
    return Pipeline(name, output_dir=folder, plugins=plugins or kernel_plugins(), **options)


def paint(path, text, size=(8, 8)):
    """Write a PNG whose colour depends on the text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, tuple(hashlib.sha256(text.encode()).digest()[:3])).save(path)
    return path


def png(path):
    """An asset that names a PNG file."""
    return Asset(url=Path(path).absolute().as_uri(), media_type="image/png")


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class Painter(SyncProvider):
    """A `def` provider of the published shape.

    `errors` are raised by the first calls, one each; `broken` maps models to the error that they always raise.
    """

    name = "painter"

    def __init__(self, folder, *, seconds=0.0, errors=(), broken=None, cost=None, **options):
        super().__init__(**options)
        self.folder = Path(folder)
        self.seconds = seconds
        self.errors = list(errors)
        self.broken = broken or {}
        self.cost = cost
        self.seen = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    @property
    def calls(self):
        return len(self.seen)

    def generate(self, step, config=None):
        with self._lock:
            self.seen.append(step.model_copy(deep=True))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            time.sleep(self.seconds)
        finally:
            with self._lock:
                self.at_once -= 1
        return self.painted(step)

    def painted(self, step):
        if step.model in self.broken:
            raise self.broken[step.model]
        if self.errors:
            raise self.errors.pop(0)
        text = f"{step.model} {step.prompt} {step.seed} {[asset.sha256 for asset in step.inputs]}"
        step.assets = [png(paint(self.folder / f"{uuid4()}.png", text))]
        step.cost_usd = self.cost
        return step


class AsyncPainter(Painter):
    """The same as `async def`."""

    name = "async-painter"
    cancelled = 0

    async def generate(self, step, config=None):
        self.seen.append(step.model_copy(deep=True))
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.painted(step)


class Queue(BaseProvider):
    """A `def` provider whose jobs are polled; `errors` maps a method to what its next calls raise."""

    name = "queue"
    poll_interval = 0.005

    def __init__(self, folder, *, polls=2, errors=None, **options):
        super().__init__(**options)
        self.folder = Path(folder)
        self.polls = polls
        self.errors = {method: list(raised) for method, raised in (errors or {}).items()}
        self.log = []
        self.jobs = {}

    def told(self, method):
        return [entry for entry in self.log if entry == method]

    def _enter(self, method):
        self.log.append(method)
        if self.errors.get(method):
            raise self.errors[method].pop(0)

    def submit(self, step, config=None):
        self._enter("submit")
        job_id = f"job-{len(self.jobs) + 1}"
        self.jobs[job_id] = self.polls
        return job_id

    def poll(self, prediction_id, config=None):
        self._enter("poll")
        self.jobs[prediction_id] -= 1
        return self.jobs[prediction_id] <= 0

    def fetch_output(self, prediction_id, step):
        self._enter("fetch")
        step.assets = [png(paint(self.folder / f"{uuid4()}.png", f"{step.model} {step.prompt}"))]
        return step

    def cancel(self, prediction_id):
        self.log.append(f"cancel {prediction_id}")


class AsyncQueue(Queue):
    """The same as `async def`."""

    name = "async-queue"

    async def submit(self, step, config=None):
        return Queue.submit(self, step, config)

    async def poll(self, prediction_id, config=None):
        return Queue.poll(self, prediction_id, config)

    async def fetch_output(self, prediction_id, step):
        return Queue.fetch_output(self, prediction_id, step)

    async def cancel(self, prediction_id):
        await asyncio.sleep(0.01)
        Queue.cancel(self, prediction_id)


class Sink:
    """Keeps what it was handed, as a sink of the published shape would; `error` makes it fail."""

    def __init__(self, error=None):
        self.error = error
        self.steps = []
        self.runs = []
        self.contents = []
        self.closed = 0

    def on_step_complete(self, step, *, run_id, tenant_id, date_str):
        self.steps.append((step.step_index, date_str, time.monotonic()))

    def write_run(self, run, manifest):
        if self.error is not None:
            raise self.error
        self.runs.append((run, manifest))
        for step in run.steps:
            self.contents += [sha256(asset.url.removeprefix("file://")) for asset in step.assets]

    def close(self):
        self.closed += 1


def painter_plugin(painter, *keys, modalities=()):
    """A plugin that offers a provider object under registered names."""
    from genblaze import Capability, hookimpl

    class Plugin:
        @hookimpl
        def provides(self):
            return [Capability(hook="generate", key=key, modalities=modalities) for key in keys]

        @hookimpl
        def generate(self, request, context):
            return painter.job(request, context) if request.provider in keys else None

    return Plugin()


class Shop(BaseProvider):
    """A paid vendor that says what a job will cost, and what it did cost; its first jobs fail with `failures`."""

    name = "shop"
    paid = True
    poll_interval = 0.001

    def __init__(self, estimate="1.00", cost=1.0, failures=()):
        super().__init__(retry_policy=RetryPolicy.disabled())
        self.estimate = None if estimate is None else Decimal(estimate)
        self.cost = cost
        self.failures = list(failures)
        self.submits = 0

    def estimate_cost(self, model, params=None, *, n=1):
        return self.estimate

    def submit(self, step, config=None):
        self.submits += 1
        if self.failures:
            raise self.failures.pop(0)
        return f"job-{self.submits}"

    def poll(self, prediction_id, config=None):
        return True

    def fetch_output(self, prediction_id, step):
        if isinstance(self.cost, Exception):
            raise self.cost
        step.assets = [Asset(url="https://shop.test/a", media_type="image/png", sha256="a" * 64)]
        step.cost_usd = self.cost
        return step


def start_script(code, folder):
    """Start Python on a script that can import this module; it says `ready` when it wants to be interrupted."""
    script = Path(folder) / "script.py"
    script.write_text(textwrap.dedent(code), encoding="utf-8")
    paths = [path for path in sys.path if path]
    run = f"from pathlib import Path; exec(Path({str(script)!r}).read_text())"
    # Where the tests run in the background of a shell, they and their children begin deaf to Ctrl-C.
    hear = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    bootstrap = f"import sys; sys.path[:0] = {paths!r}; {hear}; {run}"
    command = [sys.executable, "-W", "error", "-c", bootstrap]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def interrupt(process, *, times=1, pause=0.3, timeout=60):
    """Press Ctrl-C when the script says `ready`; returns its output, its errors and the seconds until it had ended."""
    lines = []
    watchdog = threading.Timer(timeout, process.kill)  # a script that never says so must not hold up the tests
    watchdog.start()
    for line in process.stdout:
        lines.append(line)
        if line.strip() == "ready":
            break
    started = time.monotonic()
    for number in range(times):
        time.sleep(pause if number else 0.1)
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=timeout)
    watchdog.cancel()
    return "".join(lines) + out, err, time.monotonic() - started
