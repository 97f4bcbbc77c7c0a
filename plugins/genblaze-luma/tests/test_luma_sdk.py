"""The official SDK and this plugin send the same requests."""

import lumaai
import pytest

from genblaze import Asset, GenerateContext, Pipeline
from genblaze.jobs import Request
from genblaze.sync import run_sync
from genblaze.testing import Answer, same_request
from genblaze_luma import LumaProvider

FIRST = Asset(url="https://a.example/x.png", media_type="image/png")
LAST = Asset(url="https://a.example/y.png", media_type="image/png")
LIST = "/dream-machine/v1/generations"


@pytest.fixture
def client(luma):
    with lumaai.LumaAI(max_retries=0) as made:
        yield made


def run(folder, **step):
    asked = {"modality": "video", "prompt": "a fox", **step}
    return Pipeline("p", output_dir=folder).step(LumaProvider(poll_interval=0.01), **asked).run()


def same(vendor, method, path):
    theirs, ours = vendor.sent(method, path)
    same_request(ours, theirs)


def test_a_video_between_two_pictures(luma, client, tmp_path):
    frames = {"frame0": {"type": "image", "url": FIRST.url}, "frame1": {"type": "image", "url": LAST.url}}
    asked = {"model": "ray-2", "prompt": "a fox", "aspect_ratio": "16:9", "resolution": "720p", "loop": True}
    client.generations.video.create(**asked, duration="5s", keyframes=frames, concepts=[{"key": "dolly_zoom"}])
    run(tmp_path, **asked, duration=5, concepts=[{"key": "dolly_zoom"}], external_inputs=[FIRST, LAST])
    same(luma, "POST", f"{LIST}/video")


def test_a_picture_guided_by_another(luma, client, tmp_path):
    asked = {"model": "photon-1", "prompt": "a fox", "aspect_ratio": "1:1", "format": "png"}
    client.generations.image.create(**asked, image_ref=[{"url": FIRST.url}])
    run(tmp_path, **asked, modality="image", external_inputs=[FIRST])
    same(luma, "POST", f"{LIST}/image")


def test_looking_after_a_generation_and_deleting_it(luma, client):
    client.generations.get("g1")
    client.generations.delete("g1")
    provider = LumaProvider()
    run_sync(lambda: provider.look("g1"))
    run_sync(lambda: provider.drop("g1"))
    same(luma, "GET", f"{LIST}/g1")
    same(luma, "DELETE", f"{LIST}/g1")


def test_listing_generations(luma, client, tmp_path):
    luma.on("GET", LIST, Answer(body={"has_more": False, "count": 0, "limit": 100, "offset": 0, "generations": []}))
    client.generations.list(limit=100, offset=0)
    provider = LumaProvider()
    request = Request(provider="luma", model="ray-2", step_id="s", run_id="r", prompt="a fox", modality="video")
    assert run_sync(lambda: provider.search(provider.work(request, GenerateContext(output_dir=tmp_path)))) is None
    same(luma, "GET", LIST)
