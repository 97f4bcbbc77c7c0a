"""Spans and metrics, as the real SDK and a real OTLP receiver get them, and by the conventions' own registry."""

import asyncio
import importlib
import pkgutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from sample_pipelines import NOW, AsyncPainter, Painter, pipeline_in

from genblaze import (
    AgentLoop,
    CallableEvaluator,
    EvaluationResult,
    PromptVisibility,
    ProviderError,
    ProviderErrorCode,
    StepCache,
)
from genblaze.builtin import sidecar
from genblaze.config import Config
from genblaze.plugins import PluginManager
from genblaze_otel import OTelTracer, StepSpan, _plugin, conventions


@pytest.fixture
def provider():
    made = TracerProvider()
    yield made
    made.shutdown()


@pytest.fixture
def spans(provider):
    """Returns the finished spans by name, and forgets them."""
    memory = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    return memory.get_finished_spans


def by_name(found):
    return {span.name: span for span in found}


def tree(found):
    """The names of spans as a tree of nested pairs, children by name."""

    def below(parent):
        children = [span for span in found if (span.parent.span_id if span.parent else None) == parent]
        return sorted((span.name, below(span.context.span_id)) for span in children)

    return below(None)


def with_everything(folder, **options):
    """A pipeline with a fallback, a retry, and two steps at once."""
    retired = ProviderError("retired", error_code=ProviderErrorCode.MODEL_ERROR)
    busy = ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT)
    old = AsyncPainter(folder, broken={"old": retired}, cost=0.5)
    moody = AsyncPainter(folder, errors=[busy], retry_policy=NOW)
    pipeline = pipeline_in(folder, "film", max_concurrency=2, **options)
    return pipeline.step(old, model="old", fallback_models=["new"], prompt="a fox", seed=7).step(moody, model="moody")


EXPECTED = [("invoke_workflow film", [("generate_content moody", []), ("generate_content old", [])])]


def test_a_run_is_a_tree_of_spans_with_the_conventions_attributes(tmp_path, provider, spans):
    result = with_everything(tmp_path, tracer=OTelTracer(tracer_provider=provider)).run()
    found = spans()
    assert tree(found) == EXPECTED
    run, old, moody = (
        by_name(found)[name] for name in (EXPECTED[0][0], "generate_content old", "generate_content moody")
    )
    assert (run.kind, old.kind) == (SpanKind.INTERNAL, SpanKind.CLIENT)
    assert run.attributes["gen_ai.operation.name"] == "invoke_workflow"
    assert run.attributes["gen_ai.workflow.name"] == "film"
    assert run.attributes["genblaze.run.id"] == result.run.run_id
    assert run.attributes["genblaze.manifest.hash"] == result.manifest.canonical_hash
    assert old.attributes["gen_ai.request.model"] == "old"
    assert old.attributes["gen_ai.response.model"] == "new"
    assert old.attributes["genblaze.step.fallback_from"] == "old"
    assert old.attributes["gen_ai.request.seed"] == 7
    assert old.attributes["gen_ai.output.type"] == "image"
    assert old.attributes["genblaze.cost.usd"] == 0.5
    assert moody.attributes["genblaze.step.retries"] == 1
    (retry,) = [event for event in moody.events if event.name == "genblaze.step.retried"]
    assert (retry.attributes["error.type"], retry.attributes["genblaze.retry.phase"]) == ("rate_limit", "submit")
    assert {span.status.status_code for span in found} == {StatusCode.UNSET}
    assert run.instrumentation_scope.schema_url == conventions.SCHEMA_URL


def registered_names():
    """Every attribute and metric that the conventions' registry knows."""
    import opentelemetry.semconv._incubating.attributes as incubating
    import opentelemetry.semconv.attributes as stable
    from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

    modules = [gen_ai_metrics]
    for package in (incubating, stable):
        modules += [
            importlib.import_module(f"{package.__name__}.{found.name}")
            for found in pkgutil.iter_modules(package.__path__)
        ]
    return {value for module in modules for value in vars(module).values() if isinstance(value, str)}


def test_every_name_is_the_registrys_or_under_our_own_prefix():
    from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as registry

    names = {
        value
        for key, value in vars(conventions).items()
        if key.isupper() and isinstance(value, str) and "." in value and not value.startswith("https:")
    }
    events = {conventions.EVALUATION_EVENT}  # the Python registry lists no events
    assert {name for name in names - events if not name.startswith("genblaze.")} <= registered_names()
    operations = {each.value for each in registry.GenAiOperationNameValues}
    assert {conventions.INVOKE_AGENT, conventions.INVOKE_WORKFLOW, conventions.GENERATE_CONTENT} <= operations
    assert set(conventions.PROVIDERS.values()) <= {each.value for each in registry.GenAiProviderNameValues}
    known_outputs = {each.value for each in registry.GenAiOutputTypeValues}
    assert set(conventions.OUTPUT_TYPES.values()) - known_outputs == {"video"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("openai-dalle", "openai"), ("google-veo", "gcp.gemini"), ("runway", "runway"), (None, "unknown")],
)
def test_a_provider_goes_by_its_vendors_name(ours, theirs):
    assert conventions.provider_name(ours) == theirs


