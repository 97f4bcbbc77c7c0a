"""Mistakes are found before anything is paid, and told with what is available and what to do."""

from decimal import Decimal
from pathlib import Path

import pytest
from sample_pipelines import NOW, Painter, kernel_plugins, painter_plugin, pipeline_in

from genblaze import (
    GenblazeError,
    InvalidValueError,
    Modality,
    PluginConflictError,
    PluginNotFoundError,
    PromptTemplate,
    ProviderCapabilities,
)


@pytest.fixture
def refused(new, painter):
    """Declares and runs a pipeline of a good step and one that is as told; returns the error."""

    def refuse(error=GenblazeError, **step):
        with pytest.raises(error) as found:
            new().step(painter, model="m").step(**{"provider": painter, "model": "m", **step}).run()
        assert painter.calls == 0
        return str(found.value)

    return refuse


def test_an_unknown_provider_name_lists_the_choices(folder):
    painter = Painter(folder)
    plugins = kernel_plugins(acme=painter_plugin(painter, "acme-images", "acme-video"))
    with pytest.raises(PluginNotFoundError, match="acme-images"):
        pipeline_in(folder, plugins=plugins).step("acme-images", model="m").step("acme-imags", model="m").run()
    assert painter.calls == 0


def test_two_plugins_of_one_name_are_a_conflict_that_names_both(folder):
    painter = Painter(folder)
    plugins = kernel_plugins(one=painter_plugin(painter, "acme"), two=painter_plugin(painter, "acme"))
    with pytest.raises(PluginConflictError, match=r"one.*two"):
        pipeline_in(folder, plugins=plugins).step("acme", model="m").run()


def test_a_class_is_refused_with_a_hint(refused):
    assert "pass an object: Painter()" in refused(TypeError, provider=Painter)


@pytest.mark.parametrize("provider", [object(), None, print, 5, ""])
def test_what_is_no_provider_is_refused(new, provider):
    with pytest.raises((TypeError, GenblazeError), match="provider"):
        new().step(provider, model="m")


@pytest.mark.parametrize(
    "params",
    [
        {"api": "sk-abcdefghijklmnopqrstuvwx"},
        {"headers": [{"Authorization": "Bearer abcdefghijklmnopqrstuvwxyz"}]},
        {"url": "https://user:passw0rd@host/x"},
    ],
)
def test_credentials_in_params_are_refused_and_not_repeated(refused, params):
    text = refused(params=params)
    assert "looks like a credential" in text
    assert "abcdefghijkl" not in text
    assert "passw0rd" not in text


