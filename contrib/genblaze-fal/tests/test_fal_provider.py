"""What is sent to fal, and what is made of its answers."""

import base64
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from real_media import PNG, mp4

from genblaze import Asset, Modality, ModelRegistry, ModelSpec, Pipeline, PipelineError, RetryPolicy, verify_file
from genblaze.testing import Answer, VendorSimulator
from genblaze_fal import FalProvider, per_billable_unit

MODEL = "fal-ai/flux/dev"
JOB = "/fal-ai/flux/requests/r1"


@pytest.fixture
def fal():
    with VendorSimulator() as vendor:
        vendor.on("POST", f"/{MODEL}", Answer(body={"request_id": "r1", "response_url": vendor.url + JOB}))
        vendor.on("GET", f"{JOB}/status", Answer(body={"status": "COMPLETED"}))
        vendor.on("GET", JOB, Answer(body={"images": [file(vendor, "1.png")]}))
        vendor.on("PUT", f"{JOB}/cancel", Answer(status=202, body={"status": "CANCELLATION_REQUESTED"}))
        vendor.on("GET", r"/files/.*\.png", Answer(body=PNG, headers={"content-type": "image/png"}))
        yield vendor


def file(vendor, name, **facts):
    return {"url": f"{vendor.url}/files/{name}", **facts}


def run(vendor, folder, *, model=MODEL, models=None, **asked):
    provider = FalProvider("key", base_url=vendor.url, poll_interval=0.01, models=models)
    step = {"prompt": "a fox", "step_retry": RetryPolicy.disabled(), **asked}
    return Pipeline("test", output_dir=folder).step(provider, model=model, **step).run()


def step_of(vendor, folder, **asked):
    return run(vendor, folder, **asked).run.steps[0]


def failed(vendor, folder, **asked):
    with pytest.raises(PipelineError) as caught:
        run(vendor, folder, **asked)
    return caught.value.result.run.steps[0]


def sent(vendor):
    (call,) = vendor.sent("POST", f"/{MODEL}")
    return call


def test_the_models_arguments_are_the_body(fal, tmp_path):
    run(fal, tmp_path, image_size="square_hd", seed=7, negative_prompt="dogs")
    assert sent(fal).headers["authorization"] == "Key key"
    assert sent(fal).body == {"prompt": "a fox", "image_size": "square_hd", "seed": 7, "negative_prompt": "dogs"}


def test_what_concerns_the_queue_goes_into_headers(fal, tmp_path):
    run(fal, tmp_path, queue_priority="low", start_timeout=30)
    assert sent(fal).body == {"prompt": "a fox"}
    assert sent(fal).headers["x-fal-queue-priority"] == "low"
    assert sent(fal).headers["x-fal-request-timeout"] == "30"


def test_one_input_is_a_url_and_several_are_a_list(fal, tmp_path):
    pictures = [Asset(url=f"https://media.example/{name}.png", media_type="image/png") for name in "ab"]
    run(fal, tmp_path / "one", external_inputs=pictures[:1])
    run(fal, tmp_path / "two", external_inputs=pictures)
    run(fal, tmp_path / "own", external_inputs=pictures, image_urls=["https://media.example/c.png"])
    bodies = [call.body for call in fal.sent("POST", f"/{MODEL}")]
    assert bodies[0]["image_url"] == "https://media.example/a.png"
    assert bodies[1]["image_urls"] == ["https://media.example/a.png", "https://media.example/b.png"]
    assert (bodies[2]["image_urls"], "image_url" in bodies[2]) == (["https://media.example/c.png"], False)


def test_a_local_input_goes_as_a_data_uri(fal, tmp_path):
    picture = tmp_path / "in.png"
    picture.write_bytes(PNG)
    run(fal, tmp_path / "out", external_inputs=[Asset(url=picture.as_uri(), media_type="image/png")])
    assert sent(fal).body["image_url"].startswith("data:image/png;base64,")


def test_a_video_comes_back_as_one_and_verifies(fal, tmp_path):
    fal.on("GET", r"/files/v\.mp4", Answer(body=mp4(), headers={"content-type": "video/mp4"}))
    fal.on("GET", JOB, Answer(body={"video": file(fal, "v.mp4", content_type="application/octet-stream")}))
    result = run(fal, tmp_path, modality=Modality.VIDEO)
    (asset,) = result.assets
    assert asset.media_type == "video/mp4"
    assert verify_file(result.local_path(asset)).ok


def test_answers_of_any_form_give_their_files(fal, tmp_path):
    told = {"result": {"meshes": [file(fal, "a.png")], "deeper": {"texture": file(fal, "b.png")}}, "prompt": "a fox"}
    fal.on("GET", JOB, Answer(body=told))
    assert [asset.media_type for asset in step_of(fal, tmp_path).assets] == ["image/png", "image/png"]


def test_a_file_that_came_with_the_answer_is_an_output_too(fal, tmp_path):
    inline = "data:image/png;base64," + base64.b64encode(PNG).decode()
    fal.on("GET", JOB, Answer(body={"images": [{"url": inline}]}))
    result = run(fal, tmp_path, sync_mode=True)
    assert result.local_path(result.assets[0]).suffix == ".png"


def test_a_gateway_with_a_path_of_its_own_is_asked_for_jobs_too(fal, tmp_path):
    fal.on("POST", f"/gateway/{MODEL}", Answer(body={"response_url": f"https://queue.fal.run{JOB}"}))
    fal.on("GET", f"/gateway{JOB}/status", Answer(body={"status": "COMPLETED"}))
    fal.on("GET", f"/gateway{JOB}", Answer(body={"images": [file(fal, "1.png")]}))
    provider = FalProvider("key", base_url=f"{fal.url}/gateway", poll_interval=0.01)
    assert Pipeline("test", output_dir=tmp_path).step(provider, model=MODEL, prompt="a fox").run().ok


