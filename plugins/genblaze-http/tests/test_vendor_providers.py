"""The two classes that vendors' providers are written on, against a simulated vendor."""

import asyncio
import base64
import inspect
from pathlib import Path

import pytest
from smallest_media import SMALLEST

from genblaze import Asset, GenblazeError, GenerateContext, Pipeline, PipelineError, ProviderError, RetryPolicy, Step
from genblaze.jobs import Generation, JobStatus, Request, Submitted
from genblaze.pricing import per_unit
from genblaze.providers.installed import instantiate_with_credential
from genblaze.providers.model_registry import ModelRegistry
from genblaze.testing import Answer, VendorSimulator
from genblaze_http import PolledProvider, SingleCallProvider, Vendor, declare, lazy_names, provider_hooks
from genblaze_http.kinds import kind_of

KEY = "canary-key-5f1d0c7e"
PNG = SMALLEST["image/png"]
ACME = Vendor(
    name="Acme",
    base_url="https://api.acme.example/v1",
    base_url_variable="ACME_BASE_URL",
    key_variables=("ACME_API_KEY",),
    takes=("data",),
    max_data_uri=1000,
)


class Draw(SingleCallProvider):
    name = "acme-image"
    vendor = ACME
    modality = "image"
    takes_inputs = ("image",)

    async def begin(self, work):
        pictures = [await work.input_uri(asset) for asset in work.inputs("image")]
        answer = await self.client.call("POST", "/draw", json={"prompt": work.request.prompt, "images": pictures})
        told = answer.json
        if "url" in told:
            return self.generation([Asset(url=told["url"], media_type="image/png")])
        return self.generation([await work.save_base64(told["b64"], "image/jpeg")])


class Film(PolledProvider):
    name = "acme-video"
    vendor = ACME
    modality = "video"
    poll_interval = 0.01

    async def begin(self, work):
        return Submitted((await self.client.call("POST", "/films", json={"prompt": work.request.prompt})).json["id"])

    async def look(self, job_id):
        told = (await self.client.call("GET", f"/films/{job_id}")).json
        return JobStatus(told["state"] == "done", told.get("progress"))

    async def collect(self, work, job_id):
        answer = await self.client.call("GET", f"/films/{job_id}/content")
        return self.generation([await work.save(answer.content, answer.media_type)], cost_usd=0.5)

    async def drop(self, job_id):
        await self.client.call("DELETE", f"/films/{job_id}")

    async def search(self, work):
        found = (await self.client.call("GET", "/films")).json
        return next((film["id"] for film in found if film["prompt"] == work.request.prompt), None)


@pytest.fixture
def acme():
    with VendorSimulator() as vendor:
        vendor.on("POST", "/v1/draw", Answer(body={"b64": base64.b64encode(PNG).decode()}))
        vendor.on("POST", "/v1/films", Answer(body={"id": "f1"}))
        vendor.on("GET", "/v1/films", Answer(body=[]))
        vendor.on(
            "GET", "/v1/films/f1", Answer(body={"state": "busy", "progress": 0.5}), Answer(body={"state": "done"})
        )
        vendor.on("GET", "/v1/films/f1/content", Answer(body=SMALLEST["video/mp4"]))
        yield vendor


def base(vendor):
    return f"{vendor.url}/v1"


def run(provider, folder, **more):
    pipeline = Pipeline("p", output_dir=folder)
    return pipeline.step(provider, model="m", prompt="a fox", modality=provider.modality, **more).run()


def test_an_answer_becomes_a_file_named_by_its_content(acme, tmp_path):
    result = run(Draw(KEY, base_url=base(acme)), tmp_path)
    (asset,) = result.run.steps[0].assets
    path = tmp_path / f"{asset.asset_id}.png"
    assert asset.url == path.as_uri()
    assert (asset.media_type, asset.size_bytes) == ("image/png", len(PNG))
    assert result.manifest.verify()