@pytest.mark.parametrize("seed", ["4", 4.0, True, [1]])
def test_a_seed_must_be_an_integer(refused, seed):
    assert "seed must be an integer" in refused(seed=seed)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"x", "bytes"),
        (Path("x"), "Path"),
        (Decimal("1"), "Decimal"),
        ("\ud800", "surrogate"),
        ({1, 2}, "set"),
        (..., "ellipsis"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("field", ["params", "metadata"])
def test_values_that_a_manifest_cannot_hold_are_refused_with_their_place(refused, value, kind, field):
    text = refused(InvalidValueError, **{field: {"size": [1, {"x": value}]}})
    assert f"{field}.size[1].x" in text
    assert kind in text


@pytest.mark.parametrize("prompt", ["\ud800", 5, b"x", ["a"]])
def test_a_prompt_must_be_text_that_can_be_written(refused, prompt):
    assert "prompt" in refused(prompt=prompt)


def test_a_template_that_was_not_rendered_is_refused_with_its_fields(refused):
    assert "animal, time" in refused(prompt=PromptTemplate(template="{animal} {time}"))


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"modality": "imge"}, "'image', 'video'"),
        ({"step_type": "make"}, "'generate'"),
        ({"prompt_visibility": "hidden"}, "'private'"),
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
        ({"step_timeout": "5"}, "step_timeout"),
        ({"step_timeout": 0}, "step_timeout"),
        ({"step_timeout": True}, "step_timeout"),
        ({"expected_duration_sec": "long"}, "expected_duration_sec"),
        ({"step_retry": 3}, "RetryPolicy"),
        ({"params": {"metadata": {}}}, "metadata"),
        ({"inputs": []}, "external_inputs"),
        ({"metadata": {"_input_from": 1}}, "reserved"),
        ({"input_from": 0, "external_inputs": [...]}, "exclude each other"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_refused(refused, settings, word):
    assert word in refused(**settings)


def test_two_steps_of_one_name_are_refused(new, painter):
    with pytest.raises(GenblazeError, match="'a' is taken"):
        new().step(painter, model="m", step_name="a").step(painter, model="m", step_name="a")


class Choosy(Painter):
    """Says what it can do."""

    def get_capabilities(self):
        return ProviderCapabilities(supported_modalities=[Modality.VIDEO], accepts_chain_input=False)


def test_a_modality_that_the_provider_does_not_make_is_refused(refused, folder):
    assert "makes video, not image" in refused(provider=Choosy(folder))


def test_inputs_for_a_provider_that_takes_none_are_refused(refused, folder):
    assert "takes no input" in refused(provider=Choosy(folder), modality="video", input_from=0)


def test_a_fallback_provider_is_checked_as_well(refused, folder):
    assert "makes video" in refused(fallback_models=[(Choosy(folder), "m2")])


@pytest.mark.parametrize("call", ["run", "batch_run", "stream"])
def test_an_unknown_keyword_is_refused_with_the_nearest_name(new, painter, call):
    arguments = {"prompts": ["a"]} if call == "batch_run" else {}
    with pytest.raises(TypeError, match="did you mean 'max_retries'"):
        getattr(new().step(painter, model="m"), call)(max_retrys=2, **arguments)
    assert painter.calls == 0


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": -1},
        {"timeout": "5"},
        {"timeout": float("nan")},
        {"max_retries": -1},
        {"max_concurrency": 0},
        {"max_concurrency": True},
        {"pipeline_timeout": -0.1},
        {"sink": "nowhere"},
        {"config": {"tenant_id": "t"}},
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(new, painter, options):
    with pytest.raises(GenblazeError):
        new().step(painter, model="m").run(**options)
    assert painter.calls == 0


def test_a_pipeline_without_steps_says_how_to_add_one(new):
    with pytest.raises(GenblazeError, match=r"has no steps; add one with \.step"):
        new().run()


def test_declaring_copies_and_running_changes_nothing(new, painter):
    params, metadata = {"nested": [1]}, {"a": [1]}
    pipeline = new().metadata(run=metadata).step(painter, model="m", params=params, metadata=metadata)
    params["nested"].append(2)
    metadata["a"].append(2)
    run = pipeline.run().run
    run.steps[0].params["nested"].append(3)
    run.metadata["run"]["a"].append(3)
    again = pipeline.run().run
    assert again.steps[0].params == {"nested": [1]}
    assert again.steps[0].metadata == {"a": [1]}
    assert again.metadata == {"run": {"a": [1]}}


def test_a_copied_pipeline_is_extended_alone(new, painter):
    import copy

    first = new().metadata(a=1).step(painter, model="m")
    second = copy.copy(first).step(painter, model="n").metadata(b=2)
    assert (len(first.steps), len(second.steps)) == (1, 2)
    assert first._metadata == {"a": 1}


def test_an_estimate_is_the_sum_or_unknown(new, folder, painter):
    class Priced(Painter):
        def estimate_cost(self, model, params=None, *, n=1):
            return Decimal("0.04")

    priced = new().step(Priced(folder), model="m").step(Priced(folder), model="m")
    assert priced.estimated_cost() == Decimal("0.08")
    assert priced.step(painter, model="m").estimated_cost() is None


def test_step_retry_is_obeyed_over_the_providers_own(new, folder):
    from genblaze import ProviderError, ProviderErrorCode, RetryPolicy

    errors = [ProviderError("x", error_code=ProviderErrorCode.TIMEOUT) for _ in range(9)]
    painter = Painter(folder, errors=errors, retry_policy=RetryPolicy.disabled())
    new().step(painter, model="m", step_retry=NOW).run(raise_on_failure=False)
    assert painter.calls == 4


@pytest.mark.parametrize("name", ["on_progress", "on_step_complete", "on_retry"])
def test_a_callback_that_nobody_would_await_is_refused(new, painter, name):
    async def callback(event):
        raise AssertionError

    with pytest.raises(GenblazeError, match=f"{name}.*not awaited"):
        new().step(painter, model="m").run(**{name: callback})
    assert painter.calls == 0


@pytest.mark.parametrize("run_id", ["", None])
def test_without_the_id_of_a_run_nothing_is_resumed(new, painter, run_id):
    with pytest.raises(GenblazeError, match="needs the id of a run"):
        new().step(painter, model="m").resume(run_id)
    assert painter.calls == 0
