"""What genblaze relies on, with fal played on this machine."""

from real_media import PNG

from genblaze import Step
from genblaze.testing import Answer, PluginContract, VendorContract
from genblaze_fal import FalProvider

JOB = "/fal-ai/flux/requests/r1"


class TestPlugin(PluginContract):
    plugin = "genblaze_fal._plugin"


class TestFal(VendorContract):
    expects_cost = False
    paid = ("POST", "/fal-ai/flux/dev")
    cancelled_by = ("PUT", f"{JOB}/cancel")
    downloads = "/files/1.png"

    def play(self, vendor):
        image = {"url": f"{vendor.url}/files/1.png", "content_type": "image/png", "width": 1, "height": 1}
        taken = {"status": "IN_QUEUE", "request_id": "r1", "response_url": vendor.url + JOB, "queue_position": 1}
        vendor.on("POST", "/fal-ai/flux/dev", Answer(body=taken))
        vendor.on(
            "GET",
            f"{JOB}/status",
            Answer(status=202, body={"status": "IN_QUEUE", "queue_position": 1}),
            Answer(status=202, body={"status": "IN_PROGRESS"}),
            Answer(body={"status": "COMPLETED", "metrics": {"inference_time": 1.5}}),
        )
        vendor.on("GET", JOB, Answer(body={"images": [image], "seed": 7, "has_nsfw_concepts": [False]}))
        vendor.on("PUT", f"{JOB}/cancel", Answer(status=202, body={"status": "CANCELLATION_REQUESTED"}))
        vendor.on("GET", "/files/1.png", Answer(body=PNG, headers={"content-type": "image/png"}))

    def make_provider(self):
        return FalProvider(self.secret, base_url=self.vendor.url, poll_interval=0.01)

    def make_step(self):
        return Step(provider="fal", model="fal-ai/flux/dev", prompt="a fox")
