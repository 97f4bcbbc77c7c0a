"""What the provider sends to Replicate, and what it makes of the answers, good and bad."""

import base64
import json
import logging
import re

import pytest

from genblaze import Asset, Pipeline, PipelineError, RetryPolicy
from genblaze.providers.input_mapping import route_images
from genblaze.providers.model_registry import ModelRegistry
from genblaze.providers.spec import ModelSpec
from genblaze.testing import Answer
from genblaze_replicate import ReplicateProvider

MODEL = "black-forest-labs/flux-schnell"
VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"
SUBMIT, JOB = f"/v1/models/{MODEL}/predictions", "/v1/predictions/p1"
ANY_SUBMIT = "/v1/(.*/)?predictions"
TWICE = RetryPolicy(max_attempts=2, initial_backoff_sec=0.01)


def made(**more):
    return ReplicateProvider(poll_interval=0.01, **more)


def pipeline(folder, model=MODEL, provider=None, **more):
    asked = {"prompt": "a fox", "modality": "image", **more}
    return Pipeline("p", output_dir=folder).step(provider or made(), model=model, **asked)


def step_of(folder, **more):
    return pipeline(folder, **more).run().run.steps[0]


def failed(folder, **more):
    with pytest.raises(PipelineError) as caught:
        pipeline(folder, **more).run()
    return caught.value.result.run.steps[0]


def problem(status, detail="no", **headers):
    return Answer(status=status, body={"title": "T", "detail": detail, "status": status}, headers=headers)


def answers(vendor, prediction, output):
    vendor.on("GET", JOB, Answer(body=prediction(status="succeeded", output=output)))


# --- what is sent ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "path", "version"),
    [
        (MODEL, SUBMIT, None),
        (f"stability-ai/sdxl:{VERSION}", "/v1/predictions", f"stability-ai/sdxl:{VERSION}"),
        (VERSION, "/v1/predictions", VERSION),
        ("deployments/acme/foxes", "/v1/deployments/acme/foxes/predictions", None),
    ],
)
def test_models_versions_and_deployments_are_asked_at_their_own_address(replicate, tmp_path, model, path, version):
    step = step_of(tmp_path, model=model, provider="replicate", aspect_ratio="1:1", seed=7)
    (call,) = replicate.sent("POST", ANY_SUBMIT)
    body = {"input": {"prompt": "a fox", "aspect_ratio": "1:1", "seed": 7}}
    assert (call.path, call.body) == (path, body if version is None else {"version": version, **body})
    assert step.upstream_id == "p1"


def test_a_community_model_without_version_runs_by_its_latest(replicate, tmp_path):
    replicate.on("POST", "/v1/models/a/b/predictions", problem(404))
    replicate.on("GET", "/v1/models/a/b", Answer(body={"latest_version": {"id": VERSION}}))
    assert step_of(tmp_path, model="a/b").status == "succeeded"
    assert replicate.sent("POST", "/v1/predictions")[0].body["version"] == VERSION


def test_replicate_is_told_when_nobody_waits_any_more(replicate, tmp_path):
    step_of(tmp_path, step_timeout=90)
    (seconds,) = re.fullmatch(r"(\d+)s", replicate.sent("POST", SUBMIT)[0].headers["cancel-after"]).groups()
    assert 5 <= int(seconds) <= 90


def test_a_model_name_of_no_form_is_refused_before_anything_is_sent(replicate, tmp_path):
    assert failed(tmp_path, model="flux").error_code == "invalid_input"
    assert replicate.calls == []


# --- inputs ----------------------------------------------------------------------------------------------------------


def test_a_small_file_goes_within_the_request(replicate, png, tmp_path):
    Pipeline("p", output_dir=tmp_path, chain=True).step(made(), model=MODEL, prompt="a fox", modality="image").step(
        made(), model="a/b", prompt="with a hat", modality="image"
    ).run()
    picture = replicate.sent("POST", "/v1/models/a/b/predictions")[0].body["input"]["image"]
    assert base64.b64decode(picture.removeprefix("data:image/png;base64,")) == png


