"""The contract of fetchers, over the guarded downloader."""

import pytest

from genblaze.hookspecs import FetchContext
from genblaze.testing import Answer, FetchContract, PluginContract, VendorSimulator
from genblaze_http import _plugin


class TestPlugin(PluginContract):
    plugin = "genblaze_http._plugin"


class TestDownloads(FetchContract):
    plugin = _plugin

    @pytest.fixture(autouse=True)
    def _vendor(self):
        with VendorSimulator() as self.vendor:
            yield

    def url_of(self, content, folder):
        self.vendor.on("GET", "/file", Answer(body=content))
        return f"{self.vendor.url}/file"

    def missing_url(self, folder):
        return f"{self.vendor.url}/nothing"

    def bounds(self, **more):
        return FetchContext(origin=self.vendor.url, **more)
