"""The contracts of plugins and tracers, over genblaze-otel with a real SDK."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from genblaze.testing import PluginContract, TracerContract
from genblaze_otel import OTelTracer


class TestPlugin(PluginContract):
    plugin = "genblaze_otel._plugin"


class TestTracer(TracerContract):
    @pytest.fixture(autouse=True)
    def _sdk(self):
        self.memory, self.provider = InMemorySpanExporter(), TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.memory))
        yield
        self.provider.shutdown()

    def make_tracer(self):
        return OTelTracer(tracer_provider=self.provider)

    def output(self, tracer):
        return "\n".join(span.to_json() for span in self.memory.get_finished_spans())