def test_a_large_file_is_uploaded(replicate, png, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png + bytes(300_000))
    replicate.on("POST", "/v1/files", Answer(status=201, body={"urls": {"get": "https://files.example/f1"}}))
    step_of(tmp_path, external_inputs=[Asset(url=path.as_uri(), media_type="image/png")])
    assert replicate.sent("POST", "/v1/files")[0].field("content") == path.read_bytes()
    assert replicate.sent("POST", SUBMIT)[0].body["input"]["image"] == "https://files.example/f1"


def test_an_upload_that_failed_leaves_nothing_in_doubt(replicate, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(bytes(300_000))
    replicate.on("POST", "/v1/files", problem(500))
    step = failed(tmp_path, external_inputs=[Asset(url=path.as_uri(), media_type="image/png")], step_retry=TWICE)
    assert step.error_code == "server_error"
    assert not replicate.sent("GET", "/v1/predictions") + replicate.sent("POST", ANY_SUBMIT)


def test_inputs_go_where_the_models_specification_puts_them(replicate, tmp_path):
    models = ModelRegistry()
    models.register(ModelSpec(model_id="a/b", input_mapping=route_images(array_slot="image_input")))
    inputs = [Asset(url=f"https://a.example/{name}.png", media_type="image/png") for name in "xy"]
    step_of(tmp_path, model="a/b", provider=made(models=models), external_inputs=inputs)
    asked = replicate.sent("POST", ANY_SUBMIT)[0].body["input"]
    assert asked == {"prompt": "a fox", "image_input": ["https://a.example/x.png", "https://a.example/y.png"]}


def test_an_input_without_a_place_is_warned_about(replicate, tmp_path, caplog):
    inputs = [Asset(url=f"https://a.example/{name}.png", media_type="image/png") for name in "xy"]
    with caplog.at_level(logging.WARNING):
        step_of(tmp_path, external_inputs=inputs)
    assert replicate.sent("POST", SUBMIT)[0].body["input"]["image"] == "https://a.example/x.png"
    assert f"input {inputs[1].asset_id} is not sent, because image is taken" in caplog.text


# --- outputs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        (lambda url: url, [None]),
        (lambda url: [url, url], [None, None]),
        (lambda url: {"image": url, "seed": 7}, ["image"]),
        (lambda url: {"views": [{"front": url}, {"back": url}], "none": None}, ["views.front", "views.back"]),
    ],
)
def test_files_are_found_in_every_shape_of_output(replicate, prediction, png, tmp_path, shape, names):
    answers(replicate, prediction, shape(f"{replicate.url}/out/0.png"))
    result = pipeline(tmp_path).run()
    assets = result.run.steps[0].assets
    assert [asset.metadata.get("output") for asset in assets] == names
    assert {(asset.media_type, asset.size_bytes, asset.width) for asset in assets} == {("image/png", len(png), 64)}
    assert result.manifest.verify()


def test_a_file_in_a_data_url_is_kept_as_a_file(replicate, prediction, png, tmp_path):
    answers(replicate, prediction, "data:image/png;base64," + base64.b64encode(png).decode())
    (asset,) = step_of(tmp_path).assets
    assert (asset.url[:5], asset.size_bytes) == ("file:", len(png))


@pytest.mark.parametrize("output", ["a red fox", ["a ", "red", " fox"]])
def test_words_become_one_text(replicate, prediction, tmp_path, output):
    answers(replicate, prediction, output)
    (asset,) = step_of(tmp_path, modality="text").assets
    assert (asset.media_type, asset.text()) == ("text/plain", "a red fox")


def test_a_text_that_begins_with_an_address_is_still_a_text(replicate, prediction, tmp_path):
    answers(replicate, prediction, "https://a.example is a site")
    assert step_of(tmp_path, modality="text").assets[0].text() == "https://a.example is a site"


