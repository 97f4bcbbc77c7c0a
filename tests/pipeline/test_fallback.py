"""Fallback models: of the step's own provider or another's, after the failures that a setting names."""

import pytest
from sample_pipelines import AsyncQueue, Painter, kernel_plugins, painter_plugin, pipeline_in

from genblaze import (
    GenblazeError,
    Pipeline,
    PipelineTemplate,
    PluginLoadError,
    ProviderError,
    ProviderErrorCode,
    RetryPolicy,
    StepCache,
    StepStatus,
)
from genblaze.config import Config, load_config
from genblaze.errors import ConfigError
from genblaze.plugins import PluginManager


def failure(code, message="vendor says no"):
    return ProviderError(message, error_code=ProviderErrorCode(code))


def retired():
    return {"m-1": failure("model_error", "m-1 is retired")}


@pytest.fixture
def primary(tmp_path):
    return Painter(tmp_path, broken=retired())


@pytest.fixture
def other(tmp_path):
    return Painter(tmp_path)


def with_other(tmp_path, primary, other, fallback, **options):
    plugins = kernel_plugins(acme=painter_plugin(other, "acme"))
    return pipeline_in(tmp_path, plugins=plugins, **options).step(
        primary, model="m-1", prompt="a fox", seed=7, quality="high", fallback_models=[fallback]
    )


@pytest.mark.parametrize("entry", ["acme:m/x:2", ("acme", "m/x:2"), ["acme", "m/x:2"]])
def test_an_entry_may_name_another_provider(tmp_path, primary, other, entry):
    step = with_other(tmp_path, primary, other, entry).run().run.steps[0]
    assert (step.provider, step.model, step.fallback_from) == ("acme", "m/x:2", "m-1")
    assert [(seen.model, seen.seed, seen.params) for seen in other.seen] == [("m/x:2", 7, {"quality": "high"})]


def test_an_entry_may_hold_a_provider_object(tmp_path, primary, other):
    other.name = "other"
    step = pipeline_in(tmp_path).step(primary, model="m-1", fallback_models=[(other, "m-9")]).run().run.steps[0]
    assert (step.provider, step.model, other.calls) == ("other", "m-9", 1)


def test_a_colon_after_something_else_belongs_to_the_model(tmp_path, primary, other):
    with_other(tmp_path, primary, other, "owner/model:v2").run()
    assert [seen.model for seen in primary.seen] == ["m-1", "owner/model:v2"]
    assert other.calls == 0


def test_the_steps_own_providers_name_means_the_object_itself(tmp_path, primary):
    step = pipeline_in(tmp_path).step(primary, model="m-1", fallback_models=["painter:m-2"]).run().run.steps[0]
    assert (step.provider, step.model, primary.calls) == ("painter", "m-2", 2)


def test_a_fallback_provider_that_failed_to_load_is_told_before_anything_is_paid(tmp_path, primary):
    plugins = kernel_plugins()
    plugins._registry("generate").unavailable["acme"] = PluginLoadError("acme: no module named acme_sdk")
    pipeline = pipeline_in(tmp_path, plugins=plugins).step(primary, model="m-1", fallback_models=["acme:m-2"])
    with pytest.raises(PluginLoadError, match="acme_sdk"):
        pipeline.run()
    assert primary.calls == 0


@pytest.mark.parametrize("entry", ["", 5, ("acme",), ("acme", ""), ("acme", "m", "n"), (object(), "m")])
def test_an_entry_that_names_no_model_is_refused_when_declared(primary, entry):
    with pytest.raises((GenblazeError, TypeError)):
        Pipeline("p").step(primary, model="m-1", fallback_models=[entry])


def test_what_failed_before_is_recorded_outside_the_hash(tmp_path, primary, other):
    plain = painter_plugin(other, "acme")
    fallen = with_other(tmp_path, primary, other, "acme:m-2").run()
    direct = pipeline_in(tmp_path, plugins=kernel_plugins(acme=plain)).step(
        "acme", model="m-2", prompt="a fox", seed=7, quality="high"
    )
    attempts = fallen.run.steps[0].attempts
    assert [(each["provider"], each["model"], each["error_code"]) for each in attempts] == [
        ("painter", "m-1", "model_error")
    ]
    assert fallen.manifest.canonical_hash == direct.run().manifest.canonical_hash