def test_the_key_stays_with_the_base_url_whatever_host_an_answer_names(fal, tmp_path):
    with VendorSimulator() as elsewhere:
        fal.on("POST", f"/{MODEL}", Answer(body={"request_id": "r1", "response_url": elsewhere.url + JOB}))
        assert run(fal, tmp_path).ok
        assert elsewhere.calls == []


def test_seed_and_units_of_the_answer_are_recorded_and_priced(fal, tmp_path):
    answer = {"images": [file(fal, "1.png")], "seed": 11}
    fal.on("GET", JOB, Answer(body=answer, headers={"x-fal-billable-units": "2.0"}))
    models = ModelRegistry(ModelSpec(model_id="*"))
    models.register(ModelSpec(model_id=MODEL, pricing=per_billable_unit(0.025)))
    step = step_of(fal, tmp_path, models=models)
    assert (step.seed, step.cost_usd) == (11, 0.05)
    assert step.provider_payload["fal"] == {"request_id": "r1", "billable_units": 2.0}


def test_where_fal_says_no_units_the_cost_is_unknown(fal, tmp_path):
    models = ModelRegistry(ModelSpec(model_id=MODEL, pricing=per_billable_unit(0.025)))
    assert step_of(fal, tmp_path, models=models).cost_usd is None


def test_blackened_pictures_are_left_out(fal, tmp_path):
    pictures = [file(fal, f"{name}.png") for name in "ab"]
    fal.on("GET", JOB, Answer(body={"images": pictures, "has_nsfw_concepts": [True, False]}))
    (asset,) = step_of(fal, tmp_path / "one").assets
    fal.on("GET", JOB, Answer(body={"images": pictures, "has_nsfw_concepts": [True, True]}))
    assert asset.sha256 is not None
    assert failed(fal, tmp_path / "none").error_code == "content_policy"


REFUSALS = [
    (401, {"detail": "Invalid key"}, {}, "auth_failure"),
    (402, {"detail": "Exhausted balance"}, {}, "auth_failure"),
    (404, {"detail": "Application not found"}, {}, "model_error"),
    (400, {"detail": "no", "error_type": "bad_request"}, {}, "invalid_input"),
    (422, {"detail": [{"loc": ["body", "prompt"], "msg": "no", "type": "missing"}]}, {}, "invalid_input"),
    (422, {"detail": [{"loc": ["body"], "msg": "no", "type": "content_policy_violation"}]}, {}, "content_policy"),
    (422, {"detail": "no"}, {"x-fal-error-type": "no_media_generated"}, "model_error"),
    (429, {"detail": "slow down"}, {}, "rate_limit"),
]


@pytest.mark.parametrize(("status", "body", "headers", "code"), REFUSALS)
def test_a_refused_submit_has_the_code_that_fal_gives(fal, tmp_path, status, body, headers, code):
    fal.on("POST", f"/{MODEL}", Answer(status=status, body=body, headers=headers))
    assert failed(fal, tmp_path).error_code == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("runner_disconnected", "server_error"),
        ("startup_timeout", "timeout"),
        ("client_cancelled", "unknown"),
        ("something_new", "model_error"),
    ],
)
def test_a_request_that_ended_badly_says_why_and_is_not_bought_again(fal, tmp_path, kind, code):
    fal.on("GET", f"{JOB}/status", Answer(body={"status": "COMPLETED", "error": "it broke", "error_type": kind}))
    step = failed(fal, tmp_path)
    assert (step.error_code, "it broke" in step.error) == (code, True)
    assert len(fal.sent("POST", f"/{MODEL}")) == 1


def test_a_model_that_refused_in_its_answer_fails_the_step_with_its_words(fal, tmp_path):
    complaint = {"loc": ["body", "prompt"], "msg": "flagged by the checker", "type": "content_policy_violation"}
    fal.on("GET", JOB, Answer(status=422, body={"detail": [complaint]}))
    step = failed(fal, tmp_path)
    assert (step.error_code, "flagged by the checker" in step.error) == ("content_policy", True)


def test_an_answer_without_files_is_the_models_failure(fal, tmp_path):
    fal.on("GET", JOB, Answer(body={"images": []}))
    assert failed(fal, tmp_path).error_code == "model_error"


PROGRAM = f"""
from genblaze import Pipeline
Pipeline("killed").step("fal", model={MODEL!r}, prompt="a fox").run()
"""


@pytest.mark.slow
def test_a_process_killed_between_submit_and_fetch_is_resumed_and_submits_once(fal, tmp_path):
    started = {}

    def kill(_):
        os.kill(started["process"].pid, signal.SIGKILL)
        return Answer(fault="reset")

    fal.on("GET", f"{JOB}/status", kill, Answer(body={"status": "COMPLETED"}))
    environ = {**os.environ, "FAL_KEY": "key", "FAL_BASE_URL": fal.url}
    started["process"] = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environ)
    assert started["process"].wait(120) == -signal.SIGKILL

    resume = [sys.executable, "-m", "genblaze", "resume"]
    done = subprocess.run(resume, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert "completed" in done.stdout, done.stdout + done.stderr
    (output,) = [path for path in Path(tmp_path, "output").iterdir() if path.is_file()]
    assert verify_file(output).ok
    assert len(fal.sent("POST", f"/{MODEL}")) == 1