def test_a_providers_own_folder_goes_before_the_pipelines(acme, tmp_path):
    result = run(Draw(KEY, base_url=base(acme), output_dir=tmp_path / "own"), tmp_path)
    assert (tmp_path / "own").as_uri() in result.run.steps[0].assets[0].url


def test_a_polled_job_is_submitted_polled_and_collected(acme, tmp_path):
    result = run(Film(KEY, base_url=base(acme)), tmp_path)
    step = result.run.steps[0]
    assert (step.assets[0].media_type, step.cost_usd, step.upstream_id) == ("video/mp4", 0.5, "f1")
    assert len(acme.sent("POST", "/v1/films")) == 1


def test_a_job_whose_answer_got_lost_is_found_and_not_bought_again(acme, tmp_path):
    acme.on("POST", "/v1/films", Answer(fault="reset"))
    acme.on("GET", "/v1/films", Answer(body=[{"id": "f1", "prompt": "a fox"}]))
    result = run(Film(KEY, base_url=base(acme)), tmp_path)
    assert result.run.status == "completed"
    assert len(acme.sent("POST", "/v1/films")) == 1


@pytest.mark.parametrize("answer", [Answer(fault="reset"), Answer(status=500), Answer(fault="silence")])
def test_a_paid_call_that_may_have_been_taken_is_sent_once(acme, tmp_path, answer):
    acme.on("POST", "/v1/draw", answer)
    with pytest.raises(PipelineError, match="Outcome unknown"):
        run(Draw(KEY, base_url=base(acme), timeout=1.0), tmp_path)
    assert len(acme.calls) == 1


@pytest.mark.parametrize("answer", [Answer(status=503), Answer(status=429, headers={"retry-after-ms": "10"})])
def test_a_paid_call_that_was_turned_away_is_sent_again(acme, tmp_path, answer):
    acme.on("POST", "/v1/draw", answer, Answer(body={"b64": base64.b64encode(PNG).decode()}))
    assert run(Draw(KEY, base_url=base(acme)), tmp_path).run.steps[0].retries == 1
    assert len(acme.calls) == 2


def test_a_vendor_that_has_nothing_left_is_not_asked_before_its_time(acme, tmp_path):
    told = []
    picture = {"b64": base64.b64encode(PNG).decode()}
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "7s"}
    acme.on("POST", "/v1/draw", Answer(body=picture, headers=headers))

    context = GenerateContext(output_dir=tmp_path)
    context.on_hold_back = told.append
    request = Request(provider="acme-image", model="m", step_id="s", run_id="r", prompt="p")
    assert isinstance(asyncio.run(Draw(KEY, base_url=base(acme)).job(request, context).submit()), Generation)
    assert told == [7.0]


def test_a_result_for_which_there_is_no_room_is_kept_elsewhere(acme, tmp_path, monkeypatch, caplog):
    (tmp_path / "in the way").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    provider = Draw(KEY, base_url=base(acme), output_dir=tmp_path / "in the way" / "out")
    result = run(provider, tmp_path / "out")
    assert result.local_path(result.assets[0]).parent.parent == tmp_path
    assert "what was paid for is kept as" in caplog.text
    assert result.manifest.verify()


def test_a_result_that_cannot_be_read_is_not_bought_again(acme, tmp_path):
    acme.on("POST", "/v1/draw", Answer(body={"b64": "no base64!"}))
    with pytest.raises(PipelineError, match="Outcome unknown"):
        run(Draw(KEY, base_url=base(acme)), tmp_path)
    assert len(acme.calls) == 1


def test_without_a_key_nothing_is_sent_and_the_variable_is_named(acme, tmp_path, monkeypatch):
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    with pytest.raises(GenblazeError, match="Set ACME_API_KEY"):
        run(Draw(base_url=base(acme)), tmp_path)
    assert Draw(base_url=base(acme)).invoke(Step(provider="acme-image", model="m")).error_code == "auth_failure"
    assert acme.calls == []