def test_a_cached_fallback_of_another_provider_calls_neither(tmp_path, primary, other):
    pipeline = with_other(tmp_path, primary, other, "acme:m-2").cache(StepCache(tmp_path / "cache"))
    first, second = pipeline.run(), pipeline.run()
    step = second.run.steps[0]
    assert (primary.calls, other.calls) == (1, 1)
    assert (step.cached, step.provider, step.model, step.fallback_from) == (True, "acme", "m-2", "m-1")
    assert second.manifest.canonical_hash == first.manifest.canonical_hash


@pytest.mark.parametrize(
    ("code", "falls"),
    [
        ("model_error", True),
        ("rate_limit", True),
        ("server_error", True),
        ("timeout", False),
        ("auth_failure", False),
        ("invalid_input", False),
        ("content_policy", False),
        ("unknown", False),
    ],
)
def test_unless_said_otherwise_only_failures_that_another_model_may_not_have_fall_back(tmp_path, code, falls):
    at_once = RetryPolicy(max_attempts=2, initial_backoff_sec=0)
    painter = Painter(tmp_path, broken={"m-1": failure(code)}, retry_policy=at_once)
    pipeline = pipeline_in(tmp_path).step(painter, model="m-1", fallback_models=["m-2"])
    assert pipeline.run(raise_on_failure=False).ok is falls


def test_the_pipeline_decides_which_failures_fall_back(tmp_path):
    painter = Painter(tmp_path, broken={"m-1": failure("content_policy")})
    pipeline = pipeline_in(tmp_path, fallback_on=["content_policy"])
    assert pipeline.step(painter, model="m-1", fallback_models=["m-2"]).run().run.steps[0].model == "m-2"


def test_none_at_all_may_be_chosen(tmp_path, primary):
    pipeline = pipeline_in(tmp_path, fallback_on=[]).step(primary, model="m-1", fallback_models=["m-2"])
    assert pipeline.run(raise_on_failure=False).run.steps[0].model == "m-1"


def test_the_configuration_decides_where_the_pipeline_does_not(tmp_path):
    config = Config(fallback_on=(ProviderErrorCode.AUTH_FAILURE,))
    painter = Painter(tmp_path, broken={"m-1": failure("auth_failure"), "m-2": failure("model_error")})
    plugins = PluginManager(config, autoload=False)
    pipeline = Pipeline("p", output_dir=tmp_path, plugins=plugins)
    pipeline.step(painter, model="m-1", fallback_models=["m-2", "m-3"])
    assert pipeline.run(raise_on_failure=False, embed=False).run.steps[0].model == "m-2"


def test_an_unknown_outcome_cannot_be_chosen(tmp_path):
    with pytest.raises(GenblazeError, match="may still deliver"):
        Pipeline("p", fallback_on=["unknown"])
    with pytest.raises(ConfigError, match="GENBLAZE_FALLBACK_ON.*may still deliver"):
        load_config(tmp_path, {"GENBLAZE_FALLBACK_ON": "model_error,unknown"})
    assert load_config(tmp_path, {"GENBLAZE_FALLBACK_ON": "timeout"}).fallback_on == (ProviderErrorCode.TIMEOUT,)


def test_a_misspelt_code_lists_the_codes():
    with pytest.raises(GenblazeError, match="'rate_limit'"):
        Pipeline("p", fallback_on=["ratelimit"])


def test_a_job_that_was_accepted_is_not_bought_again_elsewhere(tmp_path, other):
    vendor = AsyncQueue(tmp_path, errors={"poll": [failure("server_error")] * 2}, retry_policy=RetryPolicy.disabled())
    pipeline = pipeline_in(tmp_path).step(vendor, model="m-1", fallback_models=[(other, "m-2")])
    step = pipeline.run(raise_on_failure=False).run.steps[0]
    assert (step.status, step.upstream_id, other.calls) == (StepStatus.FAILED, "job-1", 0)


def test_a_template_keeps_fallbacks_of_other_providers(tmp_path, primary, other):
    other.name = "other"
    pipeline = pipeline_in(tmp_path).step(primary, model="m-1", fallback_models=["acme:m-2", (other, "m-3")])
    template = PipelineTemplate.from_json(pipeline.to_template().to_json())
    assert template.steps[0].fallback_models == ["acme:m-2", ["other", "m-3"]]
    again = template.instantiate({"painter": primary, "other": other}, output_dir=tmp_path)
    assert again.steps[0].fallback_models == ["acme:m-2", (other, "m-3")]
