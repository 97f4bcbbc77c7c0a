"""The kernel's own plugins keep the contracts that strangers' are held to."""

import io
import logging

import pytest

from genblaze import LoggingTracer
from genblaze.testing import PluginContract, TracerContract

BUILT_IN = ["callable_evaluator", "data_fetch", "file_fetch", "local_store", "log_tracer", "sidecar"]


@pytest.mark.parametrize("name", BUILT_IN)
class TestPlugins(PluginContract):
    @pytest.fixture(autouse=True)
    def _plugin(self, name):
        self.plugin = f"genblaze.builtin.{name}"


class TestLoggingTracer(TracerContract):
    def make_tracer(self):
        self.lines, logger = io.StringIO(), logging.Logger("lines")
        logger.addHandler(logging.StreamHandler(self.lines))
        return LoggingTracer(logger)

    def output(self, tracer):
        return self.lines.getvalue()
