"""What the provider sends to Luma, and what it makes of the answers, good and bad."""

from datetime import UTC, datetime, timedelta

import pytest

from genblaze import Asset, ObjectStorageSink, Pipeline, PipelineError, RetryPolicy, verify_file
from genblaze.storing import LocalFolderStore
from genblaze.testing import Answer
from genblaze_luma import LumaProvider

SUBMIT, JOB = "/dream-machine/v1/generations/(video|image)", "/dream-machine/v1/generations/g1"
LIST = "/dream-machine/v1/generations"
TWICE = RetryPolicy(max_attempts=2, initial_backoff_sec=0.01)
FIRST = Asset(url="https://a.example/x.png", media_type="image/png")
LAST = Asset(url="https://a.example/y.png", media_type="image/png")


def pipeline(folder, model="ray-2", **more):
    asked = {"prompt": "a fox", "modality": "video", **more}
    return Pipeline("p", output_dir=folder).step(LumaProvider(poll_interval=0.01), model=model, **asked)


def failed(folder, **more):
    with pytest.raises(PipelineError) as caught:
        pipeline(folder, **more).run()
    return caught.value.result.run.steps[0]


def problem(status):
    return Answer(status=status, body={"detail": "no"}, headers={"retry-after-ms": "5"})


def test_a_video_has_its_frames_and_its_duration_as_luma_writes_them(luma, tmp_path):
    pipeline(tmp_path, external_inputs=[FIRST, LAST], duration=5, loop=False).run()
    (call,) = luma.sent("POST", SUBMIT)
    frames = {"frame0": {"type": "image", "url": FIRST.url}, "frame1": {"type": "image", "url": LAST.url}}
    body = {"model": "ray-2", "prompt": "a fox", "duration": "5s", "loop": False, "keyframes": frames}
    assert (call.path.rpartition("/")[2], call.body) == ("video", body)


def test_pictures_guide_a_picture(luma, png, tmp_path):
    result = pipeline(tmp_path, model="photon-1", modality="image", external_inputs=[FIRST]).run()
    (call,) = luma.sent("POST", SUBMIT)
    body = {"model": "photon-1", "prompt": "a fox", "image_ref": [{"url": FIRST.url}]}
    assert (call.path.rpartition("/")[2], call.body) == ("image", body)
    (asset,) = result.run.steps[0].assets
    assert (asset.media_type, asset.size_bytes) == ("image/png", len(png))


def test_a_file_that_luma_cannot_read_is_refused_before_anything_is_sent(luma, png, tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(png)
    for sink in (None, f"file://{tmp_path}/store"):
        made = pipeline(tmp_path, external_inputs=[Asset(url=path.as_uri(), media_type="image/png")])
        step = made.run(sink=sink, raise_on_failure=False).run.steps[0]
        assert (step.error_code, luma.calls) == ("invalid_input", [])
        assert "Give the run a sink=" in step.error


class OpenFolder(LocalFolderStore):
    """A folder that the world can read."""

    def presign(self, key, **options):
        return f"https://open.example/{key}"


def test_luma_reads_local_pictures_where_the_runs_sink_has_stored_them(luma, png, tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(png)
    sink = ObjectStorageSink(OpenFolder(tmp_path / "store"))
    made = Pipeline("p", output_dir=tmp_path, chain=True)
    photo = Asset(url=path.as_uri(), media_type="image/png")
    made.step(LumaProvider(poll_interval=0.01), model="photon-1", modality="image", external_inputs=[photo])
    made.step(LumaProvider(poll_interval=0.01), model="ray-2", modality="video")
    result = made.run(sink=sink)
    guided, film = (call.body for call in luma.sent("POST", SUBMIT))
    urls = [guided["image_ref"][0]["url"], film["keyframes"]["frame0"]["url"]]
    for url in urls:
        stored = tmp_path / "store" / url.removeprefix("https://open.example/")
        assert stored.read_bytes() == png
    assert result.ok
    assert all(verify_file(result.local_path(asset)).ok for asset in result.assets)


def test_a_third_frame_is_refused_before_anything_is_sent(luma, tmp_path):
    assert failed(tmp_path, external_inputs=[FIRST, LAST, FIRST]).error_code == "invalid_input"
    assert luma.calls == []


def test_the_film_is_fetched_and_the_file_verifies(luma, mp4, tmp_path):
    result = pipeline(tmp_path).run()
    (asset,) = result.run.steps[0].assets
    assert (asset.media_type, asset.size_bytes, asset.width) == ("video/mp4", len(mp4), 64)
    assert result.run.steps[0].cost_usd is None
    assert result.manifest.verify()


def listed(job_id, age=0, **request):
    made = datetime.now(UTC) - timedelta(seconds=age)
    asked = {"prompt": "a fox", "model": "ray-2", "duration": None, **request}
    return {"id": job_id, "model": asked["model"], "created_at": made.isoformat(), "request": asked}


def pages(*generations):
    return [
        Answer(body={"has_more": number < len(generations), "generations": [each]})
        for number, each in enumerate(generations, 1)
    ]


@pytest.mark.parametrize("answer", [Answer(fault="reset"), problem(500), problem(502), problem(504)])
def test_a_generation_whose_answer_got_lost_is_found_in_the_list(luma, tmp_path, answer):
    luma.on("POST", SUBMIT, answer)
    others = [listed("g0", prompt="a wolf"), listed("g2", model="ray-flash-2"), listed("g3", loop=True)]
    luma.on("GET", LIST, *pages(*others, listed("g1"), listed("g4", age=3600)))
    step = pipeline(tmp_path, external_inputs=[FIRST], loop=False).run().run.steps[0]
    assert (step.upstream_id, len(luma.sent("POST", SUBMIT))) == ("g1", 1)
    assert luma.sent("GET", LIST)[1].query == [("limit", "100"), ("offset", "100")]


def test_what_the_list_does_not_have_is_asked_for_again(luma, tmp_path):
    luma.on("POST", SUBMIT, Answer(fault="reset"), Answer(status=201, body={"id": "g1"}))
    luma.on("GET", LIST, *pages(listed("g4", age=3600), listed("g5")))
    pipeline(tmp_path, step_retry=TWICE).run()
    assert len(luma.sent("POST", SUBMIT)) == 2


def test_a_generation_of_which_luma_does_not_tell_the_request_leaves_the_outcome_open(luma, tmp_path):
    luma.on("POST", SUBMIT, Answer(fault="reset"))
    luma.on("GET", LIST, *pages({**listed("g9"), "request": None}))
    assert "Outcome unknown" in failed(tmp_path, step_retry=TWICE).error
    assert len(luma.sent("POST", SUBMIT)) == 1
