"""The official SDK and this plugin send the same requests."""

import pytest
import runwayml

from genblaze import Asset, Pipeline
from genblaze.sync import run_sync
from genblaze.testing import Answer, same_request
from genblaze_runway import RunwayProvider

FIRST = Asset(url="https://a.example/x.png", media_type="image/png")
LAST = Asset(url="https://a.example/y.png", media_type="image/png")
FILM = Asset(url="https://a.example/x.mp4", media_type="video/mp4")


@pytest.fixture
def client(runway):
    with runwayml.RunwayML(max_retries=0) as made:
        yield made


def run(folder, **step):
    asked = {"modality": "video", **step}
    return Pipeline("p", output_dir=folder).step(RunwayProvider(poll_interval=0.01), **asked).run()


def same(vendor, method, path):
    theirs, ours = vendor.sent(method, path)
    same_request(ours, theirs)


def test_a_video_out_of_text(runway, client, tmp_path):
    client.text_to_video.create(model="veo3.1", prompt_text="a fox", ratio="1280:720", duration=8, audio=True)
    run(tmp_path, model="veo3.1", prompt="a fox", aspect_ratio="16:9", duration=8, audio=True)
    same(runway, "POST", "/v1/text_to_video")


def test_a_video_out_of_a_picture(runway, client, tmp_path):
    asked = {"model": "gen4_turbo", "ratio": "1280:720", "duration": 5, "seed": 1}
    client.image_to_video.create(**asked, prompt_text="it runs", prompt_image=FIRST.url)
    run(tmp_path, **asked, prompt="it runs", external_inputs=[FIRST])
    same(runway, "POST", "/v1/image_to_video")


def test_a_video_between_two_pictures(runway, client, tmp_path):
    frames = [{"uri": FIRST.url, "position": "first"}, {"uri": LAST.url, "position": "last"}]
    client.image_to_video.create(model="veo3.1", prompt_text="it runs", prompt_image=frames, ratio="720:1280")
    run(tmp_path, model="veo3.1", prompt="it runs", aspect_ratio="9:16", external_inputs=[FIRST, LAST])
    same(runway, "POST", "/v1/image_to_video")


def test_a_video_out_of_a_video(runway, client, tmp_path):
    client.video_to_video.create(model="aleph2", prompt_text="at night", video_uri=FILM.url, seed=7)
    run(tmp_path, model="aleph2", prompt="at night", seed=7, external_inputs=[FILM])
    same(runway, "POST", "/v1/video_to_video")


def test_a_picture_with_references(runway, client, tmp_path):
    references = [{"uri": FIRST.url}, {"uri": LAST.url}]
    asked = {"model": "gen4_image", "ratio": "1280:720"}
    client.text_to_image.create(**asked, prompt_text="a fox", reference_images=references)
    run(tmp_path, **asked, prompt="a fox", modality="image", external_inputs=[FIRST, LAST])
    same(runway, "POST", "/v1/text_to_image")


def test_upscaling_a_video(runway, client, tmp_path):
    client.video_upscale.create(model="enhance_frame_rate", video_uri=FILM.url, target_framerate="60")
    run(tmp_path, model="enhance_frame_rate", external_inputs=[FILM], targetFramerate="60")
    same(runway, "POST", "/v1/video_upscale")


def test_upscaling_a_picture(runway, client, tmp_path):
    client.image_upscale.create(model="magnific_precision_upscaler_v2", image_uri=FIRST.url, scale_factor=2)
    asked = {"modality": "image", "external_inputs": [FIRST], "scaleFactor": 2}
    run(tmp_path, model="magnific_precision_upscaler_v2", **asked)
    same(runway, "POST", "/v1/image_upscale")


def test_looking_after_a_task_and_cancelling_it(runway, client):
    client.tasks.retrieve("t1")
    client.tasks.delete("t1")
    provider = RunwayProvider()
    run_sync(lambda: provider.look("t1"))
    run_sync(lambda: provider.drop("t1"))
    same(runway, "GET", "/v1/tasks/t1")
    same(runway, "DELETE", "/v1/tasks/t1")


def test_uploading_what_is_too_long_for_the_request(runway, client, tmp_path):
    film = b"\0\0\0\x18ftypisom" + bytes(3_700_000)
    path = tmp_path / "film.mp4"
    path.write_bytes(film)
    fields = {"key": "uploads/1", "policy": "p"}
    told = {"uploadUrl": f"{runway.url}/storage", "fields": fields, "runwayUri": "runway://1"}
    runway.on("POST", "/v1/uploads", Answer(body=told))
    runway.on("POST", "/storage", Answer(status=204))
    client.uploads.create_ephemeral(file=("film.mp4", film))
    run(tmp_path, model="aleph2", prompt="at night", external_inputs=[Asset(url=path.as_uri(), media_type="video/mp4")])
    theirs, ours = runway.sent("POST", "/v1/uploads")
    assert ours.body["filename"].endswith(".mp4")
    ours.body["filename"] = theirs.body["filename"]
    same_request(ours, theirs)
    same(runway, "POST", "/storage")
    assert "authorization" not in runway.sent("POST", "/storage")[1].headers
    assert runway.sent("POST", "/v1/video_to_video")[0].body["videoUri"] == "runway://1"