class Receiver(ThreadingHTTPServer):
    """Takes OTLP/HTTP as a collector does, and decodes it."""

    daemon_threads = True

    def __init__(self):
        self.requests = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def spans(self):
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


def test_a_collector_gets_the_same_tree_over_http(tmp_path, provider):
    with Receiver() as receiver:
        url = f"http://127.0.0.1:{receiver.server_port}/v1/traces"
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url)))
        with_everything(tmp_path, tracer=OTelTracer(tracer_provider=provider)).run()
        assert provider.force_flush(20_000)
        receiver.shutdown()
    names = {span.span_id: span.name for span in receiver.spans}
    assert {(span.name, names.get(span.parent_span_id)) for span in receiver.spans} == {
        ("invoke_workflow film", None),
        ("generate_content old", "invoke_workflow film"),
        ("generate_content moody", "invoke_workflow film"),
    }
    (old,) = [span for span in receiver.spans if span.name == "generate_content old"]
    told = {each.key: each.value.string_value for each in old.attributes}
    assert (told["gen_ai.request.model"], told["gen_ai.response.model"]) == ("old", "new")


@pytest.mark.parametrize("painter", [Painter, AsyncPainter])
def test_the_steps_span_is_current_during_the_providers_call(tmp_path, provider, spans, painter):
    class Inner(painter):
        def painted(self, step):
            with provider.get_tracer("http").start_as_current_span("POST"):
                return super().painted(step)

    pipeline_in(tmp_path, "n", tracer=OTelTracer(tracer_provider=provider)).step(Inner(tmp_path), model="m").run()
    assert tree(spans()) == [("invoke_workflow n", [("generate_content m", [("POST", [])])])]
    assert not trace.get_current_span().get_span_context().is_valid


def test_spans_of_httpx_nest_below_the_step_that_calls(tmp_path, provider, spans):
    class Vendor(AsyncPainter):
        async def generate(self, step, config=None):
            async with httpx.AsyncClient() as client:
                await client.post(self.url, content=b"")
            return await super().generate(step, config)

    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with Receiver() as receiver:
            vendor = Vendor(tmp_path)
            vendor.url = f"http://127.0.0.1:{receiver.server_port}/"
            pipeline_in(tmp_path, "n", tracer=OTelTracer(tracer_provider=provider)).step(vendor, model="m").run()
            receiver.shutdown()
    finally:
        instrumentor.uninstrument()
    assert tree(spans()) == [("invoke_workflow n", [("generate_content m", [("POST", [])])])]


def test_runs_nest_below_the_applications_own_span(tmp_path, provider, spans):
    pipeline = pipeline_in(tmp_path, "n", tracer=OTelTracer(tracer_provider=provider)).step(
        Painter(tmp_path), model="m"
    )
    with provider.get_tracer("app").start_as_current_span("request"):
        pipeline.run()
        asyncio.run(pipeline.arun())
    run = ("invoke_workflow n", [("generate_content m", [])])
    assert tree(spans()) == [("request", [run, run])]


def test_failures_are_errors_with_their_code(tmp_path, provider, spans):
    refused = ProviderError("no foxes", error_code=ProviderErrorCode.CONTENT_POLICY)
    pipeline = pipeline_in(tmp_path, "n", tracer=OTelTracer(tracer_provider=provider))
    pipeline.step(Painter(tmp_path, errors=[refused]), model="m").run(raise_on_failure=False)
    for span in spans():
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "no foxes")
        assert span.attributes["error.type"] == "content_policy"


async def test_a_cancelled_run_leaves_no_span_open(tmp_path, provider, spans):
    tracer = OTelTracer(tracer_provider=provider)
    pipeline = pipeline_in(tmp_path, "n", tracer=tracer).step(AsyncPainter(tmp_path, seconds=60), model="m")
    events = pipeline.astream()
    async for event in events:
        if event.type == "step.progress":
            await events.aclose()
    assert not tracer._open
    assert {span.attributes["error.type"] for span in spans()} == {"cancelled"}
    assert len(spans()) == 2


def test_a_cached_step_has_its_span(tmp_path, provider, spans):
    pipeline = pipeline_in(tmp_path, "n", tracer=OTelTracer(tracer_provider=provider))
    pipeline.cache(StepCache(tmp_path / "cache")).step(Painter(tmp_path), model="m")
    pipeline.run()
    pipeline.run()
    cached = [span.attributes["genblaze.step.cached"] for span in spans() if span.name == "generate_content m"]
    assert cached == [False, True]