def test_key_and_address_come_from_the_environment(acme, tmp_path, monkeypatch):
    monkeypatch.setenv("ACME_API_KEY", KEY)
    monkeypatch.setenv("ACME_BASE_URL", base(acme) + "/")
    run(Draw(), tmp_path)
    assert acme.calls[0].headers["authorization"] == f"Bearer {KEY}"


def test_an_input_is_handed_over_as_a_data_uri_and_not_beyond_its_limit(acme, tmp_path):
    path = tmp_path / "in.png"
    path.write_bytes(PNG)
    asset = Asset(url=path.as_uri(), media_type="image/png")
    run(Draw(KEY, base_url=base(acme)), tmp_path, external_inputs=[asset])
    assert acme.calls[0].body["images"] == ["data:image/png;base64," + base64.b64encode(PNG).decode()]
    path.write_bytes(PNG + bytes(1000))
    with pytest.raises(PipelineError, match="at most 1000 bytes"):
        run(Draw(KEY, base_url=base(acme)), tmp_path, external_inputs=[asset])
    assert len(acme.calls) == 1


def test_output_urls_may_lie_where_the_user_said_the_api_is(acme, tmp_path):
    acme.on("POST", "/v1/draw", Answer(body={"url": f"{acme.url}/out.png"}))
    acme.on("GET", "/out.png", Answer(body=PNG))
    pipeline = Pipeline("p", output_dir=tmp_path)
    result = pipeline.step(Draw(KEY, base_url=base(acme)), model="m", prompt="a fox").run()
    assert result.run.steps[0].assets[0].size_bytes == len(PNG)


def test_a_price_of_the_users_own_counts(acme, tmp_path):
    models = ModelRegistry()
    models.register_pricing("m", per_unit(0.04))
    assert run(Draw(KEY, base_url=base(acme), models=models), tmp_path).run.steps[0].cost_usd == 0.04
    assert run(Draw(KEY, base_url=base(acme)), tmp_path).run.steps[0].cost_usd is None


def job(provider, folder):
    request = Request(provider=provider.name, model="m", step_id="s", run_id="r", prompt="a fox")
    return provider.job(request, GenerateContext(output_dir=Path(folder)))


def test_cancelling_tells_the_vendor(acme, tmp_path):
    acme.on("DELETE", "/v1/films/f1", Answer())
    asyncio.run(job(Film(KEY, base_url=base(acme)), tmp_path).cancel("f1"))
    assert len(acme.sent("DELETE", "/v1/films/f1")) == 1


