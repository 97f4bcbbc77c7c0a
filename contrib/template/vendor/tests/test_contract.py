"""What genblaze relies on, with the vendor played on this machine."""

from genblaze.testing import Answer, VendorContract
from genblaze_acme_api import AcmeApiProvider

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


class TestContract(VendorContract):
    paid = ("POST", "/v1/jobs")
    cancelled_by = ("DELETE", "/v1/jobs/j1")
    downloads = "/files/1.png"

    def play(self, vendor):
        done = {"status": "done", "outputs": [f"{vendor.url}/files/1.png"]}
        vendor.on("POST", "/v1/jobs", Answer(body={"id": "j1"}))
        vendor.on("GET", "/v1/jobs/j1", Answer(body={"status": "working", "progress": 0.5}), Answer(body=done))
        vendor.on("DELETE", "/v1/jobs/j1", Answer(status=204))
        vendor.on("GET", "/files/1.png", Answer(body=PNG, headers={"content-type": "image/png"}))

    def make_provider(self):
        return AcmeApiProvider(self.secret, base_url=f"{self.vendor.url}/v1", poll_interval=0.01)