def test_a_step_that_asks_for_text_gets_an_objects_words_and_its_files(replicate, prediction, png, tmp_path):
    output = {"text": "a fox", "cover": f"{replicate.url}/out/0.png"}
    answers(replicate, prediction, output)
    words, cover = step_of(tmp_path, modality="text").assets
    assert json.loads(words.text()) == output
    assert cover.size_bytes == len(png)


def test_a_picture_has_its_price_and_the_rest_is_unknown(replicate, tmp_path):
    assert step_of(tmp_path).cost_usd == pytest.approx(0.003)
    assert step_of(tmp_path, model="a/b").cost_usd is None


def test_outputs_that_were_deleted_are_a_failure_and_not_nothing(replicate, prediction, tmp_path):
    replicate.on("GET", JOB, Answer(body=prediction(status="succeeded", data_removed=True)))
    assert "deleted the output of prediction p1" in failed(tmp_path).error


# --- failures --------------------------------------------------------------------------------------------------------


def test_the_waiting_time_in_the_text_is_kept_to(replicate, tmp_path):
    replicate.on("POST", SUBMIT, problem(429, "Request was throttled. Your rate limit resets in ~3600s."))
    step = failed(tmp_path, step_retry=TWICE, step_timeout=60)
    assert (step.error_code, len(replicate.sent("POST", SUBMIT))) == ("rate_limit", 1)


@pytest.mark.parametrize("answer", [Answer(fault="reset"), Answer(fault="silence"), problem(500), problem(502)])
def test_a_prediction_whose_answer_got_lost_is_found_on_a_later_page(replicate, prediction, tmp_path, answer):
    other = prediction(id="p0", input={"prompt": "a wolf"})
    replicate.on("POST", SUBMIT, answer)
    replicate.on(
        "GET",
        "/v1/predictions",
        Answer(body={"results": [other], "next": f"{replicate.url}/v1/predictions?cursor=2"}),
        Answer(body={"results": [prediction()], "next": None}),
    )
    step = step_of(tmp_path, provider=made(timeout=1.0), step_retry=TWICE)
    assert (step.upstream_id, len(replicate.sent("POST", SUBMIT))) == ("p1", 1)
    assert dict(replicate.sent("GET", "/v1/predictions")[1].query) == {"cursor": "2"}


@pytest.mark.parametrize(
    ("model", "facts"),
    [
        (f"a/b:{VERSION}", {"model": "a/b", "version": VERSION}),
        (VERSION, {"model": "a/b", "version": VERSION}),
        ("deployments/acme/foxes", {"model": "a/b", "version": VERSION}),
    ],
)
def test_a_lost_prediction_is_found_by_version_and_deployment_and_whatever_its_inputs_url(
    replicate, prediction, tmp_path, model, facts
):
    asked = {"prompt": "a fox", "image": "https://presigned.example/other"}
    other = {"id": "p0", "model": "c/d", "version": "0", "deployment": "c/d"}
    listed = [prediction(input=asked, **each) for each in (other, facts)]
    replicate.on("POST", ANY_SUBMIT, Answer(fault="reset"))
    replicate.on("GET", "/v1/predictions", Answer(body={"results": listed, "next": None}))
    picture = Asset(url="https://a.example/x.png", media_type="image/png")
    assert step_of(tmp_path, model=model, external_inputs=[picture]).upstream_id == "p1"


def test_a_prediction_whose_input_was_deleted_leaves_the_outcome_open(replicate, prediction, tmp_path):
    gone = prediction(input=None, data_removed=True)
    replicate.on("POST", SUBMIT, Answer(fault="reset"))
    replicate.on("GET", "/v1/predictions", Answer(body={"results": [gone], "next": None}))
    step = failed(tmp_path)
    assert "Outcome unknown" in step.error
    assert len(replicate.sent("POST", SUBMIT)) == 1


@pytest.mark.slow
def test_a_step_that_takes_too_long_is_cancelled_at_replicate(replicate, prediction, tmp_path):
    replicate.on("GET", JOB, Answer(body=prediction(status="processing")))
    assert failed(tmp_path, step_timeout=5).error_code == "timeout"
    assert len(replicate.sent("POST", f"{JOB}/cancel")) == 1
