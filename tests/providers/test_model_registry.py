"""A registry of models has the published effect: on parameters, on checks and on the cost."""

import re

import pytest

from genblaze import Asset, ModelRegistry, ModelSpec, ProviderError, Step, SyncProvider
from genblaze.pricing import by_param, per_unit
from genblaze.providers.discovery import ValidationOutcome
from genblaze.providers.family import ModelFamily
from genblaze.providers.input_mapping import route_images
from genblaze.providers.model_registry import compute_cost
from genblaze.providers.schemas import IntSchema

PICTURE = Asset(url="https://h/a.png", media_type="image/png")


def registry(**fields):
    made = ModelRegistry(strict_params=fields.pop("strict_params", False))
    made.register(ModelSpec(model_id="m", **fields))
    return made


def a_step(model="m", **fields):
    return Step(provider="p", model=model, prompt="fox", **fields)


def test_an_unknown_model_passes_through():
    assert ModelRegistry().prepare_payload(a_step("new", params={"x": 1})) == {"prompt": "fox", "x": 1}


def test_aliases_defaults_and_inputs_are_filled_in_and_what_the_user_says_wins():
    models = registry(
        param_aliases={"size": "image_size"}, param_defaults={"q": "hd"}, input_mapping=route_images(slots=["image"])
    )
    step = a_step(params={"size": "1x1", "q": "low"}, inputs=[PICTURE])
    expected = {"prompt": "fox", "image_size": "1x1", "q": "low", "image": PICTURE.url}
    assert models.prepare_payload(step) == expected


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"param_schemas": {"n": IntSchema(max=3)}}, "Invalid parameter 'n': must be <= 3"),
        ({"param_required": frozenset({"x"})}, "Missing required parameters for m: ['x']"),
        ({"param_coercers": {"n": lambda value: int("bad")}}, "Failed to coerce 'n'"),
        ({"param_allowlist": frozenset({"prompt"}), "strict_params": True}, "Unknown parameters for m: ['n']"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(fields, text):
    with pytest.raises(ProviderError, match=re.escape(text)) as caught:
        registry(**fields).prepare_payload(a_step(params={"n": 9}))
    assert caught.value.error_code == "invalid_input"


def test_a_cost_that_nobody_knows_is_none():
    models = registry(pricing=per_unit(0.25))
    assert compute_cost(models, a_step(assets=[PICTURE, PICTURE])) == 0.5
    assert compute_cost(models, a_step("new", assets=[PICTURE])) is None
    assert compute_cost(registry(pricing=lambda context: 1 / 0), a_step()) is None
    assert compute_cost(registry(pricing=by_param("q", {"hd": 1.0})), a_step(params={"q": "hd"})) == 1.0


def test_names_are_found_by_alias_and_family_and_forks_are_independent():
    models = ModelRegistry(
        provider_families=[
            ModelFamily(name="f", pattern=re.compile("flux-"), spec_template=ModelSpec(model_id="*"), description="")
        ]
    )
    models.register(ModelSpec(model_id="m", aliases=frozenset({"short"}), deprecated_aliases=frozenset({"old"})))
    fork = models.fork()
    fork.register(ModelSpec(model_id="more"))
    assert (models.get("short").model_id, models.get("flux-1").model_id) == ("m", "flux-1")
    assert (models.known(), fork.known()) == (["m"], ["m", "more"])
    assert models.validate("nobody").outcome == ValidationOutcome.UNKNOWN_PERMISSIVE
    with pytest.warns(DeprecationWarning, match="use 'm'"):
        assert models.get("old").model_id == "m"


def test_what_a_model_takes_can_be_looked_up():
    models = registry(
        param_schemas={"n": IntSchema(max=3)}, param_required=frozenset({"n"}), param_defaults={"q": "hd"}
    )
    known = models.get("m")
    assert (known.param_schemas["n"].max, known.param_required, known.param_defaults) == (3, {"n"}, {"q": "hd"})


def test_an_alias_of_the_user_goes_before_a_family_that_would_match():
    family = ModelFamily(name="f", pattern=re.compile("flux-"), spec_template=ModelSpec(model_id="*"), description="")
    models = ModelRegistry(provider_families=[family])
    models.register(ModelSpec(model_id="mine", aliases=frozenset({"flux-dev"})))
    assert models.get("flux-dev").model_id == "mine"


def test_a_parameter_that_the_vendor_does_not_take_is_told_of_before_it_is_left_out(caplog):
    models = registry(param_allowlist=frozenset({"prompt"}))
    assert models.prepare_payload(a_step(params={"n": 9})) == {"prompt": "fox"}
    assert "n" in caplog.text
    assert models.get("m").param_allowlist == {"prompt"}


def test_a_provider_takes_a_registry_and_its_price_reaches_the_record():
    class Acme(SyncProvider):
        name = "acme"

        def generate(self, step, config=None):
            self.payload = self.prepare_payload(step)
            step.assets = [PICTURE]
            return step

    assert Acme().models is Acme.models_default()
    provider = Acme(models=registry(pricing=per_unit(0.25), param_defaults={"q": "hd"}))
    assert provider.invoke(a_step()).cost_usd == 0.25
    assert provider.payload == {"prompt": "fox", "q": "hd"}