def test_the_published_methods_work_by_themselves(acme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    step = Step(provider="acme-image", model="m", prompt="a fox")
    assert Draw(KEY, base_url=base(acme)).generate(step).assets[0].media_type == "image/png"
    film = Film(KEY, base_url=base(acme))
    assert film.submit(step) == "f1"
    assert (film.poll("f1"), film.poll("f1")) == (False, True)
    assert film.fetch_output("f1", step).assets[0].url.startswith((tmp_path / "output").as_uri())
    acme.on("POST", "/v1/draw", Answer(status=400))
    with pytest.raises(ProviderError):
        Draw(KEY, base_url=base(acme)).generate(step)


def test_a_subclass_may_replace_a_published_method(acme, tmp_path):
    class Shouting(Draw):
        calls = 0

        def generate(self, step, config=None):
            self.calls += 1
            step.prompt = step.prompt.upper()
            return super().generate(step, config)

    class Patient(Film):
        def poll(self, prediction_id, config=None):
            polled.append(prediction_id)
            return super().poll(prediction_id, config)

    polled = []
    shouting = Shouting(KEY, base_url=base(acme))
    drawn = run(shouting, tmp_path).run.steps[0]
    assert shouting.calls == 1
    assert acme.calls[0].body["prompt"] == "A FOX"
    assert drawn.assets[0].url.startswith(tmp_path.as_uri())
    assert run(Patient(KEY, base_url=base(acme)), tmp_path).run.steps[0].cost_usd == 0.5
    assert polled == ["f1", "f1"]


def test_an_answer_without_a_result_is_no_success(acme, tmp_path):
    class Nothing(Draw):
        async def begin(self, work):
            return Generation()

    with pytest.raises(PipelineError, match="no output"):
        run(Nothing(KEY, base_url=base(acme)), tmp_path)


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp", "image/gif", "video/mp4", "audio/wav"])
def test_the_bytes_say_what_a_file_is_whatever_the_vendor_says(media_type):
    assert kind_of(SMALLEST[media_type][:64], "application/json").media_type == media_type


def test_where_the_bytes_say_nothing_the_vendor_is_believed():
    assert kind_of(b"\0\0", "audio/pcm") == ("audio/pcm", ".pcm")
    assert kind_of(b"\0\0") == ("application/octet-stream", ".bin")


# --- the constructor, the hooks, the package -------------------------------------------------------------------------


class Secret(Draw):
    key_argument = "api_secret"


def test_the_key_is_the_first_argument_or_has_the_name_that_the_provider_publishes(acme, tmp_path):
    for provider in (Secret(KEY, base_url=base(acme)), Secret(api_secret=KEY, base_url=base(acme))):
        run(provider, tmp_path)
    assert {call.headers["authorization"] for call in acme.calls} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("wrong", [{"api_key": KEY}, {"auth_token": KEY, "api_secret": KEY}])
def test_a_key_by_another_name_is_refused_without_showing_it(wrong):
    with pytest.raises(TypeError, match="as its first argument or as api_secret=") as caught:
        Secret(**wrong)
    assert KEY not in str(caught.value)


def test_the_constructor_shows_the_key_under_its_published_name():
    assert list(inspect.signature(Secret).parameters)[:2] == ["api_secret", "http_timeout"]
    assert instantiate_with_credential(Secret, KEY)._key == KEY


def test_a_plugin_is_a_table_of_its_providers(tmp_path):
    offer = declare(ACME, "acme-film", ("video", "image"), "Acme films", "acme")
    provides, generate = provider_hooks("genblaze_http", {"provider:PolledProvider": offer})
    assert [each.modalities for each in provides()] == [("video", "image")]
    request = Request(provider="someone", model="m", step_id="s", run_id="r")
    assert generate(request, GenerateContext(output_dir=tmp_path)) is None


def test_a_package_loads_its_names_at_first_use():
    get, listed = lazy_names("genblaze_http", {"Kind": "kinds"})
    assert get("Kind")("image/png", ".png").suffix == ".png"
    assert "Kind" in listed()
    with pytest.raises(AttributeError, match="has no attribute 'Sort'"):
        get("Sort")


def test_an_output_that_only_the_key_opens_is_streamed_to_a_file_named_by_its_content(acme, tmp_path):
    class Guarded(Film):
        async def collect(self, work, job_id):
            return self.generation([await self.download(work, f"/films/{job_id}/content")])

    acme.on("GET", "/v1/films/f1/content", Answer(body=PNG, headers={"content-type": "video/mp4; x=1"}))
    (asset,) = run(Guarded(KEY, base_url=base(acme)), tmp_path).run.steps[0].assets
    assert (asset.url, asset.media_type) == ((tmp_path / f"{asset.asset_id}.png").as_uri(), "image/png")
    assert acme.sent("GET", "/v1/films/f1/content")[0].headers["authorization"] == f"Bearer {KEY}"
    acme.on("GET", "/v1/films/f1/content", Answer(body=b""))
    with pytest.raises(PipelineError, match="gave an empty file"):
        run(Guarded(KEY, base_url=base(acme)), tmp_path, step_retry=RetryPolicy.disabled())
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]
