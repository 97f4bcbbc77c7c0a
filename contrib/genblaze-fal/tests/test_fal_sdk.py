"""The official SDK and this plugin send the same requests."""

import fal_client
import pytest
from real_media import PNG

from genblaze import Asset, Pipeline
from genblaze.sync import run_sync
from genblaze.testing import Answer, VendorSimulator, same_request
from genblaze_fal import FalProvider

MODEL = "fal-ai/flux/dev"
JOB = "/fal-ai/flux/requests/r1"
PICTURE = Asset(url="https://media.example/a.png", media_type="image/png")


@pytest.fixture
def fal(monkeypatch):
    with VendorSimulator() as vendor:
        monkeypatch.setattr("fal_client.client.QUEUE_URL_FORMAT", f"{vendor.url}/")
        paths = {"response_url": JOB, "status_url": f"{JOB}/status", "cancel_url": f"{JOB}/cancel"}
        taken = {"request_id": "r1"} | {name: vendor.url + path for name, path in paths.items()}
        vendor.on("POST", f"/{MODEL}", Answer(body=taken))
        vendor.on("GET", f"{JOB}/status", Answer(body={"status": "COMPLETED", "logs": []}))
        vendor.on("GET", JOB, Answer(body={"images": [{"url": f"{vendor.url}/1.png", "content_type": "image/png"}]}))
        vendor.on("GET", "/1.png", Answer(body=PNG))
        vendor.on("PUT", f"{JOB}/cancel", Answer(status=202, body={"status": "CANCELLATION_REQUESTED"}))
        yield vendor


@pytest.fixture
def client():
    made = fal_client.SyncClient(key="key")
    yield made
    made._client.close()  # it offers no other way


def run(vendor, folder, **asked):
    provider = FalProvider("key", base_url=vendor.url, poll_interval=0.01)
    return Pipeline("sdk", output_dir=folder).step(provider, model=MODEL, prompt="a fox", **asked).run()


def same(vendor, method, path):
    theirs, ours = vendor.sent(method, path)
    same_request(ours, theirs)


def test_a_submit_with_arguments_a_picture_and_a_priority(fal, client, tmp_path):
    arguments = {"prompt": "a fox", "image_size": "square_hd", "seed": 7, "image_url": PICTURE.url}
    client.submit(MODEL, arguments=arguments, priority="low", start_timeout=30, hint="h")
    queue = {"queue_priority": "low", "start_timeout": 30.0, "runner_hint": "h"}
    run(fal, tmp_path, image_size="square_hd", seed=7, external_inputs=[PICTURE], **queue)
    same(fal, "POST", f"/{MODEL}")


def test_result(fal, client, tmp_path):
    client.get_handle(MODEL, "r1").get()  # it asks for the status first
    run(fal, tmp_path)
    same(fal, "GET", f"{JOB}/status")
    same(fal, "GET", JOB)


def test_cancel(fal, client):
    client.cancel(MODEL, "r1")
    run_sync(lambda: FalProvider("key", base_url=fal.url).drop(JOB))
    same(fal, "PUT", f"{JOB}/cancel")
