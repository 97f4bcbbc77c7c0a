"""What a run relies on in whoever hears it."""

import pytest

from genblaze.testing import TracerContract
from genblaze_acme_watch import AcmeWatchTracer


class TestContract(TracerContract):
    @pytest.fixture(autouse=True)
    def file(self, tmp_path):
        self.path = tmp_path / "lines.jsonl"

    def make_tracer(self):
        return AcmeWatchTracer(self.path)

    def output(self, tracer):
        tracer.flush()
        return self.path.read_text("utf-8") if self.path.exists() else ""
