"""The contracts of plugins and of providers with an HTTP API, over genblaze-luma."""

import io

from PIL import Image

from genblaze import Modality, Step
from genblaze.testing import Answer, PluginContract, VendorContract
from genblaze_luma import LumaProvider

API = "/dream-machine/v1/generations"


class TestPlugin(PluginContract):
    plugin = "genblaze_luma._plugin"


class TestLuma(VendorContract):
    paid = ("POST", f"{API}/image")
    cancelled_by = ("DELETE", f"{API}/g1")
    downloads = "/out/0.png"

    def play(self, vendor):
        def told(state, **more):
            return Answer(body={"id": "g1", "state": state, "failure_reason": None, "assets": None, **more})

        picture = io.BytesIO()
        Image.new("RGB", (16, 16), "teal").save(picture, "PNG")
        done = told("completed", assets={"image": f"{vendor.url}/out/0.png"})
        vendor.on("POST", f"{API}/image", Answer(status=201, body={"id": "g1"}))
        vendor.on("GET", f"{API}/g1", told("queued"), done)
        vendor.on("DELETE", f"{API}/g1", Answer(status=204))
        vendor.on("GET", "/out/0.png", Answer(body=picture.getvalue(), headers={"content-type": "image/png"}))

    def make_provider(self):
        return LumaProvider(self.secret, base_url=f"{self.vendor.url}/dream-machine/v1", poll_interval=0.01)

    def make_step(self):
        return Step(provider="luma", model="photon-1", prompt="a fox", modality=Modality.IMAGE)