@pytest.mark.parametrize(
    ("capture", "visibility", "told"),
    [
        (None, PromptVisibility.PUBLIC, False),
        (True, PromptVisibility.PUBLIC, True),
        (True, PromptVisibility.PRIVATE, False),
    ],
)
def test_prompts_are_told_only_on_request_and_private_ones_never(
    tmp_path, provider, spans, monkeypatch, capture, visibility, told
):
    monkeypatch.delenv(conventions.CAPTURE_VARIABLE, raising=False)
    tracer = OTelTracer(tracer_provider=provider, capture_content=capture)
    pipeline_in(tmp_path, tracer=tracer).step(
        Painter(tmp_path), model="m", prompt="a red fox", prompt_visibility=visibility
    ).run()
    everything = str([(dict(span.attributes), span.events, span.name) for span in spans()])
    assert ("a red fox" in everything) is told


def test_an_agent_loop_is_the_parent_of_its_runs(tmp_path, provider, spans):
    tracer = OTelTracer(tracer_provider=provider)
    scores = [0.25, 1.0]

    def judge(result):
        score = scores.pop(0)
        return EvaluationResult(score == 1.0, score, "more fox")

    def make(context):
        return pipeline_in(tmp_path, "n").step(Painter(tmp_path), model="m")

    AgentLoop(make, CallableEvaluator(judge), tracer=tracer).run()
    run = ("invoke_workflow n", [("generate_content m", [])])
    found = spans()
    assert tree(found) == [("invoke_agent", [run, run])]
    (agent,) = [span for span in found if span.name == "invoke_agent"]
    judged = [dict(event.attributes) for event in agent.events if event.name == "gen_ai.evaluation.result"]
    assert [each["gen_ai.evaluation.score.value"] for each in judged] == [0.25, 1.0]
    assert [each["gen_ai.evaluation.score.label"] for each in judged] == ["fail", "pass"]
    assert "more fox" not in str(judged)


def test_steps_are_measured(tmp_path):
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader])
    result = with_everything(tmp_path, tracer=OTelTracer(meter_provider=meters)).run()
    scope = reader.get_metrics_data().resource_metrics[0].scope_metrics[0]
    points = {metric.name: list(metric.data.data_points) for metric in scope.metrics}
    meters.shutdown()
    durations = points["gen_ai.client.operation.duration"]
    assert sum(point.count for point in durations) == 2
    assert durations[0].explicit_bounds == conventions.DURATION_BOUNDS
    assert [point.value for point in points["genblaze.step.cost"]] == [0.5]
    assert [point.value for point in points["genblaze.step.retries"]] == [1]
    made = sum(asset.size_bytes for asset in result.assets)
    assert sum(point.value for point in points["genblaze.output.size"]) == made


def test_an_exporter_that_hangs_slows_nothing(tmp_path, provider):
    released = threading.Event()

    class Hanging(SpanExporter):
        def export(self, spans):
            released.wait(60)
            return SpanExportResult.SUCCESS

    provider.add_span_processor(BatchSpanProcessor(Hanging(), schedule_delay_millis=1))
    pipeline = pipeline_in(tmp_path, tracer=OTelTracer(tracer_provider=provider)).step(Painter(tmp_path), model="m")
    try:
        ended = threading.Event()
        runs = threading.Thread(target=lambda: (pipeline.run(), pipeline.run(), ended.set()), daemon=True)
        runs.start()
        assert ended.wait(30)
        runs.join()
    finally:
        released.set()


def test_without_an_sdk_nothing_happens_and_nothing_fails(tmp_path):
    assert with_everything(tmp_path, tracer=OTelTracer()).run().ok


def test_the_setting_tracers_activates_it(tmp_path, provider, spans, monkeypatch):
    tracer = OTelTracer(tracer_provider=provider)
    monkeypatch.setattr(_plugin, "_tracer", lambda: tracer)
    plugins = PluginManager(Config(tracers=("otel",)), autoload=False)
    plugins.register(sidecar, "sidecar")
    plugins.register(_plugin, "trace-otel")
    assert pipeline_in(tmp_path, "n", plugins).step(Painter(tmp_path), model="m").run().ok
    assert tree(spans()) == [("invoke_workflow n", [("generate_content m", [])])]


def test_a_step_span_nests_times_and_tells_failures(provider, spans, monkeypatch):
    monkeypatch.setattr(trace, "get_tracer", lambda name, **more: provider.get_tracer(name))
    with StepSpan("outer", run_id="r", cost=0.5) as outer:
        outer.set_attribute("factor", 2)
        with pytest.raises(ValueError, match="no"), StepSpan("inner"):
            raise ValueError("no")
    found = by_name(spans())
    assert tree(found.values()) == [("outer", [("inner", [])])]
    assert found["inner"].status.status_code is StatusCode.ERROR
    assert found["outer"].attributes["factor"] == 2
    assert found["outer"].attributes["genblaze.run.id"] == "r"
    assert outer.duration_ms == (outer.end_time - outer.start_time) * 1000 >= 0
