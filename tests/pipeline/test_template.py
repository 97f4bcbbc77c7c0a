"""Pipelines as data: what goes in comes out, from JSON and from TOML, and mistakes are named."""

import pytest
from sample_pipelines import Painter, kernel_plugins, painter_plugin

from genblaze import GenblazeError, MockProvider, PipelineTemplate, PromptTemplate, StepTemplate, TemplateError
from genblaze.plugins import set_default_plugins


def full_pipeline(new, painter):
    pipeline = new("p", chain=True).metadata(team="x")
    pipeline.step(
        painter,
        model="a",
        prompt=PromptTemplate("a {animal}"),
        seed=1,
        prompt_visibility="private",
        metadata={"k": [1]},
    )
    return pipeline.step(painter, model="b", modality="video", fallback_models=["c"], step_name="second", input_from=0)


def test_json_gives_the_same_template_back(new, painter, tmp_path):
    template = full_pipeline(new, painter).to_template(description="d", version="2", tags=["x"])
    assert PipelineTemplate.from_json(template.to_json()) == template
    template.save(tmp_path / "t.json")
    assert PipelineTemplate.from_file(tmp_path / "t.json") == template


def test_toml_has_the_same_keys(tmp_path):
    (tmp_path / "t.toml").write_text(
        """
        name = "p"
        chain = true
        [metadata]
        team = "x"
        [[steps]]
        provider_name = "painter"
        model = "a"
        prompt = "a {animal}"
        prompt_visibility = "private"
        params = { seed = 1 }
        """
    )
    template = PipelineTemplate.from_file(tmp_path / "t.toml")
    assert template.steps[0].prompt_visibility == "private"
    assert template.steps[0].params == {"seed": 1}
    assert (template.chain, template.metadata) == (True, {"team": "x"})


def test_a_template_is_not_written_into_a_toml_file(tmp_path):
    with pytest.raises(TemplateError, match=r"name it \*\.json"):
        PipelineTemplate(steps=[]).save(tmp_path / "t.toml")
    assert not (tmp_path / "t.toml").exists()


def test_published_readers_find_only_keys_that_they_know(new, painter):
    data = new().step(painter, model="m", prompt="x").to_template().to_dict()
    assert set(data["steps"][0]) == {
        "provider_name", "model", "prompt", "params", "modality", "step_type", "fallback_models", "input_from"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        ('{"steps": [], "nmae": 1}', "did you mean 'name'"),
        ('{"steps": [{"provider": "x", "model": "m"}]}', "provider_name"),
        ('{"steps": [{"provider_name": "x"}]}', "model"),
        ('{"steps": [{"provider_name": "x", "model": "m", "params": 5}]}', "params"),
        ('{"steps": [{"provider_name": "x", "model": "m", "modality": "smell"}]}', "modality"),
        ('{"name": "x"}', "steps"),
        ('{"steps": 5}', "steps"),
    ],
)
def test_a_mistake_in_a_template_is_named(text, word):
    with pytest.raises(TemplateError, match=word):
        PipelineTemplate.from_json(text)


def test_a_file_that_is_no_template_is_named(tmp_path):
    (tmp_path / "x.toml").write_text("a = [")
    for name in ("x.toml", "missing.json"):
        with pytest.raises(TemplateError, match=name):
            PipelineTemplate.from_file(tmp_path / name)


def test_an_instance_runs_with_objects_or_names(new, painter, folder):
    template = full_pipeline(new, painter).to_template()
    by_object = template.instantiate({"painter": painter}, variables={"animal": "fox"}, tenant_id="t")
    by_object._output_dir, by_object._plugins = folder, kernel_plugins()
    run = by_object.run().run
    assert (run.tenant_id, run.metadata, run.steps[0].prompt, run.steps[0].seed) == ("t", {"team": "x"}, "a fox", 1)
    previous = set_default_plugins(kernel_plugins(p=painter_plugin(Painter(folder), "painter")))
    try:
        by_name = template.instantiate(variables={"animal": "hare"}, output_dir=folder)
        assert by_name.run().run.steps[0].prompt == "a hare"
    finally:
        set_default_plugins(previous)


def test_a_provider_that_nobody_knows_is_told_when_the_template_is_in_hand():
    template = PipelineTemplate(steps=[StepTemplate(provider_name="nobody", model="m")])
    for given in (None, {}, {"painter": object()}):
        with pytest.raises(GenblazeError, match="nobody"):
            template.instantiate(given)


def test_a_field_without_a_value_is_refused(new, painter):
    with pytest.raises(TemplateError, match="animal"):
        full_pipeline(new, painter).to_template().instantiate({"painter": painter}, variables={"other": 1})


def test_variables_reach_nested_params():
    template = PipelineTemplate(
        steps=[StepTemplate(provider_name="p", model="m", params={"a": ["{x}", {"b": "{x} y"}]})]
    )
    assert template.instantiate({"p": MockProvider()}, variables={"x": 2}).steps[0].params == {"a": [2, {"b": "2 y"}]}


def test_external_inputs_cannot_be_saved(new, painter, tmp_path):
    from sample_pipelines import paint, png

    pipeline = new().step(painter, model="m", external_inputs=[png(paint(tmp_path / "i.png", "x"))])
    with pytest.raises(GenblazeError, match="external_inputs"):
        pipeline.to_template()
