"""The contracts of plugins and tracers, over genblaze-langsmith with LangSmith played on this machine."""

import json

import pytest

from genblaze.testing import Answer, PluginContract, TracerContract, VendorSimulator
from genblaze_langsmith import LangSmithTracer


class TestPlugin(PluginContract):
    plugin = "genblaze_langsmith._plugin"


class TestTracer(TracerContract):
    @pytest.fixture(autouse=True)
    def _langsmith(self):
        with VendorSimulator() as self.vendor:
            self.vendor.on("GET", ".*", Answer(body={}))
            self.vendor.on("POST", ".*", Answer(status=202, body={}))
            self.made = []
            yield
            for tracer in self.made:
                tracer.close()

    def make_tracer(self):
        self.made.append(LangSmithTracer(api_key="lsv2_pt_0123456789abcdef", endpoint=self.vendor.url))
        return self.made[-1]

    def output(self, tracer):
        tracer.flush()
        return json.dumps([call.body for call in self.vendor.calls], default=str)
